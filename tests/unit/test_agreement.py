"""Figures of two series beside each other: golden values by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from analytics.agreement import agreement, kendall, ranks, shift, spearman, top_overlap


def arrays(*rows: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    a, b = zip(*rows, strict=True)
    return np.array(a, dtype=float), np.array(b, dtype=float)


def test_equal_values_share_a_rank() -> None:
    assert ranks(np.array([5.0, 1.0, 5.0, 9.0])).tolist() == [2.5, 1.0, 2.5, 4.0]


def test_rank_correlations() -> None:
    # Ranks 1 2 3 4 against 2 1 4 3: 1 - 6 * 4 / (4 * 15) = 0.6; of six pairs two stand the wrong way round: (4 - 2) / 6.
    a, b = arrays((0.1, 20.0), (0.2, 10.0), (0.3, 40.0), (0.4, 30.0))
    assert spearman(a, b) == pytest.approx(0.6)
    assert kendall(a, b) == pytest.approx(1 / 3)
    assert kendall(a, -a) == pytest.approx(-1.0)


def test_ties_of_tau_b() -> None:
    # Pairs: (1,1)-(1,2) tied in a, (1,2)-(2,2) tied in b, (1,1)-(2,2) in order: 1 / sqrt(2 * 2).
    assert kendall(*arrays((1, 1), (1, 2), (2, 2))) == pytest.approx(0.5)


@pytest.mark.parametrize("seed", range(3))
def test_tau_b_is_that_of_all_pairs(seed: int) -> None:
    a, b = np.random.default_rng(seed).integers(0, 25, (2, 300)).astype(float)
    signs = [(np.sign(a[i] - a[j]), np.sign(b[i] - b[j])) for i, j in itertools.combinations(range(len(a)), 2)]
    x, y = np.array(signs).T
    assert kendall(a, b) == pytest.approx(float(x @ y / np.sqrt((x @ x) * (y @ y))))


@pytest.mark.parametrize("rows", [[(1.0, 1.0)], [(1.0, 1.0), (1.0, 2.0)], [(1.0, 3.0), (2.0, 3.0)]])
def test_no_rank_where_nothing_moves(rows: list[tuple[float, float]]) -> None:
    assert spearman(*arrays(*rows)) is None
    assert kendall(*arrays(*rows)) is None


def test_top_k_and_ties() -> None:
    a = np.array([9.0, 8.0, 7.0, 1.0, 0.0])
    assert top_overlap(a, np.array([9.0, 1.0, 7.0, 8.0, 0.0]), k=2) == 0.5
    assert top_overlap(a, np.array([9.0, 7.9, 8.0, 1.0, 0.0]), k=2) == 0.5
    assert top_overlap(a, np.array([9.0, 7.9, 8.0, 1.0, 0.0]), tie=0.1 + 1e-12, k=2) == 1.0
    assert top_overlap(a, a, k=5) is None


def test_a_shift_is_seen_and_few_values_have_none() -> None:
    a = np.arange(100.0)
    assert shift(a, a) == {"psi": pytest.approx(0.0), "ks": 0.0}
    moved = shift(a + 50, a)
    assert moved["ks"] == pytest.approx(0.5)
    assert moved["psi"] > 1
    assert shift(a[:19], a[:19]) == {"psi": None, "ks": None}


def test_distance_is_of_what_was_said_and_ranks_of_what_is_rounded_alike() -> None:
    found = agreement(np.array([0.1, 0.2, 0.2]), np.array([0.12, 0.18, 0.21]), 0.1)
    assert found["mae"] == pytest.approx(0.05 / 3)
    assert found["max_abs"] == pytest.approx(0.02)
    assert (found["spearman"], found["kendall"]) == (pytest.approx(1.0), pytest.approx(1.0))
    nothing = agreement(np.array([]), np.array([]), 0.1)
    assert nothing == dict.fromkeys(("mae", "max_abs", "spearman", "kendall", "psi", "ks"))
