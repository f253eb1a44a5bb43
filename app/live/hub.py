"""The tailer: reads what was committed, once a process, and keeps the newest frames for every client.

NOTIFY only wakes it. It reads `(last, head]` by cursor, so nothing is skipped and nothing comes twice, and a
frame is encoded once however many clients there are. A client keeps no queue here: it is a cursor into a ring.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

import asyncpg
import structlog

from app.db.listener import Listener
from app.db.pool import UNREACHABLE, Connection, Pool
from app.db.sql import query
from app.live.backlog import Backlog
from app.live.clock import Clock
from app.live.epoch import epoch_now, first_epoch
from app.live.frames import Frame, from_row
from app.live.known import Known
from app.live.ring import Filter, Page, Ring
from app.live.scored import Scored
from app.live.shared import States
from app.settings import Settings
from app.timing import stages
from app.waiting import happened

log = structlog.get_logger()
CHANNEL = "touchline_pub"
PAGE = 2000
# So many frames are read at the start: clients of the process that was here before come back at once.
WARM_FRAMES = 5000
# So many of the newest frames are looked for again on a new connection: numbers have gaps.
LOOK_AGAIN_FRAMES = 64
# A half-open connection is not noticed by itself.
TAIL_S = 10.0
_ID = re.compile(r"([0-9a-f]+)-([0-9]{1,18})", re.ASCII)


class Hub:
    """One per process. `head` is the last frame read; `epoch` goes before every id. Where the database turns out to have
    been restored, both are read anew, nothing of before is kept, and every client begins anew."""

    def __init__(self, pool: Pool, dsn: str, settings: Settings) -> None:
        self.pool = pool
        self.epoch = ""
        self.head = 0
        self.clients = 0
        self.closing = asyncio.Event()
        self.clock = Clock(pool)
        self.known = Known(pool)
        self.scored = Scored()
        self.states = States(pool)
        self.slow_client_s = settings.slow_client_s
        self._size = settings.ring_frames
        self._poll_s = settings.poll_s
        self._pulse_s = settings.heartbeat_s / 5
        self._all = Ring(0)
        self._rings: dict[str, Ring] = {}
        self._backlog = Backlog(pool, "")
        self._woken = asyncio.Event()
        self._listener = Listener(dsn, [CHANNEL], self._hear)
        # Is it the same database? Asked now and then, and at once on a new connection.
        self._is_sure = False
        self._asked_at = 0.0

    async def start(self) -> None:
        """Learn the epoch and read the newest frames; the ring begins there."""
        self.epoch = await first_epoch(self.pool)
        self._backlog = Backlog(self.pool, self.epoch)
        issued = await self.pool.fetchval(query("publication_head"))
        self.head = max(0, issued - min(WARM_FRAMES, self._size))
        self._all = Ring(self.head)
        self._asked_at = time.monotonic()
        async with self.pool.acquire() as connection:
            while await self._read(connection):
                pass

    async def run(self) -> None:
        """Tail until cancelled."""
        helpers = [asyncio.create_task(self._listener.run()), asyncio.create_task(self._pulse())]
        try:
            while True:
                try:
                    # A connection of its own: giving one back to the pool and taking it again is a round trip.
                    async with self.pool.acquire() as connection:
                        await self._tail(connection)
                except (*UNREACHABLE, asyncpg.PostgresError) as exc:
                    log.warning("hub.database_lost", error=str(exc) or type(exc).__name__)
                    await asyncio.sleep(0.5)
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    def _hear(self, payload: str | None) -> None:
        if payload is None:
            self._is_sure = False
        self._woken.set()

    async def _tail(self, connection: Connection) -> None:
        self._is_sure = False
        while True:
            self._woken.clear()
            if not self._is_sure:
                await self._look(connection, LOOK_AGAIN_FRAMES)
            while await self._read(connection):
                pass
            if time.monotonic() - self._asked_at >= self._poll_s:
                await self._look(connection, 1)
            await happened(self._woken, self._poll_s)

    async def _look(self, connection: Connection, frames: int) -> None:
        """Make sure that the numbers still stand for what was read; else go on with the epoch that holds now."""
        was_sure, self._is_sure = self._is_sure, True
        epoch = await epoch_now(connection, self.epoch, self.head, self._all.newest(frames), was_sure)
        self._asked_at = time.monotonic()
        if epoch == self.epoch:
            return
        head: Any = await connection.fetchval(query("publication_head"), timeout=TAIL_S)
        log.warning("hub.new_epoch", epoch=epoch, before=self.epoch, head=head, head_before=self.head)
        self.epoch, self.head = epoch, head
        self.known = Known(self.pool)
        self.scored.forget_all()
        self._backlog = Backlog(self.pool, epoch)
        self._rings = {match: ring for match, ring in self._rings.items() if ring.clients}
        for ring in (self._all, *self._rings.values()):
            ring.begin_anew(head)
        self._wake()

    async def _read(self, connection: Connection) -> bool:
        """Read one page beyond the head; is there more?"""
        began = time.perf_counter()
        rows = await connection.fetch(query("tail"), self.head, PAGE, timeout=TAIL_S)
        if not rows:
            return False
        frames = [from_row(self.epoch, r) for r in rows]
        self._take(frames)
        self.scored.note(rows)
        stages["tail"].note(time.perf_counter() - began)
        return len(rows) == PAGE

    def _take(self, frames: list[Frame]) -> None:
        by_match: dict[str, list[Frame]] = {}
        for frame in frames:
            by_match.setdefault(frame.match, []).append(frame)
        self.head = frames[-1].seq
        for match, own in by_match.items():
            ring = self._rings.get(match)
            if ring is None:
                ring = self._rings[match] = Ring(self._all.floor)
            ring.add(own)
        self._all.add(frames)
        # A frame is in the ring of its match for as long as in that of all, so there are never more than so many.
        for gone in self._all.drop(len(self._all) - self._size):
            own_ring = self._rings[gone.match]
            own_ring.drop(1)
            if not len(own_ring) and not own_ring.clients:
                del self._rings[gone.match]

    async def _pulse(self) -> None:
        """Let quiet streams look at the time. One timer for all: a timer for each costs more than a write."""
        while True:
            await asyncio.sleep(self._pulse_s)
            self.states.trim()
            self._wake()

    def _wake(self) -> None:
        for ring in (self._all, *self._rings.values()):
            ring.wake()

    def close(self) -> None:
        """End every stream, after the frames that were read, so that clients reconnect elsewhere."""
        self.closing.set()
        self._wake()

    def join(self, wanted: Filter) -> Ring:
        """The ring that has what is wanted; to be left again."""
        ring = self._all
        if wanted.matches is not None and len(wanted.matches) == 1:
            ring = self._rings.setdefault(wanted.matches[0], Ring(self._all.floor))
        ring.clients += 1
        return ring

    def leave(self, ring: Ring, wanted: Filter) -> None:
        """A client is gone. A ring without frames and clients goes as well."""
        ring.clients -= 1
        if ring is not self._all and not ring.clients and not len(ring) and wanted.matches:
            self._rings.pop(wanted.matches[0], None)

    def silent_s(self) -> float:
        """For how long the tailer has had no word of the database, seconds."""
        return time.monotonic() - self._asked_at

    def frames_held(self) -> int:
        """How many frames are in memory."""
        return len(self._all)

    async def place(self, event_id: str) -> int | str:
        """The seq of a client's last id; or why there is none: `unknown_id`, `other_epoch`, `ahead`."""
        read = _ID.fullmatch(event_id)
        if read is None:
            return "unknown_id"
        epoch, seq = read[1], int(read[2])
        if epoch != self.epoch:
            return "other_epoch"
        # A snapshot can be a moment ahead of the tailer.
        if seq <= self.head or seq <= await self.pool.fetchval(query("publication_issued")):
            return seq
        return "ahead"

    async def reached(self, seq: int, within_s: float = 1.0) -> bool:
        """Wait until everything up to `seq` was read; False when it was not within the time."""
        end = time.monotonic() + within_s
        while self.head < seq:
            left_s = end - time.monotonic()
            if left_s <= 0 or not await happened(self._all.changed, left_s):
                return False
        return True

    async def page(self, ring: Ring, seq: int, wanted: Filter) -> Page:
        """The write that follows `seq`, from memory or, where that does not reach back, from the database."""
        return ring.page(seq, wanted) or await self._backlog.page(seq, self.head, wanted)
