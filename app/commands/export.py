"""`touchline export`: the star schema and the log as Parquet, for DuckDB, Polars and whoever reads that."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.data import a_time
from app.commands.terminal import Json, ready, run, say, to_json
from app.errors import UnreadableFile, UsageError

if TYPE_CHECKING:
    from app.warehouse.export import Wanted, Written


def export(
    out: Annotated[Path, typer.Option(help="folder to write into; tables that it has are replaced, whole")],
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[TABLE]...", help="dim_…, fact_… or log_event; without one, all.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="matches that kicked off then or later, with a UTC offset")] = None,
    until: Annotated[str | None, typer.Option(help="matches that kicked off before then")] = None,
    competition: Annotated[str | None, typer.Option(help="matches of this competition only")] = None,
    season: Annotated[str | None, typer.Option(help="matches of this season only")] = None,
    format: Annotated[str, typer.Option(help="parquet or arrow")] = "parquet",
    as_json: Json = False,
) -> None:
    """Write the star schema and the log's events as Parquet files: TABLE/competition_key=…/season_key=…/part-….parquet."""
    settings = ready()
    from app.commands.database import database
    from app.warehouse.export import FORMATS, Wanted

    if format not in FORMATS:
        raise UsageError(f"--format {format} does not fit: {' or '.join(FORMATS)}.")
    wanted = Wanted(
        tuple(dict.fromkeys(names or ())),
        a_time(since, "--since"),
        a_time(until, "--until"),
        competition,
        season,
        format,
    )
    began = time.monotonic()
    with database(settings) as dsn:
        try:
            done = run(exported(dsn, out, wanted, as_json))
        except OSError as exc:
            raise UnreadableFile(f"{out} cannot be written: {exc.strerror or exc}.") from None
    seconds = time.monotonic() - began
    rows = sum(d.rows for d in done)
    if as_json:
        tables = [{"table": d.table, "rows": d.rows, "files": d.files} for d in done]
        say(to_json({"out": str(out), "rows": rows, "seconds": round(seconds, 3), "tables": tables}))
        return
    for d in done:
        say(f"{d.table}: {d.rows:,} rows, {d.files} {'file' if d.files == 1 else 'files'}")
    say(f"{rows:,} rows in {seconds:.1f} s ({rows / seconds:,.0f} a second) in {out}.")


async def exported(dsn: str, out: Path, wanted: Wanted, quiet: bool = True) -> list[Written]:
    """Write the tables and put them in place. Raises UsageError, OSError."""
    from app.commands.progress import bar
    from app.warehouse.export import parts, pieces, write
    from app.warehouse.export_folder import put_in_place, written
    from app.warehouse.export_read import connected, tables

    # One snapshot for all tables: a match that is corrected meanwhile is the old one in all of them.
    async with connected(dsn) as connections:
        chosen = await tables(connections[0], wanted.tables)
        found = await parts(connections[0], wanted)
        with written(out) as new, bar("export", quiet) as progress:
            step = _counter(progress, sum(len(pieces(t, found)) for t in chosen))
            done = await write(connections, chosen, found, new, wanted.format, step)
            now = datetime.now(UTC)
            told = {
                d.table: {
                    "exported_at": now,
                    "rows": d.rows,
                    "files": d.files,
                    "format": wanted.format,
                    "columns": {c.name: str(c.frame_type()) for c in t.columns},
                    **(
                        {k: getattr(wanted, k) for k in ("since", "until", "competition", "season")}
                        if t.by_match
                        else {}
                    ),
                }
                for t, d in zip(chosen, done, strict=True)
            }
            put_in_place(out, new, [t.name for t in chosen], told)
    return done


def _counter(progress: Callable[[int, int], None], every: int) -> Callable[[], None]:
    done = 0

    def step(*_: Any) -> None:
        nonlocal done
        done += 1
        progress(done, every)

    return step
