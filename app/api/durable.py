"""When a push may be acknowledged: once its events are on disk, at the price of as few waits for the disk as possible.

An append of a few events does not wait for the disk itself. The scorer's commit of them does, a moment later, and the
write-ahead log is written in order: when a frame of theirs is read, they are durable. So in quiet times one wait
serves both. Where no frame comes in time, this process asks for a flush, one for all requests that wait.
"""

from __future__ import annotations

import asyncio

from app.db.pool import Pool
from app.live.hub import Hub
from app.log.append import flush
from app.log.ingest import Ingested

# About what a commit takes: whoever is not scored by then waits no longer than a flush of its own would have taken.
PATIENCE_S = 0.005


class Durable:
    """The acknowledgements of one process."""

    def __init__(self, pool: Pool, hub: Hub) -> None:
        self._pool = pool
        self._hub = hub
        self._flushing: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None

    async def wait(self, match_id: str, done: Ingested) -> None:
        """Return once all that a request has appended, or found there already, is durable."""
        if done.appended and done.last_version is not None:
            if await self._hub.scored.reached(match_id, done.last_version, PATIENCE_S):
                return
        elif not done.repeated:
            return
        await self.flush()

    async def flush(self) -> None:
        """A flush that begins after this call; requests that come while one runs share the next."""
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._flushing))
        await asyncio.shield(self._next)

    async def _after(self, running: asyncio.Task[None] | None) -> None:
        if running is not None:
            await asyncio.wait((running,))
        self._flushing, self._next = self._next, None
        await flush(self._pool)
