"""Purging replays and simulations; real matches stay."""

from __future__ import annotations

import asyncpg

from app.db.pool import Pool
from app.db.sql import query
from app.errors import UsageError


class NotPurgeable(UsageError):
    """Only replays and simulations can be purged."""

    status = 409
    title = "This match stays"


async def purge(pool: Pool, match_id: str, principal: str = "local") -> bool:
    """Remove a replay or simulation with all that came of it. False when there is none. Raises NotPurgeable."""
    try:
        return await pool.fetchval(query("purge_match"), match_id, principal)
    except asyncpg.PostgresError as exc:
        if getattr(exc, "sqlstate", None) == "TL409":
            raise NotPurgeable(f"Match '{match_id}' is real; only replays and simulations can be purged.") from None
        raise
