"""Reading the feature store: entities as they are now, and training rows as they were at each moment of a spine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import polars as pl

from app.db.pool import Connection, Pool
from app.db.sql import query
from app.errors import TouchlineError, UsageError
from app.sports.base import sports
from app.sports.entity_features import KINDS, Number
from app.warehouse.feature_layout import Column, Layout, layout_of

Key = tuple[str, str, str]
_TYPES: dict[str, Any] = {"int": pl.Int64, "float": pl.Float64, "bool": pl.Boolean}


class UnknownEntity(TouchlineError):
    """Nothing is known of this entity."""

    status = 404
    title = "Unknown entity"


class OnlineRow(msgspec.Struct, frozen=True):
    """One entity as it stands now. values: every feature by name. age and time to live count from event_timestamp."""

    sport: str
    kind: str
    id: str
    match: str
    event_timestamp: datetime
    version: int
    updated_at: datetime
    values: dict[str, Number]

    @property
    def key(self) -> Key:
        return (self.sport, self.kind, self.id)

    def expired(self, columns: Sequence[Column], now: datetime) -> list[str]:
        """Names of the features whose time to live is over."""
        age_s = (now - self.event_timestamp).total_seconds()
        return [column.name for column in columns if age_s > column.ttl_s]


class Layouts:
    """The layouts of all sports, read once; `clear` makes them be read again."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: dict[str, Layout] = {}

    async def of(self, sport: str) -> Layout:
        """Raises UsageError for a sport that has no features."""
        found = self._known.get(sport)
        if found is None:
            found = await layout_of(self._pool, sport)
            if not any(found.columns.values()):
                known = ", ".join(sports())
                raise UsageError(f"Nothing is declared of the features of '{sport}'. Sports: {known}.")
            self._known[sport] = found
        return found

    def clear(self) -> None:
        """They may have changed."""
        self._known.clear()


async def online(pool: Pool | Connection, layouts: Layouts, keys: Sequence[Key]) -> dict[Key, OnlineRow]:
    """Those of these entities that are known, with all their features: one query, one row an entity."""
    if not keys:
        return {}
    columns = [list(column) for column in zip(*keys, strict=True)]
    found: dict[Key, OnlineRow] = {}
    for r in await pool.fetch(query("feature_online"), *columns):
        layout = await layouts.of(r[0])
        row = OnlineRow(*r[:7], values=layout.named(r[1], r[7]))
        found[row.key] = row
    return found


def check_kind(kind: str) -> str:
    """Raises UsageError for what is no kind of entity."""
    if kind not in KINDS:
        raise UsageError(f"'{kind}' is no kind of entity. Known: {', '.join(KINDS)}.")
    return kind


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
