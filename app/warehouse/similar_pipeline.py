"""Writes the moments of real matches from the log, beside the air, with a cursor of its own.

All of a match is computed each time (some 100 ms) and what differs is written: a correction, a late event and a new version
of the embedding take the same way. A match that goes on is looked at every AGAIN_S.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import structlog

from app.db.pool import TRY_AGAIN, UNREACHABLE, Pool
from app.db.sql import query
from app.errors import UnknownMatch
from app.log.read import MatchRow, match_row, read_current
from app.sports.base import sports
from app.sports.similar import Embedding, Moment, embeddings
from app.warehouse.paced import paced
from app.warehouse.vectors import NoVectors, Row, Vectors

log = structlog.get_logger()
LEASE_S = 60.0
CLAIMED = 4
AGAIN_S = 20.0
LOOK_S, WITHOUT_VECTORS_S = 5.0, 300.0


def pipeline_of(embedding: Embedding) -> str:
    """The name of its cursors: a new version begins at the start of every match."""
    return f"similar:{embedding.name}"


def rows_of(match: MatchRow, embedding: Embedding, moments: list[Moment]) -> list[Row]:
    """What is stored of the moments of a match."""
    wall_offset_s = sports()[match.sport].wall_offset_s
    return [
        Row(
            at=match.anchor_at + timedelta(seconds=wall_offset_s(m.period, m.elapsed_s)),
            metadata={
                "embedding": embedding.name,
                "match": match.match_id,
                "event": m.event,
                "competition": m.competition,
                "team": m.team,
                "players": list(m.players),
                "period": m.period,
                "elapsed_s": m.elapsed_s,
                "has_shot": m.has_shot,
            },
            contents=m.what,
            numbers=m.numbers,
        )
        for m in moments
        if m.is_kept
    ]


class SimilarPipeline:
    """Follows the log. owner: names this process among the holders of leases."""

    def __init__(self, pool: Pool, dsn: str, owner: str) -> None:
        self._pool = pool
        self._owner = owner
        self._embeddings = embeddings()
        self._vectors = {name: Vectors(dsn, e.table, e.dimensions) for name, e in self._embeddings.items()}

    async def run(self) -> None:
        """Follow the log until cancelled."""
        try:
            await paced(self._pool, "similar", self.turn, LOOK_S, {NoVectors: WITHOUT_VECTORS_S})
        finally:
            await asyncio.shield(self.close())

    async def refresh(self, *, anew: bool = False) -> tuple[int, int, int]:
        """Do all that waits and is not held by somebody else, without rests. anew: every match from the start.

        Returns how many matches were done, and how many moments were put and taken away. Raises NoVectors."""
        for embedding in self._embeddings.values():
            await self._pool.execute(query("similar_at_once"), pipeline_of(embedding), anew)
        matches = put = gone = 0
        while done := await self.turn():
            matches += len(done)
            put += sum(d[0] for d in done)
            gone += sum(d[1] for d in done)
        return matches, put, gone

    async def turn(self) -> list[tuple[int, int]]:
        """A few matches that have something new: of each, how many moments were put and taken away. Raises NoVectors."""
        done: list[tuple[int, int]] = []
        await self._pool.execute(query("similar_outdated"), [pipeline_of(e) for e in self._embeddings.values()])
        for sport, embedding in self._embeddings.items():
            await self._vectors[sport].open(self._pool)
            pipeline = pipeline_of(embedding)
            await self._pool.execute(query("similar_cursors"), pipeline, sport)
            for claim in await self._pool.fetch(query("claim"), pipeline, self._owner, LEASE_S, CLAIMED, None):
                made = await self._match(sport, embedding, claim)
                if made is not None:
                    done.append(made)
        return done

    async def _match(self, sport: str, embedding: Embedding, claim: Any) -> tuple[int, int] | None:
        match_id, pipeline = claim["match_id"], pipeline_of(embedding)
        try:
            match = await match_row(self._pool, match_id)
            events = await read_current(self._pool, match, until=claim["head"])
            # In a thread: what else this process does goes on meanwhile.
            rows = rows_of(match, embedding, await asyncio.to_thread(embedding.moments, events))
            async with self._vectors[sport].writing() as writing:
                held = (pipeline, match_id, claim["lease_epoch"], claim["version"], claim["head"])
                if not await writing.connection.fetchval(query("similar_fence"), *held):
                    return None
                made = await writing.replace({"match": match_id}, rows)
                await writing.connection.execute(query("similar_moved"), pipeline, match_id, claim["head"], AGAIN_S)
            return made
        except (UnknownMatch, *TRY_AGAIN):
            return None
        except UNREACHABLE:
            raise
        except Exception as exc:
            # A quota that is used up, for which PostgreSQL has no number of its own: no match's fault.
            if "could not extend file" in str(exc):
                raise
            # What cannot be placed waits, longer each time, and holds up no other match.
            reason = f"{type(exc).__name__}: {exc}"
            log.warning("similar.parked", match=match_id, reason=reason)
            await self._pool.execute(query("park"), match_id, pipeline, claim["lease_epoch"], reason, None)
            return None

    async def close(self) -> None:
        """Give back what is held: leases and connections."""
        try:
            await self._pool.execute(query("similar_release"), self._owner)
        except (*UNREACHABLE, asyncpg.PostgresError) as exc:
            log.debug("similar.not_released", error=str(exc) or type(exc).__name__)
        for vectors in self._vectors.values():
            await vectors.close()
