"""Two logistic regressions on the same terms, added up in one pass: what may happen for a team, and against it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import msgspec
import numpy as np

from app.models.errors import BrokenModel
from app.models.odds import probability
from app.models.rows import SIDE_BY_SIDE, Rows, array_of, probabilities


class LogisticPair(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Two probabilities of one row of terms, each 1 / (1 + exp(-(intercept + sum of coefficient * term))).

    features: the names of the terms, in the order `predict` takes them. first, second: a coefficient a term.
    Errors: BrokenModel when coefficients and names differ in number, or a number is not finite.
    """

    features: tuple[str, ...]
    first: tuple[float, ...]
    second: tuple[float, ...]
    first_intercept: float
    second_intercept: float

    def __post_init__(self) -> None:
        if not len(self.features) == len(self.first) == len(self.second):
            counts = f"{len(self.features)} terms but {len(self.first)} and {len(self.second)} coefficients"
            raise BrokenModel(f"{counts}; train again.")
        if not all(map(math.isfinite, (*self.first, *self.second, self.first_intercept, self.second_intercept))):
            raise BrokenModel("A coefficient is not a finite number; train again.")

    def predict(self, terms: Sequence[float]) -> tuple[float, float]:
        """Both probabilities, each in [0, 1], of one row of terms (shape: as many as `features`, same order)."""
        y, z = self.first_intercept, self.second_intercept
        for a, b, term in zip(self.first, self.second, terms, strict=True):
            # Most terms are flags, and 0; to add a product with 0 changes nothing.
            if term:
                y += a * term
                z += b * term
        return probability(y), probability(z)

    def predict_many(self, rows: Rows) -> np.ndarray:
        """Both probabilities (shape: n x 2) of rows (shape: n x features): to the last bit what `predict` gives for each."""
        values = array_of(rows, len(self.features))
        if len(values) < SIDE_BY_SIDE:
            return np.array([self.predict(row) for row in values.tolist()], dtype=float).reshape(-1, 2)
        count = len(values)
        # Both of a term beside one another, below their intercepts: added up in one go, in the order of one row.
        products = np.empty((len(self.features) + 1, 2, count))
        products[0] = self._intercepts
        np.multiply(values.T[:, None], self._columns, out=products[1:])
        odds = np.add.reduce(products.reshape(-1, 2 * count), axis=0).tolist()
        return probabilities(odds).reshape(2, count).T

    @cached_property
    def _columns(self) -> np.ndarray:
        return np.array((self.first, self.second)).T[:, :, None].copy()

    @cached_property
    def _intercepts(self) -> np.ndarray:
        return np.array(((self.first_intercept,), (self.second_intercept,)))
