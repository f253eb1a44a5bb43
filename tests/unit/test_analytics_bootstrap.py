"""Intervals by drawing whole matches: against draws written out row by row, and cases that can be told by heart."""

import numpy as np
import pytest

from analytics import metrics
from analytics.bootstrap import Resamples, intervals

Y = np.array([0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0])
P = np.array([0.1, 0.4, 0.35, 0.8, 0.4, 0.6, 0.1, 0.2, 0.4, 0.05, 0.3, 0.15])
MATCH = np.array([7, 7, 7, 3, 3, 3, 3, 9, 9, 9, 9, 12])


def test_one_match_alone_has_no_width() -> None:
    found = intervals(Y, P, Resamples(np.zeros(len(Y)), 5))
    for name, figure in metrics.summary(Y, P).items():
        if name in found:
            assert found[name] == pytest.approx([figure, figure]), name
    assert set(found) == {"log_loss", "brier", "auc", "ece"}


def test_two_matches_give_three_means() -> None:
    """0, 1/2 and 1 at 1/4, 1/2 and 1/4: 95 % of the draws reach from one end to the other."""
    resamples = Resamples(np.array([1, 2]), 4000)
    assert resamples.mean(np.array([0.0, 1.0])) == [0.0, 1.0]
    assert np.mean(resamples.counts[:, 0] == 1) == pytest.approx(0.5, abs=0.03)
    assert (resamples.counts.sum(axis=1) == 2).all()


def test_the_same_as_drawing_the_rows_by_hand() -> None:
    resamples = Resamples(MATCH, 800)
    codes = np.unique(MATCH, return_inverse=True)[1]
    drawn: dict[str, list[float]] = {"log_loss": [], "brier": [], "auc": [], "ece": []}
    for counts in resamples.counts:
        rows = np.repeat(np.argsort(P, kind="stable"), counts[codes][np.argsort(P, kind="stable")])
        for name, figure in metrics.summary(Y[rows], P[rows]).items():
            if name in drawn and figure is not None:
                drawn[name].append(figure)
    assert len(drawn["auc"]) < 800  # the draws of the last match alone, four times, rank nothing
    for name, interval in intervals(Y, P, resamples).items():
        assert interval == pytest.approx(np.percentile(drawn[name], [2.5, 97.5]), abs=1e-12), name


def test_rows_of_one_match_are_not_counted_as_if_they_were_many() -> None:
    values = np.random.default_rng(1).uniform(size=40)
    once = Resamples(np.arange(40), 500).mean(values)
    assert Resamples(np.repeat(np.arange(40), 25), 500).mean(np.repeat(values, 25)) == pytest.approx(once)
    alone = Resamples(np.arange(1000), 500).mean(np.repeat(values, 25))
    assert alone[1] - alone[0] < (once[1] - once[0]) / 3


def test_the_same_seed_gives_the_same_intervals() -> None:
    assert intervals(Y, P, Resamples(MATCH, 30)) == intervals(Y, P, Resamples(MATCH, 30))
    assert (Resamples(MATCH, 30).counts != Resamples(MATCH, 30, seed=1).counts).any()


def test_nothing_that_happened_ranks_nothing() -> None:
    assert Resamples(MATCH, 10).auc(np.zeros(len(P)), P) is None
