"""Holes in a provider's own message numbers: what was sent and has not come."""

from __future__ import annotations

from datetime import datetime

import msgspec

from app.db.pool import Connection, Pool
from app.db.sql import query

SHOWN = 100


class Gap(msgspec.Struct, frozen=True):
    """Messages first..last of a provider have not come. since: when the provider was last whole, or began."""

    provider: str
    first: int
    last: int
    since: datetime


async def open_gaps(pool: Pool | Connection, match_id: str) -> list[Gap]:
    """The holes of a match that are open now, the newest 100, in order of number. Empty for an unknown match."""
    rows = await pool.fetch(query("open_gaps"), match_id, SHOWN)
    return sorted((Gap(**dict(r)) for r in rows), key=lambda g: (g.provider, g.first))
