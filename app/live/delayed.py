"""The picture of a match as it was on air a while ago: for viewers whose broadcast runs behind.

The frames say up to which log version was published then, and the values after a version follow from the log up
to there alone. So the log is folded up to it, and nothing of what came later (a card, a score) can show.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from app.db.pool import Connection, Pool
from app.db.sql import query
from app.errors import UnknownMatch
from app.live.snapshot import Snapshot, Take
from app.log.gaps import open_gaps
from app.log.read import match_row
from app.scoring.catalogue import signals_of
from app.scoring.commit import state_record
from app.scoring.history import clean_run
from app.sports.base import sports
from app.sports.fold import Point


async def snapshots_then(pool: Pool, matches: list[str], epoch: str, delay_s: float, take: Take) -> int:
    """As `snapshots`, as of `delay_s` ago.

    `revision` is 0 everywhere: corrections made before are in the values.
    """
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        then = await connection.fetchrow(query("head_then"), delay_s)
        for match in matches:
            snap = await _read(connection, match, epoch, then["seq"], then["at"])
            if snap is not None:
                take(snap)
            # Folding takes a while; the live clients of this process go first.
            await asyncio.sleep(0)
        return int(then["seq"])


async def _read(connection: Connection, match_id: str, epoch: str, seq: int, at: datetime) -> Snapshot | None:
    try:
        row = await match_row(connection, match_id)
    except UnknownMatch:
        return None
    version = int(await connection.fetchval(query("version_then"), match_id, seq) or 0)
    sport = sports()[row.sport]
    signals = await signals_of(connection, row.sport, match_id)
    points, fold = await clean_run(connection, row, signals, version)
    newest: dict[tuple[str, str], Point] = {}
    totals: dict[str, dict[str, float]] = {}
    for point in points:
        key = (point.signal, point.subject)
        if key not in newest or point.order >= newest[key].order:
            newest[key] = point
        if point.team_id is not None and signals[point.signal_key].spec.additive:
            of_signal = totals.setdefault(point.signal, {})
            of_signal[point.team_id] = of_signal.get(point.team_id, 0.0) + (point.value or 0.0)
    match = {**_match(row, fold.summary()), "version": version, "log_version": version, "updated_at": at}
    # A hole in the feed is of today: it tells nothing of the match.
    match["feed_gap"] = await open_gaps(connection, match_id)
    body = {
        "match": match,
        "signals": [_point(p, sport.clock_display(p.period, p.elapsed_s)) for _, p in sorted(newest.items())],
        "totals": {s: {t: round(v, 4) for t, v in sorted(of.items())} for s, of in sorted(totals.items())},
        "cursor": f"{epoch}-{seq}",
        "published_at": at,
    }
    return Snapshot(seq=seq, match=match_id, body=body)


def _match(row: Any, summary: Any) -> dict[str, Any]:
    state = state_record(summary)
    return {
        "id": row.match_id,
        "sport": row.sport,
        "origin": row.origin,
        "replay_of": row.replay_of,
        "home": state.pop("home_name"),
        "away": state.pop("away_name"),
        **state,
        "anchor_at": row.anchor_at,
        "parked_reason": None,
    }


def _point(point: Point, clock_display: str) -> dict[str, Any]:
    names = (
        "signal",
        "signal_version",
        "subject",
        "value",
        "status",
        "period",
        "elapsed_s",
        "version",
        "anchor",
        "source_event_id",
    )
    return {
        **{name: getattr(point, name) for name in names},
        "team": point.team_id,
        "revision": point.revision,
        "model": point.model,
        "clock_display": clock_display,
    }
