"""Reading the feature store: entities as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from app.db.pool import Connection, Pool
from app.db.sql import query
from app.errors import TouchlineError, UsageError
from app.sports.base import sports
from app.sports.entity_features import KINDS, Number
from app.warehouse.feature_layout import Column, Layout, layout_of

Key = tuple[str, str, str]


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
