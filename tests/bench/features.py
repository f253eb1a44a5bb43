"""The feature store beside Feast on the same server: 22 entities read with 20 features each, a training set of 10,000 rows."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import polars as pl
import uvloop

from app.db.pool import Pool, open_pool
from app.warehouse.feature_cache import CHANNEL, FeatureCache
from app.warehouse.feature_layout import Layout, declare
from app.warehouse.feature_store import Key, online
from app.warehouse.feature_training import training_rows
from tests.bench.kit.feature_rows import SPORT, Stored, fill
from tests.bench.kit.machine import machine
from tests.bench.kit.report import Figures, main, parser, percentile, say
from tests.bench.kit.rival import CannotInstall, environment_of
from tests.bench.kit.service import Database, database

FEAST = "0.67.0"
INSTALL_S = 900
RIVAL = Path(__file__).parent / "kit" / "rival_feast.py"
ENTITIES, FEATURES, SPINE = 22, 20, 10_000
READS = 1000
# A match that is told writes the rows of its players so often.
WRITE_S = 0.5
TTL_S = 6 * 3600.0
SEED = 15
TABLE = "rival.player_features"


def measure(given: argparse.Namespace) -> Figures:
    """Ours and Feast in turn, round by round, so that a change of the machine's mood meets both; medians are told."""
    with database() as base, ExitStack() as held:
        bench = uvloop.run(_prepare(base, given.rows))
        reason, feast = _start_feast(base, bench, held)
        rounds: list[dict[str, Any]] = []
        for number in range(given.rounds + 1):
            say(f"round {number} of {given.rounds}" if number else "warming up")
            done = uvloop.run(_round(base.dsn, bench))
            if feast is not None:
                done |= _feast_round(feast)
                _compare(done)
            if number:
                rounds.append(done)
        return {**_figures(rounds, reason), **bench["told"], "stages": {}, **machine(base.dsn, base.data_folder)}


async def _prepare(base: Database, count: int) -> dict[str, Any]:
    pool = await open_pool(base.dsn, size=2, application="touchline-bench")
    try:
        layout = (await declare(pool))[SPORT]
        say(f"{count:,} rows of history")
        stored, told = await fill(pool, layout, count)
        columns = [c for c in layout.columns["player"] if c.ttl_s == TTL_S][:FEATURES]
        await _rival_table(pool, [c.name for c in columns])
    finally:
        await pool.close()
    chance = random.Random(SEED)
    players = sorted({row.player for row in stored})
    reads = [chance.sample(players, ENTITIES) for _ in range(READS)]
    features = {c.name: c.dtype for c in columns}
    told_all = {"workload": told, "entities": ENTITIES, "features": FEATURES, "players": len(players), "spine": SPINE}
    return {"layout": layout, "features": features, "reads": reads, "spine": _spine(stored, chance), "told": told_all}


async def _rival_table(pool: Pool, names: Sequence[str]) -> None:
    """The same rows as Feast is used to them: a plain table, a typed column a feature, an index on key and time."""
    columns = ", ".join(f'"{name}"' for name in names)
    await pool.execute("CREATE SCHEMA rival")
    await pool.execute(
        f"CREATE TABLE {TABLE} AS SELECT player_id, event_timestamp, created_timestamp, {columns} "  # noqa: S608
        "FROM feature.soccer_player_features"
    )
    await pool.execute(f"CREATE INDEX ON {TABLE} (player_id, event_timestamp)")
    await pool.execute(f"VACUUM ANALYZE {TABLE}")


def _spine(stored: Sequence[Stored], chance: random.Random) -> list[tuple[str, datetime]]:
    """Moments up to an hour after a row of the history: within a match, or soon after it."""
    chosen = chance.sample(stored, SPINE)
    return [(row.player, row.at + timedelta(seconds=round(chance.uniform(0, 3600), 3))) for row in chosen]


async def _round(dsn: str, bench: dict[str, Any]) -> dict[str, Any]:
    pool = await open_pool(dsn, size=3, application="touchline-bench")
    try:
        return {**await _online(pool, dsn, bench), **await _training(pool, bench)}
    finally:
        await pool.close()


async def _online(pool: Pool, dsn: str, bench: dict[str, Any]) -> dict[str, Any]:
    """Reads as the API makes them, while a match is told; and the same reads straight from the database."""
    cache = FeatureCache(pool, dsn)
    every = sorted({player for read in bench["reads"] for player in read})
    tasks = [asyncio.create_task(cache.run()), asyncio.create_task(_told(pool, every[:36]))]
    try:
        await asyncio.sleep(0.3)
        await cache.get([(SPORT, "player", player) for player in every])
        cache.hits = cache.misses = 0
        names = list(bench["features"])
        cached, straight = [], []
        for read in bench["reads"]:
            keys: list[Key] = [(SPORT, "player", player) for player in read]
            began = time.perf_counter()
            rows = [row and {name: row.values[name] for name in names} for row in await cache.get(keys)]
            cached.append((time.perf_counter() - began) * 1000)
            began = time.perf_counter()
            found = await online(pool, cache.layouts, keys)
            table = [{name: found[key].values[name] for name in names} for key in keys]
            straight.append((time.perf_counter() - began) * 1000)
            if rows != table:
                raise SystemExit("the cache and the database do not say the same")
        total = sum(float(v or 0) for row in table for v in row.values())
        rate = cache.hits / (cache.hits + cache.misses)
        return {"cached": cached, "straight": straight, "online_total": total, "hit_rate": rate}
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _told(pool: Pool, players: Sequence[str]) -> None:
    """A match's worth of entities is written again and again, as the pipeline does."""
    payload = msgspec.json.encode([(SPORT, "player", player) for player in players]).decode()
    while True:
        await asyncio.sleep(WRITE_S)
        await pool.execute(
            "UPDATE feature.online SET updated_at = clock_timestamp() WHERE entity_kind = 'player' AND entity_id = ANY ($1)",
            players,
        )
        await pool.execute("SELECT pg_notify($1, $2)", CHANNEL, payload)


async def _training(pool: Pool, bench: dict[str, Any]) -> dict[str, Any]:
    layout: Layout = bench["layout"]
    ids, moments = zip(*bench["spine"], strict=True)
    began = time.perf_counter()
    frame = await training_rows(pool, layout, "player", ids, moments, features=list(bench["features"]))
    seconds = time.perf_counter() - began
    if frame.height != SPINE:
        raise SystemExit(f"{SPINE} rows were asked for and {frame.height} came")
    sums = {n: [int(frame[n].count()), round(float(frame[n].cast(pl.Float64).sum()), 2)] for n in bench["features"]}
    return {"training_s": seconds, "sums": sums}


def _start_feast(base: Database, bench: dict[str, Any], held: ExitStack) -> tuple[str | None, Any]:
    home = Path(base.settings.home)
    packages = [f"feast[postgres]=={FEAST}", f"psycopg[binary,pool]=={version('psycopg')}"]
    try:
        python = environment_of(home / "feast", f"Feast {FEAST}", packages, INSTALL_S)
    except CannotInstall as exc:
        return str(exc), None
    parts = urlsplit(base.dsn)
    where = parse_qs(parts.query)
    spine = home / "spine.parquet"
    ids, moments = zip(*bench["spine"], strict=True)
    pl.DataFrame({"player_id": ids, "event_timestamp": moments}).write_parquet(spine)
    folder = home / "repository"
    folder.mkdir()
    told = {
        "folder": str(folder),
        "server": {
            "host": where["host"][0],
            "port": int(where["port"][0]),
            "database": parts.path.lstrip("/"),
            "user": parts.username or "",
            "password": "",
        },
        "features": bench["features"],
        "table": TABLE,
        "ttl_s": TTL_S,
        "spine": str(spine),
        "entities": bench["reads"],
    }
    asked = home / "feast.json"
    asked.write_text(json.dumps(told))
    process = subprocess.Popen(
        [str(python), str(RIVAL), str(asked)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=(home / "feast.log").open("wb"),
        text=True,
        start_new_session=True,
    )
    held.callback(process.communicate)
    held.callback(process.kill)
    try:
        _answer(process)
    except ValueError:
        return f"it does not start: {(home / 'feast.log').read_text()[-600:].strip()}", None
    return None, process


def _answer(process: Any) -> dict[str, Any]:
    """The next JSON object; what else the library prints is passed over. Raises ValueError when it has ended."""
    for line in process.stdout:
        if line.startswith("{"):
            return json.loads(line)
    raise ValueError("it has ended")


def _feast_round(process: Any) -> dict[str, Any]:
    done: dict[str, Any] = {}
    for order in ("online", "training"):
        process.stdin.write(order + "\n")
        process.stdin.flush()
        answer = _answer(process)
        done |= {f"feast_{name}": value for name, value in answer.items()}
    return done


def _compare(done: dict[str, Any]) -> None:
    """Both must say the same, or the times mean nothing."""
    if done["sums"] != done["feast_sums"]:
        wrong = {n: (v, done["feast_sums"][n]) for n, v in done["sums"].items() if v != done["feast_sums"][n]}
        raise SystemExit(f"the training sets differ (ours, Feast's; values and their sum): {json.dumps(wrong)[:1000]}")
    if abs(done["online_total"] - done["feast_total"]) > 0.1:
        raise SystemExit(f"the last read differs: {done['online_total']} and {done['feast_total']}")


def _figures(rounds: Sequence[dict[str, Any]], reason: str | None) -> Figures:
    def p50(name: str) -> float | None:
        return None if reason and name.startswith("feast") else round(median(median(r[name]) for r in rounds), 4)

    def p99(name: str) -> float | None:
        return None if reason else round(median(percentile(sorted(r[name]), 0.99) for r in rounds), 4)

    def seconds(name: str) -> float | None:
        return None if reason and name.startswith("feast") else round(median(r[name] for r in rounds), 3)

    ours, theirs = p50("cached"), p50("feast_ms")
    straight, training, rival = p50("straight"), seconds("training_s"), seconds("feast_seconds")
    return {
        "bench": "features",
        "online_22_p50_ms": ours,
        "online_22_p99_ms": round(median(percentile(sorted(r["cached"]), 0.99) for r in rounds), 4),
        "online_22_database_p50_ms": straight,
        "training_10k_s": training,
        "feast_online_22_p50_ms": theirs,
        "feast_online_22_p99_ms": p99("feast_ms"),
        "feast_training_10k_s": rival,
        "online_vs_feast": round(theirs / ours, 1) if ours and theirs else None,
        "online_database_vs_feast": round(theirs / straight, 1) if straight and theirs else None,
        "training_vs_feast": round(rival / training, 1) if training and rival else None,
        "feast_version": FEAST if reason is None else None,
        "feast_missing_because": reason,
        "hit_rate": round(median(r["hit_rate"] for r in rounds), 4),
        "reads_per_round": READS,
        "training_rounds_s": [round(r["training_s"], 3) for r in rounds],
        "feast_training_rounds_s": [round(r["feast_seconds"], 3) for r in rounds] if reason is None else None,
    }


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=5, help="rounds that count (5)")
    options.add_argument("--rows", type=int, default=500_000, help="rows of history (500000)")
    main(measure, options)
