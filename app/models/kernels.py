"""The arithmetic of inference: one row in plain Python, and many rows at once to the same bits.

Vectorised libraries add numbers up in another order for another batch size, so the same shot could score
0.1034 alone and 0.1035 among others. These kernels add in a fixed order: a value depends on the inputs and the model,
never on what was scored beside it. Where many rows are taken at once (`predict_many`, `value_many`) every row is added up in
the order of the single one (`app.models.rows`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import msgspec
import numpy as np

from app.models.errors import BrokenModel
from app.models.odds import probability
from app.models.pair import LogisticPair
from app.models.parts import Parts
from app.models.rows import SIDE_BY_SIDE, Rows, array_of, column, log_odds, probabilities
from app.models.trees import Trees
from app.sports.soccer.events import PITCH_LENGTH_M, PITCH_WIDTH_M

# Further off than any point of a pitch, and near enough for a cell's number to be an integer.
_FAR_M = 1e6
_FAR_M2 = _FAR_M**2
_divide, _multiply, _least, _most = np.divide, np.multiply, np.minimum, np.maximum


class Logistic(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
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

    def predict_many(self, rows: Rows) -> np.ndarray:
        """Probabilities (shape: n) of rows (shape: n x features): to the last bit what `predict` gives for each."""
        values = array_of(rows, len(self.features))
        if len(values) < SIDE_BY_SIDE:
            return np.array([self.predict(row) for row in values.tolist()], dtype=float)
        return probabilities(log_odds(values.T, self._column, self.intercept))

    @cached_property
    def _column(self) -> np.ndarray:
        return column(self.coefficients)


class Grid(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
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

    def value_many(self, points_m: Rows) -> np.ndarray:
        """Values (shape: n) of points (shape: n x 2, x and y in metres): what `value` gives for each."""
        flat = array_of(points_m, 2).ravel()
        # The sum of squares of far points, or of what is no number, is not below the bound.
        if not flat.dot(flat) < _FAR_M2:
            if not np.isfinite(flat).all():
                raise ValueError("expected points of two finite numbers")
            flat = flat.clip(-_FAR_M, _FAR_M)
        cells, step, columns, rows = self._cells
        pitch_m, counts, last = _pairs(columns, rows, len(points_m))
        # Cast as int() does: towards 0.
        at = _divide(flat, pitch_m)
        cell = _multiply(at, counts, out=at).astype(np.intp)
        _least(cell, last, out=cell)
        _most(cell, 0, out=cell)
        return cells.take(cell.reshape(-1, 2).dot(step))

    @cached_property
    def _cells(self) -> tuple[np.ndarray, np.ndarray, int, int]:
        rows = len(self.cells[0])
        return np.array(self.cells).ravel(), np.array((rows, 1)), len(self.cells), rows


@lru_cache(maxsize=64)
def _pairs(columns: int, rows: int, points: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Length and width of the pitch, cells along them, and the last cell, for as many points one after the other: numpy is
    several times as quick with two arrays of one length as with pairs beside a pair."""
    return (
        np.tile((PITCH_LENGTH_M, PITCH_WIDTH_M), points),
        np.tile((float(columns), float(rows)), points),
        np.tile((columns - 1, rows - 1), points),
    )


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
