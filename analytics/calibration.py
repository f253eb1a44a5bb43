"""Do probabilities that were said come true as often as they say? Pure: arrays in, numbers out."""

from __future__ import annotations

import math

import numpy as np


def gap(y: np.ndarray, p: np.ndarray) -> float:
    """How much more often it happened than was said: mean of y - p, -1 to 1; below 0 the probabilities are too high."""
    return float(np.mean(np.asarray(y, dtype=float) - p))


def chance(y: np.ndarray, p: np.ndarray, match: np.ndarray) -> float:
    """How likely a gap so far from 0 would be by chance were the probabilities right: a p from 0 to 1.

    Rows of one match depend on each other, so whole matches are the units: z is the sum of their y - p over the root of
    the sum of its squares (a cluster-robust score test), and cannot exceed the root of the number of matches.
    """
    _, codes = np.unique(match, return_inverse=True)
    off = np.bincount(codes, np.asarray(y, dtype=float) - p)
    spread = math.sqrt(float(np.sum(off**2)))
    if spread == 0:
        return 1.0
    return math.erfc(abs(float(np.sum(off))) / spread / math.sqrt(2))
