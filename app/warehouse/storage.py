"""What lies where in the database: rows, chunks, bytes, and what compression saves."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from app.db.pool import Pool
from app.db.sql import query

# What one message of a feed brings with it, by the schema where it lies.
AREAS = ("log", "signal", "rollup", "mart", "feature")


class Relation(msgspec.Struct, frozen=True):
    """One hypertable, aggregate or table. bytes hold indexes; packed_*: of the chunks that are compressed, before and now.

    chunks is None for a plain table, the packed bytes where nothing is compressed.
    """

    name: str
    kind: str
    rows: int
    chunks: int | None
    packed_chunks: int | None
    table_bytes: int
    index_bytes: int
    bytes: int
    bytes_per_row: float | None
    packed_before_bytes: int | None
    packed_after_bytes: int | None
    ratio: float | None


class Storage(msgspec.Struct, frozen=True):
    """The whole database. events: messages in the log. bytes_per_event: of each schema, and `all` of them, divided by
    these; bytes_per_event_unpacked: the same as if nothing were compressed. Both None without a message."""

    edition: str
    database_bytes: int
    events: int
    bytes_per_event: dict[str, float] | None
    bytes_per_event_unpacked: dict[str, float] | None
    relations: list[Relation]


async def storage(pool: Pool) -> Storage:
    """Look at all of it. Counts every row."""
    whole = await pool.fetchrow(query("storage_database"))
    rows = await pool.fetch(query("storage"))
    events = next(r["row_count"] for r in rows if (r["area"], r["name"]) == ("log", "feed_event"))
    return Storage(
        edition="Community" if whole["licence"] == "timescale" else "Apache",
        database_bytes=whole["bytes"],
        events=events,
        bytes_per_event=_per_event(events, ((r["area"], r["total_bytes"]) for r in rows)),
        bytes_per_event_unpacked=_per_event(
            events,
            (
                (r["area"], r["total_bytes"] + (r["packed_before_bytes"] or 0) - (r["packed_after_bytes"] or 0))
                for r in rows
            ),
        ),
        relations=[
            Relation(
                name=f"{r['area']}.{r['name']}",
                kind=r["kind"],
                rows=r["row_count"],
                chunks=r["chunks"],
                packed_chunks=r["packed_chunks"],
                table_bytes=r["table_bytes"],
                index_bytes=r["index_bytes"],
                bytes=r["total_bytes"],
                bytes_per_row=r["total_bytes"] / r["row_count"] if r["row_count"] else None,
                packed_before_bytes=r["packed_before_bytes"],
                packed_after_bytes=r["packed_after_bytes"],
                ratio=r["packed_before_bytes"] / r["packed_after_bytes"] if r["packed_after_bytes"] else None,
            )
            for r in rows
        ],
    )


def _per_event(events: int, sizes: Iterable[tuple[str, int]]) -> dict[str, float] | None:
    if not events:
        return None
    found = dict.fromkeys(AREAS, 0)
    for area, size in sizes:
        if area in found:
            found[area] += size
    return {area: round(size / events, 1) for area, size in (found | {"all": sum(found.values())}).items()}
