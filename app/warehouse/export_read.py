"""What an export reads: its connections, its tables, and their rows as data frames of some megabytes.

Rows of matches that are over are packed in columns (mart.packed, docs/decisions/0013); all others come as CSV.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec
from psycopg import sql

from app.db.sql import packed_facts, query
from app.errors import UsageError
from app.warehouse.columns import Column
from app.warehouse.copied import SESSION, decoded, selected
from app.warehouse.packed import made_of, unpacked

if TYPE_CHECKING:
    import polars as pl

LOG, SIGNALS = "log_event", "fact_signal"
# Read by queries of their own: others are read as they are.
_OWN = {SIGNALS: "export_fact_signal", LOG: "export_log_event"}
# Read from the values of all seasons: thousands of matches at once, of which the planner takes some joins for a single row,
# and would look up each. Rows that are kept by match are found by it.
_NOT_BY_MATCH = (*_OWN, "fact_drive")
# Of CSV, for each connection: in memory it is some four times that, twice.
CHUNK_BYTES = 8 * 1024 * 1024
# Of what is packed, for a file: some tens of megabytes in memory.
PACKED_ROWS = 100_000
# The server takes as long for a row as reading and writing it does: two of each keep two processors busy, and four four.
MOST_CONNECTIONS = 4
# An export of many seasons takes as long as it takes.
LIMIT_S = 24 * 3600.0
_SESSION = {
    **SESSION,
    "application_name": "touchline-export",
    "idle_in_transaction_session_timeout": "0",
    "jit": "off",
}


class Table(msgspec.Struct, frozen=True):
    """One table of an export. text: what is selected; `by_match`: it takes the ids of the matches; `is_packed`: those
    that are over are read from mart.packed, as far as they are there as they are now."""

    name: str
    text: str
    by_match: bool
    columns: tuple[Column, ...]
    is_packed: bool = False


@asynccontextmanager
async def connected(dsn: str, most: int = MOST_CONNECTIONS) -> AsyncIterator[list[asyncpg.Connection]]:
    """Connections whose COPY is read by `app.warehouse.copied`, and which nothing ends but the export itself; as many as
    there are processors, and no more than `most`. All see one snapshot: a match that is corrected meanwhile is the old one
    in all tables."""
    count = max(1, min(most, os.cpu_count() or 1))
    async with AsyncExitStack() as stack:
        found: list[asyncpg.Connection] = []
        snapshot = ""
        for _ in range(count):
            connection = await stack.enter_async_context(opened(dsn))
            await stack.enter_async_context(connection.transaction(isolation="repeatable_read", readonly=True))
            if found:
                await connection.execute(
                    sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot)).as_string(None)
                )
            else:
                snapshot = await connection.fetchval(query("export_snapshot"))
            found.append(connection)
        yield found


@asynccontextmanager
async def opened(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """One connection whose COPY is read by `app.warehouse.copied`."""
    connection = await asyncpg.connect(dsn, timeout=10, server_settings=_SESSION)
    try:
        yield connection
    finally:
        await connection.close()


async def tables(connection: asyncpg.Connection, names: Sequence[str] = ()) -> list[Table]:
    """These tables, or all of them: dimensions, facts, and the log's events. Raises UsageError naming what there is."""
    relations = [r["name"] for r in await connection.fetch(query("export_relations"))]
    known = [*relations, LOG]
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"There is no table '{unknown[0][:80]}' to export. Known: {', '.join(known)}.")
    found = [await _table(connection, name) for name in known if not names or name in names]
    # Who may read facts alone, as analysts may, reads them row by row.
    return found if await connection.fetchval(query("export_may_unpack")) else [by_row(t) for t in found]


def by_row(table: Table) -> Table:
    """The same, and nothing of it is read from mart.packed."""
    return msgspec.structs.replace(table, is_packed=False)


async def to_be_packed(connection: asyncpg.Connection) -> list[Table]:
    """The tables that are packed, as they are read for that: of `fact_signal` every version."""
    packing = {name: _of_relation(name, True) for name in sorted(packed_facts())}
    packing |= {SIGNALS: query("pack_fact_signal"), LOG: query(_OWN[LOG])}
    return [await _table(connection, name, text) for name, text in packing.items()]


async def _table(connection: asyncpg.Connection, name: str, text: str | None = None) -> Table:
    by_match = not name.startswith("dim_")
    if text is None:
        text = query(_OWN[name]) if name in _OWN else _of_relation(name, by_match)
    told = (await connection.prepare(text)).get_attributes()
    columns = tuple(Column(a.name, a.type.name) for a in told)
    for column in columns:
        column.frame_type()  # raises now, and not after an hour
    chosen = sql.SQL("SELECT {} FROM ({}) AS asked").format(selected(columns), sql.SQL(text))  # pyright: ignore[reportArgumentType]
    return Table(name, chosen.as_string(None), by_match, columns, name in _OWN or name in packed_facts())


def _of_relation(name: str, by_match: bool) -> str:
    whole = sql.SQL("SELECT * FROM {}").format(sql.Identifier("mart", name))
    return (whole + sql.SQL(" WHERE match_id = ANY ($1)") if by_match else whole).as_string(None)


def planned(table: Table) -> str:
    """What a session is told before it reads this table."""
    return query("export_not_by_match" if table.name in _NOT_BY_MATCH else "export_by_match")


async def packed_groups(connection: asyncpg.Connection, table: Table, matches: Sequence[str]) -> list[list[str]]:
    """Those of these matches of which the rows are packed, as many together as make a file."""
    if not table.is_packed:
        return []
    groups: list[list[str]] = []
    room = 0
    for row in await connection.fetch(query("export_packed"), table.name, made_of(table.columns), list(matches)):
        if room <= 0:
            groups.append([])
            room = PACKED_ROWS
        groups[-1].append(row["match_id"])
        room -= row["row_count"]
    return groups


async def packed_frames(
    connection: asyncpg.Connection, table: Table, groups: Sequence[list[str]]
) -> AsyncGenerator[pl.DataFrame, None]:
    """What is packed, a group of matches at a time."""
    for matches in groups:
        bodies = [r["body"] for r in await connection.fetch(query("export_bodies"), table.name, matches)]
        frame = await asyncio.to_thread(unpacked, bodies)
        if table.name == SIGNALS:
            # Packed are the values of every version: promoting one makes nothing anew.
            frame = await asyncio.to_thread(_on_air, frame, await connection.fetch(query("export_on_air"), matches))
        yield frame


def _on_air(frame: pl.DataFrame, live: Sequence[asyncpg.Record]) -> pl.DataFrame:
    import polars as pl

    key = {name: frame.schema[name] for name in ("match_id", "signal", "signal_version")}
    return frame.join(pl.DataFrame([tuple(r) for r in live], schema=key, orient="row"), on=list(key), how="semi")


async def frames(
    connection: asyncpg.Connection, table: Table, given: Sequence[Any]
) -> AsyncGenerator[pl.DataFrame, None]:
    """The rows as frames of some megabytes. While one is with the caller, the next one is read; no more."""
    waiting: asyncio.Queue[bytes | None] = asyncio.Queue(1)
    chunk = bytearray()
    failed: list[Exception] = []

    async def take(lines: bytes) -> None:
        # One message of the protocol is one row: what comes is whole lines.
        chunk.extend(lines)
        if len(chunk) >= CHUNK_BYTES:
            full = bytes(chunk)
            chunk.clear()
            await waiting.put(full)

    async def read() -> None:
        try:
            await connection.copy_from_query(table.text, *given, output=take, format="csv", timeout=LIMIT_S)
            if chunk:
                await waiting.put(bytes(chunk))
        except Exception as exc:
            failed.append(exc)
        await waiting.put(None)

    reading = asyncio.create_task(read())
    try:
        while (lines := await waiting.get()) is not None:
            yield await asyncio.to_thread(decoded, lines, table.columns)
        if failed:
            raise failed[0]
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
