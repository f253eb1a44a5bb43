"""`touchline up`: the whole service in the foreground: database, worker, API; what dies is started again."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext

import structlog

from app.api.listening import bind
from app.commands.up_lock import only_one
from app.db import embedded
from app.db.migrate import migrate
from app.errors import DatabaseUnavailable
from app.settings import Settings
from app.waiting import happened

log = structlog.get_logger()
STOP_S = 4.0
STOP_DATABASE_S = 4.0
# What may take its time does not take that of a service that has just begun.
CALM_S = 3.0
Say = Callable[[str], None]


class Child:
    """One process of the service. It is told of our end by its standard input closing, whatever ends us."""

    def __init__(self, name: str, arguments: list[str], dsn: str, begins: asyncio.Event | None = None) -> None:
        self.name = name
        self._arguments = arguments
        self._begins = begins
        self._environment = {**os.environ, "DATABASE_URL": dsn}
        self._process: asyncio.subprocess.Process | None = None

    async def keep(self, stopping: asyncio.Event) -> None:
        """Run it until `stopping`, again and again."""
        delay_s = 0.2
        while self._begins is not None and not self._begins.is_set() and not stopping.is_set():
            await happened(self._begins, 0.5)
        while not stopping.is_set():
            began = time.monotonic()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "app",
                *self._arguments,
                "--supervised",
                stdin=asyncio.subprocess.PIPE,
                env=self._environment,
                start_new_session=True,
            )
            code = await self._process.wait()
            if stopping.is_set():
                return
            delay_s = 0.2 if time.monotonic() - began > 10 else min(delay_s * 2, 5.0)
            log.error("up.restarting", process=self.name, exit_code=code, after_s=delay_s)
            await asyncio.sleep(delay_s)

    def end(self, how: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(how)


def catch_signals(stopping: asyncio.Event) -> None:
    """INT and TERM set `stopping`, also when INT was inherited as ignored (a job in a script's background)."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    # Who ignores a hang-up (nohup) means to stay.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        loop.add_signal_handler(signal.SIGHUP, stopping.set)


async def watch_parent(stopping: asyncio.Event) -> None:
    """Set `stopping` when the supervisor is gone: its end of our standard input closes with it."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
    stopping.set()


async def up(settings: Settings, demo: bool, say: Say) -> None:
    """Run everything until INT or TERM, then stop all that was started, the database included.

    Raises AlreadyUp, PortInUse, DatabaseUnavailable.
    """
    # A database of somebody else's (DATABASE_URL) is stopped by nobody here: any number may share it.
    with only_one(settings, _address(settings)) if settings.database_url is None else nullcontext():
        await _up(settings, demo, say)


async def _up(settings: Settings, demo: bool, say: Say) -> None:
    began = time.monotonic()
    stopping = asyncio.Event()
    catch_signals(stopping)
    bind(settings).close()
    own_database = settings.database_url is None
    try:
        if own_database:
            dsn = await asyncio.to_thread(embedded.start, settings)
            say("→ database: running (embedded PostgreSQL)")
        else:
            dsn = settings.database_url or ""
        if await asyncio.to_thread(migrate, dsn):
            say("→ schema: brought up to date")
        is_calm = asyncio.Event()
        children = [Child("worker", ["work"], dsn), Child("api", ["serve"], dsn)]
        children.append(Child("background", ["background"], dsn, is_calm))
        children.append(Child("graphics", ["graphics", "run"], dsn, is_calm))
        if demo:
            children.append(Child("demo", ["demo"], dsn))
        keepers = [asyncio.create_task(c.keep(stopping)) for c in children]
        if own_database:
            keepers.append(asyncio.create_task(_keep_database(settings, stopping)))
        ready = asyncio.create_task(_announce(settings, began, demo, say, is_calm))
        await stopping.wait()
        ready.cancel()
        say("→ stopping")
        await _end(children, keepers)
    finally:
        if own_database:
            await asyncio.to_thread(embedded.stop, settings, timeout_s=STOP_DATABASE_S)


async def _end(children: list[Child], keepers: list[asyncio.Task[None]]) -> None:
    for child in children:
        child.end(signal.SIGTERM)
    _, late = await asyncio.wait(keepers, timeout=STOP_S)
    for child in children:
        child.end(signal.SIGKILL)
    if late:
        await asyncio.wait(late, timeout=1)
    for keeper in keepers:
        keeper.cancel()


async def _keep_database(settings: Settings, stopping: asyncio.Event) -> None:
    """Start the embedded server again when it was killed."""
    while not stopping.is_set():
        if not await happened(stopping, 1.0):
            try:
                await asyncio.to_thread(embedded.start, settings)
            except (DatabaseUnavailable, OSError, subprocess.SubprocessError) as exc:
                log.error("up.database", error=str(exc))


async def _announce(settings: Settings, began: float, demo: bool, say: Say, is_calm: asyncio.Event) -> None:
    """Say once where the service is, as soon as it can score and serve; a little later whatever can wait may begin."""
    while not await _answers(settings):
        await asyncio.sleep(0.05)
    say(f"✓ ready after {time.monotonic() - began:.1f} s: {_address(settings)}")
    if demo:
        say("  two real matches are replayed at 20× as live feeds; stop with Ctrl-C")
    await asyncio.sleep(CALM_S)
    is_calm.set()


def _address(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}/"


async def _answers(settings: Settings) -> bool:
    """Does /readyz say 200?"""
    try:
        reader, writer = await asyncio.open_connection(settings.host, settings.port)
    except OSError:
        return False
    try:
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return b" 200 " in await asyncio.wait_for(reader.readline(), 5)
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()
