"""The tailer: reads what was committed, once a process, and keeps the newest frames for every client.

NOTIFY only wakes it. It reads `(last, head]` by cursor, so nothing is skipped and nothing comes twice, and a
frame is encoded once however many clients there are. A client keeps no queue here: it is a cursor into a ring.
"""

from __future__ import annotations

import asyncio
import os
from bisect import bisect_right
from collections import deque

import asyncpg
import structlog

from app.db.listener import Listener
from app.db.pool import UNREACHABLE, Pool
from app.db.sql import query
from app.live.frames import Frame, from_row
from app.settings import Settings
from app.waiting import happened

log = structlog.get_logger()
CHANNEL = "touchline_pub"
PAGE = 2000


class Ring:
    """The newest frames of one match, or of all: those with seq > floor."""

    def __init__(self, floor: int, size: int) -> None:
        self.floor = floor
        self._frames: deque[Frame] = deque()
        self._size = size
        self.changed = asyncio.Event()

    def add(self, frames: list[Frame]) -> None:
        """Take frames in; the oldest go once the ring is full."""
        self._frames.extend(frames)
        while len(self._frames) > self._size:
            self.floor = self._frames.popleft().seq
        waiting, self.changed = self.changed, asyncio.Event()
        waiting.set()

    def after(self, seq: int, limit: int) -> list[Frame] | None:
        """Up to `limit` frames after `seq`; None when the ring no longer reaches back so far."""
        if seq < self.floor:
            return None
        frames = self._frames
        if not frames or frames[-1].seq <= seq:
            return []
        # A client that keeps up wants the last few: look from the end first.
        if len(frames) < 64 or frames[-64].seq > seq:
            start = bisect_right(frames, seq, key=lambda f: f.seq)
        else:
            start = len(frames) - 1
            while start > 0 and frames[start - 1].seq > seq:
                start -= 1
        stop = min(start + limit, len(frames))
        return [frames[i] for i in range(start, stop)]

    def __len__(self) -> int:
        return len(self._frames)


class Hub:
    """One per process. `head` is the last frame read; `epoch` goes before every id."""

    def __init__(self, pool: Pool, dsn: str, settings: Settings) -> None:
        self.pool = pool
        self.epoch = ""
        self.head = 0
        self.clients = 0
        self.closing = asyncio.Event()
        self._size = settings.ring_frames
        self._poll_s = settings.poll_s
        self._all = Ring(0, self._size)
        self._rings: dict[str, Ring] = {}
        self._woken = asyncio.Event()
        self._listener = Listener(dsn, [CHANNEL], lambda _payload: self._woken.set())

    async def start(self) -> None:
        """Learn the epoch and the head; the ring begins here."""
        self.epoch = await self.pool.fetchval(query("instance"), os.urandom(4).hex())
        self.head = await self.pool.fetchval(query("publication_head"))
        self._all = Ring(self.head, self._size)

    async def run(self) -> None:
        """Tail until cancelled."""
        listening = asyncio.create_task(self._listener.run())
        try:
            while True:
                self._woken.clear()
                try:
                    while await self._read():
                        pass
                except (*UNREACHABLE, asyncpg.PostgresError) as exc:
                    log.warning("hub.database_lost", error=str(exc) or type(exc).__name__)
                    await asyncio.sleep(0.5)
                    continue
                await happened(self._woken, self._poll_s)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _read(self) -> bool:
        rows = await self.pool.fetch(query("tail"), self.head, PAGE)
        if not rows:
            return False
        frames = [from_row(self.epoch, r) for r in rows]
        by_match: dict[str, list[Frame]] = {}
        for frame in frames:
            by_match.setdefault(frame.match, []).append(frame)
        self.head = frames[-1].seq
        self._all.add(frames)
        for match, own in by_match.items():
            ring = self._rings.get(match)
            if ring is not None:
                ring.add(own)
        return len(rows) == PAGE

    def close(self) -> None:
        """End every stream, so that clients reconnect elsewhere."""
        self.closing.set()
        for ring in (self._all, *self._rings.values()):
            ring.changed.set()

    def ring(self, match: str | None) -> Ring:
        """The ring of one match (made when first asked for) or, with None, of all."""
        if match is None:
            return self._all
        ring = self._rings.get(match)
        if ring is None:
            ring = self._rings[match] = Ring(self._all.floor, self._size)
            ring.add([f for f in self._all.after(self._all.floor, self._size) or [] if f.match == match])
        return ring

    def forget_idle_rings(self) -> None:
        """Drop rings that nobody has asked for; called when a client leaves and none is left."""
        if self.clients == 0:
            self._rings.clear()

    async def place(self, event_id: str) -> int | None:
        """The seq of a client's last id; None when it is not ours (other epoch, ahead of us, no id)."""
        epoch, _, number = event_id.rpartition("-")
        if epoch != self.epoch or not number.isascii() or not number.isdecimal() or len(number) > 18:
            return None
        seq = int(number)
        # A snapshot can be a moment ahead of the tailer.
        if seq <= self.head or seq <= await self.pool.fetchval(query("publication_issued")):
            return seq
        return None

    async def backlog(self, seq: int, until: int, matches: list[str] | None) -> list[Frame]:
        """A page of frames with seq < their seq ≤ until that the ring no longer has, from the database."""
        if matches is None:
            rows = await self.pool.fetch(query("tail_until"), seq, until, PAGE)
        else:
            rows = await self.pool.fetch(query("tail_of_matches"), seq, until, matches, PAGE)
        return [from_row(self.epoch, r) for r in rows]
