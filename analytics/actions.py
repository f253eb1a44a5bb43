"""Rows to train and to measure action values on: matches as the live code sees them, and what came of each action.

An event of a table is written as the feed would send it and goes through the live decoder; the terms of a row are those of
`app.sports.soccer.action_state.terms`, so that a row in training is what is asked of the model on air.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from analytics.data import table
from app.feeds.base import FeedEvent, Provider
from app.feeds.statsbomb import PROVIDER as STATSBOMB
from app.feeds.wyscout import PROVIDER as WYSCOUT
from app.sports.base import Event
from app.sports.fold import position
from app.sports.soccer.action_state import TERMS
from app.sports.soccer.action_value import Chain, follow
from app.sports.soccer.actions import SHOOT_OUT

HORIZON = 10
_PERIODS = {1: "1H", 2: "2H", 3: "E1", 4: "E2", 5: "P"}
# Wyscout: the ball out of play, whistles, and offsides, which are no touch of the ball.
_NO_TOUCH = (5, 6)


class Rows(NamedTuple):
    """terms: (n, len(TERMS)), float32. scores, concedes: (n,) of bool, does the acting team (the other one) score with
    the action or one of the next nine of the period that are no carries. Goals themselves are no rows: what they lead to is
    known."""

    terms: np.ndarray
    scores: np.ndarray
    concedes: np.ndarray


class _Noted:
    """Stands in for the model: notes the terms it is asked with."""

    def __init__(self) -> None:
        self.row: list[float] | None = None
        self.kernel = self

    def predict(self, row: list[float]) -> tuple[float, float]:
        self.row = row
        return 0.0, 0.0


def rows(matches: Iterable[list[Event]]) -> Rows:
    """The rows of matches, each a list of events in match order."""
    found = [_of_match(events) for events in matches]
    width = len(TERMS)
    return Rows(
        np.concatenate([m.terms for m in found]) if found else np.empty((0, width), dtype=np.float32),
        np.concatenate([m.scores for m in found]) if found else np.empty(0, dtype=bool),
        np.concatenate([m.concedes for m in found]) if found else np.empty(0, dtype=bool),
    )


def _of_match(events: list[Event]) -> Rows:
    chain, noted = Chain(), _Noted()
    made: list[list[float]] = []
    asked: list[tuple[int, int, str | None]] = []  # of each row: the place of its first step, its period, its team
    # Every action of the match that is no carry: its period, its team, and for whom it is a goal.
    steps: list[tuple[int, str | None, str | None]] = []
    teams = {e.team for e in events if e.team is not None}
    for event in events:
        noted.row = None
        follow(chain, event, noted)
        goal: str | None = None
        if event.type == "own_goal":
            goal = event.team or next((t for t in teams if t != event.fields.conceded_by), None)
        elif chain.value is None:
            continue
        elif event.type == "own_goal_against":
            goal = next((t for t in teams if t != event.team), None)
        elif noted.row is None:
            goal = event.team
        else:
            asked.append((len(steps), event.period, event.team))
            made.append(noted.row)
            if event.type == "carry":
                continue
        steps.append((event.period, event.team, goal))
    labels = [_came_of(steps, *row) for row in asked]
    return Rows(
        np.array(made, dtype=np.float32).reshape(-1, len(TERMS)),
        np.array([scored for scored, _ in labels], dtype=bool),
        np.array([conceded for _, conceded in labels], dtype=bool),
    )


def _came_of(
    steps: list[tuple[int, str | None, str | None]], at: int, period: int, team: str | None
) -> tuple[bool, bool]:
    scorers = {goal for p, _, goal in steps[at : at + HORIZON] if goal is not None and p == period}
    return team in scorers, bool(scorers - {team})


def wyscout_matches(data: Path, before: date | None = None, since: date | None = None) -> Iterator[list[Event]]:
    """Wyscout matches of the table before a day, or from one on, by date: their events in match order."""
    matches = table(data, "wyscout/matches.parquet").collect().sort("date_utc", "match_id")
    if before is not None:
        matches = matches.filter(pl.col("date_utc") < before)
    if since is not None:
        matches = matches.filter(pl.col("date_utc") >= since)
    ids = [int(number) for number in matches["match_id"]]
    events = (
        table(data, "wyscout/events.parquet")
        .filter(pl.col("match_id").is_in(ids) & ~pl.col("event_type").is_in(_NO_TOUCH) & (pl.col("period") < SHOOT_OUT))
        .collect()
        .partition_by("match_id", as_dict=True)
    )
    for row in matches.iter_rows(named=True):
        found = events.get((row["match_id"],))
        if found is not None:
            yield wyscout_match(found, [row["home_team_id"], row["away_team_id"]])


def wyscout_match(events: pl.DataFrame, teams: list[int]) -> list[Event]:
    """The events of one match, as the live decoder makes them of what the table has."""
    options = {"teams": [[team, None] for team in teams]}
    raws = [json.dumps(_message(row)).encode() for row in events.iter_rows(named=True)]
    return in_order([WYSCOUT.decode(raw, options) for raw in raws])


def _message(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the table as the feed has it."""
    points = [(row["x1"], row["y1"]), (row["x2"], row["y2"])]
    return {
        "id": row["event_id"],
        "matchPeriod": _PERIODS[row["period"]],
        "eventSec": row["t_ms"] / 1000,
        "eventId": row["event_type"],
        "subEventId": row["sub_event"],
        "teamId": row["team_id"],
        "playerId": row["player_id"],
        "positions": [{"x": x, "y": y} for x, y in points if x is not None and y is not None],
        "tags": [{"id": tag} for tag in row["tags"] or ()],
    }


def statsbomb_matches(data: Path) -> Iterator[list[Event]]:
    """Every StatsBomb match of the data folder, by file name."""
    for path in sorted((Path(data) / "statsbomb" / "events").glob("*.json.gz")):
        yield file_events(STATSBOMB, path)


def file_events(provider: Provider, path: Path) -> list[Event]:
    """The events of a packed file, in match order."""
    messages = [m for m in provider.split(gzip.decompress(path.read_bytes())) if isinstance(m, bytes)]
    options = provider.stream_options(messages)
    return in_order([provider.decode(message, options) for message in messages])


def in_order(decoded: list[FeedEvent]) -> list[Event]:
    """Decoded events as the fold takes them."""
    made = [
        Event(n, e.source_event_id, False, e.type, e.period, e.order_key, e.elapsed_s, e.team, e.player, e.fields)
        for n, e in enumerate(decoded, 1)
    ]
    return sorted(made, key=position)
