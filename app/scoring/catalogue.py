"""Telling the registry which signals this code has."""

from __future__ import annotations

import msgspec
import structlog

from app.db.pool import Pool
from app.db.sql import query
from app.sports.base import sports
from app.sports.loading import refused, signals

log = structlog.get_logger()


async def register(pool: Pool) -> int:
    """Write the declaration of every signal file; its version becomes the live one. Returns how many there are.

    A file that is refused is told, and what was registered of it before stays as it is.
    """
    count = 0
    for sport in sports().values():
        for refusal in refused(sport):
            log.error("signal.refused", file=refusal.file, line=refusal.line, reason=refusal.reason)
    async with pool.acquire() as connection, connection.transaction():
        for sport in sports().values():
            for signal in signals(sport).values():
                spec = signal.spec
                declaration = msgspec.json.encode({**msgspec.to_builtins(spec), "events": sorted(spec.events)})
                await connection.execute(query("retire_other_versions"), sport.name, spec.name, spec.version)
                await connection.execute(
                    query("register_signal"),
                    spec.name,
                    spec.version,
                    sport.name,
                    spec.title,
                    spec.unit,
                    declaration.decode(),
                )
                count += 1
    return count
