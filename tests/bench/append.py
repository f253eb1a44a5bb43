"""Appending single events and batches of 100, beside the `eventsourcing` library and a plain COPY on the same server."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import uvloop

from app.db import embedded
from app.db.pool import Pool, open_pool
from app.feeds.base import FeedEvent, provider
from app.log.append import append, open_stream
from tests.bench.kit.machine import machine
from tests.bench.kit.report import Figures, main, parser, say
from tests.bench.kit.rival import VERSION, CannotInstall, Rival, install
from tests.bench.kit.service import Database, database
from tests.bench.kit.workload import Match, matches

SINGLES = 500
BATCHES = 30
BATCH = 100
TABLES = Path(__file__).parent / "kit" / "copy_table.sql"
# In the order of _row.
COLUMNS = (
    "recorded_at",
    "match_id",
    "version",
    "stream_id",
    "control",
    "source_event_id",
    "revision",
    "provider_revision",
    "kind",
    "effective",
    "type",
    "period",
    "order_key",
    "elapsed_s",
    "occurred_at",
    "team_id",
    "player_id",
    "fields",
    "raw",
    "principal",
)
Contender = Callable[[], Awaitable[float]]


class Ours:
    """app.log.append on one connection, every round into a match of its own."""

    def __init__(self, pool: Pool, events: Sequence[FeedEvent]) -> None:
        self._pool = pool
        self._events = events
        self._rounds = 0

    async def run(self, count: int, size: int) -> float:
        """Seconds for so many appends of so many events."""
        self._rounds += 1
        stream = await open_stream(self._pool, f"append-{self._rounds}", sport="soccer", provider="statsbomb")
        began = time.perf_counter()
        for start in range(0, count * size, size):
            await append(self._pool, stream, self._events[start : start + size], "push")
        return time.perf_counter() - began


class Copy:
    """COPY of the same rows into a hypertable of the same columns, a transaction each."""

    def __init__(self, pool: Pool, events: Sequence[FeedEvent], table: str) -> None:
        self._pool = pool
        self._events = events
        self._table = table
        self._rounds = 0

    async def run(self, count: int, size: int) -> float:
        """Seconds for so many COPYs of so many rows."""
        self._rounds += 1
        rows = [_row(f"copy-{self._rounds}", n + 1, e) for n, e in enumerate(self._events[: count * size])]
        async with self._pool.acquire() as connection:
            began = time.perf_counter()
            for start in range(0, len(rows), size):
                await connection.copy_records_to_table(
                    self._table, schema_name="bench", columns=COLUMNS, records=rows[start : start + size]
                )
            return time.perf_counter() - began


def _row(match: str, version: int, e: FeedEvent) -> tuple[Any, ...]:
    now = datetime.now(UTC)
    fields = msgspec.json.encode(e.fields).decode()
    occurred_at = now + timedelta(seconds=e.elapsed_s)
    head = (now, match, version, 1, False, e.source_event_id, 1, None, "recorded", True, e.type, e.period, e.order_key)
    return (*head, e.elapsed_s, occurred_at, e.team, e.player, fields, e.raw, "local")


def measure(given: argparse.Namespace) -> Figures:
    """Rounds in turn (A B C, A B C, …), so that a change of the machine's mood meets all of them; medians are told."""
    found, told = matches(10)
    match = next(m for m in found if len(m.messages) >= BATCHES * BATCH)
    with database() as base, ExitStack() as rivals:
        reason, running = _start_rivals(base, match, rivals)
        rates = uvloop.run(_rounds(base, match, running, given.rounds))
        return {**_figures(rates, reason), "workload": told, "stages": {}, **machine(base.dsn, base.data_folder)}


def _start_rivals(base: Database, match: Match, rivals: ExitStack) -> tuple[str | None, dict[str, Rival]]:
    home = Path(base.settings.home)
    states = home / "states"
    states.write_bytes(b"\n".join(match.messages))
    try:
        python = install(home / "eventsourcing")
    except CannotInstall as exc:
        return str(exc), {}
    running = {}
    for name, functions in (("eventsourcing", False), ("eventsourcing_functions", True)):
        dsn = embedded.create_database(base.settings, name)
        running[name] = rivals.enter_context(Rival(python, dsn, states, functions))
    return None, running


async def _rounds(base: Database, match: Match, rivals: dict[str, Rival], rounds: int) -> dict[str, list[float]]:
    """Events a second of each contender in each round; a first round warms up and does not count."""
    decode = provider(match.provider).decode
    events = [decode(message, {}) for message in match.messages]
    async with _one_connection(base.dsn) as pool:
        await pool.execute(TABLES.read_text())
        ours, copy, bare = Ours(pool, events), Copy(pool, events, "feed_event"), Copy(pool, events, "bare_event")
        contenders: dict[str, tuple[int, Contender]] = {"touchline_single": (SINGLES, lambda: ours.run(SINGLES, 1))}
        for name, rival in rivals.items():
            contenders[f"{name}_single"] = (SINGLES, _asked(rival, f"single {SINGLES}"))
        contenders["touchline_batch"] = (BATCHES * BATCH, lambda: ours.run(BATCHES, BATCH))
        contenders["copy_batch"] = (BATCHES * BATCH, lambda: copy.run(BATCHES, BATCH))
        contenders["copy_bare_batch"] = (BATCHES * BATCH, lambda: bare.run(BATCHES, BATCH))
        for name, rival in rivals.items():
            contenders[f"{name}_batch"] = (BATCHES * BATCH, _asked(rival, f"batch {BATCHES} {BATCH}"))
        rates: dict[str, list[float]] = {name: [] for name in contenders}
        for number in range(rounds + 1):
            say(f"round {number} of {rounds}" if number else "warming up")
            for name, (count, run) in contenders.items():
                seconds = await run()
                if number:
                    rates[name].append(count / seconds)
    return rates


@asynccontextmanager
async def _one_connection(dsn: str) -> AsyncIterator[Pool]:
    pool = await open_pool(dsn, size=1, application="touchline-bench")
    try:
        yield pool
    finally:
        await pool.close()


def _asked(rival: Rival, order: str) -> Contender:
    async def run() -> float:
        return await asyncio.to_thread(rival.run, order)

    return run


def _figures(rates: dict[str, list[float]], reason: str | None) -> Figures:
    medians = {name: median(values) for name, values in rates.items()}

    def ratio(ours: str, theirs: str) -> float | None:
        return round(medians[ours] / medians[theirs], 3) if theirs in medians else None

    return {
        "bench": "append",
        "single_vs_eventsourcing": ratio("touchline_single", "eventsourcing_single"),
        "single_vs_eventsourcing_functions": ratio("touchline_single", "eventsourcing_functions_single"),
        "batch_vs_copy": ratio("touchline_batch", "copy_batch"),
        "batch_vs_copy_bare": ratio("touchline_batch", "copy_bare_batch"),
        "eventsourcing_version": VERSION if reason is None else None,
        "eventsourcing_missing_because": reason,
        "single_mean_ms": round(1000 / medians["touchline_single"], 3),
        "events_per_s": {name: round(value, 1) for name, value in medians.items()},
        "rounds": {name: [round(v, 1) for v in values] for name, values in rates.items()},
        "singles_per_round": SINGLES,
        "batches_per_round": BATCHES,
        "batch_events": BATCH,
    }


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=7, help="rounds that count (7)")
    main(measure, options)
