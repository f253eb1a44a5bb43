"""The arithmetic of inference, in plain Python.

Vectorised libraries add numbers up in another order for another batch size, so the same shot could score
0.1034 alone and 0.1035 among others. These kernels take one row at a time and add in a fixed order: a value
depends on the inputs and the model, never on what was scored beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from app.models.errors import BrokenModel
from app.models.pair import LogisticPair
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
        # The two forms are equal; each keeps exp() from overflowing on its side.
        if z >= 0:
            return 1.0 / (1.0 + math.exp(-z))
        e = math.exp(z)
        return e / (1.0 + e)


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


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Named numbers, or tables of numbers, that a signal's own formula uses: `params.home_goals`."""

    values: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(f"the model has no parameter '{name}', only {sorted(self.values)}") from None


Kernel = Logistic | Grid | Params | LogisticPair

KINDS: dict[str, type[Kernel]] = {"logistic": Logistic, "grid": Grid, "params": Params, "logistic_pair": LogisticPair}
