"""State on the stream: the snapshots that it begins with, and the word that it begins anew."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from app.db.sql import query
from app.live.delayed import snapshots_then
from app.live.frames import cloud_event, sse
from app.live.hub import Hub
from app.live.ring import WRITE_BYTES, Filter
from app.live.snapshot import frame_data, snapshots

_encode = msgspec.json.Encoder().encode
# No database has this epoch: who reconnects with an id of it is told so, and gets the whole state again.
NO_EPOCH = "0"


def resync(epoch: str, place: int | None, wanted: Filter, reason: str, **more: Any) -> bytes:
    """Forget what you have: snapshots follow. reason: `slow`, `unknown_id`, `other_epoch` or `ahead`.

    place: up to where the client has every frame, None where it has none of ours. Its id says that, so that a
    connection lost before the snapshots costs nothing.
    """
    now = datetime.now(UTC)
    match = list(wanted.matches) if wanted.matches else None
    data = _encode({"reason": reason, **more, "match": match, "published_at": now})
    event_id = f"{NO_EPOCH}-0" if place is None else f"{epoch}-{place}"
    return sse(event_id, "resync", cloud_event(event_id, "", "resync", now, data))


async def states(hub: Hub, wanted: Filter, delay_s: float) -> tuple[int, list[bytes]]:
    """Snapshots of the wanted matches, all as of one place in the stream: that place, and the writes.

    Only the last snapshot has the id of the place: who loses the connection before it has not got the state.
    """
    if wanted.matches is None:
        matches = [r["match_id"] for r in await hub.pool.fetch(query("active_matches"))]
    else:
        matches = list(wanted.matches)
    if delay_s:
        seq, snaps = await snapshots_then(hub.pool, matches, hub.epoch, delay_s)
    else:
        seq, snaps = await snapshots(hub.pool, matches, hub.epoch)
    writes: list[list[bytes]] = []
    size = WRITE_BYTES
    for snap in snaps:
        event_id = f"{hub.epoch if snap is snaps[-1] else NO_EPOCH}-{seq}"
        data = cloud_event(event_id, snap.match, "snapshot", snap.body["published_at"], _encode(frame_data(snap)))
        wire = sse(event_id, "snapshot", data)
        if size + len(wire) > WRITE_BYTES:
            writes.append([])
            size = 0
        writes[-1].append(wire)
        size += len(wire)
    return seq, [b"".join(w) for w in writes]
