"""The gauge of messages that a provider has numbered and that have not come."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge

from app.db.pool import Pool
from app.db.sql import query

# Each match with a hole is a series of its own; a thousand are enough to see that something is wrong.
MOST_SERIES = 1000


async def set_feed_gaps(pool: Pool, registry: CollectorRegistry) -> None:
    """Add touchline_feed_gap_messages to a registry: one value a match and provider with a hole, none without."""
    gauge = Gauge(
        "touchline_feed_gap_messages",
        "messages that a provider has numbered and that have not come",
        ["match", "provider"],
        registry=registry,
    )
    for row in await pool.fetch(query("missing_messages"), MOST_SERIES):
        gauge.labels(row["match_id"], row["provider"]).set(float(row["messages"]))
