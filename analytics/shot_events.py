"""Matches as the live fold sees them, from the data folder: every event through the live decoder, in match order."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import polars as pl

from analytics import files_read
from analytics.data import DATA_SETS, table
from app.errors import DecodeError, UnreadableFile
from app.feeds import statsbomb, wyscout
from app.feeds._wyscout.vocabulary import FREE_KICK, FREE_KICK_SHOT, PENALTY, PERIODS, SHOT
from app.feeds.base import Provider
from app.sports.base import Event
from app.sports.soccer import build_up

# How far back a shot looks, and a little more.
WINDOW_MS = 25_000
_PERIOD_NAMES = {number: name for name, number in PERIODS.items()}


class Match(NamedTuple):
    """One match. day: None where the data does not say. events: of the whole match, or those shortly before shots."""

    match_id: int
    day: date | None
    events: list[Event]


def wyscout_matches(data: Path) -> Iterator[Match]:
    """Every Wyscout match: its shots and what happened in the 25 s before each of them.

    The table has the same rows as the files, without the names of sub-events. Errors: UnreadableFile.
    """
    days = dict(
        table(data, "wyscout/matches.parquet").select("match_id", pl.col("date_utc").dt.date()).collect().iter_rows()
    )
    is_shot = (pl.col("event_type") == SHOT) | (
        (pl.col("event_type") == FREE_KICK) & pl.col("sub_event").is_in([FREE_KICK_SHOT, PENALTY])
    )
    # The time of the next shot of the half, at each row; a row without one is of no use.
    next_shot = pl.when(is_shot).then("t_ms").otherwise(None).fill_null(strategy="backward").over("match_id", "period")
    frame = (
        table(data, "wyscout/events.parquet")
        .with_columns(key=pl.col("event_id").cast(pl.String))
        .sort("match_id", "period", "t_ms", "key")
        .with_columns(next_shot=next_shot)
        .filter(pl.col("next_shot") - pl.col("t_ms") <= WINDOW_MS)
        .select(
            "match_id",
            "event_id",
            "period",
            "t_ms",
            "team_id",
            "player_id",
            "event_type",
            "sub_event",
            "x1",
            "y1",
            "x2",
            "y2",
            "tags",
        )
        .collect()
    )
    match: Match | None = None
    for row in frame.iter_rows():
        if match is None or row[0] != match.match_id:
            if match is not None:
                yield match
            match = Match(row[0], days.get(row[0]), [])
        match.events.extend(_live(wyscout.PROVIDER, [_message(row)], {}))
    if match is not None:
        yield match


def statsbomb_matches(data: Path) -> Iterator[Match]:
    """Every StatsBomb match file below the folder: `events/<match>.json` or `.json.gz`, here, in `data/` or in `statsbomb/`.

    Errors: UnreadableFile where there is none.
    """
    folders = [Path(data) / name / "events" for name in ("", "data", "statsbomb")]
    paths = sorted(path for folder in folders for path in folder.glob("*.json*"))
    if not paths:
        raise UnreadableFile(
            f"There are no matches in {', '.join(map(str, folders))}. --data takes the folder of StatsBomb open data "
            "that holds events/<match>.json."
        )
    for path in paths:
        files_read.note(path, DATA_SETS["statsbomb"])
        raw = path.read_bytes()
        payload = gzip.decompress(raw) if path.suffix == ".gz" else raw
        messages = [m for m in statsbomb.PROVIDER.split(payload) if isinstance(m, bytes)]
        options = statsbomb.stream_options(messages)
        yield Match(int(path.name.split(".")[0]), None, list(_live(statsbomb.PROVIDER, messages, options)))


def _message(row: tuple[Any, ...]) -> bytes:
    """A row of the table as the message that Wyscout sends."""
    match_id, event_id, period, t_ms, team, player, event_type, sub_event, x1, y1, x2, y2, tags = row
    positions = [{"x": x, "y": y} for x, y in ((x1, y1), (x2, y2)) if x is not None and y is not None]
    return msgspec.json.encode(
        {
            "id": event_id,
            "matchId": match_id,
            "matchPeriod": _PERIOD_NAMES[period],
            "eventSec": t_ms / 1000,
            "eventId": event_type,
            "subEventId": sub_event,
            "teamId": team,
            "playerId": player,
            "positions": positions,
            "tags": [{"id": tag} for tag in tags or ()],
        }
    )


def _live(provider: Provider, messages: Iterable[bytes], options: Mapping[str, Any]) -> Iterator[Event]:
    """The events as the fold sees them; a message that cannot be read is none, as live."""
    for message in messages:
        try:
            e = provider.decode(message, options)
        except DecodeError:
            continue
        yield Event(0, e.source_event_id, False, e.type, e.period, e.order_key, e.elapsed_s, e.team, e.player, e.fields)


class Taken(NamedTuple):
    """One shot, and what led to it."""

    match_id: int
    day: date | None
    event: Event
    led_by: build_up.LedBy


def shots_of(matches: Iterable[Match]) -> Iterator[Taken]:
    """Every shot of the matches with what led to it, as the live fold remembers it."""
    for match in matches:
        memory = build_up.BuildUp()
        for event in match.events:
            build_up.step(memory, event)
            if event.type == "shot":
                yield Taken(match.match_id, match.day, event, memory.led_by)
