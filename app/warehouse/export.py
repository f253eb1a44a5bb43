"""The star schema and the log as files: Parquet or Arrow, by table, competition and season.

`TABLE/competition_key=…/season_key=…/part-0000.parquet`, the keys of mart.dim_competition and mart.dim_season, so that DuckDB
and Polars have them as columns; dimensions are one file each. Everything is of one snapshot of the database. Memory does
not grow with the tables: some megabytes are read, decoded and written while the next ones come.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec
from psycopg import sql

from app.db.sql import query
from app.errors import UsageError
from app.warehouse.columns import Column
from app.warehouse.copied import SESSION, decoded, selected

if TYPE_CHECKING:
    import polars as pl

LOG = "log_event"
FORMATS = ("parquet", "arrow")
# Read by queries of their own: others are read as they are.
_OWN = {"fact_signal": "export_fact_signal", LOG: "export_log_event"}
# Read from the values of all seasons: thousands of matches at once, of which the planner takes some joins for a single row,
# and would look up each. Rows that are kept by match are found by it.
_NOT_BY_MATCH = (*_OWN, "fact_drive")
# Of CSV, for each connection: in memory it is some four times that, twice.
CHUNK_BYTES = 8 * 1024 * 1024
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
# A match whose competition or season no schedule has stated. Not a word for it: the column would be text then.
NO_KEY = 0


class Wanted(msgspec.Struct, frozen=True):
    """What is to be exported. tables: none for all. since, until: kick-offs from here on, and before that."""

    tables: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    competition: str | None = None
    season: str | None = None
    format: str = "parquet"


class Table(msgspec.Struct, frozen=True):
    """One table of an export. text: what is selected; `by_match`: it takes the ids of the matches."""

    name: str
    text: str
    by_match: bool
    columns: tuple[Column, ...]


class Part(msgspec.Struct, frozen=True):
    """The matches of one folder."""

    folder: str
    matches: tuple[str, ...]


class Written(msgspec.Struct):
    """What became of one table."""

    table: str
    rows: int = 0
    files: int = 0


@asynccontextmanager
async def connected(dsn: str, most: int = MOST_CONNECTIONS) -> AsyncIterator[list[asyncpg.Connection]]:
    """Connections whose COPY is read by `app.warehouse.copied`, and which nothing ends but the export itself; as many as
    there are processors, and no more than `most`. All see one snapshot: a match that is corrected meanwhile is the old one
    in all tables."""
    count = max(1, min(most, os.cpu_count() or 1))
    async with AsyncExitStack() as stack:
        opened: list[asyncpg.Connection] = []
        snapshot = ""
        for _ in range(count):
            connection = await asyncpg.connect(dsn, timeout=10, server_settings=_SESSION)
            stack.push_async_callback(connection.close)
            await stack.enter_async_context(connection.transaction(isolation="repeatable_read", readonly=True))
            if opened:
                await connection.execute(
                    sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot)).as_string(None)
                )
            else:
                snapshot = await connection.fetchval(query("export_snapshot"))
            opened.append(connection)
        yield opened


async def tables(connection: asyncpg.Connection, names: Sequence[str] = ()) -> list[Table]:
    """These tables, or all of them: dimensions, facts, and the log's events. Raises UsageError naming what there is."""
    relations = [r["name"] for r in await connection.fetch(query("export_relations"))]
    known = [*relations, LOG]
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"There is no table '{unknown[0][:80]}' to export. Known: {', '.join(known)}.")
    return [await _table(connection, name) for name in known if not names or name in names]


async def _table(connection: asyncpg.Connection, name: str) -> Table:
    by_match = not name.startswith("dim_")
    text = query(_OWN[name]) if name in _OWN else _of_relation(name, by_match)
    told = (await connection.prepare(text)).get_attributes()
    columns = tuple(Column(a.name, a.type.name) for a in told)
    for column in columns:
        column.frame_type()  # raises now, and not after an hour
    chosen = sql.SQL("SELECT {} FROM ({}) AS asked").format(selected(columns), sql.SQL(text))  # pyright: ignore[reportArgumentType]
    return Table(name, chosen.as_string(None), by_match, columns)


def _of_relation(name: str, by_match: bool) -> str:
    whole = sql.SQL("SELECT * FROM {}").format(sql.Identifier("mart", name))
    return (whole + sql.SQL(" WHERE match_id = ANY ($1)") if by_match else whole).as_string(None)


async def parts(connection: asyncpg.Connection, wanted: Wanted) -> list[Part]:
    """The matches that are wanted, by folder. Raises UsageError where none is, naming what there is."""
    rows = await connection.fetch(
        query("export_matches"), wanted.since, wanted.until, wanted.competition, wanted.season
    )
    if not rows:
        await _check(connection, wanted)
    return [
        Part(_folder(*keys), tuple(r["match_id"] for r in of_it))
        for keys, of_it in groupby(rows, key=lambda r: (r["competition_key"], r["season_key"]))
    ]


async def _check(connection: asyncpg.Connection, wanted: Wanted) -> None:
    (known,) = await connection.fetch(query("export_known"))
    for name in ("competition", "season"):
        asked = getattr(wanted, name)
        if asked is not None and asked not in known[name]:
            told = ", ".join(known[name]) or "none, no schedule has named one"
            raise UsageError(f"No match is of the {name} '{asked[:80]}'. Known: {told}.")
    raise UsageError("No real match is of that competition, season and time: there is nothing to export.")


def _folder(competition: int | None, season: int | None) -> str:
    return f"competition_key={NO_KEY if competition is None else competition}/season_key={NO_KEY if season is None else season}"


async def write(
    connections: Sequence[asyncpg.Connection],
    wanted: Sequence[Table],
    found: Sequence[Part],
    folder: Path,
    kind: str,
    step: Callable[[], None],
) -> list[Written]:
    """Tables into folders of their own. step: called after each part of each. Raises OSError."""
    done = {t.name: Written(t.name) for t in wanted}
    waiting = iter([(t, part) for t in wanted for part in (found if t.by_match else [Part("", ())])])

    async def some(connection: asyncpg.Connection) -> None:
        for table, part in waiting:
            await _part(connection, table, part, folder, kind, done[table.name])
            step()

    tasks = [asyncio.create_task(some(connection)) for connection in connections]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for table in wanted:
        if not done[table.name].files:
            # Who reads it is told its columns.
            into = folder / table.name / (_folder(None, None) if table.by_match else "")
            await asyncio.to_thread(_file, decoded(b"", table.columns), into, 0, kind)
            done[table.name].files = 1
    return list(done.values())


async def _part(
    connection: asyncpg.Connection, table: Table, part: Part, folder: Path, kind: str, done: Written
) -> None:
    await connection.execute(query("export_not_by_match" if table.name in _NOT_BY_MATCH else "export_by_match"))
    given = [list(part.matches)] if table.by_match else []
    async with aclosing(frames(connection, table, given)) as found:
        async for frame in found:
            number, done.files = done.files, done.files + 1
            await asyncio.to_thread(_file, frame, folder / table.name / part.folder, number, kind)
            done.rows += frame.height


def _file(frame: pl.DataFrame, into: Path, number: int, kind: str) -> None:
    into.mkdir(parents=True, exist_ok=True)
    path = into / f"part-{number:04}.{kind}"
    if kind == "parquet":
        frame.write_parquet(path, compression="zstd", compression_level=1)
    else:
        frame.write_ipc(path, compression="zstd")


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
