"""Trains "xt": the expected-threat grid (Singh 2019), 16 x 12 cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from analytics import artifact, wyscout_pitch
from analytics.data import HELD_OUT_FROM, WYSCOUT_CARD, table
from app.errors import UsageError
from app.sports.soccer.events import PITCH_LENGTH_M, PITCH_WIDTH_M
from app.sports.soccer.signals import xt

COLUMNS, ROWS = 16, 12
_CELLS = COLUMNS * ROWS
_TOLERANCE = 1e-5

# Wyscout codes (wyscout/event_types.csv): event 8 is a pass or cross, event 10 a shot in open play, sub-event 70
# an acceleration with the ball; duels (1), others on the ball (7), passes and shots tell where the ball is.
_PASS, _SHOT, _ACCELERATION = 8, 10, 70
_ON_BALL = (1, 7, _PASS, _SHOT)
_ACCURATE, _GOAL = 1801, 101

# A carry is not an event of this feed: it is the way of the ball between two actions of one team
# (Decroos et al., socceraction, `add_dribbles`: 3 to 60 m, at most 10 s).
_CARRY_M, _CARRY_MS = (3.0, 60.0), 10_000


def actions(events: pl.LazyFrame) -> pl.DataFrame:
    """Moves and shots of Wyscout events (file order within a match).

    Columns: kind ("move" or "shot"), start and end (cell 0 to 191, column-major: 12 a column), success (bool).
    Moves are passes and crosses in open play, accelerations, and carries between two actions of one team.
    """
    ordered = events.filter(pl.col("period") <= 4).with_columns(
        ok=pl.col("tags").list.contains(_ACCURATE), goal=pl.col("tags").list.contains(_GOAL)
    )
    shots = ordered.filter(pl.col("event_type") == _SHOT).select(
        pl.lit("shot").alias("kind"),
        _cell("x1", "y1").alias("start"),
        pl.lit(0, pl.Int64).alias("end"),
        pl.col("goal").alias("success"),
    )
    is_move = (pl.col("event_type") == _PASS) | (pl.col("sub_event") == _ACCELERATION)
    moves = ordered.filter(is_move).select(
        pl.lit("move").alias("kind"),
        _cell("x1", "y1").alias("start"),
        _cell("x2", "y2").alias("end"),
        pl.col("ok").alias("success"),
    )
    following = {
        name: pl.col(name).shift(-1).over("match_id", "period")
        for name in ("team_id", "t_ms", "x1", "y1", "event_type")
    }
    carries = (
        ordered.with_columns(
            next_team=following["team_id"],
            wait_ms=following["t_ms"] - pl.col("t_ms"),
            next_x=following["x1"],
            next_y=following["y1"],
            next_type=following["event_type"],
        )
        .with_columns(
            length_m=(
                (wyscout_pitch.x_m("next_x") - wyscout_pitch.x_m("x2")) ** 2
                + (wyscout_pitch.y_m("next_y") - wyscout_pitch.y_m("y2")) ** 2
            ).sqrt()
        )
        .filter(
            is_move
            & pl.col("ok")
            & (pl.col("next_team") == pl.col("team_id"))
            & pl.col("next_type").is_in(_ON_BALL)
            & pl.col("length_m").is_between(*_CARRY_M)
            & (pl.col("wait_ms") <= _CARRY_MS)
        )
        .select(
            pl.lit("move").alias("kind"),
            _cell("x2", "y2").alias("start"),
            _cell("next_x", "next_y").alias("end"),
            pl.lit(True).alias("success"),
        )
    )
    return pl.concat([shots, moves, carries]).collect()


def solve(acts: pl.DataFrame) -> tuple[np.ndarray, list[float]]:
    """The grid (shape: 16 x 12) of actions as `actions` gives them, and the largest change of each iteration.

    A move's chance to go from z to z' is successful moves from z to z' over *all* attempted moves from z, so
    the threat of a cell from which the ball is mostly lost is low. Iterated from 0 until no cell changes by
    more than 1e-5. A cell without actions is worth 0. Errors: UsageError where there is no shot or no move.
    """
    shot, move = acts.filter(pl.col("kind") == "shot"), acts.filter(pl.col("kind") == "move")
    if shot.is_empty() or move.is_empty():
        raise UsageError("Training xt takes shots and moves; the events hold none of one of them.")
    shots = np.bincount(shot["start"].to_numpy(), minlength=_CELLS)
    goals = np.bincount(shot.filter("success")["start"].to_numpy(), minlength=_CELLS)
    moves = np.bincount(move["start"].to_numpy(), minlength=_CELLS)
    arrived = move.filter("success").group_by("start", "end").len()
    transition = np.zeros((_CELLS, _CELLS))
    transition[arrived["start"].to_numpy(), arrived["end"].to_numpy()] = arrived["len"].to_numpy()
    transition /= np.maximum(moves, 1)[:, None]
    actions_here = np.maximum(shots + moves, 1)
    # shot(z) * goal(z) = shots / actions * goals / shots
    scoring = goals / actions_here
    moving = moves / actions_here
    threat, changes = np.zeros(_CELLS), []
    while not changes or changes[-1] > _TOLERANCE:
        after = scoring + moving * (transition @ threat)
        changes.append(float(np.max(np.abs(after - threat))))
        threat = after
    return threat.reshape(COLUMNS, ROWS), changes


def train(data: Path) -> dict[str, Any]:
    """The artifact, fitted on the matches before HELD_OUT_FROM."""
    early = table(data, "wyscout/matches.parquet").filter(pl.col("date_utc") < HELD_OUT_FROM)
    ids = early.select(pl.col("match_id").cast(pl.Int32))
    events = table(data, "wyscout/events.parquet").join(ids, on="match_id", how="semi", maintain_order="left")
    acts = actions(events)
    grid, changes = solve(acts)
    card = {
        "title": "Expected threat: probability of scoring from each of 16 x 12 cells",
        **WYSCOUT_CARD,
        "trained_by": "touchline train xt --data FOLDER",
        "method": "Singh (2019); moves are open-play passes, accelerations and inferred carries (3 to 60 m, 10 s)",
        "features": list(xt.SIGNAL.features),
        "n_train": acts.height,
        "n_test": 0,
        "metrics": {
            "iterations": len(changes),
            "last_change": artifact.rounded(changes[-1], 8),
            "lowest": artifact.rounded(grid.min()),
            "highest": artifact.rounded(grid.max()),
        },
        "limits": "No accuracy metric exists for xT: convergence and a fixed grid are what is tested.",
    }
    cells = [[artifact.rounded(value) for value in column] for column in grid]
    return artifact.build("xt", "grid", {"cells": cells}, card)


def _cell(x: str, y: str) -> pl.Expr:
    """Cell of a point in per cent of the pitch, as `Grid.value` has it; one on the line belongs to the last cell."""
    column = (wyscout_pitch.x_m(x) / PITCH_LENGTH_M * COLUMNS).cast(pl.Int64).clip(0, COLUMNS - 1)
    row = (wyscout_pitch.y_m(y) / PITCH_WIDTH_M * ROWS).cast(pl.Int64).clip(0, ROWS - 1)
    return column * ROWS + row
