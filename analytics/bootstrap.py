"""How far a figure would move with other matches: intervals by drawing whole matches again (cluster bootstrap).

Shots and states of one match depend on each other, so single rows must not be drawn. Plain numpy, the same numbers
for the same seed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics import metrics

RESAMPLES = 1000
SEED = 20180217
_LOW, _HIGH = 2.5, 97.5


class Resamples:
    """Draws of as many matches as there are, with replacement. match: the match of each row (shape: n)."""

    def __init__(self, match: np.ndarray, resamples: int = RESAMPLES, seed: int = SEED) -> None:
        _, self.codes = np.unique(match, return_inverse=True)
        matches = int(self.codes.max()) + 1
        # counts[r, m]: how often match m is in draw r.
        self.counts = np.random.default_rng(seed).multinomial(matches, np.full(matches, 1 / matches), size=resamples)

    def mean(self, values: np.ndarray) -> list[float]:
        """95 % interval of the mean of a value of each row (shape: n)."""
        sums, sizes = np.bincount(self.codes, values), np.bincount(self.codes)
        return _interval((self.counts @ sums) / (self.counts @ sizes))

    def auc(self, y: np.ndarray, p: np.ndarray) -> list[float] | None:
        """95 % interval of the AUC; None where no draw holds both positives and negatives."""
        order = np.argsort(p, kind="stable")
        happened, codes = np.asarray(y, dtype=bool)[order], self.codes[order]
        starts = np.flatnonzero(np.r_[True, np.diff(p[order]) > 0])  # rows of the same p rank as one
        found: list[float] = []
        for counts in self.counts:
            weights = counts[codes]
            positives = np.add.reduceat(weights * happened, starts)
            negatives = np.add.reduceat(weights * ~happened, starts)
            pairs = positives.sum() * negatives.sum()
            if pairs:
                below = np.cumsum(negatives) - negatives
                found.append(float(np.sum(positives * (below + negatives / 2)) / pairs))
        return _interval(np.array(found)) if found else None

    def ece(self, y: np.ndarray, p: np.ndarray, bins: int = 10) -> list[float]:
        """95 % interval of the ECE over quantile bins. Chance adds to every draw: it lies above the figure itself."""
        order = np.argsort(p, kind="stable")
        gaps, codes = (np.asarray(y, dtype=float) - p)[order], self.codes[order]
        found = []
        for counts in self.counts:
            drawn = np.repeat(gaps, counts[codes])
            sizes = np.full(bins, len(drawn) // bins) + (np.arange(bins) < len(drawn) % bins)
            starts = np.cumsum(sizes) - sizes
            found.append(float(np.sum(np.abs(np.add.reduceat(drawn, starts[sizes > 0]))) / len(drawn)))
        return _interval(np.array(found))


def intervals(y: np.ndarray, p: np.ndarray, resamples: Resamples) -> dict[str, Any]:
    """95 % intervals of log loss, Brier, AUC and ECE of forecasts p of y (both of shape n)."""
    return {
        "log_loss": resamples.mean(metrics.log_losses(y, p)),
        "brier": resamples.mean((p - np.asarray(y, dtype=float)) ** 2),
        "auc": resamples.auc(y, p),
        "ece": resamples.ece(y, p),
    }


def _interval(draws: np.ndarray) -> list[float]:
    low, high = np.percentile(draws, [_LOW, _HIGH])
    return [float(low), float(high)]
