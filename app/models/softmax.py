"""Multinomial logistic regression: which of several things happens, in plain Python, one row at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from app.models.errors import BrokenModel


class Softmax(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """P(class c) = exp(score of c) / sum of exp(score), where a score is intercept + sum of coefficient * value.

    features: the names of the values, in the order `predict` takes them. classes: the names of what may happen; the last
    one is what the others are compared with: its score is 0. coefficients: for each other class one a feature.
    intercepts: one each. Errors: BrokenModel where counts do not fit or a number is not finite.
    """

    features: tuple[str, ...]
    classes: tuple[str, ...]
    coefficients: tuple[tuple[float, ...], ...]
    intercepts: tuple[float, ...]

    def __post_init__(self) -> None:
        if not 0 < len(self.classes) - 1 == len(self.coefficients) == len(self.intercepts):
            counts = f"{len(self.classes)} classes, {len(self.coefficients)} rows and {len(self.intercepts)} intercepts"
            raise BrokenModel(f"{counts}; train again.")
        if any(len(row) != len(self.features) for row in self.coefficients):
            raise BrokenModel(f"A class has not {len(self.features)} coefficients, one a feature; train again.")
        if not all(map(math.isfinite, (*self.intercepts, *(c for row in self.coefficients for c in row)))):
            raise BrokenModel("A coefficient is not a finite number; train again.")

    def predict(self, values: Sequence[float]) -> tuple[float, ...]:
        """Probabilities that add up to 1, one a class, of one row of values (shape: as many as `features`, same order)."""
        if len(values) != len(self.features):
            raise ValueError(f"{len(values)} values for {len(self.features)} features")
        # Many are flags, and 0; to add a product with 0 changes nothing.
        told = [(place, value) for place, value in enumerate(values) if value]
        scores: list[float] = []
        for row, intercept in zip(self.coefficients, self.intercepts, strict=True):
            score = intercept
            for place, value in told:
                score += row[place] * value
            scores.append(score)
        highest = max(0.0, *scores)
        weights = [math.exp(score - highest) for score in scores]
        weights.append(math.exp(-highest))
        whole = sum(weights)
        return tuple([weight / whole for weight in weights])

    def predict_many(self, rows: np.ndarray) -> np.ndarray:
        """Probabilities (shape: n x classes) of rows (shape: n x features): within rounding what `predict` gives for each.
        For training and measuring only."""
        scores = np.zeros((len(rows), len(self.classes)))
        scores[:, :-1] = rows @ np.array(self.coefficients).T + np.array(self.intercepts)
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        return weights / weights.sum(axis=1, keepdims=True)
