"""What was known then: the fold of the log up to a version."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from app.db.pool import Connection, Pool
from app.log.control import FINISHED
from app.log.read import MatchRow, read_current
from app.scoring.catalogue import signals_of
from app.scoring.refold import TURN_EVENTS, take, told
from app.sports.base import Event, LoadedSignal, sports
from app.sports.fold import MatchFold, Point


async def clean_run(
    pool: Pool | Connection, match: MatchRow, signals: Mapping[str, LoadedSignal], until: int
) -> tuple[list[Point], MatchFold]:
    """Fold the events of a match, as they were known at a log version, from nothing. Points in match order.

    Raises PoisonousEvent naming the event that cannot be folded.
    """
    events = await read_current(pool, match, until=until)
    # A whole match takes a tenth of a second: in a thread, so that live frames of this process need not wait.
    return await asyncio.to_thread(_fold, match, signals, events)


def _fold(match: MatchRow, signals: Mapping[str, LoadedSignal], events: list[Event]) -> tuple[list[Point], MatchFold]:
    fold = MatchFold(sports()[match.sport], signals, {})
    points: list[Point] = []
    for count, event in enumerate(events, 1):
        take(fold, event)
        if count % TURN_EVENTS == 0 or count == len(events):
            points.extend(point for said in told(fold) for point in said)
    if fold.summary().status in FINISHED:
        points = [msgspec.structs.replace(p, status="final") if p.status == "provisional" else p for p in points]
    return points, fold


async def as_of_version(pool: Pool, match: MatchRow, version: int) -> list[dict[str, Any]]:
    """The points of a clean run up to a version, by what is on the air today, as the API shows points."""
    points, _ = await clean_run(pool, match, await signals_of(pool, match.sport, match.match_id), version)
    return [
        {
            "signal": p.signal,
            "signal_version": p.signal_version,
            "subject": p.subject,
            "team": p.team_id,
            "anchor": p.anchor,
            "source_event_id": p.source_event_id,
            "value": p.value,
            "status": p.status,
            "revision": p.revision,
            "period": p.period,
            "elapsed_s": p.elapsed_s,
            "order_key": p.order_key,
            "version": p.version,
            "model": p.model,
        }
        for p in points
    ]
