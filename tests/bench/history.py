"""Whole seasons asked about: questions by name, a match's events page, a rollup, the export as Parquet; beside DuckDB."""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import uvloop

from app.commands.export import exported
from app.db.pool import Pool, open_pool
from app.db.sql import query
from app.warehouse.export import Wanted
from app.warehouse.kpi import Kpi, answer, declared
from app.warehouse.rollups import Refresher
from tests.bench.kit import season
from tests.bench.kit.machine import machine
from tests.bench.kit.report import Figures, main, parser, say, spread
from tests.bench.kit.service import ROOT, Database, database, environment, touchline

INGESTS, FILES_AT_ONCE = 2, 40
PAGE, SEED = 100, 5
FACTS = ("fact_event", "fact_pass", "fact_signal")
# The same two questions of both, over everything.
BESIDE = {
    "xg_by_team": "SELECT team_key, sum(xg), count(*) FROM {shot} WHERE NOT is_shootout GROUP BY team_key",
    "passes_by_player": "SELECT player_key, count(*), avg(gain_m) FROM {pass} WHERE is_complete GROUP BY player_key",
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
        say("questions by name")
        kpis = {q.name: await _times(rounds, lambda _, q=q: _ask(pool, q, matches)) for q in declared().values()}
        chosen = random.Random(SEED).choices(matches, k=10 * rounds)
        say("pages and rollups")
        pages = await _times(len(chosen), lambda i: _page(pool, chosen[i]))
        rollup = "SELECT * FROM rollup.signal_1m WHERE match_id = $1 AND signal = 'xg'"
        rollups = await _times(len(chosen), lambda i: pool.fetch(rollup, chosen[i]))
        sizes = await pool.fetchrow(
            "SELECT hypertable_size('log.feed_event') AS log, pg_total_relation_size('mart.event') AS fact"
        )
        exports = {}
        for name in FACTS:
            say(f"export of {name}")
            began = time.monotonic()
            (done,) = await exported(base.dsn, out, Wanted((name,)))
            exports[name] = {"rows": done.rows, "rows_per_s": round(done.rows / (time.monotonic() - began))}
        await exported(base.dsn, out, Wanted(("fact_shot",)))
        every = [ms for times in kpis.values() for ms in times]
        return {
            "kpi_p95_ms": spread(every)["p95_ms"],
            "events_page_p95_ms": spread(pages)["p95_ms"],
            "rollup_p95_ms": spread(rollups)["p95_ms"],
            "export_rows_per_s": round(
                sum(e["rows"] for e in exports.values())
                / sum(e["rows"] / max(1, e["rows_per_s"]) for e in exports.values())
            ),
            **await _beside(pool, out, rounds),
            "matches": len(matches),
            "events": events,
            "bytes_per_event": {"log": round(sizes["log"] / events), "fact_event": round(sizes["fact"] / events)},
            "exports": exports,
            "kpis": {name: spread(times) for name, times in sorted(kpis.items(), key=lambda k: -max(k[1]))},
        }
    finally:
        await pool.close()


async def _ask(pool: Pool, question: Kpi, matches: Sequence[str]) -> None:
    given = {p.name: matches[0] for p in question.parameters if p.required}
    await answer(pool, question, question.values(given))


async def _page(pool: Pool, match: str) -> None:
    if len(await pool.fetch(query("list_events"), match, None, None, None, None, PAGE + 1)) <= PAGE:
        raise SystemExit(f"match {match} has no full page of events")


async def _times(count: int, ask: Callable[[int], Awaitable[Any]]) -> list[float]:
    """Milliseconds of so many askings, after one that is not counted."""
    await ask(0)
    found = []
    for number in range(count):
        began = time.perf_counter()
        await ask(number)
        found.append((time.perf_counter() - began) * 1000)
    return found


async def _beside(pool: Pool, out: Path, rounds: int) -> Figures:
    """Two questions over everything, of PostgreSQL and of DuckDB on what was exported, in turn."""
    try:
        import duckdb
    except ImportError:
        return {
            "duckdb_p95_ms": None,
            "duckdb_missing_because": "duckdb is not installed (requirements-dev.lock has it)",
        }
    ours: list[float] = []
    theirs: list[float] = []
    with duckdb.connect() as connection:
        for text in BESIDE.values():
            here = text.format(**{n: f"mart.fact_{n}" for n in ("shot", "pass")})
            there = text.format(**{n: f"read_parquet('{out}/fact_{n}/**/*.parquet')" for n in ("shot", "pass")})
            rows = len(await pool.fetch(here))
            if len(await asyncio.to_thread(connection.execute(there).fetchall)) != rows:
                raise SystemExit(f"DuckDB does not say the same: {there}")
            for _ in range(rounds):
                ours += await _times(1, lambda _, here=here: pool.fetch(here))
                theirs += await _times(1, lambda _, there=there: asyncio.to_thread(connection.execute(there).fetchall))
    told = version_of(duckdb)
    return {"scan_p95_ms": spread(ours)["p95_ms"], "duckdb_scan_p95_ms": spread(theirs)["p95_ms"], "duckdb": told}


def version_of(module: Any) -> str:
    """What a library says that it is."""
    return str(module.__version__)


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--matches", type=int, default=None, help="how many (all there are)")
    options.add_argument("--rounds", type=int, default=5, help="askings of each question (5)")
    main(measure, options)
