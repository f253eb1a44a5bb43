"""The process that sends commands: one at a time in a database, with a term of its own; others stand by."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Sequence as Rows
from typing import Any

import asyncpg
import msgspec
import structlog

from app.db.pool import SESSION, UNREACHABLE, Pool
from app.db.sql import query
from app.graphics.commands.command import Sequence
from app.graphics.commands.desk import Desk
from app.graphics.commands.engine import Engine, Tally, Target
from app.live.hub import Hub
from app.settings import Settings
from app.sports.base import sports
from app.sports.graphics import graphics_of

log = structlog.get_logger()
# Of the advisory lock that the sender holds; any number that nothing else locks.
LOCK = 7355617
LOOK_S = 1.0
AGAIN_S = 0.5
ASK_S = 10.0
# Frames are handed on as they come: few have to be held.
RING_FRAMES = 2000
LOST = (*UNREACHABLE, asyncpg.PostgresError)


class Sender:
    """Everything that one process sends. Without a target there is no hub, and it costs next to nothing."""

    def __init__(self, pool: Pool, dsn: str, settings: Settings) -> None:
        self._pool = pool
        self._dsn = dsn
        self._settings = msgspec.structs.replace(settings, ring_frames=min(settings.ring_frames, RING_FRAMES))
        self._sequence = Sequence()
        self._hub: Hub | None = None
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self._known: dict[str, tuple[Target, ...]] = {}
        self._engines: dict[int, Engine] = {}
        self._reported: dict[int, tuple[Any, ...]] = {}
        self._ahead_s: float | None = None

    async def run(self) -> None:
        """Send, or stand by, until cancelled."""
        try:
            while True:
                connection = None
                try:
                    connection = await asyncpg.connect(
                        self._dsn, timeout=5, server_settings={"application_name": "touchline-graphics", **SESSION}
                    )
                    await self._lead(connection)
                except LOST as exc:
                    # What is shown goes on being watched: it is said to be stale.
                    log.warning("graphics.no_database", error=str(exc) or type(exc).__name__)
                    await asyncio.sleep(AGAIN_S)
                finally:
                    if connection is not None:
                        connection.terminate()
        finally:
            await self._stand_by()

    async def _lead(self, connection: asyncpg.Connection) -> None:
        while not await connection.fetchval(query("graphics_lock"), LOCK, timeout=ASK_S):
            await self._stand_by()
            await asyncio.sleep(LOOK_S)
        term: Any = await connection.fetchval(query("graphics_term"), f"{socket.gethostname()}:{os.getpid()}")
        self._sequence.begin(term)
        log.info("graphics.sending", term=term)
        while True:
            await self._configure(await connection.fetch(query("graphics_targets"), timeout=ASK_S))
            await self._report(connection)
            if self._hub is not None:
                self._ahead_s = await self._hub.clock.now() - time.monotonic()
            await asyncio.sleep(LOOK_S)

    def _now(self) -> float:
        """Seconds since 1970 by the database's clock, as far as it is known."""
        return time.time() if self._ahead_s is None else time.monotonic() + self._ahead_s

    async def _configure(self, rows: Rows[Any]) -> None:
        """Watch the matches that engines are told of now, and no other."""
        wanted: dict[str, list[tuple[Target, int]]] = {}
        for row in rows:
            target = Target(
                row["target_id"], row["match_id"], row["sport"], row["url"], tuple(row["graphics"]), row["fallback"],
                row["stale_after_s"],
            )  # fmt: skip
            wanted.setdefault(target.match, []).append((target, row["shown_seq"]))
        for match, task in list(self._tasks.items()):
            if task.done() and not task.cancelled() and (fault := task.exception()) is not None:
                log.error("graphics.fault", match=match, exc_info=fault)
            if task.done() or self._known[match] != tuple(t for t, _ in wanted.get(match, [])):
                await self._end(match)
        if self._hub is not None and self._tail.done():
            log.error("graphics.fault", exc_info=None if self._tail.cancelled() else self._tail.exception())
            await self._stand_by()
        if wanted and self._hub is None:
            await self._open_hub()
        if not wanted and not self._tasks:
            await self._close_hub()
        for match, told in wanted.items():
            if match not in self._tasks:
                self._begin(match, told)

    async def _open_hub(self) -> None:
        hub = Hub(self._pool, self._dsn, self._settings)
        await hub.start()
        self._ahead_s = await hub.clock.now() - time.monotonic()
        self._hub = hub
        self._tail = asyncio.create_task(hub.run())

    async def _close_hub(self) -> None:
        if self._hub is not None:
            self._hub = None
            self._tail.cancel()
            await asyncio.gather(self._tail, return_exceptions=True)

    def _begin(self, match: str, told: list[tuple[Target, int]]) -> None:
        from app.graphics.commands.post import client_of
        from app.graphics.commands.watch import Watch

        assert self._hub is not None
        graphics = graphics_of(sports()[told[0][0].sport].package)
        engines = []
        for target, shown_seq in told:
            desk = Desk(match, graphics, target.graphics, target.fallback, min(shown_seq, self._hub.head))
            engine = Engine(
                target,
                desk,
                client_of(target.url),
                self._sequence,
                self._now,
                self._settings.graphics_timeout_s,
                self._shown,
            )
            engines.append(engine)
            self._engines[target.target_id] = engine
        self._known[match] = tuple(t for t, _ in told)
        self._tasks[match] = asyncio.create_task(
            Watch(self._hub, self._pool, match, graphics, engines, self._now).run()
        )

    async def _end(self, match: str) -> None:
        task = self._tasks.pop(match)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        for target in self._known.pop(match):
            self._engines.pop(target.target_id, None)
            self._reported.pop(target.target_id, None)

    async def _stand_by(self) -> None:
        for match in list(self._tasks):
            await self._end(match)
        await self._close_hub()

    async def _shown(self, target_id: int, seq: int) -> None:
        try:
            await self._pool.execute(query("graphics_shown"), target_id, seq)
        except LOST as exc:
            # Whoever is next shows it once more, if it is still news.
            log.warning("graphics.not_noted", target=target_id, error=str(exc) or type(exc).__name__)

    async def _report(self, connection: asyncpg.Connection) -> None:
        """Write down how it goes with each engine, where that has changed."""
        for number, engine in self._engines.items():
            tally, engine.tally = engine.tally, Tally()
            dropped = engine.dropped()
            before = self._reported.get(number, ())
            state = (dropped, engine.breaker.state, engine.desk.stale, engine.last_error)
            if not (tally.delivered or tally.failures) and before == state:
                continue
            self._reported[number] = state
            await connection.execute(
                query("graphics_report"), number, tally.delivered, tally.failures,
                dropped - (before[0] if before else 0), state[1], state[2], tally.last_ms, state[3], timeout=ASK_S,
            )  # fmt: skip


async def send(pool: Pool, dsn: str, settings: Settings, stopping: asyncio.Event) -> None:
    """Send commands until `stopping`. What is on its way then is not waited for: the next sender sends what holds."""
    tasks = [asyncio.create_task(Sender(pool, dsn, settings).run()), asyncio.create_task(stopping.wait())]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result
