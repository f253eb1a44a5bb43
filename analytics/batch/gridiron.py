"""Batch signals of a football game: success, pace, play class and garbage time. Definitions: docs/signals-gridiron.md."""

from __future__ import annotations

from typing import Any

import polars as pl

from analytics.batch import log
from analytics.batch.log import of_sides, said, so_far

QUARTER_S = 900.0
REGULATION, LAST_PERIOD = [1, 2, 3, 4], 20
STARTS_S = {1: 0.0, 2: 900.0, 3: 1800.0, 4: 2700.0}
FIELDS = {
    **dict.fromkeys(("down", "distance_yd", "yards_to_goal", "yards", "points"), pl.Int64),
    **dict.fromkeys(("end_down", "end_distance_yd", "end_yards_to_goal", "try_points"), pl.Int64),
    **dict.fromkeys(("end_team", "score_kind", "scoring_team", "text", "home_team", "away_team"), pl.String),
    **dict.fromkeys(("team_name", "home_name", "away_name"), pl.String),
    **dict.fromkeys(("intercepted", "fumble_lost", "kneel", "spike", "first_down", "no_play", "blocked"), pl.Boolean),
    "conceded_by": pl.String,
}
PLAYS = ["kickoff", "run", "pass", "sack", "punt", "field_goal", "extra_point", "two_point", "penalty"]
DOWNS = ["run", "pass", "sack"]
TRIES = ["extra_point", "two_point"]
NEEDED_PERCENT = {1: 50, 2: 70, 3: 100, 4: 100}
CLASSES = {
    **dict.fromkeys(["kickoff", "punt", "field_goal"], "kick"),
    **dict.fromkeys(TRIES, "try"),
    **dict.fromkeys(["pass", "sack"], "dropback"),
    "run": "rush",
    "penalty": "penalty",
}
# Points of margin above which a quarter is garbage time (S&P+).
GARBAGE_ABOVE = {1: 28, 2: 24, 3: 21, 4: 16}
# A play that is entered twice comes again within three.
AGAIN = 3
NOT_COVERED = {
    "epa": "what follows a play is partly told, partly by the rules: the rules would be written down a second time",
    "wpa": "as epa",
    "win_probability": "as epa: it is of the situation that follows",
    "win_probability_no_spread": "as epa",
    "fourth_down": "as epa",
    "leverage": "as epa",
    "player_impact": "sums of epa",
    "key_plays": "the largest of wpa",
    "drive_summary": "the drives of `pace`",
    "situation": "what a play says of the next snap, as epa",
}


def values(rows: pl.DataFrame, models: dict[str, Any]) -> pl.DataFrame:
    """Rows of `analytics.batch.log.VALUES` from the rows of a game's log. models: the committed ones, by name."""
    events = log.events(rows, FIELDS)
    minutes = log.minutes(events, list(range(1, LAST_PERIOD + 1)), STARTS_S)
    plays = _plays(events)
    whole = log.places(events, minutes, ["period_end"])
    return pl.concat([success(plays), pace(plays, events, whole), play_class(plays), garbage_time(plays, events)])


def _flag(name: str) -> pl.Expr:
    return pl.col(name).fill_null(False)


def _lost() -> pl.Expr:
    return _flag("intercepted") | _flag("fumble_lost")


def _plays(events: pl.DataFrame) -> pl.DataFrame:
    """The plays, those that are entered again left out."""
    plays = events.filter(
        ~pl.col("control") & pl.col("type").is_in(PLAYS) & pl.col("period").is_between(1, LAST_PERIOD)
    )
    key = pl.struct("type", "team", "down", "distance_yd", "yards_to_goal", "text", "points", "period").hash(1)
    plays = plays.with_columns(key=key)
    again = pl.any_horizontal(
        (pl.col("key") == pl.col("key").shift(k)).fill_null(False) for k in range(1, AGAIN + 1)
    )  # fmt: skip
    return plays.filter(~(again & pl.col("text").is_not_null())).drop("key")


def success(plays: pl.DataFrame) -> pl.DataFrame:
    """1 for a rush or dropback that gained enough of the distance, 0 for one that did not."""
    tried = plays.filter(pl.col("type").is_in(DOWNS) & ~_flag("no_play") & ~_flag("kneel") & ~_flag("spike"))
    needed = pl.col("down").replace_strict(NEEDED_PERCENT, default=None, return_dtype=pl.Int64)
    worked = (
        pl.when(_lost())
        .then(0)
        .when(pl.col("score_kind") == "touchdown")
        .then((pl.col("scoring_team") == pl.col("team")).cast(pl.Int64))
        .when(pl.col("score_kind") == "safety")
        .then(0)
        .when(_flag("first_down"))
        .then(1)
        .otherwise((100 * pl.col("yards") >= needed * pl.col("distance_yd")).cast(pl.Int64))
    )
    return said("success", tried, pl.coalesce("team", pl.lit("match")), worked)


def play_class(plays: pl.DataFrame) -> pl.DataFrame:
    """Plays of each class so far, told of the class of the play."""
    of_type = pl.col("type").replace_strict(CLASSES, default=None, return_dtype=pl.String)
    kind = (
        pl.when(pl.col("type") == "penalty")
        .then(of_type)
        .when(_flag("no_play"))
        .then(pl.lit("no_play"))
        .when(_flag("kneel"))
        .then(pl.lit("kneel"))
        .when(_flag("spike"))
        .then(pl.lit("spike"))
        .otherwise(of_type)
    )
    told = plays.with_columns(kind=kind).with_columns(n=pl.int_range(pl.len()).over("kind") + 1)
    return said("play_class", told, pl.col("kind"), pl.col("n"))


def garbage_time(plays: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """1 where the margin before the play was above that of its quarter, else 0; overtime never is."""
    home, away = log.sides(events)
    apart = events.filter(~pl.col("control") & (pl.col("type") == "score"))
    scored = pl.concat([plays, apart]).sort("rank").filter(pl.col("scoring_team").is_in([home, away]))
    points = pl.col("points").fill_null(0) + pl.col("try_points").fill_null(0)
    signed = pl.when(pl.col("scoring_team") == pl.lit(home, dtype=pl.String)).then(points).otherwise(-points)
    # What a play scores counts from the next one on.
    leads = scored.select(pl.col("rank") + 1, lead=signed.cum_sum())
    every = log.places(events.filter(~pl.col("control")), None, PLAYS)
    at = so_far(every, leads, ["lead"])
    above = pl.col("period").replace_strict(GARBAGE_ABOVE, default=None, return_dtype=pl.Int64)
    decided = (pl.col("lead").fill_null(0).abs() > above).fill_null(False)
    return said("garbage_time", at, pl.lit("match"), decided.cast(pl.Int64))


def pace(plays: pl.DataFrame, events: pl.DataFrame, whole: pl.DataFrame) -> pl.DataFrame:
    """Clock from snap to snap within a drive, added up / how many pairs of snaps that were."""
    home, away = log.sides(events)
    drives = plays.filter(~pl.col("type").is_in(["kickoff", *TRIES]) & pl.col("team").is_not_null())
    drives = drives.filter(~((pl.col("type") == "penalty") & _kick_due(plays, drives)))
    halves = events.filter(
        ~pl.col("control") & (pl.col("type") == "period_end") & ((pl.col("period") == 2) | (pl.col("period") >= 4))
    )
    drives = so_far(drives, halves.with_columns(half=pl.int_range(pl.len()) + 1), ["half"])
    before = pl.struct("team", pl.col("half").fill_null(0)) != pl.struct("team", pl.col("half").fill_null(0)).shift(1)
    begins = before.fill_null(True) | _ends().shift(1).fill_null(True)
    snapped = (
        drives.with_columns(drive=begins.cum_sum())
        .filter(pl.col("type").is_in(DOWNS) & ~_flag("no_play"))
        # College overtime has no clock.
        .filter((pl.col("period") <= 4) | pl.col("team").str.starts_with("nfl:"))
        .with_columns(gap=pl.col("clock_s").diff().over("drive"))
        .filter(pl.col("gap") >= 0)
    )
    columns = {}
    for side, team in (("home", home), ("away", away)):
        own = pl.col("team") == pl.lit(team, dtype=pl.String)
        columns[f"{side}_s"] = pl.when(own).then("gap").otherwise(0.0).cum_sum()
        columns[f"{side}_n"] = own.cast(pl.Int64).cum_sum()
    found = so_far(whole, snapped.select("rank", **columns), list(columns))
    values = {
        team: pl.when(pl.col(f"{side}_n") > 0).then(pl.col(f"{side}_s") / pl.col(f"{side}_n"))
        for side, team in (("home", home), ("away", away))
    }
    return of_sides("pace", found, values)


def _kick_due(plays: pl.DataFrame, drives: pl.DataFrame) -> pl.Expr:
    """Is a play after points or a try, with no snap or kick between: a foul there is of no drive."""
    scored = pl.col("points").fill_null(0) > 0
    counted = plays.filter((pl.col("type") != "penalty") | scored)
    last = so_far(
        drives.select("rank"), counted.select(pl.col("rank") + 1, due=scored | pl.col("type").is_in(TRIES)), ["due"]
    )
    return pl.lit(last["due"].fill_null(False))


def _ends() -> pl.Expr:
    """Does a drive end with this play of its own?"""
    kind = pl.col("score_kind")
    own = (pl.col("scoring_team") == pl.col("team")).fill_null(False)
    counts = ~_flag("no_play") & (pl.col("type") != "penalty")
    kept = (pl.col("end_team") == pl.col("team")).fill_null(False)
    handed_over = pl.col("end_team").is_not_null() & ~kept & (pl.col("down") == 4).fill_null(False)
    ended = (
        (kind.is_in(["touchdown", "field_goal"]) & own)
        | ((pl.col("type") == "punt") & ~(kept & ~_flag("blocked")))
        | (pl.col("type") == "field_goal")
        | _lost()
        | handed_over
    )
    return (kind == "safety").fill_null(False) | (counts & ended.fill_null(False))
