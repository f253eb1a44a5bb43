"""The picture of one match at one moment of the stream: state first, then changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.db.pool import Connection, Pool
from app.db.sql import query
from app.errors import UnknownMatch
from app.log.gaps import open_gaps
from app.sports.base import sports


class Snapshot(msgspec.Struct, frozen=True):
    """What holds after every frame up to `seq`."""

    seq: int
    match: str
    body: dict[str, Any]


Take = Callable[[Snapshot], None]


async def snapshots(pool: Pool, matches: list[str], epoch: str, take: Take) -> int:
    """Hand over each match, the current value of every signal and subject, and team totals, all as of one `seq`,
    which is returned. One after the other: whoever takes them decides how many are held at one time.

    Read in one transaction with the head of the stream: pub_seq is in commit order, so what is seen is exactly
    what the frames up to `seq` said. A match that is gone is left out.
    """
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        seq = int(await connection.fetchval(query("publication_head")))
        for match in matches:
            snap = await _read(connection, match, epoch, seq)
            if snap is not None:
                take(snap)
        return seq


async def snapshot(pool: Pool, match_id: str, epoch: str) -> Snapshot:
    """One match. Raises UnknownMatch."""
    found: list[Snapshot] = []
    await snapshots(pool, [match_id], epoch, found.append)
    if not found:
        raise UnknownMatch(match_id)
    return found[0]


async def _read(connection: Connection, match_id: str, epoch: str, seq: int) -> Snapshot | None:
    row = await connection.fetchrow(query("snapshot_match"), match_id)
    if row is None:
        return None
    match = dict(row)
    match["details"] = msgspec.Raw(match["details"].encode())
    match["feed_gap"] = await open_gaps(connection, match_id)
    display = sports()[match["sport"]].clock_display
    signals = []
    for point in await connection.fetch(query("snapshot_signals"), match_id):
        signals.append({**dict(point), "clock_display": display(point["period"], point["elapsed_s"])})
    totals: dict[str, dict[str, float]] = {}
    for total in await connection.fetch(query("snapshot_totals"), match_id):
        totals.setdefault(total["signal"], {})[total["team"]] = round(total["total"], 4)
    body = {
        "match": match,
        "signals": signals,
        "totals": totals,
        "cursor": f"{epoch}-{seq}",
        "published_at": datetime.now(UTC),
    }
    return Snapshot(seq=seq, match=match_id, body=body)


def frame_data(snap: Snapshot) -> dict[str, Any]:
    """The data of a `snapshot` frame."""
    match = snap.body["match"]
    return {
        "match": snap.match,
        "snapshot": snap.body,
        "as_of": {k: match[k] for k in ("version", "period", "elapsed_s", "clock_display")},
        "published_at": snap.body["published_at"],
    }
