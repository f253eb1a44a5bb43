"""One subscriber: a cursor and a filter. It asks for the next bytes when it can take them, and never before."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence

import msgspec

from app.errors import UnknownMatch
from app.live.counters import counters
from app.live.frames import HEARTBEAT, Frame
from app.live.hub import Hub
from app.live.ring import Filter, Page
from app.live.shared import State
from app.live.state import resync
from app.waiting import happened

RETRY = b"retry: 1000\n\n"
# A write that takes longer than this was held up by its client.
HELD_S = 0.1


class Subscription(msgspec.Struct, frozen=True):
    """What a client asked for. delay_s: how much later than it was published everything arrives, the first snapshot
    included."""

    filter: Filter = Filter()
    delay_s: float = 0.0


class Client:
    """The writes of one stream: state first (or, with a last id of ours, what came after it), then changes.

    Whoever writes asks for the next one once the transport has room again: what is not asked for is not made, and
    the time in between is the client's. One that was held up and is more than `slow_client_s` behind gets one
    `resync` that says so, and the state.

    asked: where it can ask for the state once more, the event that it sets; cleared when that is on its way.
    """

    def __init__(self, hub: Hub, wanted: Subscription, heartbeat_s: float, asked: asyncio.Event | None = None) -> None:
        self._hub = hub
        self._asked = asked
        self._filter = wanted.filter
        self._delay_s = wanted.delay_s
        self._quiet_s = heartbeat_s * 0.75  # the hub looks every fifth of a heartbeat
        self._ring = hub.join(wanted.filter)
        self._epoch = hub.epoch
        self._cursor = 0
        self._writes: deque[Page] = deque()
        self._state: State | None = None
        self._part = 0
        self._later: Page | None = None
        self._catching_up_to: int | None = None
        self._handed_at: float | None = None
        self._held_s = 0.0
        self._waited = False

    def leave(self) -> None:
        """The stream has ended."""
        self._drop_state()
        self._hub.leave(self._ring, self._filter)

    async def begin(self, last_event_id: str | None) -> None:
        """Find the place to begin at. Raises UnknownMatch."""
        if self._filter.matches is not None:
            missing = await self._hub.known.missing(self._filter.matches)
            if missing is not None:
                raise UnknownMatch(missing)
        self._writes.append(Page(RETRY, (), 0))
        place = await self._hub.place(last_event_id) if last_event_id else None
        if isinstance(place, int):
            self._cursor = place
            self._catching_up_to = self._hub.head
            return
        if place is not None:
            self._writes.append(Page(resync(self._hub.epoch, None, self._filter, place), (), 0))
        await self._take_state()

    async def next(self) -> Page | None:
        """The next write; None when the stream ends, because the hub closes and what it had read is written."""
        if self._handed_at is not None:
            self._held_s = max(self._held_s, time.monotonic() - self._handed_at)
        if self._writes and self._epoch == self._hub.epoch:
            page = self._writes.popleft()
        else:
            page = await self._of_state() or await self._next()
        self._handed_at = time.monotonic()
        return page

    async def _next(self) -> Page | None:
        while True:
            changed = self._ring.changed
            if self._epoch != self._hub.epoch:
                return await self._begin_anew()
            if self._asked is not None and self._asked.is_set():
                self._asked.clear()
                return await self._state_again()
            closing = self._hub.closing.is_set()
            if closing and self._cursor < self._ring.floor:
                # What is no longer in memory can be read elsewhere as well.
                return None
            page, wait_s = await self._due()
            if self._epoch != self._hub.epoch:
                continue
            if page.frames:
                behind_s = await self._too_late(page.frames[0])
                if behind_s is not None:
                    return await self._start_over(behind_s)
                self._cursor = page.until
                # How long a write took counts for one who waited for it.
                waited, self._waited = self._waited, False
                return page if waited or page.since is None else msgspec.structs.replace(page, since=None)
            if page.until > self._cursor:
                # Nothing of ours was among them; there may be more.
                self._cursor = page.until
                continue
            self._catching_up_to = None
            self._held_s = 0.0
            self._waited = True
            if closing:
                return None
            if self._handed_at is not None and time.monotonic() - self._handed_at >= self._quiet_s:
                return Page(HEARTBEAT, (), self._cursor)
            # What waits for its time is woken by the clock; what waits for frames, by the tailer.
            if wait_s is None:
                await self._news(changed)
            else:
                await happened(self._hub.closing, min(wait_s, self._quiet_s / 4))

    async def _news(self, changed: asyncio.Event) -> None:
        """Wait for frames, or until the state is asked for."""
        if self._asked is None:
            await changed.wait()
            return
        waiting = [asyncio.create_task(changed.wait()), asyncio.create_task(self._asked.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()

    async def _state_again(self) -> Page:
        """The state because it was asked for: what it says already does not come as frames as well."""
        await self._take_state()
        self._forget_delays()
        return await self._of_state() or Page(b"", (), self._cursor)

    async def _due(self) -> tuple[Page, float | None]:
        """The frames whose time has come; with a delay and none, how long until the first of them, seconds."""
        page = self._later or await self._hub.page(self._ring, self._cursor, self._filter)
        if not self._delay_s or not page.frames:
            return page, None
        # Frames of one commit have one time, and later ones never an earlier one, unless the clock was put back. A
        # frame from before that would wait for as long: none waits longer than the delay since it was read.
        read_before = time.monotonic() - self._delay_s
        limit = await self._hub.clock.now() - self._delay_s
        early = (i for i, f in enumerate(page.frames) if f.published_at > limit and f.read_at > read_before)
        due = next(early, len(page.frames))
        self._later = _joined(page.frames[due:], page.until) if due < len(page.frames) else None
        if self._later is None:
            return page, None
        if due:
            return _joined(page.frames[:due], page.frames[due - 1].seq), None
        first = page.frames[0]
        return Page(b"", (), self._cursor), min(first.published_at - limit, first.read_at - read_before)

    async def _too_late(self, first: Frame) -> float | None:
        """How far behind its own time a client is that was held up, seconds; None when that is no harm.

        One that came back with an old id gets everything: it knows that it is catching up. Only what was published
        since it came may be left out, and only when one write of it was held up for long.
        """
        bound_s = self._hub.slow_client_s
        catching_up = self._catching_up_to is not None
        if self._held_s < (max(bound_s, HELD_S) if catching_up else HELD_S):
            return None
        if self._catching_up_to is not None and first.seq <= self._catching_up_to:
            return None
        behind_s = await self._hub.clock.now() - first.published_at - self._delay_s
        return behind_s if behind_s > bound_s else None

    async def _start_over(self, behind_s: float) -> Page:
        """Leave out what is old by now: one resync that says so, and the state."""
        before = self._cursor
        await self._take_state()
        known = await self._hub.reached(self._cursor)
        skipped = self._ring.count(before, self._cursor, self._filter) if known else None
        # With the place before, so that whoever is cut off in between misses nothing.
        return self._slow(before, behind_s, skipped)

    async def _begin_anew(self) -> Page:
        """The database was restored: whatever this client has is of another epoch, and so is what waits for it."""
        self._writes.clear()
        await self._take_state()
        self._forget_delays()
        return Page(resync(self._epoch, None, self._filter, "other_epoch"), (), self._cursor)

    def _forget_delays(self) -> None:
        self._later = None
        self._catching_up_to = None
        self._held_s = 0.0

    def _slow(self, place: int | None, behind_s: float, skipped_frames: int | None) -> Page:
        counters.slow_resyncs += 1
        self._forget_delays()
        told = {"behind_ms": round(behind_s * 1000), "skipped_frames": skipped_frames}
        return Page(resync(self._epoch, place, self._filter, "slow", **told), (), self._cursor)

    async def _take_state(self) -> None:
        """Snapshots of what is wanted come next, all as of one place in the stream, and what follows from there."""
        self._drop_state()
        matches, delay_s = self._filter.matches, self._delay_s
        self._epoch = self._hub.epoch
        self._state = await self._hub.states.take(self._epoch, matches, delay_s, self._hub.head)
        self._part = 0
        self._cursor = self._state.seq

    def _drop_state(self) -> None:
        if self._state is not None:
            self._hub.states.give_back(self._state)
            self._state = None

    async def _of_state(self) -> Page | None:
        """The next part of the state; None when there is no more of it. Nothing of it is held here: where others have
        begun so often meanwhile that it was let go, it is old, and this one begins anew."""
        state = self._state
        if state is None or self._epoch != self._hub.epoch:
            return None
        if state.is_gone:
            await self._take_state()
            return self._slow(None, time.monotonic() - state.begun_at, None)
        wire = state.writes[self._part] if state.writes else None
        self._part += 1
        if self._part >= len(state.writes):
            self._drop_state()
        return None if wire is None else Page(wire, (), self._cursor)


def _joined(frames: Sequence[Frame], until: int) -> Page:
    return Page(b"".join([f.wire for f in frames]), frames, until)


async def begin(
    hub: Hub,
    wanted: Subscription,
    last_event_id: str | None,
    heartbeat_s: float,
    asked: asyncio.Event | None = None,
) -> Client:
    """A client at its place. Raises UnknownMatch, and then nothing is left of it."""
    client = Client(hub, wanted, heartbeat_s, asked)
    try:
        await client.begin(last_event_id)
    except BaseException:
        client.leave()
        raise
    return client
