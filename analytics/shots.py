"""Takes shots of a table the way a live shot takes: the same features, the same signal, one shot at a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl

from analytics.shot_events import Taken
from app.models.registry import Model
from app.sports.base import Event
from app.sports.soccer.build_up import BuildUp, LedBy
from app.sports.soccer.events import Fields
from app.sports.soccer.features import FEATURES
from app.sports.soccer.shots import TERMS, terms_of
from app.sports.soccer.signals import xg

_SCHEMA: dict[str, type] = {
    "match_id": int,
    "date": date,
    "period": int,
    "x_m": float,
    "y_m": float,
    "body_part": str,
    "shot_kind": str,
    "goal": bool,
    "provider_xg": float,
    **dict.fromkeys(LedBy._fields, float),
}


def table_of(taken: Iterable[Taken]) -> pl.DataFrame:
    """Shots as a table, one row each: match_id, date, period, x_m, y_m, body_part, shot_kind, goal, provider_xg, and what led
    to them (the members of `app.sports.soccer.build_up.LedBy`)."""
    rows = [
        (
            shot.match_id,
            shot.day,
            shot.event.period,
            (f := shot.event.fields).x_m,
            f.y_m,
            f.body_part,
            f.shot_kind,
            None if f.outcome is None else f.outcome == "goal",
            f.provider_xg,
            *shot.led_by,
        )
        for shot in taken
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def inputs(shots: pl.DataFrame) -> list[SimpleNamespace]:
    """The declared features of the xG signal, one object a row of `table_of`; nothing led to a shot where a column is missing."""
    chosen = [(name, FEATURES[name].compute) for name in xg.SIGNAL.features]
    missing = [pl.lit(0.0).alias(name) for name in LedBy._fields if name not in shots.columns]
    rows = shots.with_columns(missing).select("period", "x_m", "y_m", "body_part", "shot_kind", *LedBy._fields)
    found: list[SimpleNamespace] = []
    for period, x_m, y_m, body_part, shot_kind, *led_by in rows.iter_rows():
        fields = Fields(x_m=x_m, y_m=y_m, body_part=body_part, shot_kind=shot_kind)
        event = Event(0, "", False, "shot", period, 0.0, 0.0, None, None, fields)
        state = SimpleNamespace(build_up=BuildUp(led_by=LedBy(*led_by)))
        found.append(SimpleNamespace(**{name: compute(state, event) for name, compute in chosen}))
    return found


def design(shots: pl.DataFrame) -> np.ndarray:
    """The regression's terms (shape: shots x len(TERMS))."""
    rows = [terms_of(f) for f in inputs(shots)]
    return np.array(rows, dtype=float).reshape(len(rows), len(TERMS))


def predict(shots: pl.DataFrame, model: Model) -> np.ndarray:
    """xG of each shot (shape: shots), from the live signal's own functions; shoot-out kicks must be left out."""
    kernel: Any = model.kernel
    found: list[float] = []
    for f in inputs(shots):
        asked = xg.ask(f, None)
        if asked is None:
            raise ValueError("a kick of a shoot-out has no xG")
        rows, note = asked
        found.append(xg.answer([kernel.predict(row) for row in rows], note))
    return np.array(found, dtype=float)
