"""The log of a match as frames: what holds of it, in match order, its clock, its full minutes, its teams. Pure.

A place in a match is its `rank`: events are a thousand apart, and the full minutes that pass before an event lie between it
and the one before. Whatever is known at a place is what events of a lower or the same rank have told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

# Rows of the log as they are read: one a message that counts, of the folded stream and of control, in order of arrival.
LOG = {
    "version": pl.Int64,
    "source_event_id": pl.String,
    "control": pl.Boolean,
    "type": pl.String,
    "period": pl.Int64,
    "order_key": pl.Float64,
    "elapsed_s": pl.Float64,
    "team": pl.String,
    "player": pl.String,
    "fields": pl.String,
    "kind": pl.String,
}
# What every batch signal gives: one row a subject and anchor where it has something to say, or says that it is not known.
VALUES = {
    "signal": pl.String,
    "subject": pl.String,
    "anchor": pl.String,
    "rank": pl.Int64,
    "period": pl.Int64,
    "elapsed_s": pl.Float64,
    "value": pl.Float64,
}
PLACE = 1000
SHOOT_OUT = 5


def events(log: pl.DataFrame, fields: Mapping[str, Any]) -> pl.DataFrame:
    """The newest word on every event that was not retracted, in match order.

    log: columns of LOG. fields: what is read of `fields`, by name, and its type; null where an event does not say it.
    Gives the columns of LOG without `kind` and `fields`, one a field, `anchor`, `rank`, and `clock_s`: the match clock, which
    never runs backwards within a period, and which what is said from outside does not move.
    """
    held = log.sort("version").unique(["control", "source_event_id"], keep="last").filter(pl.col("kind") != "retracted")
    read = pl.col("fields").str.json_decode(pl.Struct(dict(fields)))
    return (
        held.with_columns(read)
        .unnest("fields")
        .drop("kind")
        .sort("period", "order_key", "control", "source_event_id")
        .with_columns(
            rank=(pl.int_range(pl.len(), dtype=pl.Int64) + 1) * PLACE,
            anchor=pl.concat_str(pl.lit("event:"), "source_event_id"),
            clock_s=pl.when(~pl.col("control")).then("elapsed_s").cum_max().over("period"),
        )
    )


def minutes(events: pl.DataFrame, counted: list[int], starts_s: Mapping[int, float]) -> pl.DataFrame:
    """The full minutes of the match clock in the periods that have any: rank, period, clock_s and anchor.

    starts_s: clock at the start of a period. In one without it minutes count from the first event.
    """
    told = events.filter(~pl.col("control"))
    start = pl.col("period").replace_strict(starts_s, default=None, return_dtype=pl.Float64)
    before = pl.col("clock_s").shift(1).over("period").fill_null(start).fill_null(pl.col("clock_s"))
    passed = told.with_columns(
        first=(before / 60).floor().cast(pl.Int64) + 1, last=(pl.col("elapsed_s") / 60).floor().cast(pl.Int64)
    ).filter(pl.col("period").is_in(counted) & (pl.col("first") <= pl.col("last")))
    minute = pl.col("minute")
    return (
        passed.with_columns(minute=pl.int_ranges("first", pl.col("last") + 1))
        .explode("minute")
        .select(
            rank=pl.col("rank") - PLACE + 1 + minute - pl.col("first"),
            period="period",
            clock_s=minute * 60.0,
            anchor=pl.format("minute:{}:{}", "period", "minute"),
        )
    )


def places(events: pl.DataFrame, minutes: pl.DataFrame | None, types: list[str]) -> pl.DataFrame:
    """Where a signal speaks: after events of these types and, where given, at full minutes. Columns as of `minutes`."""
    columns = ["rank", "period", "clock_s", "anchor"]
    # What is said from outside moves no clock: it is that of the newest event of the feed.
    clocked = events.with_columns(pl.col("clock_s").forward_fill())
    found = clocked.filter(pl.col("type").is_in(types)).select(columns)
    return found if minutes is None else pl.concat([found, minutes.select(columns)]).sort("rank")


def sides(events: pl.DataFrame) -> tuple[str | None, str | None]:
    """The home and the away team: as a match_info says, else in the order in which the feed names them."""
    told = events.filter(~pl.col("control")).select(team=pl.coalesce("team", "conceded_by"), name="team_name")
    order = told["team"].drop_nulls().unique(maintain_order=True).to_list()
    names = dict(told.drop_nulls().unique("team", keep="first").iter_rows())
    info = events.filter(pl.col("type") == "match_info")
    said = {
        c: info[c].drop_nulls().to_list()[-1:] or [None] for c in ("home_team", "away_team", "home_name", "away_name")
    }
    home, away = said["home_team"][0], said["away_team"][0]
    by_name = {name: team for team, name in names.items()}
    home = home or by_name.get(said["home_name"][0])
    away = away or by_name.get(said["away_name"][0])
    home = home or next((t for t in order if t != away), None)
    away = away or next((t for t in order if t != home), None)
    return home, away


def so_far(places: pl.DataFrame, told: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """The places, with what each column of `told` (which has a rank) said last; null where it has not said anything."""
    if told.is_empty():
        return places.with_columns(pl.lit(None, dtype=told.schema[c]).alias(c) for c in columns)
    return places.join_asof(told.select("rank", *columns).sort("rank"), on="rank", strategy="backward")


def said(signal: str, frame: pl.DataFrame, subject: pl.Expr, value: pl.Expr) -> pl.DataFrame:
    """Rows of VALUES from a frame with rank, period, clock_s and anchor."""
    return frame.select(
        signal=pl.lit(signal),
        subject=subject,
        anchor="anchor",
        rank="rank",
        period="period",
        elapsed_s="clock_s",
        value=value.cast(pl.Float64),
    )


def of_sides(signal: str, frame: pl.DataFrame, values: Mapping[str | None, pl.Expr]) -> pl.DataFrame:
    """Rows of VALUES of both teams; none of one that is not known."""
    rows = [said(signal, frame, pl.lit(team), value) for team, value in values.items() if team is not None]
    return pl.concat(rows) if rows else pl.DataFrame(schema=VALUES)
