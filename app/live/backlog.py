"""What the rings have lost, from the database: read once for all the clients that come back at one time."""

from __future__ import annotations

import asyncio
from collections import deque
from weakref import WeakValueDictionary

import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.live.frames import Frame, from_row
from app.live.ring import Filter, Page, page_of

ROWS = 1024
# Reading begins at a multiple of this or of a power of two times this, so that clients with ids close to each other
# share what was read. Less than ROWS, or one would read the same again and again.
STEP = 256
KEPT_FRAMES = 30_000
Matches = tuple[str, ...] | None


class _Span(msgspec.Struct, frozen=True):
    """Every frame of some matches with after < seq ≤ until. It holds for ever: what is published never changes."""

    matches: Matches
    after: int
    until: int
    frames: list[Frame]


class Backlog:
    """Pages of the past, the last few of them kept."""

    def __init__(self, pool: Pool, epoch: str) -> None:
        self._pool = pool
        self._epoch = epoch
        self._room = KEPT_FRAMES
        self._spans: deque[_Span] = deque()
        self._of: dict[Matches, list[_Span]] = {}
        self._reading: WeakValueDictionary[Matches, asyncio.Lock] = WeakValueDictionary()

    async def page(self, seq: int, head: int, wanted: Filter) -> Page:
        """The write that follows `seq`, of frames up to `head` (> seq); its place is beyond `seq` in any case."""
        span = self._find(wanted.matches, seq)
        if span is None:
            lock = self._reading.setdefault(wanted.matches, asyncio.Lock())
            async with lock:
                span = self._find(wanted.matches, seq) or await self._read(wanted.matches, seq, head)
        found = page_of(span.frames, seq, 0, wanted)
        if found.until == (span.frames[-1].seq if span.frames else seq) or found.until == seq:
            found = msgspec.structs.replace(found, until=span.until)
        return found

    def _find(self, matches: Matches, seq: int) -> _Span | None:
        return next((s for s in self._of.get(matches, ()) if s.after <= seq < s.until), None)

    async def _read(self, matches: Matches, seq: int, head: int) -> _Span:
        span = await self._read_from(matches, seq - seq % self._step(matches), head)
        if span.until <= seq:
            # There were more frames on the way than there are elsewhere.
            span = await self._read_from(matches, seq - seq % STEP, head)
        self._keep(span)
        return span

    def _step(self, matches: Matches) -> int:
        """Half of what was read last, as a power of two: where few frames are of these matches, that is a long way."""
        known = self._of.get(matches)
        if not known:
            return STEP
        half = max(1, (known[-1].until - known[-1].after) // 2)
        return max(STEP, 1 << (half.bit_length() - 1))

    async def _read_from(self, matches: Matches, after: int, head: int) -> _Span:
        if matches is None:
            rows = await self._pool.fetch(query("tail_until"), after, head, ROWS)
        else:
            rows = await self._pool.fetch(query("tail_of_matches"), after, head, list(matches), ROWS)
        frames = [from_row(self._epoch, r) for r in rows]
        return _Span(matches, after, frames[-1].seq if len(frames) == ROWS else head, frames)

    def _keep(self, span: _Span) -> None:
        self._spans.append(span)
        self._of.setdefault(span.matches, []).append(span)
        # An empty one costs something as well.
        self._room -= len(span.frames) + 1
        while self._room < 0 and len(self._spans) > 1:
            old = self._spans.popleft()
            self._room += len(old.frames) + 1
            self._of[old.matches].remove(old)
            if not self._of[old.matches]:
                del self._of[old.matches]
