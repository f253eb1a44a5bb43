"""Metrics against numbers worked out by hand."""

import math

import numpy as np
import pytest
import sklearn.metrics

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


def test_brier_parts_by_hand() -> None:
    """Bins (0.1, 0.35) and (0.4, 0.8): mean p 0.225 and 0.6, half of each happened."""
    parts = metrics.brier_parts(Y, P, bins=2)
    assert parts["reliability"] == pytest.approx((0.275**2 + 0.1**2) / 2)
    assert parts["resolution"] == 0.0
    assert parts["uncertainty"] == 0.25
    # Inside: p off by 0.125 and 0.2 either way, what happened by 0.5 the same way.
    assert parts["within_bin"] == pytest.approx((2 * 0.125**2 - 4 * 0.125 * 0.5 + 2 * 0.2**2 - 4 * 0.2 * 0.5) / 4)
    assert total(parts) == pytest.approx(0.158125)


def test_brier_parts_of_few_values_have_nothing_within_bins() -> None:
    y, p = np.array([0, 1, 1, 1]), np.array([0.2, 0.2, 0.9, 0.9])
    parts = metrics.brier_parts(y, p, bins=2)
    assert parts == {
        "reliability": pytest.approx((0.3**2 + 0.1**2) / 2),
        "resolution": pytest.approx(0.25**2),
        "uncertainty": 0.1875,
        "within_bin": pytest.approx(0.0, abs=1e-15),
    }


@pytest.mark.parametrize("n", [1, 7, 10, 1003])
def test_brier_parts_add_up_exactly(n: int) -> None:
    random = np.random.default_rng(n)
    p = random.uniform(size=n) ** 3
    y = random.uniform(size=n) < p * 0.8
    assert total(metrics.brier_parts(y, p)) == pytest.approx(metrics.brier(y, p), abs=1e-14)


def total(parts: dict[str, float]) -> float:
    return parts["reliability"] - parts["resolution"] + parts["uncertainty"] + parts["within_bin"]


def test_the_same_as_scikit_learn() -> None:
    random = np.random.default_rng(11)
    p = random.integers(1, 100, 2000) / 100  # with ties
    y = random.uniform(size=2000) < p
    assert metrics.log_loss(y, p) == pytest.approx(sklearn.metrics.log_loss(y, p), rel=1e-12)
    assert metrics.brier(y, p) == pytest.approx(sklearn.metrics.brier_score_loss(y, p), rel=1e-12)
    assert metrics.auc(y, p) == pytest.approx(sklearn.metrics.roc_auc_score(y, p), rel=1e-12)


def test_ranked_scores_are_those_of_each_forecast() -> None:
    p = np.array([[0.5, 0.3, 0.2], [0.2, 0.2, 0.6]])
    # Home happened, then a draw: (0.5² + 0.2²) / 2 and (0.2² + 0.6²) / 2.
    assert metrics.ranked_scores(np.array([0, 1]), p) == pytest.approx([0.145, 0.2])
    assert metrics.rps(np.array([0, 1]), p) == pytest.approx(0.1725)
