"""Training rows: what entities stood at, at each moment of a spine. Apart from the rest, for it needs the heavy packages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from app.db.pool import Connection, Pool
from app.db.sql import query
from app.errors import UsageError
from app.warehouse.feature_layout import Column, Layout
from app.warehouse.feature_store import check_kind

_TYPES: dict[str, Any] = {"int": pl.Int64, "float": pl.Float64, "bool": pl.Boolean}


async def training_rows(
    pool: Pool | Connection,
    layout: Layout,
    kind: str,
    ids: Sequence[str],
    moments: Sequence[datetime],
    *,
    as_seen: bool = False,
    features: Sequence[str] | None = None,
) -> pl.DataFrame:
    """What each entity stood at, at its moment: a row a pair of `ids` and `moments`, in their order.

    Columns: <kind>_id, event_timestamp (both as given), the features, then feature_timestamp, feature_created and match_id of
    the row they were read from. A feature is null where its time to live was over, or nothing was known. as_seen: as it was
    known at the moment itself; else as it is finally known, corrections included. Nothing after a moment is ever in its row.
    Raises UsageError for an unknown kind or feature.
    """
    columns = _wanted(layout, check_kind(kind), features)
    longest = timedelta(seconds=layout.longest_ttl_s(kind))
    name = "feature_training_seen" if as_seen else "feature_training"
    found = await pool.fetch(query(name), layout.sport, kind, list(ids), list(moments), longest)
    return _frame(layout, kind, columns, ids, moments, found)


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
    moments: Sequence[datetime],
    found: Sequence[Any],
) -> pl.DataFrame:
    width = layout.widths[kind]
    nothing = (None,) * width
    stored = [r[4] or nothing for r in found]
    if any(len(numbers) != width for numbers in stored):
        # Rows from before the newest features were declared.
        stored = [layout.padded(kind, numbers) for numbers in stored]
    numbers = np.array(stored, dtype=np.float64).reshape(len(found), width)
    times = pl.Datetime("us", "UTC")
    series = {
        f"{kind}_id": pl.Series(list(ids), dtype=pl.String),
        "event_timestamp": pl.Series(list(moments), dtype=times),
        **{c.name: pl.Series(numbers[:, c.place], nan_to_null=True) for c in columns},
        "feature_timestamp": pl.Series([r[0] for r in found], dtype=times),
        "feature_created": pl.Series([r[1] for r in found], dtype=times),
    }
    # A match is its own key.
    frame = pl.DataFrame(
        series if kind == "match" else {**series, "match_id": pl.Series([r[2] for r in found], dtype=pl.String)}
    )
    age_s = (pl.col("event_timestamp") - pl.col("feature_timestamp")).dt.total_microseconds() / 1e6
    return frame.with_columns(
        pl.when(age_s <= c.ttl_s).then(pl.col(c.name)).cast(_TYPES[c.dtype]).alias(c.name) for c in columns
    )
