"""Times pressed and pressure handling of players, and the threat of moves and of teams, computed over the whole log."""

from __future__ import annotations

import polars as pl

from analytics.batch.log import said
from analytics.batch.soccer_log import LENGTH_M, WIDTH_M, Match, in_play
from app.models.kernels import Grid

PRESSED = ["pass", "carry", "dribble", "shot", "miscontrol", "dispossessed"]
TRIES = ["pass", "carry", "dribble", "miscontrol", "dispossessed"]
LOSSES = ["miscontrol", "dispossessed"]
TOUCHES = [*TRIES, "shot", "clearance", "ball_recovery", "interception", "foul_won", "goalkeeper", "own_goal"]
LOST_PASSES = ["incomplete", "out", "offside"]
HALF_LIFE_S, MEMORY_S, QUIET = 180.0, 900.0, 0.05


def _pressed() -> pl.Expr:
    return pl.col("under_pressure").fill_null(False) & pl.col("player").is_not_null()


def most_pressed_player(match: Match) -> pl.DataFrame:
    """Actions with the ball under pressure so far, of whoever acts under pressure."""
    acts = match.events.filter(in_play() & pl.col("type").is_in(PRESSED) & _pressed())
    count = pl.int_range(pl.len()).over("player") + 1
    return said("most_pressed_player", acts, pl.col("player"), count)


def pressure_handling(match: Match) -> pl.DataFrame:
    """Actions under pressure that kept the ball / all of them. A carry that ends in a loss of the same player is lost."""
    touches = match.events.filter(in_play() & pl.col("type").is_in(TOUCHES))
    carried = (pl.col("type") == "carry") & _pressed()
    ends = (
        pl.col("type").is_in(LOSSES)
        & carried.shift(1).fill_null(False)
        & (pl.col("player") == pl.col("player").shift(1)).fill_null(False)
    )
    kind, outcome = pl.col("type"), pl.col("outcome")
    kept = (
        pl.when((kind == "pass") & (outcome == "complete"))
        .then(1)
        .when((kind == "pass") & outcome.is_in(LOST_PASSES))
        .then(0)
        .when(kind == "carry")
        .then(1)
        .when(kind == "dribble")
        .then(pl.col("won").cast(pl.Int64))
        .when(kind.is_in(LOSSES))
        .then(0)
    )
    acts = (
        touches.with_columns(ends=ends)
        .filter(pl.col("type").is_in(TRIES) & _pressed())
        .with_columns(kept=pl.when("ends").then(-1).otherwise(kept), tried=pl.when("ends").then(0).otherwise(1))
        .with_columns(tried=pl.when(pl.col("kept").is_null()).then(0).otherwise("tried"))
        .with_columns(pl.col("kept").fill_null(0).cum_sum().over("player"), pl.col("tried").cum_sum().over("player"))
    )
    return said(
        "pressure_handling", acts, pl.col("player"), pl.when(pl.col("tried") > 0).then(pl.col("kept") / pl.col("tried"))
    )


def _threat(grid: Grid, x: str, y: str) -> pl.Expr:
    """xT of a place: cells of equal size, a place off the pitch in the nearest."""
    columns, rows = len(grid.cells), len(grid.cells[0])
    flat = pl.Series([value for column in grid.cells for value in column])
    column = (pl.col(x) / LENGTH_M * columns).floor().clip(0, columns - 1)
    row = (pl.col(y) / WIDTH_M * rows).floor().clip(0, rows - 1)
    cell = (column * rows + row).cast(pl.Int64)
    return cell.replace_strict(pl.Series(range(len(flat))), flat, default=None, return_dtype=pl.Float64)


def xt(match: Match, grid: Grid) -> pl.DataFrame:
    """xT of the end minus xT of the start of a move that succeeded."""
    kind = pl.col("type")
    moved = (
        (kind == "carry")
        | ((kind == "pass") & (pl.col("outcome") == "complete"))
        | ((kind == "dribble") & pl.col("won") & pl.col("end_x_m").is_not_null() & pl.col("end_y_m").is_not_null())
    )
    # Kicks of a shoot-out are shots; a pass or carry beside them is a move like any other.
    moves = match.events.filter(~pl.col("control") & moved.fill_null(False))
    gain = _threat(grid, "end_x_m", "end_y_m") - _threat(grid, "x_m", "y_m")
    return said("xt", moves, pl.coalesce("player", "team", pl.lit("match")), gain)


def momentum(match: Match, grid: Grid) -> pl.DataFrame:
    """(home - away) / (home + away + 0.05) of the threat of the last quarter of an hour, halved every three minutes."""
    kind = pl.col("type")
    start, gain = _threat(grid, "x_m", "y_m"), _threat(grid, "end_x_m", "end_y_m") - _threat(grid, "x_m", "y_m")
    moved = (kind == "carry") | ((kind == "pass") & (pl.col("outcome") == "complete"))
    told = (
        match.events.filter(in_play() & pl.col("team").is_not_null())
        .with_columns(gain=pl.when(kind == "shot").then(start).when(moved).then(gain))
        .filter(pl.col("gain") > 0)
        .select("period", "team", "gain", event_rank="rank", at_s="clock_s")
    )
    age_s = pl.col("clock_s") - pl.col("at_s")
    left = pl.col("gain") * (-age_s.clip(0) / HALF_LIFE_S * pl.lit(2.0).log()).exp()
    of = [
        pl.when(pl.col("team") == pl.lit(t, dtype=pl.String)).then(left).otherwise(0.0).sum().alias(s)
        for s, t in (("home", match.home), ("away", match.away))
    ]
    sums = (
        match.minutes.join(told, on="period")
        .filter((pl.col("event_rank") < pl.col("rank")) & (age_s < MEMORY_S))
        .group_by("rank")
        .agg(of)
    )
    found = match.minutes.join(sums, on="rank", how="left").with_columns(pl.col("home", "away").fill_null(0.0))
    home, away = pl.col("home"), pl.col("away")
    return said("momentum", found, pl.lit("match"), (home - away) / (home + away + QUIET))
