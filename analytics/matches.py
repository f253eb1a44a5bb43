"""Wyscout matches as the win probability sees them: goals, dismissals and the length of the halves."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl

from analytics.data import table

_GOAL, _OWN_GOAL, _RED, _SECOND_YELLOW = 101, 102, 1701, 1703
# The goal tag is also on the save attempt of the conceding side: only shots (event 10), free-kick shots and
# penalties (sub-events 33 and 35) score.
_SHOT, _SHOT_SUBS, _SAVE = 10, (33, 35), 9


class Incidents(NamedTuple):
    """matches: match_id, date, home_team_id, away_team_id, competition, home_score, away_score (after 90 minutes).
    incidents: match_id, period, t_s (of the period), kind ("goal" or "red"), home (bool: whom it counts for).
    periods: match_id, period, length_s (until its last event)."""

    matches: pl.DataFrame
    incidents: pl.DataFrame
    periods: pl.DataFrame


def wyscout(data: Path) -> Incidents:
    """Read the three frames. Matches whose goals do not add up to the official score are left out."""
    matches = (
        table(data, "wyscout/matches.parquet")
        .select(
            pl.col("match_id").cast(pl.Int32),
            pl.col("date_utc").alias("date"),
            "competition",
            pl.col("home_team_id").cast(pl.Int32),
            pl.col("away_team_id").cast(pl.Int32),
            pl.col("home_score").cast(pl.Int64),
            pl.col("away_score").cast(pl.Int64),
        )
        .collect()
    )
    events = table(data, "wyscout/events.parquet")
    tags = pl.col("tags").list
    is_shot = (pl.col("event_type") == _SHOT) | pl.col("sub_event").is_in(_SHOT_SUBS)
    own_goal = tags.contains(_OWN_GOAL) & ~is_shot & (pl.col("event_type") != _SAVE)
    goal = (tags.contains(_GOAL) & is_shot) | own_goal
    red = tags.contains(_RED) | tags.contains(_SECOND_YELLOW)
    incidents = (
        events.filter((pl.col("period") <= 4) & (goal | red))
        .select(
            "match_id",
            pl.col("period").cast(pl.Int64),
            (pl.col("t_ms") / 1000).alias("t_s"),
            pl.when(goal).then(pl.lit("goal")).otherwise(pl.lit("red")).alias("kind"),
            "team_id",
            own_goal.alias("own_goal"),
        )
        .collect()
        .join(matches.select("match_id", "home_team_id"), on="match_id", maintain_order="left")
        .with_columns(home=(pl.col("team_id") == pl.col("home_team_id")) ^ pl.col("own_goal"))
        .drop("team_id", "home_team_id", "own_goal")
    )
    periods = (
        events.group_by("match_id", pl.col("period").cast(pl.Int64))
        .agg((pl.col("t_ms").max() / 1000).alias("length_s"))
        .sort("match_id", "period")
        .collect()
    )
    counted = (
        incidents.filter((pl.col("kind") == "goal") & (pl.col("period") <= 2))
        .group_by("match_id")
        .agg(home_goals=pl.col("home").sum().cast(pl.Int64), away_goals=(~pl.col("home")).sum().cast(pl.Int64))
    )
    sound = (
        matches.join(counted, on="match_id", how="left")
        .with_columns(pl.col("home_goals", "away_goals").fill_null(0))
        .filter((pl.col("home_goals") == pl.col("home_score")) & (pl.col("away_goals") == pl.col("away_score")))
        .drop("home_goals", "away_goals")
        .sort("date", "match_id")
    )
    keep = sound.select("match_id")
    return Incidents(
        sound, incidents.join(keep, on="match_id", how="semi"), periods.join(keep, on="match_id", how="semi")
    )


def split(found: Incidents, before: bool, day: date) -> Incidents:
    """Only the matches before a day, or only those from it on."""
    chosen = found.matches.filter((pl.col("date") < day) if before else (pl.col("date") >= day))
    keep = chosen.select("match_id")
    return Incidents(
        chosen,
        found.incidents.join(keep, on="match_id", how="semi"),
        found.periods.join(keep, on="match_id", how="semi"),
    )


def states(found: Incidents, every_min: int = 5) -> pl.DataFrame:
    """The state of play at each `every_min` minutes of the 90 (the kick-off of the second half is minute 45).

    Columns: match_id, minute, period, elapsed_s (match clock), home_score, away_score, home_reds, away_reds (before
    that moment), result (0 home, 1 draw, 2 away) after 90 minutes.
    """
    marks = pl.DataFrame({"minute": list(range(0, 90, every_min))}).with_columns(
        period=pl.when(pl.col("minute") < 45).then(1).otherwise(2).cast(pl.Int64),
        elapsed_s=pl.col("minute") * 60.0,
    )
    grid = found.matches.select("match_id", "home_score", "away_score").join(marks, how="cross")
    result = (
        pl.when(pl.col("home_score") > pl.col("away_score"))
        .then(0)
        .when(pl.col("home_score") == pl.col("away_score"))
        .then(1)
        .otherwise(2)
    )
    grid = grid.with_columns(result=result, clock=pl.col("elapsed_s") - (pl.col("period") - 1) * 2700.0)
    past = grid.select("match_id", "minute", mark_period="period", clock="clock").join(found.incidents, on="match_id")
    past = past.filter(
        (pl.col("period") < pl.col("mark_period"))
        | ((pl.col("period") == pl.col("mark_period")) & (pl.col("t_s") < pl.col("clock")))
    )
    so_far = past.group_by("match_id", "minute").agg(
        home_score=((pl.col("kind") == "goal") & pl.col("home")).sum().cast(pl.Int64),
        away_score=((pl.col("kind") == "goal") & ~pl.col("home")).sum().cast(pl.Int64),
        home_reds=((pl.col("kind") == "red") & pl.col("home")).sum().cast(pl.Int64),
        away_reds=((pl.col("kind") == "red") & ~pl.col("home")).sum().cast(pl.Int64),
    )
    return (
        grid.select("match_id", "minute", "period", "elapsed_s", "result")
        .join(so_far, on=["match_id", "minute"], how="left", maintain_order="left")
        .with_columns(pl.col("home_score", "away_score", "home_reds", "away_reds").fill_null(0))
    )
