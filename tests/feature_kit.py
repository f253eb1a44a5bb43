"""What the tests of the feature store share: the pipeline driven by hand, and the store beside a clean fold of the log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from app.db.pool import Pool
from app.log.read import match_row, read_current
from app.sports.base import sports
from app.sports.entity_features import Numbers, declared
from app.sports.entity_fold import FeatureFold
from app.warehouse.feature_layout import declare
from app.warehouse.feature_pipeline import FeaturePipeline
from app.warehouse.feature_store import Layouts, OnlineRow, online
from app.warehouse.feature_training import training_rows

Moment = tuple[str, str, datetime]


async def follow(pool: Pool) -> FeaturePipeline:
    """Fold all that waits with a new pipeline, as if the last one had been gone for long."""
    await pool.execute("UPDATE ops.cursor SET lease_expires_at = NULL, retry_at = NULL WHERE pipeline = 'features'")
    pipeline = FeaturePipeline(pool, "test")
    while await pipeline.turn():
        pass
    return pipeline


async def known(pool: Pool, match_id: str = "m1") -> dict[Moment, tuple[float | None, ...]]:
    """The history of a match as it is finally known: the newest row of each entity and moment."""
    rows = await pool.fetch(
        "SELECT DISTINCT ON (entity_kind, entity_id, event_timestamp) entity_kind, entity_id, event_timestamp, numbers "
        "FROM feature.history WHERE match_id = $1 "
        "ORDER BY entity_kind, entity_id, event_timestamp, created_timestamp DESC, version DESC",
        match_id,
    )
    return {(r[0], r[1], r[2]): tuple(r[3]) for r in rows}


async def differences(pool: Pool, match_id: str = "m1") -> list[str]:
    """Where what the store finally knows of a match is not what a clean fold of its log says, at any moment of either."""
    match = await match_row(pool, match_id)
    sport = sports()[match.sport]
    what = declared(sport)
    layout = (await declare(pool))[sport.name]
    fold = FeatureFold(sport, what, match_id)
    said: dict[Moment, Numbers] = {}
    for event in await read_current(pool, match):
        for row in fold.add(event):
            at = match.anchor_at + timedelta(seconds=sport.wall_offset_s(row.period, row.elapsed_s))
            said[row.kind, row.entity, at] = row.numbers
    stored = await known(pool, match_id)
    found = []
    holds: dict[tuple[str, str], Any] = {}
    has: dict[tuple[str, str], Any] = {}
    for kind, entity, at in sorted({*said, *stored}, key=lambda m: (m[2], m[0], m[1])):
        nothing = (None,) * layout.widths[kind]
        if (kind, entity, at) in said:
            holds[kind, entity] = layout.arrange(kind, what.names(kind), said[kind, entity, at])
        has[kind, entity] = stored.get((kind, entity, at), has.get((kind, entity), nothing))
        if has[kind, entity] != holds.get((kind, entity), nothing):
            found.append(f"{kind} {entity} at {at}: {has[kind, entity]}, not {holds.get((kind, entity))}")
    for row in fold.now():
        there = await now_of(pool, row.kind, row.entity)
        values = dict(zip(what.names(row.kind), row.numbers, strict=True))
        if row.numbers and (there is None or there.values != values):
            found.append(f"{row.kind} {row.entity} online: {there}, not {values}")
    return found


async def now_of(pool: Pool, kind: str, entity: str) -> OnlineRow | None:
    """One entity as it stands in the online store."""
    key = ("soccer", kind, entity)
    return (await online(pool, Layouts(pool), [key])).get(key)


async def then(pool: Pool, kind: str, entity: str, at: datetime, as_seen: bool = False) -> dict[str, Any]:
    """One training row."""
    layout = await Layouts(pool).of("soccer")
    return (await training_rows(pool, layout, kind, [entity], [at], as_seen=as_seen)).row(0, named=True)


async def clock(pool: Pool) -> datetime:
    """The time of the database, which stamps the log."""
    return (await pool.fetchval("SELECT clock_timestamp()")).astimezone(UTC)
