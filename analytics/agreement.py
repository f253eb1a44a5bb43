"""How far two series of numbers agree: MAE, largest difference, Spearman, Kendall, top k, shift. Pure: arrays in."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from analytics import drift

TOP = 10
# From so few values on either side a shift says nothing.
LEAST_FOR_SHIFT = 20


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1; equal values share the mean of theirs (shape: n)."""
    _, of, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[of]


def spearman(a: np.ndarray, b: np.ndarray) -> float | None:
    """Spearman's rank correlation, -1 to 1; None for fewer than two, or where one never moves."""
    if len(a) < 2:
        return None
    x, y = ranks(a) - (len(a) + 1) / 2, ranks(b) - (len(b) + 1) / 2
    spread = math.sqrt(float(x @ x) * float(y @ y))
    return None if spread == 0 else float(x @ y) / spread


def kendall(a: np.ndarray, b: np.ndarray) -> float | None:
    """Kendall's tau-b, -1 to 1; None for fewer than two, or where one never moves.

    Knight's algorithm (1966): discordant pairs are the exchanges that sorting by b takes once a is in order.
    """
    n = len(a)
    if n < 2:
        return None
    order = np.lexsort((b, a))
    a, b = a[order], b[order]
    pairs = n * (n - 1) // 2
    tied_a, tied_b = _tied(np.unique(a, return_counts=True)[1]), _tied(np.unique(b, return_counts=True)[1])
    same = (np.diff(a) == 0) & (np.diff(b) == 0)
    runs = np.diff(np.flatnonzero(np.r_[True, ~same, True]))
    tied_both = _tied(runs)
    if pairs in (tied_a, tied_b):
        return None
    swaps = _inversions(b)
    balance = pairs - tied_a - tied_b + tied_both - 2 * swaps
    return balance / math.sqrt(pairs - tied_a) / math.sqrt(pairs - tied_b)


def _tied(counts: np.ndarray) -> int:
    return int(np.sum(counts.astype(np.int64) * (counts.astype(np.int64) - 1) // 2))


def _inversions(values: np.ndarray) -> int:
    """How many pairs stand the wrong way round; equal ones do not."""
    n = len(values)
    if n <= 64:
        return int(np.sum(np.triu(values[:, None] > values[None, :], 1)))
    left, right = values[: n // 2], values[n // 2 :]
    in_order = int(np.sum(np.searchsorted(np.sort(left), right, side="right")))
    return _inversions(left) + _inversions(right) + len(left) * len(right) - in_order


def top_overlap(a: np.ndarray, b: np.ndarray, tie: float = 0.0, k: int = TOP) -> float | None:
    """Which share of the k highest of a are among the k highest of b, 0 to 1; None for k values or fewer.

    tie: values this near to the k-th are level with it, so that rounding alone cannot move one out.
    """
    if len(a) <= k:
        return None
    chosen = np.argsort(-a, kind="stable")[:k]
    return float(np.mean(b[chosen] >= np.sort(b)[-k] - tie))


def shift(a: np.ndarray, b: np.ndarray) -> dict[str, float | None]:
    """psi and ks (see analytics.drift) of a against b as the reference; None for fewer than LEAST_FOR_SHIFT values."""
    if min(len(a), len(b)) < LEAST_FOR_SHIFT:
        return {"psi": None, "ks": None}
    edges = drift.quantile_edges(b)
    found = [drift.shares(drift.counts([v], edges)[0]) for v in (b, a)]
    return {"psi": float(drift.psi(found[0], found[1])), "ks": drift.ks(b, a)[0]}


def agreement(a: np.ndarray, b: np.ndarray, step: float) -> dict[str, Any]:
    """All of it, of a (which is rounded to `step`) beside b (shape: n each, every value known)."""
    apart = np.abs(a - b)
    # Shift and ranks are of what is rounded alike: a tie on the air that is none in the batch is no disagreement.
    x, y = np.round(a / step), np.round(b / step)
    return {
        "mae": float(np.mean(apart)) if len(a) else None,
        "max_abs": float(np.max(apart)) if len(a) else None,
        "spearman": spearman(x, y),
        "kendall": kendall(x, y),
        **shift(x, y),
    }
