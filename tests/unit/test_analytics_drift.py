"""Drift and calibration against numbers worked out by hand, and against scipy."""

import math
from typing import Any

import numpy as np
import pytest
import scipy.spatial.distance
import scipy.stats

from analytics import calibration, drift
from analytics.monitor import Limits, calibrated, compared

HALVES, UNEVEN = np.array([0.5, 0.5]), np.array([0.25, 0.75])
LIMITS = Limits(min_matches=8, min_values=100, edges="quantile", bins=10, psi=0.25, gap=0.01, alpha=0.01)


def test_psi_kl_and_js_by_hand() -> None:
    # (0.25 - 0.5) ln 0.5 + (0.75 - 0.5) ln 1.5
    assert float(drift.psi(HALVES, UNEVEN)) == pytest.approx(0.25 * math.log(3))
    assert drift.kl(HALVES, UNEVEN) == pytest.approx(0.25 * math.log(0.5) + 0.75 * math.log(1.5))
    # The middle is (0.375, 0.625).
    divergence = (
        0.5 * math.log(0.5 / 0.375) + 0.5 * math.log(0.5 / 0.625) + 0.25 * math.log(0.25 / 0.375) + 0.75 * math.log(1.2)
    ) / 2
    assert drift.js(HALVES, UNEVEN) == pytest.approx(math.sqrt(divergence))


def test_nothing_moved_is_nothing() -> None:
    assert float(drift.psi(UNEVEN, UNEVEN)) == drift.kl(UNEVEN, UNEVEN) == drift.js(UNEVEN, UNEVEN) == 0.0
    values = np.arange(50.0)
    assert drift.ks(values, values) == (0.0, 1.0)


def test_an_empty_bin_is_a_ten_thousandth() -> None:
    assert drift.shares(np.array([0, 3, 1])).tolist() == [0.0001, 0.75, 0.25]
    a, e = drift.shares(np.array([0, 4])), drift.shares(np.array([2, 2]))
    assert float(drift.psi(e, a)) == pytest.approx((0.0001 - 0.5) * math.log(0.0002) + 0.5 * math.log(2))


def test_psi_is_the_sum_of_both_divergences() -> None:
    assert float(drift.psi(HALVES, UNEVEN)) == pytest.approx(drift.kl(HALVES, UNEVEN) + drift.kl(UNEVEN, HALVES))


def test_the_same_as_scipy() -> None:
    random = np.random.default_rng(5)
    e, a = (drift.shares(random.integers(0, 30, 12)) for _ in range(2))
    assert drift.kl(e, a) == pytest.approx(scipy.stats.entropy(a, e), rel=1e-9)
    assert drift.js(e, a) == pytest.approx(scipy.spatial.distance.jensenshannon(e, a), rel=1e-9)
    before, after = random.normal(size=400).round(1), random.normal(0.15, size=300).round(1)
    distance, p = drift.ks(before, after)
    expected = scipy.stats.ks_2samp(before, after, method="asymp")
    assert distance == pytest.approx(expected.statistic)
    assert p == pytest.approx(expected.pvalue, abs=0.01)


def test_ks_by_hand() -> None:
    # Above 2 lies half of the first and all of the second.
    assert drift.ks(np.array([1.0, 2.0, 3.0, 4.0]), np.array([3.0, 4.0]))[0] == 0.5
    assert drift.ks(np.zeros(500), np.ones(500)) == (1.0, pytest.approx(0.0, abs=1e-12))
    # The table of the distribution: 1.36 is exceeded with 5 %.
    assert drift._kolmogorov(1.358) == pytest.approx(0.05, abs=2e-4)
    assert drift._kolmogorov(0.1999) == pytest.approx(drift._kolmogorov(0.2001), abs=1e-9)


def in_bins(values: Any, edges: np.ndarray) -> list[int]:
    """The counts of one match."""
    return drift.counts([np.asarray(values)], edges)[0].tolist()


def test_counts_are_those_of_each_match() -> None:
    found = drift.counts([np.array([1.0, 1.0, 5.0]), np.array([2.0]), np.array([9.0, 3.0])], np.array([2.0, 8.0]))
    assert found.tolist() == [[2, 1, 0], [1, 0, 0], [0, 1, 1]]


def test_quantile_edges_hold_equal_shares() -> None:
    values = np.arange(1.0, 101.0)
    edges = drift.quantile_edges(values)
    assert edges.tolist() == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert in_bins(values, edges) == [10] * 10
    # What lies outside of the reference is in the outer bins.
    assert in_bins([-5.0, 10.0, 10.5, 400.0], edges) == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1]


def test_values_that_repeat_make_fewer_bins() -> None:
    values = np.array([0.0] * 60 + [1.0] * 40)
    edges = drift.quantile_edges(values)
    assert in_bins(values, edges) == [0, 60, 40, 0]
    assert in_bins([-1.0, 0.0, 0.5, 2.0], edges) == [1, 1, 1, 1]
    # A constant that stays is told from one that moves, either way.
    always = drift.quantile_edges(np.full(20, 3.0))
    assert [in_bins([v], always).index(1) for v in (2.0, 3.0, 4.0)] == [0, 1, 2]


def test_sturges_edges_are_of_equal_width_over_both() -> None:
    # 16 values: 1 + 4 bins from 0 to 10.
    edges = drift.sturges_edges(np.linspace(0, 8, 10), np.linspace(2, 10, 6))
    assert edges.tolist() == [2, 4, 6, 8]
    assert len(edges) + 1 == len(np.histogram_bin_edges(np.linspace(0, 10, 16), "sturges")) - 1
    assert sum(in_bins(np.zeros(4), drift.sturges_edges(np.zeros(9), np.zeros(4)))) == 4


def test_deals_of_matches_by_hand() -> None:
    """Two matches before and one after, which alone lies elsewhere: one of three deals is as far apart."""
    given = np.array([[5, 0], [5, 0]]), np.array([[0, 5]])
    p = drift.by_match(*given, draws=3000)
    assert p == pytest.approx(1 / 3, abs=0.03)
    assert p == drift.by_match(*given, draws=3000)
    same = np.array([[3, 3]] * 4)
    assert drift.by_match(same, same) == 1.0


def matches(means: np.ndarray, n: int, seed: int = 3) -> list[np.ndarray]:
    """n values of each match, about a mean of its own."""
    random = np.random.default_rng(seed)
    return [random.normal(mean, 1, n) for mean in means]


def test_a_verdict_of_drift_needs_size_and_more_than_chance_between_matches() -> None:
    still = compared(matches(np.zeros(40), 50), matches(np.zeros(10), 50, 4), LIMITS)
    assert (still["verdict"], still["n_reference"], still["n_recent"]) == ("ok", 2000, 500)
    assert still["psi"] < 0.1
    moved = compared(matches(np.zeros(40), 50), matches(np.full(10, 1.0), 50, 4), LIMITS)
    assert moved["verdict"] == "drift"
    assert moved["psi"] > 0.25
    assert moved["p"] <= 0.01
    assert moved["ks_p"] < 1e-6
    # Matches that differ as widely as these are apart by chance; the values alone would swear to it.
    random = np.random.default_rng(9)
    wide = compared(matches(random.normal(0, 4, 12), 50), matches(random.normal(0, 4, 8), 50, 4), LIMITS)
    assert wide["psi"] > 0.25
    assert wide["ks_p"] < 0.001
    assert (wide["verdict"], wide["p"] > 0.01) == ("ok", True)


def test_too_few_is_said_with_the_numbers_there_are() -> None:
    few = compared(matches(np.zeros(40), 50), matches(np.full(7, 3.0), 50), LIMITS)
    assert (few["verdict"], few["matches_recent"]) == ("too few", 7)
    assert few["psi"] > 0.25
    assert compared(matches(np.zeros(9), 50), matches(np.zeros(9), 11), LIMITS)["verdict"] == "too few"
    none = compared(matches(np.zeros(40), 50), [np.array([])], LIMITS)
    assert (none["verdict"], none["matches_recent"], none["psi"], none["p"]) == ("too few", 0, None, None)


def test_sturges_bins_see_the_same_move() -> None:
    given = matches(np.zeros(40), 50), matches(np.full(10, 1.0), 50, 4)
    assert compared(*given, LIMITS._replace(edges="sturges"))["verdict"] == "drift"


def test_chance_by_hand() -> None:
    y, p, match = np.array([1, 0, 1, 1]), np.array([0.5, 0.5, 0.5, 0.5]), np.array([1, 1, 2, 3])
    assert calibration.gap(y, p) == 0.25
    # Matches are off by 0, 0.5 and 0.5: z = 1 / sqrt(0.5).
    assert calibration.chance(y, p, match) == pytest.approx(2 * (1 - scipy.stats.norm.cdf(math.sqrt(2))))
    assert calibration.chance(np.array([1, 0]), np.array([0.5, 0.5]), np.array([1, 1])) == 1.0


def test_probabilities_that_are_too_high_are_noticed() -> None:
    random = np.random.default_rng(2)
    truth, match = random.uniform(0, 0.3, 1500), np.repeat(np.arange(60), 25)
    y = random.uniform(size=1500) < truth
    right = calibrated(y, truth, match, LIMITS)
    assert (right["verdict"], right["matches"], right["n"]) == ("ok", 60, 1500)
    high = calibrated(y, truth * 1.4, match, LIMITS)
    assert high["verdict"] == "drift"
    assert high["gap"] < -0.03
    assert high["mean_p"] + high["gap"] == pytest.approx(high["observed"])
    assert high["log_loss"] > right["log_loss"]
    assert high["ece"] > right["ece"]
    few = calibrated(y[:100], truth[:100], match[:100], LIMITS)
    assert (few["verdict"], few["matches"]) == ("too few", 4)
    none = calibrated(y[:0], truth[:0], match[:0], LIMITS)
    assert (none["verdict"], none["n"], none["gap"]) == ("too few", 0, None)
