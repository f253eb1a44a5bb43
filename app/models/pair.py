"""Two logistic regressions on the same terms, added up in one pass: what may happen for a team, and against it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from app.models.errors import BrokenModel


class LogisticPair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
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
        return _chance(y), _chance(z)


def _chance(z: float) -> float:
    # The two forms are equal; each keeps exp() from overflowing on its side.
    if z >= 0:
        return 1.0 / (1.0 + math.exp(-z))
    e = math.exp(z)
    return e / (1.0 + e)
