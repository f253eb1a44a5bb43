"""Reading the log back as events to fold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from app.db.pool import Connection, Pool
from app.db.sql import query
from app.errors import UnknownMatch
from app.sports.base import Event, sports
from app.sports.fold import current

ALL = 2**62


class MatchRow(msgspec.Struct, frozen=True):
    """A match as the log knows it."""

    match_id: str
    sport: str
    origin: str
    replay_of: str | None
    anchor_at: datetime
    anchor_source: str
    version: int


class LogRow(msgspec.Struct, frozen=True):
    """An event with what only the log knows of it."""

    event: Event
    kind: str
    recorded_at: datetime
    provider: str


@cache
def fields_decoder(sport: str) -> msgspec.json.Decoder[Any]:
    """Reads what an event of this sport says beyond who, when and what."""
    return msgspec.json.Decoder(sports()[sport].fields)


async def match_row(pool: Pool | Connection, match_id: str) -> MatchRow:
    """Raises UnknownMatch."""
    row = await pool.fetchrow(query("match_row"), match_id)
    if row is None:
        raise UnknownMatch(match_id)
    return MatchRow(**dict(row))


async def read(
    pool: Pool | Connection, match: MatchRow, after: int = 0, until: int = ALL, limit: int = ALL
) -> list[LogRow]:
    """Rows of the folded streams with after < version ≤ until, in order of arrival."""
    rows = await pool.fetch(query("read_events"), match.match_id, after, until, limit)
    decode = fields_decoder(match.sport).decode
    return [
        LogRow(
            event=Event(
                version=r[0],
                source_event_id=r[1],
                control=r[2],
                type=r[3],
                period=r[4],
                order_key=r[5],
                elapsed_s=r[6],
                team=r[7],
                player=r[8],
                fields=decode(r[9]),
            ),
            kind=r[10],
            recorded_at=r[11],
            provider=r[12],
        )
        for r in rows
    ]


async def read_current(pool: Pool | Connection, match: MatchRow, until: int = ALL) -> list[Event]:
    """The events of a match as they were known at log version `until`, in match order, ready to fold."""
    rows = await read(pool, match, until=until)
    return current([(r.event, r.kind) for r in rows])


async def read_versions(pool: Pool | Connection, match: MatchRow, versions: Sequence[int]) -> list[Event]:
    """The events of these versions, in order of arrival, whether they hold or not."""
    rows = await pool.fetch(query("read_versions"), match.match_id, list(versions))
    decode = fields_decoder(match.sport).decode
    return [Event(*r[:9], fields=decode(r[9])) for r in rows]
