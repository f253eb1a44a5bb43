"""One subscriber: a cursor and a filter. It asks for the next bytes when it can take them, and never before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import msgspec

from app.db.sql import query
from app.errors import UnknownMatch
from app.live.frames import HEARTBEAT, Frame, cloud_event, sse
from app.live.hub import Hub
from app.live.snapshot import frame_data, snapshots

_encode = msgspec.json.Encoder().encode
WRITE_FRAMES = 500
RETRY = b"retry: 1000\n\n"


class Subscription(msgspec.Struct, frozen=True):
    """What a client asked for. matches None: all. signals, events: names to pass; with only one of the two given,
    frames of the other kind are left out; with neither, everything passes."""

    matches: tuple[str, ...] | None = None
    signals: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()

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
    cursor = await hub.place(last_event_id) if last_event_id else None
    if cursor is None:
        if last_event_id:
            yield _resync(hub, wanted)
        cursor, states = await _snapshots(hub, wanted)
        if states:
            yield states
    alone = wanted.matches[0] if wanted.matches is not None and len(wanted.matches) == 1 else None
    while not hub.closing.is_set():
        ring = hub.ring(alone)
        changed = ring.changed
        frames = ring.after(cursor, WRITE_FRAMES)
        if frames is None:
            frames = await hub.backlog(cursor, None if wanted.matches is None else list(wanted.matches))
            if not frames:
                # Nothing of ours was in what the ring has lost.
                cursor = max(cursor, ring.floor)
                continue
        if frames:
            cursor = frames[-1].seq
            wire = b"".join(f.wire for f in frames if wanted.wants(f))
            if wire:
                yield wire
            continue
        try:
            await asyncio.wait_for(changed.wait(), heartbeat_s)
        except TimeoutError:
            yield HEARTBEAT


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
    seq, snaps = await snapshots(hub.pool, matches, hub.epoch)
    event_id = f"{hub.epoch}-{seq}"
    wires = []
    for snap in snaps:
        data = cloud_event(event_id, snap.match, "snapshot", snap.body["published_at"], _encode(frame_data(snap)))
        wires.append(sse(event_id, "snapshot", data))
    return seq, b"".join(wires)
