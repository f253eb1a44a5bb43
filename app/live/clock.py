"""The database's clock, which stamps frames, as this process can tell it."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime

from app.db.pool import UNREACHABLE, Pool
from app.db.sql import query

TRUSTED_S = 10.0


class Clock:
    """Asked for now and then; between, our monotonic clock goes on. Our wall clock may jump as it likes."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._ahead_s: float | None = None
        self._asked_at = 0.0
        self._asking = asyncio.Lock()

    async def now(self) -> float:
        """Seconds since 1970 by the database's clock. Raises one of UNREACHABLE when it was never asked and is gone."""
        if self._is_old():
            async with self._asking:
                if self._is_old():
                    await self._ask()
        assert self._ahead_s is not None
        return time.monotonic() + self._ahead_s

    def _is_old(self) -> bool:
        return self._ahead_s is None or time.monotonic() - self._asked_at > TRUSTED_S

    async def _ask(self) -> None:
        try:
            async with self._pool.acquire() as connection:
                sent = time.monotonic()
                theirs: datetime = await connection.fetchval(query("clock"))
                self._asked_at = time.monotonic()
        except UNREACHABLE:
            if self._ahead_s is None:
                raise
            self._asked_at = time.monotonic()
            return
        self._ahead_s = theirs.timestamp() - (sent + self._asked_at) / 2
