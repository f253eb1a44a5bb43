"""The online store in memory: one entry an entity, with all its features, thrown out when the pipeline says so.

A notification only says which entities changed. Those are read anew at once, many in one query, so that an entity whose
line-up has just come is there before anybody asks for it. While the notifications cannot be heard, nothing is remembered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import asyncpg
import msgspec
import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from app.db.listener import Listener
from app.db.pool import UNREACHABLE, Pool
from app.warehouse.feature_store import Key, Layouts, OnlineRow, online

log = structlog.get_logger()
CHANNEL = "touchline_feature"
# Entities held, and entities read anew in one go; beyond it they wait until somebody asks.
MOST, MOST_AHEAD = 20_000, 1000
GATHER_S = 0.05


class FeatureCache(Collector):
    """Reads entities, from memory where they are there. hits, misses: entities asked for and found in memory, or not."""

    def __init__(self, pool: Pool, dsn: str) -> None:
        self.layouts = Layouts(pool)
        self.hits = self.misses = 0
        self._pool = pool
        self._rows: dict[Key, OnlineRow] = {}
        self._listener = Listener(dsn, [CHANNEL], self._wake)
        self._changed: dict[Key, None] = {}
        self._woken = asyncio.Event()
        # Counts how often everything was thrown out.
        self._generation = 0
        # What was said to have changed while a read was under way: its answer may be from before.
        self._under_way: list[set[Key]] = []

    async def run(self) -> None:
        """Listen, and read ahead what changes, until cancelled."""
        listening = asyncio.create_task(self._listener.run())
        try:
            while True:
                await self._woken.wait()
                await asyncio.sleep(GATHER_S)
                self._woken.clear()
                ahead, self._changed = list(self._changed)[:MOST_AHEAD], {}
                try:
                    await self._read(ahead)
                except (*UNREACHABLE, asyncpg.PostgresError) as exc:
                    log.debug("features.not_read_ahead", error=str(exc) or type(exc).__name__)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def get(self, keys: Sequence[Key]) -> list[OnlineRow | None]:
        """These entities in their order, None for one that is not known."""
        rows = self._rows
        found = [rows.get(key) for key in keys]
        missing = [key for key, row in zip(keys, found, strict=True) if row is None]
        self.hits += len(keys) - len(missing)
        if not missing:
            return list(found)
        self.misses += len(missing)
        read = await self._read(missing)
        return [row or read.get(key) for key, row in zip(keys, found, strict=True)]

    async def _read(self, keys: Sequence[Key]) -> dict[Key, OnlineRow]:
        stale: set[Key] = set()
        self._under_way.append(stale)
        heard, generation = self._listener.connected.is_set(), self._generation
        try:
            found = await online(self._pool, self.layouts, keys)
        finally:
            # By identity: two that are empty are equal.
            self._under_way = [other for other in self._under_way if other is not stale]
        if heard and generation == self._generation and self._listener.connected.is_set():
            for key, row in found.items():
                if key not in stale:
                    self._rows.pop(key, None)
                    self._rows[key] = row
            while len(self._rows) > MOST:
                del self._rows[next(iter(self._rows))]
        return found

    def _wake(self, payload: str | None) -> None:
        if payload is None or payload == "declared":
            # Some may have been missed, or every row looks another way now.
            self._generation += 1
            self._rows.clear()
            self.layouts.clear()
            return
        for sport, kind, entity in msgspec.json.decode(payload, type=list[tuple[str, str, str]]):
            key = (sport, kind, entity)
            self._rows.pop(key, None)
            self._changed[key] = None
            for stale in self._under_way:
                stale.add(key)
        self._woken.set()

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """Hits, misses, entities held, and how old the newest and the oldest of them are."""
        yield CounterMetricFamily("touchline_feature_hits", "entities read from memory", value=self.hits)
        yield CounterMetricFamily("touchline_feature_misses", "entities read from the database", value=self.misses)
        yield GaugeMetricFamily("touchline_feature_entities", "entities in memory", value=len(self._rows))
        family = GaugeMetricFamily(
            "touchline_feature_age_seconds", "since the newest write of an entity in memory", labels=["which"]
        )
        if self._rows:
            now = datetime.now(UTC)
            ages = sorted((now - row.updated_at).total_seconds() for row in self._rows.values())
            family.add_metric(["newest"], ages[0])
            family.add_metric(["oldest"], ages[-1])
        yield family
