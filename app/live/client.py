"""One subscriber: a cursor and a filter. It asks for the next bytes when it can take them, and never before."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import msgspec

from app.db.sql import query
from app.errors import UnknownMatch
from app.live.delayed import snapshots_then
from app.live.frames import HEARTBEAT, Frame, cloud_event, sse
from app.live.hub import Hub, Ring
from app.live.snapshot import frame_data, snapshots
from app.waiting import happened

_encode = msgspec.json.Encoder().encode
WRITE_FRAMES = 500
RETRY = b"retry: 1000\n\n"


class Subscription(msgspec.Struct, frozen=True):
    """What a client asked for. matches None: all. signals, events: names to pass; with only one of the two given,
    frames of the other kind are left out; with neither, everything passes. delay_s: how much later than it was
    published everything arrives, the first snapshot included."""

    matches: tuple[str, ...] | None = None
    signals: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    delay_s: float = 0.0

    def wants(self, frame: Frame) -> bool:
        """Does this frame pass? `end` always does."""
        if self.matches is not None and frame.match not in self.matches:
            return False
        if frame.event == "event":
            return frame.event_type in self.events if self.events or self.signals else True
        if frame.event in ("signal", "correction", "withdrawn"):
            return frame.signal in self.signals if self.events or self.signals else True
        return True


async def stream(hub: Hub, wanted: Subscription, last_event_id: str | None, heartbeat_s: float) -> AsyncIterator[bytes]:
    """The bytes of one client's stream: state first (or, with a last id of ours, what came after it), then changes.

    Ends when the hub closes. Raises UnknownMatch before the first byte.
    """
    if wanted.matches is not None:
        known = {r["match_id"] for r in await hub.pool.fetch(query("known_matches"), list(wanted.matches))}
        for match in wanted.matches:
            if match not in known:
                raise UnknownMatch(match)
    yield RETRY
    ahead_s = await _clock_ahead(hub) if wanted.delay_s else 0.0
    cursor = await hub.place(last_event_id) if last_event_id else None
    if cursor is None:
        if last_event_id:
            yield _resync(hub, wanted)
        cursor, states = await _snapshots(hub, wanted)
        if states:
            yield states
    pending: list[Frame] = []
    while not hub.closing.is_set():
        changed = _ring(hub, wanted).changed
        before = cursor
        if not pending:
            pending, cursor = await _next(hub, wanted, cursor)
        wait_s = heartbeat_s
        if pending:
            # Frames of one commit have one time, and later ones never an earlier one.
            limit = time.time() + ahead_s - wanted.delay_s if wanted.delay_s else float("inf")
            due = next((i for i, f in enumerate(pending) if f.published_at > limit), len(pending))
            wire = b"".join(f.wire for f in pending[:due] if wanted.wants(f))
            pending = pending[due:]
            if wire:
                yield wire
            if not pending:
                continue
            wait_s = pending[0].published_at - limit
        elif cursor != before:
            # Nothing of ours was in what the ring had lost; there may be more.
            continue
        # What waits for its time is woken by the clock; what waits for frames, by the tailer.
        awaited = hub.closing if pending else changed
        if not await happened(awaited, min(wait_s, heartbeat_s)) and wait_s >= heartbeat_s:
            yield HEARTBEAT


def _ring(hub: Hub, wanted: Subscription) -> Ring:
    return hub.ring(wanted.matches[0] if wanted.matches is not None and len(wanted.matches) == 1 else None)


async def _next(hub: Hub, wanted: Subscription, cursor: int) -> tuple[list[Frame], int]:
    """A few frames after `cursor`, from memory or, where that does not reach back, from the database; and the
    place up to which nothing of ours is left out."""
    head = hub.head
    frames = _ring(hub, wanted).after(cursor, WRITE_FRAMES)
    if frames is None:
        # The head goes on while we read: only what was read up to has been seen.
        frames = await hub.backlog(cursor, head, None if wanted.matches is None else list(wanted.matches))
        if not frames:
            return [], head
    return frames, frames[-1].seq if frames else cursor


async def _clock_ahead(hub: Hub) -> float:
    """By how much the database's clock, which stamps frames, is ahead of ours, seconds."""
    sent = time.time()
    theirs: datetime = await hub.pool.fetchval(query("clock"))
    return theirs.timestamp() - (sent + time.time()) / 2


def _resync(hub: Hub, wanted: Subscription) -> bytes:
    """Your last id cannot be continued: forget what you have, snapshots follow."""
    now = datetime.now(UTC)
    data = _encode({"match": list(wanted.matches) if wanted.matches else None, "published_at": now})
    event_id = f"{hub.epoch}-{hub.head}"
    return sse(event_id, "resync", cloud_event(event_id, "", "resync", now, data))


async def _snapshots(hub: Hub, wanted: Subscription) -> tuple[int, bytes]:
    """Snapshots of the wanted matches, all as of one place in the stream, and that place."""
    if wanted.matches is None:
        matches = [r["match_id"] for r in await hub.pool.fetch(query("active_matches"))]
    else:
        matches = list(wanted.matches)
    if wanted.delay_s:
        seq, snaps = await snapshots_then(hub.pool, matches, hub.epoch, wanted.delay_s)
    else:
        seq, snaps = await snapshots(hub.pool, matches, hub.epoch)
    event_id = f"{hub.epoch}-{seq}"
    wires = []
    for snap in snaps:
        data = cloud_event(event_id, snap.match, "snapshot", snap.body["published_at"], _encode(frame_data(snap)))
        wires.append(sse(event_id, "snapshot", data))
    return seq, b"".join(wires)
