"""Whole seasons asked about: questions by name, a match's events page, a rollup, the export as Parquet; beside DuckDB."""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import uvloop

from app.commands.export import exported
from app.db.pool import Pool, open_pool
from app.db.sql import query
from app.warehouse.export import Wanted
from app.warehouse.kpi import answer, declared
from app.warehouse.packing import Packing
from app.warehouse.policies import COMPRESSED
from app.warehouse.rollups import Refresher
from tests.bench.kit import season
from tests.bench.kit.duck import MINUTES, Duck
from tests.bench.kit.duck import PAGE as PAGE_OF_PARQUET
from tests.bench.kit.machine import machine
from tests.bench.kit.report import Figures, main, parser, say, spread
from tests.bench.kit.service import ROOT, Database, database, environment, touchline

INGESTS, FILES_AT_ONCE = 2, 40
PAGE, SEED = 100, 5
FACTS = ("fact_event", "fact_pass", "fact_signal")
SIZES = (
    "SELECT hypertable_size('log.feed_event') AS log, pg_total_relation_size('log.identity') AS identity, "
    "pg_total_relation_size('mart.event') AS fact, hypertable_size('signal.point') AS signal, "
    "hypertable_size('signal.publication') AS publication"
)
ROLLUP = "SELECT * FROM rollup.signal_1m WHERE match_id = $1 AND signal = 'xg'"
# The same two questions of both, over everything.
BESIDE = {
    "xg_by_team": "SELECT team_key, sum(xg), count(*) FROM mart.fact_shot WHERE NOT is_shootout GROUP BY team_key",
    "passes_by_player": "SELECT player_key, count(*), avg(gain_m) FROM mart.fact_pass WHERE is_complete GROUP BY player_key",
}


def measure(given: argparse.Namespace) -> Figures:
    """Bring the matches in, which is not timed, and ask."""
    with database() as base:
        folder = Path(base.settings.home) / "season"
        folder.mkdir()
        files = season.write(folder, given.matches)
        say(f"{files.told}: bringing them in")
        began = time.monotonic()
        _ingest(base, files)
        ingest_s = time.monotonic() - began
        return {
            "bench": "history",
            **uvloop.run(_measured(base, given.rounds, folder / "out")),
            "workload": files.told,
            "ingest_s": round(ingest_s, 1),
            "stages": {},
            **machine(base.dsn, base.data_folder),
        }


def _ingest(base: Database, files: season.Files) -> None:
    own = environment(database_url=base.dsn, log_level="warning")
    _wait([_start(own, "matches", "load", str(files.about))])
    for start in range(0, len(files.events), FILES_AT_ONCE):
        some = [str(f) for f in files.events[start : start + FILES_AT_ONCE]]
        shares = [some[i::INGESTS] for i in range(INGESTS)]
        _wait([_start(own, "ingest", files.provider, *share, "--json") for share in shares if share])
        say(f"{start + len(some)} of {len(files.events)}")


def _start(own: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    return subprocess.Popen(touchline(*arguments), cwd=ROOT, env=own, text=True, start_new_session=True, **quiet)


def _wait(running: Sequence[subprocess.Popen[str]]) -> None:
    try:
        for process in running:
            _, error = process.communicate()
            if process.returncode:
                raise SystemExit(f"{process.args} failed ({process.returncode}): {error[-2000:]}")
    finally:
        for process in running:
            if process.poll() is None:
                process.kill()
                process.wait()


async def _measured(base: Database, rounds: int, out: Path) -> Figures:
    pool = await open_pool(base.dsn, size=1, application="touchline-bench")
    try:
        while await Refresher(pool).refresh():
            pass
        await pool.execute("VACUUM ANALYZE")
        matches = [
            r["match_id"] for r in await pool.fetch("SELECT match_id FROM mart.dim_match WHERE is_real ORDER BY 1")
        ]
        events = await pool.fetchval("SELECT count(*) FROM log.feed_event WHERE NOT control")
        sizes = await pool.fetchrow(SIZES)
        by_row = await _exports(base.dsn, out, "row by row")
        say("matches in columns, as the background does when they are over")
        began = time.monotonic()
        packed = await Packing(pool, base.dsn).refresh()
        pack_s = time.monotonic() - began
        await pool.execute("VACUUM ANALYZE mart.packed")
        sizes = {**sizes, "packed": await pool.fetchval("SELECT pg_total_relation_size('mart.packed')")}
        exports = await _exports(base.dsn, out, "of what is packed")
        say("everything as Parquet")
        await exported(base.dsn, out, Wanted())
        with Duck(out) as duck:
            figures = await _asked(pool, duck, matches, rounds)
            say("DuckDB writes the same tables")
            theirs = [await asyncio.to_thread(duck.export, name) for name in FACTS]
            return {
                **figures,
                **await _compressed(base.dsn, pool, matches, events, rounds, out),
                "export_rows_per_s": _rows_per_s(exports),
                "export_by_row_rows_per_s": _rows_per_s(by_row),
                "pack_s": round(pack_s, 2),
                "packed_matches": packed,
                "duckdb_export_rows_per_s": round(sum(rows for rows, _ in theirs) / sum(s for _, s in theirs)),
                "matches": len(matches),
                "events": events,
                "bytes_per_event": {name: round(size / events) for name, size in sizes.items()},
                "exports": exports,
                "exports_by_row": by_row,
                "duckdb": duck.version,
            }
    finally:
        await pool.close()


def _rows_per_s(exports: Figures) -> int:
    return round(sum(e["rows"] for e in exports.values()) / sum(e["seconds"] for e in exports.values()))


async def _compressed(
    dsn: str, pool: Pool, matches: Sequence[str], events: int, rounds: int, out: Path
) -> dict[str, Any]:
    """The same sizes, pages and an export of the log plain and with everything compressed that ever is, last of all; None on an
    edition that does not compress."""
    if not await pool.fetchval("SELECT current_setting('timescaledb.license') = 'timescale'"):
        return {
            "bytes_per_event_compressed": None,
            "events_page_compressed_p95_ms": None,
            "export_log_rows_per_s": None,
        }
    # As it is read out of the log itself.
    await pool.execute("DELETE FROM mart.packed WHERE name = 'log_event'")
    plain = await _log_export(dsn, out)
    say("compressing")
    for each in COMPRESSED:
        await pool.fetch("SELECT compress_chunk(c, true) FROM show_chunks($1::regclass) c ORDER BY c", each.table)
    await pool.execute("VACUUM ANALYZE")
    chosen = random.Random(SEED).choices(matches, k=10 * rounds)
    pages = await _times(len(chosen) - 1, lambda number: _page(pool, chosen[number]))
    sizes = await pool.fetchrow(SIZES)
    return {
        "bytes_per_event_compressed": {name: round(size / events) for name, size in sizes.items()},
        "events_page_compressed_p95_ms": spread(pages)["p95_ms"],
        "export_log_rows_per_s": {"plain": plain, "compressed": await _log_export(dsn, out)},
    }


async def _log_export(dsn: str, out: Path) -> int:
    began = time.monotonic()
    (done,) = await exported(dsn, out, Wanted(("log_event",)))
    return round(done.rows / (time.monotonic() - began))


async def _exports(dsn: str, out: Path, how: str) -> Figures:
    """Each of the facts by itself, with what was written."""
    found = {}
    for name in FACTS:
        say(f"export of {name}, {how}")
        began = time.monotonic()
        (done,) = await exported(dsn, out, Wanted((name,)))
        seconds = time.monotonic() - began
        found[name] = {"rows": done.rows, "seconds": round(seconds, 2), "rows_per_s": round(done.rows / seconds)}
    return found


async def _asked(pool: Pool, duck: Duck, matches: Sequence[str], rounds: int) -> Figures:
    """Every question, pages of events, rollups and two passes over everything: of PostgreSQL and of DuckDB, in turn."""
    say("questions by name")
    kpis: dict[str, list[float]] = {}
    theirs: dict[str, list[float]] = {}
    refused: dict[str, str] = {}
    for question in declared().values():
        values = question.values({p.name: matches[0] for p in question.parameters if p.required})
        ours = partial(answer, pool, question, values)
        why = await asyncio.to_thread(duck.refuses, question, values)
        if why is not None:
            refused[question.name] = why
            kpis[question.name] = await _times(rounds, lambda _, ask=ours: ask())
        else:
            kpis[question.name], theirs[question.name] = await _in_turn(rounds, duck, ours, (question.text, *values))
    chosen = random.Random(SEED).choices(matches, k=10 * rounds)
    say("pages and rollups")
    pages = await _each(chosen, duck, lambda m: _page(pool, m), lambda m: (PAGE_OF_PARQUET, m, PAGE + 1))
    rollups = await _each(chosen, duck, lambda m: pool.fetch(ROLLUP, m), lambda m: (MINUTES, m))
    say("two passes over everything")
    scans = [await _in_turn(rounds, duck, partial(pool.fetch, text), (text,)) for text in BESIDE.values()]
    compared = [ms for name in theirs for ms in kpis[name]]
    return {
        "kpi_p95_ms": spread([ms for times in kpis.values() for ms in times])["p95_ms"],
        "events_page_p95_ms": spread(pages[0])["p95_ms"],
        "rollup_p95_ms": spread(rollups[0])["p95_ms"],
        "scan_p95_ms": spread([ms for ours, _ in scans for ms in ours])["p95_ms"],
        "kpi_compared_p95_ms": spread(compared)["p95_ms"],
        "duckdb_kpi_p95_ms": spread([ms for times in theirs.values() for ms in times])["p95_ms"],
        "duckdb_events_page_p95_ms": spread(pages[1])["p95_ms"],
        "duckdb_rollup_p95_ms": spread(rollups[1])["p95_ms"],
        "duckdb_scan_p95_ms": spread([ms for _, theirs in scans for ms in theirs])["p95_ms"],
        "kpis": {name: spread(times) for name, times in sorted(kpis.items(), key=lambda k: -max(k[1]))},
        "duckdb_kpis": {name: spread(times) for name, times in sorted(theirs.items(), key=lambda k: -max(k[1]))},
        "duckdb_refuses": refused,
    }


async def _page(pool: Pool, match: str) -> list[Any]:
    found = await pool.fetch(query("list_events"), match, None, None, None, None, PAGE + 1)
    if len(found) <= PAGE:
        raise SystemExit(f"match {match} has no full page of events")
    return found


async def _each(
    matches: Sequence[str],
    duck: Duck,
    ours: Callable[[str], Awaitable[Sequence[Any]]],
    theirs: Callable[[str], tuple[Any, ...]],
) -> tuple[list[float], list[float]]:
    """The same of many matches."""
    mine: list[float] = []
    duckdb: list[float] = []
    for match in matches:
        here, there = await _in_turn(1, duck, partial(ours, match), theirs(match), warm=not mine)
        mine += here
        duckdb += there
    return mine, duckdb


async def _in_turn(
    rounds: int, duck: Duck, ours: Callable[[], Awaitable[Sequence[Any]]], theirs: tuple[Any, ...], warm: bool = True
) -> tuple[list[float], list[float]]:
    """Milliseconds of either, one after the other, `rounds` times; they must give as many rows."""
    mine: list[float] = []
    duckdb: list[float] = []
    for number in range(rounds + warm):
        began = time.perf_counter()
        here = len(await ours())
        between = time.perf_counter()
        there = len(await asyncio.to_thread(duck.fetch, *theirs))
        if here != there:
            raise SystemExit(f"DuckDB gives {there} rows, PostgreSQL {here}: {theirs[0]}")
        if number >= warm:
            mine.append((between - began) * 1000)
            duckdb.append((time.perf_counter() - between) * 1000)
    return mine, duckdb


async def _times(count: int, ask: Callable[[int], Awaitable[Any]]) -> list[float]:
    """Milliseconds of so many askings, after one that is not counted."""
    await ask(0)
    found = []
    for number in range(count):
        began = time.perf_counter()
        await ask(number)
        found.append((time.perf_counter() - began) * 1000)
    return found


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--matches", type=int, default=None, help="how many (all there are)")
    options.add_argument("--rounds", type=int, default=5, help="askings of each question (5)")
    main(measure, options)
