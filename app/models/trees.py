"""Gradient-boosted decision trees whose leaves are whole numbers, so that their sum is the same in any order.

The log-odds of a row are (base + the leaf of each tree that the row falls into) * 2**-30, and its probability is
1 / (1 + exp(-log-odds)) (Friedman 2001, "Greedy function approximation", for the binomial deviance). Added up in floating
point, a hundred leaves would come to another last bit in another order; whole numbers do not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from app.models.errors import BrokenModel
from app.models.odds import probability

# What a leaf counts in: log-odds of 2**-30, far below what a probability is shown with.
UNIT = 2.0**-30
# A leaf is below 1,024 log-odds, so that a million trees stay below 2**63.
_HIGHEST = 2**40
_MOST_TREES = 2**20


class Trees(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Decision trees over the same values, laid out node after node in flat arrays.

    features: the names of the values, in the order `predict` takes them.
    base: log-odds before any tree, in units of 2**-30.
    roots: for each tree, where it begins.
    feature, threshold, below, above: for each node, the place of the value that it asks for, what it compares that with,
        and where to go on: `below` where the value is at most the threshold, `above` where it is more, or not a number.
    leaves: what each leaf adds, in units of 2**-30.
    Whatever points to a node is its number; whatever points to a leaf is -1 - its number. A node points only to later
    nodes, so that every way ends.

    Errors: BrokenModel where the arrays differ in length, point nowhere or backwards, or hold a number that is none.
    """

    features: tuple[str, ...]
    base: int
    roots: tuple[int, ...]
    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    below: tuple[int, ...]
    above: tuple[int, ...]
    leaves: tuple[int, ...]

    def __post_init__(self) -> None:
        nodes, leaves = len(self.feature), len(self.leaves)
        if not len(self.threshold) == len(self.below) == len(self.above) == nodes:
            raise BrokenModel("The arrays of nodes differ in length; train again.")
        if not self.roots or len(self.roots) > _MOST_TREES:
            raise BrokenModel(f"{len(self.roots)} trees, where 1 to {_MOST_TREES} can be added up; train again.")
        if not all(0 <= place < len(self.features) for place in self.feature):
            raise BrokenModel(
                f"A node asks for a value that is none of the {len(self.features)} features; train again."
            )
        if not all(map(math.isfinite, self.threshold)):
            raise BrokenModel("A threshold is not a finite number; train again.")
        if not all(abs(number) < _HIGHEST for number in (self.base, *self.leaves)):
            raise BrokenModel("A leaf is too large to be added up exactly; train again.")
        for node, ways in enumerate(zip(self.below, self.above, strict=True)):
            if not all(node < way < nodes or -leaves <= way < 0 for way in ways):
                raise BrokenModel(f"Node {node} points to no later node and no leaf; train again.")
        if not all(-leaves <= root < nodes for root in self.roots):
            raise BrokenModel("A tree begins at no node and no leaf; train again.")

    def predict(self, values: Sequence[float]) -> float:
        """Probability in [0, 1] for one row of values (shape: as many as `features`, same order)."""
        if len(values) != len(self.features):
            raise ValueError(f"{len(values)} values for {len(self.features)} features")
        feature, threshold, below, above, leaves = self.feature, self.threshold, self.below, self.above, self.leaves
        total = self.base
        for root in self.roots:
            node = root
            while node >= 0:
                node = below[node] if values[feature[node]] <= threshold[node] else above[node]
            total += leaves[-1 - node]
        return probability(total * UNIT)

    def predict_many(self, rows: np.ndarray) -> np.ndarray:
        """Probabilities (shape: n) of rows (shape: n x features): to the last bit what `predict` gives for each."""
        rows = np.asarray(rows, dtype=float)
        if rows.ndim != 2 or rows.shape[1] != len(self.features):
            raise ValueError(f"rows of shape {rows.shape} for {len(self.features)} features")
        feature, threshold = np.array(self.feature, dtype=int), np.array(self.threshold, dtype=float)
        below, above = np.array(self.below, dtype=int), np.array(self.above, dtype=int)
        leaves = np.array(self.leaves, dtype=np.int64)
        total = np.full(len(rows), self.base, dtype=np.int64)
        for root in self.roots:
            node = np.full(len(rows), root)
            on = np.flatnonzero(node >= 0)
            while on.size:
                at = node[on]
                node[on] = np.where(rows[on, feature[at]] <= threshold[at], below[at], above[at])
                on = on[node[on] >= 0]
            total += leaves[-1 - node]
        # numpy's exp may differ from math.exp in the last bit.
        return np.array([probability(log_odds) for log_odds in (total * UNIT).tolist()], dtype=float)
