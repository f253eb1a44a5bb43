"""Features over HTTP: what there is, and what entities stand at now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import Parameter
from prometheus_client import CollectorRegistry, Gauge

from app.api.bodies import AboutEntities, FeatureEntity, FeatureQuestion
from app.api.replies import Cursor, Limit, Reply, body_of, part, reply
from app.api.state import Service
from app.db.pool import Pool
from app.db.sql import query
from app.errors import UsageError
from app.sports.base import sports
from app.sports.entity_features import KINDS
from app.warehouse.feature_cache import FeatureCache
from app.warehouse.feature_pipeline import PIPELINE
from app.warehouse.feature_store import Key, OnlineRow, UnknownEntity, check_kind

Named = Annotated[list[str] | None, Parameter(query="feature", description="names of features; all of them without")]
OfSport = Annotated[str, Parameter(description="the sport of the entity")]


class Features(Controller):
    """The feature store."""

    path = "/v1/features"
    tags = ["features"]

    @get("/", summary="The catalogue of features")
    async def catalogue(
        self, request: Request[Any, Any, Any], service: Service, limit: Limit = 100, cursor: Cursor = None
    ) -> Reply:
        """Every feature: entity, type, unit, time to live."""
        items = []
        for sport in sports():
            for row in await service.pool.fetch(query("feature_places"), sport):
                if not row["retired"]:
                    told = ("feature", "dtype", "unit", "description", "ttl_s")
                    items.append(
                        {"sport": sport, "entity": row["entity_kind"], "group": row["feature_group"]}
                        | {name: row[name] for name in told}
                    )
        return reply(request, part(items, limit, cursor))

    @get("/{kind:str}/{entity_id:str}", summary="One entity as it stands now")
    async def one(
        self,
        request: Request[Any, Any, Any],
        kind: str,
        entity_id: str,
        feature: Named = None,
        sport: OfSport = "soccer",
    ) -> Reply:
        """Kinds are match, team, player and matchup (HOME~AWAY). `expired` names the values that are older than they may be."""
        cache: FeatureCache = request.app.state.features
        if feature is not None:
            await _check(cache, FeatureQuestion([FeatureEntity(check_kind(kind), entity_id)], feature, sport))
        (row,) = await cache.get([(sport, check_kind(kind), entity_id)])
        if row is None:
            await cache.layouts.of(sport)
            raise UnknownEntity(f"No {kind} '{entity_id}' has been seen in a real match of {sport}.")
        body = await _shown(cache, row, feature, datetime.now(UTC))
        return reply(request, body, {k: v for k, v in body.items() if k != "age_s"})

    @post("/online", summary="Many entities as they stand now", status_code=200, operation_class=AboutEntities)
    async def online(self, request: Request[Any, Any, Any]) -> Reply:
        """In the order in which they were asked for; `null` for one of which nothing is known."""
        cache: FeatureCache = request.app.state.features
        asked = _question(await body_of(request))
        keys: list[Key] = [(asked.sport, check_kind(e.kind), e.id) for e in asked.entities]
        rows = await cache.get(keys)
        if asked.features is not None:
            await _check(cache, asked)
        now = datetime.now(UTC)
        items = [None if row is None else await _shown(cache, row, asked.features, now) for row in rows]
        return reply(request, {"items": items})


def _question(body: bytes) -> FeatureQuestion:
    try:
        return msgspec.json.decode(body, type=FeatureQuestion)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise UsageError(f"The question does not fit: {exc}.") from None


async def _check(cache: FeatureCache, asked: FeatureQuestion) -> None:
    """Names that no asked kind has are typing mistakes. Raises UsageError."""
    layout = await cache.layouts.of(asked.sport)
    kinds = {e.kind for e in asked.entities} or set(KINDS)
    known = [c.name for kind in KINDS if kind in kinds for c in layout.columns[kind]]
    if unknown := [name for name in asked.features or () if name not in known]:
        raise UsageError(f"'{unknown[0]}' is no feature of a {' or '.join(sorted(kinds))}. Known: {', '.join(known)}.")


async def _shown(cache: FeatureCache, row: OnlineRow, features: list[str] | None, now: datetime) -> dict[str, Any]:
    """One entity. Of the names asked for, those that its kind has."""
    columns = (await cache.layouts.of(row.sport)).columns[row.kind]
    if features is not None:
        columns = [c for c in columns if c.name in features]
    return {
        "sport": row.sport,
        "kind": row.kind,
        "id": row.id,
        "match": row.match,
        "event_timestamp": row.event_timestamp,
        "version": row.version,
        "updated_at": row.updated_at,
        "age_s": round((now - row.event_timestamp).total_seconds(), 3),
        "values": row.values if features is None else {c.name: row.values[c.name] for c in columns},
        "expired": row.expired(columns, now),
    }


async def feature_metrics(pool: Pool, cache: FeatureCache, registry: CollectorRegistry) -> None:
    """Add the cache's hits, misses and ages, and how far the pipeline is behind the log."""
    registry.register(cache)
    backlog = await pool.fetchrow(query("backlog"), PIPELINE)
    for name, meaning, value in (
        ("backlog_events", "log versions that are not folded into features yet", backlog["waiting_events"]),
        ("lag_seconds", "age of the oldest event that is not folded into features yet", backlog["lag_s"]),
        ("parked_matches", "matches whose folding into features failed and waits", backlog["parked_matches"]),
    ):
        Gauge(f"touchline_feature_{name}", meaning, registry=registry).set(value)
