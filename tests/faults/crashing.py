"""Scoring workers that die, or fall asleep, at a statement of one's choice."""

from __future__ import annotations

import asyncio
from typing import Any

from app.db.pool import Pool

_STATEMENTS = ("execute", "fetch", "fetchrow", "fetchval")


class Killed(BaseException):
    """What kill -9 is to a process: nothing in it can hold it back."""


class Watched:
    """A pool that counts statements and is asked before and after each."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._count = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._pool, name)
        if name not in _STATEMENTS:
            return found

        async def statement(*given: Any, **named: Any) -> Any:
            self._count += 1
            await self.before(self._count)
            answer = await found(*given, **named)
            await self.after(self._count)
            return answer

        return statement

    async def before(self, number: int) -> None:
        """Before the statement of this number is sent."""

    async def after(self, number: int) -> None:
        """After it was answered."""


class Deadly(Watched):
    """Kills whoever sends the statement of this number: before it is sent, or before its answer is known.
    Nothing is sent after that."""

    def __init__(self, pool: Pool, number: int, answered: bool) -> None:
        super().__init__(pool)
        self.killed = asyncio.Event()
        self._at = (number, answered)

    async def before(self, number: int) -> None:
        if self.killed.is_set() or (number, False) == self._at:
            self.killed.set()
            raise Killed

    async def after(self, number: int) -> None:
        if (number, True) == self._at:
            self.killed.set()
            raise Killed


class Sleepy(Watched):
    """Puts whoever sends the statement of this number to sleep before it, until `wake` is set."""

    def __init__(self, pool: Pool, number: int) -> None:
        super().__init__(pool)
        self.asleep = asyncio.Event()
        self.wake = asyncio.Event()
        self._at = number

    async def before(self, number: int) -> None:
        if number == self._at:
            self.asleep.set()
            await self.wake.wait()
