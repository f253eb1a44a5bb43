"""What batch signals of soccer read of an event, and the sides of a match. Definitions: docs/signals.md."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from analytics.batch import log

LENGTH_M, WIDTH_M, GOAL_M = 105.0, 68.0, 7.32
PERIODS = [1, 2, 3, 4]
STARTS_S = {1: 0.0, 2: 2700.0, 3: 5400.0, 4: 6300.0}
# Told beside play: none of these is a touch of the ball, nor shows that the match goes on.
NO_PLAY = [
    "lineup", "period_start", "period_end", "card", "substitution", "player_off", "player_on", "formation", "other",
]  # fmt: skip
FIELDS = {
    **dict.fromkeys(("x_m", "y_m", "end_x_m", "end_y_m", "end_z_m", "home_odds", "draw_odds", "away_odds"), pl.Float64),
    **dict.fromkeys(("outcome", "body_part", "shot_kind", "pass_kind", "duel_kind", "card", "conceded_by"), pl.String),
    **dict.fromkeys(("possession_team", "team_name", "home_team", "away_team", "home_name", "away_name"), pl.String),
    **dict.fromkeys(("won", "cross", "under_pressure"), pl.Boolean),
    "possession": pl.Int64,
    "status": pl.String,
}


class Match(NamedTuple):
    """events, minutes: as of `analytics.batch.log`. whole: minutes, and the ends of periods. home, away: the teams."""

    events: pl.DataFrame
    minutes: pl.DataFrame
    whole: pl.DataFrame
    home: str | None
    away: str | None


def match(rows: pl.DataFrame) -> Match:
    """A match from the rows of its log."""
    events = log.events(rows, FIELDS)
    minutes = log.minutes(events, PERIODS, STARTS_S)
    return Match(events, minutes, log.places(events, minutes, ["period_end"]), *log.sides(events))


def in_play() -> pl.Expr:
    """Is an event of play, shoot-outs left out?"""
    return ~pl.col("control") & (pl.col("period") != log.SHOOT_OUT)


def sums(match: Match, told: pl.DataFrame, **amounts: pl.Expr) -> pl.DataFrame:
    """Running sums over events, by side: rank and, for each amount, `home_NAME` and `away_NAME`."""
    by_side = {
        f"{side}_{name}": pl.when(pl.col("team") == pl.lit(team, dtype=pl.String)).then(amount).otherwise(0).cum_sum()
        for side, team in (("home", match.home), ("away", match.away))
        for name, amount in amounts.items()
    }
    return told.select("rank", **by_side)
