"""The state that streams begin with, read and encoded once for all the clients that begin at one moment."""

from __future__ import annotations

import asyncio
import time
from weakref import WeakValueDictionary

from app.db.pool import Pool
from app.live.state import read_state

# Who begins within this time of the reading, and with no frame in between, begins with the same state.
MOMENT_S = 0.25
# All states together that clients have yet to write. Of those that began with many matches and read slowly, the ones
# that began first have to begin again.
KEPT_BYTES = 64 << 20
_Key = tuple[str, tuple[str, ...] | None, float]


class State:
    """Snapshots as of one place in the stream, in writes. A client takes one after the other, and holds none."""

    def __init__(self, key: _Key, begun_at: float) -> None:
        self.key = key
        self.begun_at = begun_at
        self.read_at = begun_at
        self.seq = 0
        self.writes: list[bytes] = []
        self.size = 0
        self.readers = 0
        self.is_gone = False

    def let_go(self) -> None:
        """Whoever has not written all of it has to begin again."""
        self.is_gone = True
        self.writes = []
        self.size = 0


class States:
    """The states of one process: those that somebody writes, and those of this very moment."""

    def __init__(self, pool: Pool, kept_bytes: int = KEPT_BYTES) -> None:
        self._pool = pool
        self._kept_bytes = kept_bytes
        self._kept: list[State] = []
        self._reading: WeakValueDictionary[_Key, asyncio.Lock] = WeakValueDictionary()

    async def take(self, epoch: str, matches: tuple[str, ...] | None, delay_s: float, head: int) -> State:
        """The state of now, or of `delay_s` ago; to be given back. head: the last frame that this process has read.

        Of those who come while one is read, the first one after it reads for all of them, where it is not new enough.
        """
        asked_at = time.monotonic()
        key = (epoch, matches, delay_s)
        state = self._find(key, asked_at, head)
        if state is None:
            lock = self._reading.setdefault(key, asyncio.Lock())
            async with lock:
                state = self._find(key, asked_at, head) or await self._read(key)
        state.readers += 1
        self.trim()
        return state

    def give_back(self, state: State) -> None:
        """One of its clients has written all of it, or is gone."""
        state.readers -= 1
        self.trim()

    def trim(self) -> None:
        """Forget what nobody writes, a moment after it was read: those who wait for it are still to find it. And of
        what is too much, the oldest."""
        since = time.monotonic() - MOMENT_S
        self._kept = [s for s in self._kept if s.readers or s.read_at > since]
        while self.kept_bytes() > self._kept_bytes and len(self._kept) > 1:
            self._kept.pop(0).let_go()

    def kept_bytes(self) -> int:
        """What all of them take."""
        return sum(s.size for s in self._kept)

    def _find(self, key: _Key, asked_at: float, head: int) -> State | None:
        """One that is as good as one that would be read now. A place in the past moves with the clock, not the head."""
        for state in reversed(self._kept):
            if state.key == key and (
                state.begun_at >= asked_at or (state.begun_at > asked_at - MOMENT_S and (key[2] or state.seq >= head))
            ):
                return state
        return None

    async def _read(self, key: _Key) -> State:
        state = State(key, time.monotonic())
        state.seq, state.writes = await read_state(self._pool, *key)
        state.read_at = time.monotonic()
        state.size = sum(map(len, state.writes))
        self._kept.append(state)
        return state
