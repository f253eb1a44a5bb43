"""Facts that are made of a whole match: computed by who reads them while it is played, kept in tables once it is over.

What is kept holds until a commit changes the match (mart.kept); it is then computed again until it is kept anew. Readers
see the same rows either way: keeping only makes questions over a season fast.
"""

from __future__ import annotations

import asyncpg
import structlog

from app.db.pool import UNREACHABLE, Connection, Pool
from app.db.sql import kept_facts, query
from app.sports.base import sports

log = structlog.get_logger()
# Some tenths of a second of a core for each: no more in two seconds, as matches are played meanwhile.
KEEP_LIMIT = 2


async def keep_facts(pool: Pool, match_id: str | None = None, limit: int = KEEP_LIMIT) -> int:
    """Keep the facts of matches that are over, of this one or of at most `limit` ones. Returns of how many it was done.

    A match that is changed meanwhile, or that somebody else is at, is left for the next time.
    """
    done = 0
    for sport in sports():
        names = list(kept_facts(sport))
        if not names:
            continue
        for row in await pool.fetch(query("to_be_kept"), sport, limit, match_id):
            try:
                done += bool(await pool.fetchval(query("keep_match"), row["match_id"], names))
            except UNREACHABLE:
                raise
            except asyncpg.PostgresError as exc:
                # Its facts are computed as they are read, then; the others are kept.
                log.warning("facts.not_kept", match=row["match_id"], error=str(exc))
    return done


async def put_event_types(connection: Connection) -> None:
    """Bring mart.dim_event_type up to the vocabularies of the sports."""
    for sport in sports().values():
        told = [(name, False, text) for name, text in sport.feed_types.items()]
        told += [(name, True, text) for name, text in sport.control_types.items()]
        if not told:
            continue
        await connection.execute(query("put_event_type"), sport.name, *map(list, zip(*told, strict=True)))
