"""The star schema and the log as files: Parquet or Arrow, by table, competition and season.

`TABLE/competition_key=…/season_key=…/part-0000.parquet`, the keys of mart.dim_competition and mart.dim_season, so that DuckDB
and Polars have them as columns; dimensions are one file each. Everything is of one snapshot of the database. Memory does
not grow with the tables: some megabytes are read, decoded and written while the next ones come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import msgspec

from app.db.sql import query
from app.errors import UsageError
from app.warehouse.copied import decoded
from app.warehouse.export_read import Table, frames, packed_frames, packed_groups, planned

if TYPE_CHECKING:
    import polars as pl

FORMATS = ("parquet", "arrow")
# A match whose competition or season no schedule has stated. Not a word for it: the column would be text then.
NO_KEY = 0
# Of a table that is packed, read by one connection: seasons are of very different lengths.
MATCHES_AT_ONCE = 60


class Wanted(msgspec.Struct, frozen=True):
    """What is to be exported. tables: none for all. since, until: kick-offs from here on, and before that."""

    tables: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    competition: str | None = None
    season: str | None = None
    format: str = "parquet"


class Part(msgspec.Struct, frozen=True):
    """The matches of one folder."""

    folder: str
    matches: tuple[str, ...]


class Written(msgspec.Struct):
    """What became of one table."""

    table: str
    rows: int = 0
    files: int = 0


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


def pieces(table: Table, found: Sequence[Part]) -> list[Part]:
    """What is read of a table by one connection after the other."""
    if not table.by_match:
        return [Part("", ())]
    if not table.is_packed:
        return list(found)
    return [
        Part(part.folder, part.matches[start : start + MATCHES_AT_ONCE])
        for part in found
        for start in range(0, len(part.matches), MATCHES_AT_ONCE)
    ]


async def write(
    connections: Sequence[asyncpg.Connection],
    wanted: Sequence[Table],
    found: Sequence[Part],
    folder: Path,
    kind: str,
    step: Callable[[], None],
) -> list[Written]:
    """Tables into folders of their own. step: called after each of `pieces`. Raises OSError."""
    done = {t.name: Written(t.name) for t in wanted}
    waiting = iter([(t, part) for t in wanted for part in pieces(t, found)])

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
    await connection.execute(planned(table))
    groups = await packed_groups(connection, table, part.matches)
    read = [packed_frames(connection, table, groups)] if groups else []
    left = set(part.matches).difference(*groups)
    if left or not table.by_match:
        read.append(frames(connection, table, [sorted(left)] if table.by_match else []))
    for some in read:
        async with aclosing(some) as found:
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
