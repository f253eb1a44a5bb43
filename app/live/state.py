"""State on the stream: the snapshots that it begins with, and the word that it begins anew."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.live.delayed import snapshots_then
from app.live.frames import cloud_event, sse
from app.live.ring import WRITE_BYTES, Filter
from app.live.snapshot import Snapshot, frame_data, snapshots

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


async def read_state(
    pool: Pool, epoch: str, matches: tuple[str, ...] | None, delay_s: float
) -> tuple[int, list[bytes]]:
    """Snapshots of these matches, or of all that are on, all as of one place in the stream: that place, and the writes."""
    if matches is None:
        wanted = [r["match_id"] for r in await pool.fetch(query("active_matches"))]
    else:
        wanted = list(matches)
    writer = _Writer(epoch)
    if delay_s:
        seq = await snapshots_then(pool, wanted, epoch, delay_s, writer.take)
    else:
        seq = await snapshots(pool, wanted, epoch, writer.take)
    return seq, writer.end()


class _Writer:
    """Encodes snapshots as they are read, so that none but the newest is held as anything but its bytes.

    Only the last snapshot has the id of the place: who loses the connection before it has not got the state.
    """

    def __init__(self, epoch: str) -> None:
        self._epoch = epoch
        self._newest: Snapshot | None = None
        self._writes: list[list[bytes]] = []
        self._size = WRITE_BYTES

    def take(self, snap: Snapshot) -> None:
        """The next one: the one before it was not the last."""
        self._encode(NO_EPOCH)
        self._newest = snap

    def end(self) -> list[bytes]:
        """That was the last one."""
        self._encode(self._epoch)
        return [b"".join(w) for w in self._writes]

    def _encode(self, epoch: str) -> None:
        snap = self._newest
        if snap is None:
            return
        event_id = f"{epoch}-{snap.seq}"
        data = cloud_event(event_id, snap.match, "snapshot", snap.body["published_at"], _encode(frame_data(snap)))
        wire = sse(event_id, "snapshot", data)
        if self._size + len(wire) > WRITE_BYTES:
            self._writes.append([])
            self._size = 0
        self._writes[-1].append(wire)
        self._size += len(wire)
