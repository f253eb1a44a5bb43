"""The newest frames in memory, and the writes that are made of them: joined once for every client that wants the same."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections.abc import Sequence

import msgspec

from app.live.frames import Frame

# One write carries no more than this. A client that stops reading costs one write and what its socket holds.
WRITE_FRAMES = 500
WRITE_BYTES = 256 * 1024
# How many frames are looked at for one write, most of which a filter may leave out.
LOOK_FRAMES = 5000
SHARED_PAGES = 32
_COMPACT = 256


class Filter(msgspec.Struct, frozen=True):
    """Which frames pass. matches None: of all. signals, events: names; with only one of the two given, frames of
    the other kind are left out; with neither, everything passes."""

    matches: tuple[str, ...] | None = None
    signals: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()

    def wants(self, frame: Frame) -> bool:
        """Does this frame pass? `end` always does."""
        if self.matches is not None and frame.match not in self.matches:
            return False
        if frame.event == "event":
            # What was of a wanted type must be heard of when it is that no more: a goal that is none after all.
            passes = frame.event_type in self.events or frame.was_type in self.events
            return passes if self.events or self.signals else True
        if frame.event in ("signal", "correction", "withdrawn"):
            return frame.signal in self.signals if self.events or self.signals else True
        return True


class Page(msgspec.Struct, frozen=True):
    """One write: frames that pass, their joined bytes, and the place in the stream up to which nothing is left out.

    since: when they came to be there (monotonic, seconds), where they are the newest there are.
    """

    wire: bytes
    frames: Sequence[Frame]
    until: int
    since: float | None = None


def page_of(frames: Sequence[Frame], seq: int, first: int, wanted: Filter) -> Page:
    """The write that follows `seq`, from a list in order of seq of which those before index `first` do not count."""
    start = bisect_right(frames, seq, lo=first, key=_seq)
    taken: list[Frame] = []
    size = 0
    until = seq
    for frame in frames[start : start + LOOK_FRAMES]:
        if wanted.wants(frame):
            size += len(frame.wire)
            if taken and (size > WRITE_BYTES or len(taken) == WRITE_FRAMES):
                break
            taken.append(frame)
        until = frame.seq
    return Page(b"".join([f.wire for f in taken]), taken, until)


def _seq(frame: Frame) -> int:
    return frame.seq


class Ring:
    """The newest frames of one match, or of all: all those with seq > floor."""

    def __init__(self, floor: int) -> None:
        self.floor = floor
        self.clients = 0
        self.changed = asyncio.Event()
        self._frames: list[Frame] = []
        self._first = 0
        self._added_at = 0.0
        self._before_added = floor
        self._pages: dict[tuple[int, Filter], Page] = {}

    def __len__(self) -> int:
        return len(self._frames) - self._first

    def add(self, frames: list[Frame]) -> None:
        """Take frames in and wake whoever waits for them."""
        self._before_added = self._frames[-1].seq if len(self) else self.floor
        self._frames.extend(frames)
        self._pages.clear()
        self._added_at = time.monotonic()
        self.wake()

    def wake(self) -> None:
        """Let everybody look again."""
        waiting, self.changed = self.changed, asyncio.Event()
        waiting.set()

    def drop(self, count: int) -> list[Frame]:
        """Let the oldest go, so many of them, and return them."""
        gone = self._frames[self._first : self._first + max(0, count)]
        if gone:
            self.floor = gone[-1].seq
            self._first += len(gone)
            if self._first >= _COMPACT:
                del self._frames[: self._first]
                self._first = 0
        return gone

    def page(self, seq: int, wanted: Filter) -> Page | None:
        """The write that follows `seq`, empty when nothing does; None when the ring does not reach back so far."""
        if seq < self.floor:
            return None
        if not len(self) or self._frames[-1].seq <= seq:
            return Page(b"", (), seq)
        found = self._pages.get((seq, wanted))
        if found is None:
            found = page_of(self._frames, seq, self._first, wanted)
            if seq >= self._before_added:
                found = msgspec.structs.replace(found, since=self._added_at)
            if len(self._pages) < SHARED_PAGES:
                self._pages[(seq, wanted)] = found
        return found

    def newest(self, count: int) -> list[Frame]:
        """The last frames that were added, so many of them at most."""
        return self._frames[max(self._first, len(self._frames) - count) :]

    def begin_anew(self, floor: int) -> None:
        """Let every frame go; what comes next has seq > floor, which may be less than it was."""
        self.floor = self._before_added = floor
        self._frames.clear()
        self._pages.clear()
        self._first = 0

    def count(self, seq: int, until: int, wanted: Filter) -> int | None:
        """How many frames with seq < their seq ≤ until pass; None when the ring does not reach back so far."""
        if seq < self.floor:
            return None
        start = bisect_right(self._frames, seq, lo=self._first, key=_seq)
        stop = bisect_right(self._frames, until, lo=start, key=_seq)
        return sum(map(wanted.wants, self._frames[start:stop]))
