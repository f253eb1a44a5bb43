"""LISTEN with a connection of its own. A notification is a hint: whoever is woken reads the database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import asyncpg
import structlog

from app.db.pool import UNREACHABLE
from app.waiting import happened

log = structlog.get_logger()
PING_S = 5.0
FIRST_DELAY_S = 0.1
MOST_DELAY_S = 2.0


class Listener:
    """Calls `wake(payload)` for each notification, and `wake(None)` after every (re)connect, when some may have
    been missed. Half-open sockets are found by a ping, and a lost connection is opened again for ever.
    """

    def __init__(self, dsn: str, channels: list[str], wake: Callable[[str | None], None]) -> None:
        self._dsn = dsn
        self._channels = channels
        self._wake = wake
        # How often a connection was lost: with it the server may have gone, and what was not yet on its disk.
        self.losses = 0
        self.connected = asyncio.Event()

    async def run(self) -> None:
        """Listen until cancelled."""
        delay_s = FIRST_DELAY_S
        while True:
            try:
                await self._listen()
            except (*UNREACHABLE, asyncpg.PostgresError) as exc:
                if self.connected.is_set():
                    delay_s = FIRST_DELAY_S
                log.warning("listener.lost", error=str(exc) or type(exc).__name__, retry_s=delay_s)
            finally:
                self.connected.clear()
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, MOST_DELAY_S)

    async def _listen(self) -> None:
        connection = await asyncpg.connect(
            self._dsn, timeout=5, server_settings={"application_name": "touchline-listener"}
        )
        lost = asyncio.Event()

        def gone(_: object) -> None:
            if not lost.is_set():
                self.losses += 1
                lost.set()

        try:
            connection.add_termination_listener(gone)
            for channel in self._channels:
                await connection.add_listener(channel, lambda _c, _pid, _channel, payload: self._wake(payload))
            self.connected.set()
            self._wake(None)
            while not lost.is_set():
                if not await happened(lost, PING_S):
                    async with asyncio.timeout(PING_S):
                        await connection.execute("SELECT 1")
            raise ConnectionError("the server closed the listening connection")
        finally:
            connection.terminate()
