"""Takes shots of a table the way a live shot takes: the same features, the same signal, one shot at a time."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import polars as pl

from app.models.registry import Model
from app.sports.base import Event
from app.sports.soccer.events import Fields
from app.sports.soccer.features import FEATURES
from app.sports.soccer.signals import xg


def inputs(shots: pl.DataFrame) -> list[SimpleNamespace]:
    """The declared features of the xG signal, one object a row of `analytics.data.wyscout_shots`."""
    chosen = [(name, FEATURES[name].compute) for name in xg.SIGNAL.features]
    rows = shots.select("period", "x_m", "y_m", "body_part", "shot_kind").iter_rows()
    return [SimpleNamespace(**{name: compute(None, _event(*row)) for name, compute in chosen}) for row in rows]


def design(shots: pl.DataFrame) -> np.ndarray:
    """The regression's terms (shape: shots x len(xg.TERMS))."""
    rows = [xg.terms_of(f) for f in inputs(shots)]
    return np.array(rows, dtype=float).reshape(len(rows), len(xg.TERMS))


def predict(shots: pl.DataFrame, model: Model) -> np.ndarray:
    """xG of each shot (shape: shots), from the live signal's own function; shoot-out kicks must be left out."""
    return np.array([xg.value(f, model, None) for f in inputs(shots)], dtype=float)


def _event(period: int, x_m: float, y_m: float, body_part: str | None, shot_kind: str | None) -> Event:
    fields = Fields(x_m=x_m, y_m=y_m, body_part=body_part, shot_kind=shot_kind)  # pyright: ignore[reportArgumentType]
    return Event(0, "", False, "shot", period, 0.0, 0.0, None, None, fields)
