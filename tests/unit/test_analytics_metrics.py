"""Metrics against numbers worked out by hand."""

import math

import numpy as np
import pytest

from analytics import metrics

Y = np.array([0, 0, 1, 1])
P = np.array([0.1, 0.4, 0.35, 0.8])


def test_log_loss_and_brier() -> None:
    expected = -(math.log(0.9) + math.log(0.6) + math.log(0.35) + math.log(0.8)) / 4
    assert metrics.log_loss(Y, P) == pytest.approx(expected)
    assert metrics.brier(Y, P) == pytest.approx((0.01 + 0.16 + 0.4225 + 0.04) / 4)


def test_log_loss_of_a_certain_mistake_is_finite() -> None:
    assert math.isfinite(metrics.log_loss(np.array([1]), np.array([0.0])))


def test_auc_counts_pairs_and_ties() -> None:
    assert metrics.auc(Y, P) == 0.75
    assert metrics.auc(Y, np.array([0.5, 0.5, 0.5, 0.5])) == 0.5
    assert metrics.auc(np.array([0, 1, 1]), np.array([0.2, 0.2, 0.9])) == 0.75
    assert metrics.auc(np.array([1, 1]), np.array([0.2, 0.3])) is None


def test_ece_and_reliability() -> None:
    rows = metrics.reliability(Y, P, bins=2)
    assert [(row["n"], row["observed"]) for row in rows] == [(2, 0.5), (2, 0.5)]
    assert [row["mean_p"] for row in rows] == pytest.approx([0.225, 0.6])
    assert metrics.ece(Y, P, bins=2) == pytest.approx((0.275 + 0.1) / 2)


def test_reliability_of_fewer_rows_than_bins() -> None:
    assert len(metrics.reliability(Y, P, bins=10)) == 4


def test_wilson() -> None:
    assert metrics.wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert metrics.wilson(0, 0) == (0.0, 1.0)
    assert metrics.wilson(0, 10)[0] == 0.0


def test_rps_of_ordered_outcomes() -> None:
    p = np.array([[0.5, 0.3, 0.2], [1.0, 0.0, 0.0]])
    assert metrics.rps(np.array([0]), p[:1]) == pytest.approx((0.25 + 0.04) / 2)
    assert metrics.rps(np.array([0]), p[1:]) == 0.0
    assert metrics.rps(np.array([2]), p[1:]) == 1.0
