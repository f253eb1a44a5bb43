"""How far values have moved from those of before: PSI, Kolmogorov-Smirnov, Kullback-Leibler, Jensen-Shannon.

Pure: arrays in, numbers out; plain numpy, so that the service needs nothing else. Shares of values are taken between
edges of quantiles of the reference, or of Sturges' formula over both samples; an empty bin counts as EMPTY. All logarithms
are natural. Rules of thumb for PSI: below 0.10 nothing, above 0.25 much (Yurdakul and Naranjo, Journal of Risk Model
Validation); they say nothing of chance, therefore `by_match` does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

EMPTY = 0.0001
SEED = 20180217


def quantile_edges(reference: np.ndarray, bins: int = 10) -> np.ndarray:
    """Edges between bins that hold equal shares of the reference (shape: bins - 1; fewer where values repeat).

    A bin is what lies above one edge, up to and with the next. Where the lowest value repeats so often that it is an
    edge itself, one more edge tells it from what is lower still; what is above a highest one has a bin by itself.
    """
    edges = np.unique(np.quantile(reference, np.arange(1, bins) / bins, method="inverted_cdf"))
    lowest = np.min(reference)
    return np.r_[np.nextafter(lowest, -np.inf), edges] if edges[0] == lowest else edges


def sturges_edges(reference: np.ndarray, recent: np.ndarray) -> np.ndarray:
    """Edges between 1 + log2(n) bins (rounded up) of equal width over both samples, the outer two left out."""
    low, high = min(reference.min(), recent.min()), max(reference.max(), recent.max())
    bins = math.ceil(math.log2(len(reference) + len(recent))) + 1
    return np.unique(np.linspace(low, high, bins + 1)[1:-1])


def counts(values: Sequence[np.ndarray], edges: np.ndarray) -> np.ndarray:
    """How many values of each match lie in each bin (shape: matches x edges + 1). values: an array of each match's."""
    bins = len(edges) + 1
    match = np.repeat(np.arange(len(values)), [len(v) for v in values])
    found = match * bins + np.searchsorted(edges, np.concatenate(values), side="left")
    return np.bincount(found, minlength=len(values) * bins).reshape(len(values), bins)


def shares(found: np.ndarray) -> np.ndarray:
    """Counts as shares along the last axis; an empty bin is EMPTY."""
    total = found.sum(axis=-1, keepdims=True)
    return np.where(found == 0, EMPTY, found / total)


def psi(reference: np.ndarray, recent: np.ndarray) -> np.ndarray:
    """Population stability index of two shares (last axis): sum of (a - e) ln(a / e), from 0 up."""
    return np.sum((recent - reference) * np.log(recent / reference), axis=-1)


def kl(reference: np.ndarray, recent: np.ndarray) -> float:
    """Kullback-Leibler divergence of recent from reference shares, each made to add up to 1: sum of a ln(a / e)."""
    e, a = reference / reference.sum(), recent / recent.sum()
    return float(np.sum(a * np.log(a / e)))


def js(reference: np.ndarray, recent: np.ndarray) -> float:
    """Jensen-Shannon distance of two shares, each made to add up to 1: 0 to 0.8326, the root of ln 2."""
    e, a = reference / reference.sum(), recent / recent.sum()
    middle = (e + a) / 2
    return math.sqrt(max(float(np.sum(e * np.log(e / middle)) + np.sum(a * np.log(a / middle))) / 2, 0.0))


def ks(reference: np.ndarray, recent: np.ndarray) -> tuple[float, float]:
    """Two-sample Kolmogorov-Smirnov: the largest distance of the two distribution functions, and its p.

    p is the asymptotic one with Stephens' correction (Numerical Recipes, 14.3), of values that do not depend on each
    other; values of one match do, so it is too small. With many values it rejects what does not matter.
    """
    e, a = np.sort(reference), np.sort(recent)
    every = np.concatenate([e, a])
    gap = np.abs(np.searchsorted(e, every, side="right") / len(e) - np.searchsorted(a, every, side="right") / len(a))
    distance = float(gap.max())
    root = math.sqrt(len(e) * len(a) / (len(e) + len(a)))
    return distance, _kolmogorov((root + 0.12 + 0.11 / root) * distance)


def _kolmogorov(x: float) -> float:
    """P(a Kolmogorov-distributed number is above x)."""
    if x < 0.2:  # 1 to the last digit, where the series would need ever more terms
        return 1.0
    return min(max(2 * sum((-1) ** (k - 1) * math.exp(-2 * (k * x) ** 2) for k in range(1, 101)), 0.0), 1.0)


def by_match(reference: np.ndarray, recent: np.ndarray, draws: int = 499, seed: int = SEED) -> float:
    """How often matches that are dealt out by chance are as far apart in PSI as these are: a p of whole matches.

    reference, recent: counts (shape: matches x bins). Values of one match depend on each other, and a few matches differ
    by chance alone; a PSI that deals reach often is no drift (permutation test, one added above and below the line).
    """
    every = np.concatenate([reference, recent]).astype(float)
    whole, late = every.sum(axis=0), recent.sum(axis=0)
    found = psi(shares(whole - late), shares(late))
    # Whole arrays at once: other threads go on meanwhile.
    turns = np.argsort(np.random.default_rng(seed).random((draws, len(every))), axis=1)
    drawn = (turns < len(recent)).astype(float) @ every
    # Matches without a value can be dealt together; then there is nothing to compare.
    sound = (drawn.sum(axis=1) > 0) & ((whole - drawn).sum(axis=1) > 0)
    reached = psi(shares((whole - drawn)[sound]), shares(drawn[sound])) >= found - 1e-12
    return float((np.sum(reached) + 1) / (np.sum(sound) + 1))
