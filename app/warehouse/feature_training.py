"""Training rows: what entities stood at, at each moment of a spine. Apart from the rest, for it needs the heavy packages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import numpy as np
import polars as pl

from app.db.pool import Connection, Pool
from app.db.sql import query
from app.errors import UsageError
from app.warehouse.feature_layout import Column, Layout
from app.warehouse.feature_store import check_kind

_TYPES: dict[str, Any] = {"int": pl.Int64, "float": pl.Float64, "bool": pl.Boolean}
# A part of a spine: so many moments, and so long, at most. Of a short time few chunks of the history are looked at.
PART_ROWS, PART_US = 20_000, 90 * 86_400_000_000
_EPOCH, _FIRST, _US = datetime(1970, 1, 1, tzinfo=UTC), datetime.min.replace(tzinfo=UTC), timedelta(microseconds=1)


async def training_rows(
    pool: Pool,
    layout: Layout,
    kind: str,
    ids: Sequence[str],
    moments: Sequence[datetime],
    *,
    as_seen: bool = False,
    features: Sequence[str] | None = None,
) -> pl.DataFrame:
    """What each entity stood at, at its moment: a row a pair of `ids` and `moments` (with a time zone), in their order.

    Columns: <kind>_id, event_timestamp (both as given), the features, then feature_timestamp, feature_created and match_id of
    the row they were read from. A feature is null where its time to live was over, or nothing was known. as_seen: as it was
    known at the moment itself; else as it is finally known, corrections included. Nothing after a moment is ever in its row.
    Raises UsageError for an unknown kind or feature, and for a moment without a time zone.
    """
    columns = _wanted(layout, check_kind(kind), features)
    longest = timedelta(seconds=layout.longest_ttl_s(kind))
    asked = query("feature_training_seen" if as_seen else "feature_training")
    if bare := [moment for moment in moments if moment.tzinfo is None]:
        raise UsageError(f"{bare[0]} has no time zone; a moment of a spine is one of the whole world.")
    at_us = _microseconds(moments)
    found: list[Any] = [None] * len(at_us)
    # One snapshot for all parts.
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(query("feature_training_plan"))
        for part in _parts(ids, at_us):
            at = [moments[i] for i in part]
            first, last = min(at), max(at)
            bounds = first - min(longest, first - _FIRST), last
            rows = await connection.fetch(asked, layout.sport, kind, [ids[i] for i in part], at, longest, *bounds)
            for i, row in zip(part, rows, strict=True):
                found[i] = row
    return _frame(layout, kind, columns, ids, at_us, found)


def _parts(ids: Sequence[str], at_us: Sequence[int]) -> Iterator[list[int]]:
    """Places in a spine, a part after the other, each in the order in which the rows lie in the index."""
    order = sorted(range(len(at_us)), key=lambda i: (at_us[i] // PART_US, ids[i], at_us[i]))
    for _, places in groupby(order, key=lambda i: at_us[i] // PART_US):
        part = list(places)
        yield from (part[n : n + PART_ROWS] for n in range(0, len(part), PART_ROWS))


def _microseconds(moments: Sequence[datetime | None]) -> list[Any]:
    """Since 1970. Several times as quick as polars' own way from moments with a time zone."""
    return [None if moment is None else (moment - _EPOCH) // _US for moment in moments]


async def known_entities(pool: Pool | Connection, layout: Layout, kind: str, at: datetime) -> list[str]:
    """Entities of a kind of which something that is still good was known at a moment."""
    longest = timedelta(seconds=layout.longest_ttl_s(check_kind(kind)))
    rows = await pool.fetch(query("feature_entities"), layout.sport, kind, at, longest)
    return [r["entity_id"] for r in rows]


def _wanted(layout: Layout, kind: str, features: Sequence[str] | None) -> list[Column]:
    known = {column.name: column for column in layout.columns[kind]}
    if unknown := [name for name in features or () if name not in known]:
        raise UsageError(f"'{unknown[0]}' is no feature of a {kind}. Known: {', '.join(known)}.")
    return list(known.values()) if features is None else [known[name] for name in features]


def _frame(
    layout: Layout,
    kind: str,
    columns: Sequence[Column],
    ids: Sequence[str],
    at_us: Sequence[int],
    found: Sequence[Any],
) -> pl.DataFrame:
    width = layout.widths[kind]
    nothing = (None,) * width
    stored = [r[3] or nothing for r in found]
    if any(len(numbers) != width for numbers in stored):
        # Rows from before the newest features were declared.
        stored = [layout.padded(kind, numbers) for numbers in stored]
    numbers = np.array(stored, dtype=np.float64).reshape(len(found), width)
    series = {
        f"{kind}_id": pl.Series(list(ids), dtype=pl.String),
        "event_timestamp": _times(at_us),
        **{c.name: pl.Series(numbers[:, c.place], nan_to_null=True) for c in columns},
        "feature_timestamp": _times(_microseconds([r[0] for r in found])),
        "feature_created": _times(_microseconds([r[1] for r in found])),
    }
    # A match is its own key.
    frame = pl.DataFrame(
        series if kind == "match" else {**series, "match_id": pl.Series([r[2] for r in found], dtype=pl.String)}
    )
    age_s = (pl.col("event_timestamp") - pl.col("feature_timestamp")).dt.total_microseconds() / 1e6
    return frame.with_columns(
        pl.when(age_s <= c.ttl_s).then(pl.col(c.name)).cast(_TYPES[c.dtype]).alias(c.name) for c in columns
    )


def _times(at_us: Sequence[int | None]) -> pl.Series:
    return pl.Series(at_us, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
