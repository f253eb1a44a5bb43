"""The arithmetic of inference, in plain Python.

Vectorised libraries add numbers up in another order for another batch size, so the same shot could score
0.1034 alone and 0.1035 among others. These kernels take one row at a time and add in a fixed order: a value
depends on the inputs and the model, never on what was scored beside it. Where many rows can be taken at once
(`predict_many`, `value_many`) they are added up column by column, in the order of the single row.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from app.models.errors import BrokenModel
from app.models.odds import probability
from app.models.pair import LogisticPair
from app.models.parts import Parts
from app.models.trees import Trees
from app.sports.soccer.events import PITCH_LENGTH_M, PITCH_WIDTH_M


class Logistic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Logistic regression: 1 / (1 + exp(-(intercept + sum of coefficient * value))).

    features: the names of the values, in the order `predict` takes them. Errors: BrokenModel when the
    coefficients and the names differ in number or a number is not finite.
    """

    features: tuple[str, ...]
    coefficients: tuple[float, ...]
    intercept: float

    def __post_init__(self) -> None:
        if len(self.features) != len(self.coefficients):
            raise BrokenModel(f"{len(self.features)} features but {len(self.coefficients)} coefficients; train again.")
        if not all(map(math.isfinite, (*self.coefficients, self.intercept))):
            raise BrokenModel("A coefficient is not a finite number; train again.")

    def predict(self, values: Sequence[float]) -> float:
        """Probability in [0, 1] for one row of values (shape: as many as `features`, same order)."""
        z = self.intercept
        for coefficient, value in zip(self.coefficients, values, strict=True):
            z += coefficient * value
        return probability(z)

    def predict_many(self, rows: np.ndarray) -> np.ndarray:
        """Probabilities (shape: n) of rows (shape: n x features): to the last bit what `predict` gives for each."""
        rows = np.asarray(rows, dtype=float)
        if rows.ndim != 2 or rows.shape[1] != len(self.features):
            raise ValueError(f"rows of shape {rows.shape} for {len(self.features)} features")
        z = np.full(len(rows), self.intercept)
        for coefficient, column in zip(self.coefficients, rows.T, strict=True):
            z = z + coefficient * column
        # numpy's exp may differ from math.exp in the last bit.
        return np.array([probability(log_odds) for log_odds in z.tolist()], dtype=float)


class Grid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value for each cell of the pitch (105 x 68 m, the acting team attacks towards +x).

    cells: 16 columns along the length, first at the own goal line, each of 12 cells from the left touchline.
    """

    cells: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        if not self.cells or not self.cells[0] or len({len(column) for column in self.cells}) != 1:
            raise BrokenModel("The columns of the grid are empty or differ in length; train again.")
        if not all(math.isfinite(value) for column in self.cells for value in column):
            raise BrokenModel("A cell of the grid is not a finite number; train again.")

    def value(self, x_m: float, y_m: float) -> float:
        """The value of the cell at a point; a point on or off the line belongs to the nearest cell."""
        columns, rows = len(self.cells), len(self.cells[0])
        column = min(max(int(x_m / PITCH_LENGTH_M * columns), 0), columns - 1)
        row = min(max(int(y_m / PITCH_WIDTH_M * rows), 0), rows - 1)
        return self.cells[column][row]

    def value_many(self, points_m: np.ndarray) -> np.ndarray:
        """Values (shape: n) of points (shape: n x 2, x and y in metres): what `value` gives for each."""
        points_m = np.asarray(points_m, dtype=float)
        if points_m.ndim != 2 or points_m.shape[1] != 2 or not np.isfinite(points_m).all():
            raise ValueError(f"expected points of two finite numbers, not an array of shape {points_m.shape}")
        cells = np.array(self.cells)
        columns, rows = cells.shape
        # Cast as int() does: towards 0. A point off the pitch is clipped before, where no cast can overflow.
        column = np.clip(points_m[:, 0] / PITCH_LENGTH_M * columns, 0, columns - 1).astype(int)
        row = np.clip(points_m[:, 1] / PITCH_WIDTH_M * rows, 0, rows - 1).astype(int)
        return cells[column, row]


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Named numbers, or tables of numbers, that a signal's own formula uses: `params.home_goals`."""

    values: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(f"the model has no parameter '{name}', only {sorted(self.values)}") from None


Kernel = Logistic | Grid | Params | LogisticPair | Trees | Parts

KINDS: dict[str, type[Kernel]] = {
    "logistic": Logistic,
    "grid": Grid,
    "params": Params,
    "logistic_pair": LogisticPair,
    "trees": Trees,
    "parts": Parts,
}
