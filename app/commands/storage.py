"""`touchline storage`: what takes how much room, and what compression saves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.commands.terminal import Json, ready, say, to_json

if TYPE_CHECKING:
    from app.db.pool import Pool
    from app.warehouse.storage import Storage

# Smaller ones are named with --json.
_LEAST_BYTES = 64 * 1024


def storage(as_json: Json = False) -> None:
    """Rows, chunks, sizes and compression of every hypertable and table, and bytes per event stored."""
    settings = ready()
    from app.commands.parked import on_database
    from app.warehouse.storage import storage as look

    async def ask(pool: Pool, _dsn: str) -> Storage:
        return await look(pool)

    found = on_database("storage", settings, ask)
    say(to_json(found) if as_json else render(found))


def render(found: Storage) -> str:
    """A table, the largest first, and what one event takes."""
    from app.commands.kpi import table

    shown = [r for r in found.relations if r.kind != "table" or r.bytes >= _LEAST_BYTES]
    rows = [
        {
            "table": r.name,
            "kind": r.kind,
            "rows": r.rows,
            "chunks": r.chunks,
            "compressed": r.packed_chunks,
            "MiB": _mib(r.bytes),
            "of it indexes": _mib(r.index_bytes),
            "bytes a row": None if r.bytes_per_row is None else round(r.bytes_per_row),
            "before MiB": None if r.packed_before_bytes is None else _mib(r.packed_before_bytes),
            "after MiB": None if r.packed_after_bytes is None else _mib(r.packed_after_bytes),
            "ratio": r.ratio,
        }
        for r in shown
    ]
    lines = [table(rows)]
    others = len(found.relations) - len(shown)
    if others:
        lines.append(f"and {others} tables below {_LEAST_BYTES // 1024} KiB")
    lines.append("")
    lines.append(f"{_mib(found.database_bytes):.1f} MiB in all, {found.events:,} events, {found.edition} edition")
    if found.bytes_per_event is not None and found.bytes_per_event_unpacked is not None:
        lines.append("bytes per event stored, indexes included: " + _areas(found.bytes_per_event))
        if any(r.packed_chunks for r in found.relations):
            lines.append("without compression:                     " + _areas(found.bytes_per_event_unpacked))
    if found.edition == "Apache":
        lines.append("The Apache edition does not compress.")
    return "\n".join(lines)


def _mib(size: int) -> float:
    return size / 1024**2


def _areas(sizes: dict[str, float]) -> str:
    return ", ".join(f"{area} {size:,.0f}" for area, size in sizes.items())
