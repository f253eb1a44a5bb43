"""Gradient-boosted decision trees whose leaves are whole numbers, so that their sum is the same in any order.

The log-odds of a row are (base + the leaf of each tree that the row falls into) * 2**-30, and its probability is
1 / (1 + exp(-log-odds)) (Friedman 2001, "Greedy function approximation", for the binomial deviance). Added up in floating
point, a hundred leaves would come to another last bit in another order; whole numbers do not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import msgspec
import numpy as np

from app.models.errors import BrokenModel
from app.models.odds import probability
from app.models.rows import Rows, array_of, probabilities

# What a leaf counts in: log-odds of 2**-30, far below what a probability is shown with.
UNIT = 2.0**-30
# A leaf is below 1,024 log-odds, so that a million trees stay below 2**63.
_HIGHEST = 2**40
_MOST_TREES = 2**20
# So many rows go down all trees at once: what is kept on the way stays small.
_AT_ONCE = 2048


class _Layout(msgspec.Struct, frozen=True):
    """Trees whose every way is as long as the longest: a leaf is a node that leads to itself.

    roots: shape trees. feature, threshold: of each node, then of each leaf. ways: of node i, `below` at 2 i and `above` at
    2 i + 1. adds: of each node 0, of each leaf what it adds. depth: of the deepest tree.
    """

    roots: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    ways: np.ndarray
    adds: np.ndarray
    depth: int


class Trees(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
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

    def predict_many(self, rows: Rows) -> np.ndarray:
        """Probabilities (shape: n) of rows (shape: n x features): to the last bit what `predict` gives for each."""
        values = array_of(rows, len(self.features))
        totals = [self._totals(values[at : at + _AT_ONCE]) for at in range(0, len(values), _AT_ONCE)]
        odds = [total * UNIT for part in totals for total in part.tolist()]
        return probabilities(odds)

    def _totals(self, values: np.ndarray) -> np.ndarray:
        """Of each row (n of them) the whole number that base and leaves add up to."""
        laid = self._layout
        flat = np.ascontiguousarray(values).ravel()
        begins = np.arange(len(values), dtype=np.intp)[:, None] * values.shape[1]
        node = np.broadcast_to(laid.roots, (len(values), len(laid.roots)))
        for _ in range(laid.depth):
            asked = flat.take(begins + laid.feature.take(node))
            # What is not a number is not at most the threshold.
            node = laid.ways.take(2 * node + ~(asked <= laid.threshold.take(node)))
        return self.base + laid.adds.take(node).sum(axis=1)

    @cached_property
    def _layout(self) -> _Layout:
        nodes, leaves = len(self.feature), len(self.leaves)

        def numbered(places: Sequence[int]) -> np.ndarray:
            given = np.array(places, dtype=np.intp)
            return np.where(given >= 0, given, nodes - 1 - given)

        own = np.arange(nodes, nodes + leaves)
        ways = np.stack(
            (np.concatenate((numbered(self.below), own)), np.concatenate((numbered(self.above), own))), axis=1
        )
        # A node points only to later ones, so that those are measured already.
        below_it = [0] * (nodes + leaves)
        for node in range(nodes - 1, -1, -1):
            below_it[node] = 1 + max(below_it[way] for way in ways[node].tolist())
        roots = numbered(self.roots)
        return _Layout(
            roots,
            np.array((*self.feature, *[0] * leaves), dtype=np.intp),
            np.array((*self.threshold, *[0.0] * leaves)),
            ways.ravel(),
            np.array((*[0] * nodes, *self.leaves), dtype=np.int64),
            max(below_it[root] for root in roots.tolist()),
        )
