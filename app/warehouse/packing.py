"""Packs what exports read most of: tables of many rows, of matches that are over, in columns (mart.packed).

Beside the air, in the background: whatever is not packed, or was changed since, is read row by row by an export, and the
same comes out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

import asyncpg
import structlog

from app.db.pool import TRY_AGAIN, UNREACHABLE, Pool
from app.db.sql import query
from app.warehouse.export_read import LOG, Table, frames, opened, planned, to_be_packed
from app.warehouse.paced import paced
from app.warehouse.packed import made_of, packed, unpacked

if TYPE_CHECKING:
    import polars as pl

log = structlog.get_logger()
LOOK_S = 10.0
AT_ONCE = 4


class Packing:
    """Packs what waits. dsn: for connections of its own, whose COPY is read as exports do."""

    def __init__(self, pool: Pool, dsn: str) -> None:
        self._pool = pool
        self._dsn = dsn
        self._tables: Sequence[Table] = ()
        # Left alone until the next start: the others are not to wait for them.
        self._failed: set[str] = set()

    async def run(self) -> None:
        """Pack what comes to an end, until cancelled."""
        await paced(self._pool, "packing", self.turn, LOOK_S)

    async def refresh(self) -> int:
        """Pack all that waits, without rests. Returns how many matches."""
        done = 0
        while some := await self.turn():
            done += some
        return done

    async def turn(self) -> int:
        """A few matches that wait. Returns how many were packed."""
        if not self._tables:
            async with opened(self._dsn) as connection:
                self._tables = await to_be_packed(connection)
        known = ([t.name for t in self._tables], [made_of(t.columns) for t in self._tables])
        waiting = await self._pool.fetch(query("to_be_packed"), *known, list(self._failed), AT_ONCE)
        if not waiting:
            return 0
        async with opened(self._dsn) as connection:
            return sum([await self._match(connection, row["match_id"]) for row in waiting])

    async def _match(self, connection: asyncpg.Connection, match_id: str) -> bool:
        try:
            # Of one snapshot: if the match is changed meanwhile, what is packed is not what is kept then, and is not read.
            async with connection.transaction(isolation="repeatable_read"):
                state = await connection.fetchrow(query("pack_state"), match_id)
                if state is None:
                    return False
                for table in self._tables:
                    frame = await _rows(connection, table, match_id)
                    version = state["log_version" if table.name == LOG else "kept_version"]
                    body = await asyncio.to_thread(packed, frame)
                    said = (made_of(table.columns), version, state["kept_changes"], frame.height, body)
                    await connection.execute(query("put_packed"), match_id, table.name, *said)
            return True
        except UNREACHABLE:
            raise
        except TRY_AGAIN:
            return False
        except asyncpg.PostgresError as exc:
            # No room is no match's fault; a quota that is used up has no number of its own.
            if isinstance(exc, asyncpg.InsufficientResourcesError) or "could not extend file" in str(exc):
                raise
            log.warning("packing.left_out", match=match_id, error=str(exc))
            self._failed.add(match_id)
            return False


async def differing(connection: asyncpg.Connection, match_id: str) -> list[str]:
    """The tables of which other rows are packed than the database answers, of one match. connection: of `opened`."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        found = {r["name"]: r for r in await connection.fetch(query("packed_of"), match_id)}
        wrong: list[str] = []
        for table in await to_be_packed(connection) if found else []:
            row = found.get(table.name)
            if row is not None and row["made_of"] == made_of(table.columns):
                there, here = unpacked([row["body"]]), await _rows(connection, table, match_id)
                if not there.sort(there.columns).equals(here.sort(here.columns)):
                    wrong.append(table.name)
        return wrong


async def _rows(connection: asyncpg.Connection, table: Table, match_id: str) -> pl.DataFrame:
    import polars as pl

    await connection.execute(planned(table))
    async with aclosing(frames(connection, table, [[match_id]])) as found:
        pieces = [frame async for frame in found]
    return pl.concat(pieces) if pieces else pl.DataFrame(schema={c.name: c.frame_type() for c in table.columns})
