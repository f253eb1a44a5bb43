"""Does the database say anything at all? Where it does not, requests are answered instead of waiting for it.

A server that is gone refuses at once. One that is frozen (its machine paused, its disk gone, the network between
swallowing everything) keeps its connections open and says nothing, and every statement waits. How long a statement may
take cannot tell the two apart: a large append, or the state for a thousand clients at once, takes as long as it takes.
So one connection asks for nothing but a word, once a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import asyncpg
import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.db.pool import UNREACHABLE

log = structlog.get_logger()
T = TypeVar("T")
STEP_S = 1.0
# So many steps without a word, and nobody is kept waiting any longer. Steps are counted, not seconds: a process that was
# itself held up for long has heard nothing either.
SILENT_STEPS = 8
CONNECT_S = 5
# What a request gets while the database is known to be silent: it may be about to come back.
WHILE_SILENT_S = 2.0
_NEEDS_DATABASE = ("/v1/", "/metrics")

_left: set[asyncio.Future[Any]] = set()


def leave(running: asyncio.Task[Any]) -> None:
    """Wait for it no longer. It cleans up by itself, which takes a word from the database too."""
    running.cancel()
    _left.add(running)
    running.add_done_callback(_forget)


def _forget(running: asyncio.Future[Any]) -> None:
    _left.discard(running)
    if not running.cancelled():
        running.exception()


async def within(work: Coroutine[Any, Any, T], seconds: float) -> T:
    """What comes of it. Raises TimeoutError after so long, whatever it waits for then (a connection given back to the
    pool waits for the server, too)."""
    running = asyncio.create_task(work)
    try:
        done, _ = await asyncio.wait((running,), timeout=seconds)
    except asyncio.CancelledError:
        running.cancel()
        raise
    if not done:
        leave(running)
        raise TimeoutError
    return running.result()


class Pulse:
    """One per process. `silent` while the database has not said anything for SILENT_STEPS."""

    def __init__(self, dsn: str) -> None:
        self.silent = False
        self._dsn = dsn
        self._word = False
        self._waiting: set[asyncio.Future[bool]] = set()

    async def run(self) -> None:
        """Listen until cancelled."""
        asking = asyncio.create_task(self._ask())
        steps = 0
        try:
            while True:
                self._word = False
                await asyncio.sleep(STEP_S)
                steps = 0 if self._word else steps + 1
                if self.silent and not steps:
                    log.info("api.database_speaks")
                elif not self.silent and steps >= SILENT_STEPS:
                    log.warning("api.database_silent", requests=len(self._waiting))
                    for answered in self._waiting:
                        _settle(answered, False)
                self.silent = steps >= SILENT_STEPS
        finally:
            asking.cancel()
            await asyncio.wait((asking,))

    async def _ask(self) -> None:
        while True:
            try:
                await self._keep_asking()
            except TimeoutError:
                continue  # no word: not even a connection
            except (*UNREACHABLE, asyncpg.PostgresError):
                # It is gone or says no, which whoever asks it is told at once.
                self._word = True
            await asyncio.sleep(STEP_S / 2)

    async def _keep_asking(self) -> None:
        connection = await asyncpg.connect(
            self._dsn, timeout=CONNECT_S, server_settings={"application_name": "touchline-api"}
        )
        try:
            while True:
                self._word = True
                await asyncio.sleep(STEP_S / 2)
                await connection.execute("SELECT 1")
        finally:
            connection.terminate()

    def guard(self, app: ASGIApp) -> ASGIApp:
        """A middleware: what needs the database is answered while that is silent. Raises TimeoutError, as if a
        statement had taken too long. An answer that has begun (a stream) goes on."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] not in ("http", "websocket") or not scope["path"].startswith(_NEEDS_DATABASE):
                await app(scope, receive, send)
                return
            loop = asyncio.get_running_loop()
            answered: asyncio.Future[bool] = loop.create_future()
            left = False

            async def say(message: Message) -> None:
                self._waiting.discard(answered)
                if not left:
                    await send(message)

            running = asyncio.create_task(app(scope, receive, say))  # pyright: ignore[reportArgumentType]
            running.add_done_callback(lambda _: _settle(answered, True))
            self._waiting.add(answered)
            soon = loop.call_later(WHILE_SILENT_S, self._refuse, answered) if self.silent else None
            try:
                if not await answered:
                    left = True
                    leave(running)
                    raise TimeoutError("the database is silent")
                await running
            except asyncio.CancelledError:
                running.cancel()
                raise
            finally:
                self._waiting.discard(answered)
                if soon is not None:
                    soon.cancel()

        return guarded

    def _refuse(self, answered: asyncio.Future[bool]) -> None:
        """Unless its answer has begun by now, or the database speaks again."""
        if answered in self._waiting and self.silent:
            _settle(answered, False)


def _settle(future: asyncio.Future[bool], value: bool) -> None:
    if not future.done():
        future.set_result(value)
