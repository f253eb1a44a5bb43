"""Prometheus metrics, read at the moment they are asked for: from the database, from workers' reports, and our own."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from app.api.gap_metrics import set_feed_gaps
from app.api.state import Service
from app.api.stream_metrics import stream_metrics
from app.db.sql import query
from app.timing import stages

# Which count of a worker's report is which metric.
_COUNTS = {
    "events": ("scored_events", "events scored and committed"),
    "batches": ("scored_batches", "commits of the scorer"),
    "parked": ("parked_errors", "matches that had to be parked"),
    "lease_lost": ("lease_lost_errors", "commits refused because somebody else holds the match"),
    "database_lost": ("database_lost_errors", "times a worker lost the database"),
    "signal_degraded": ("signal_errors", "values that a fault of their signal degraded"),
}


class _Reports(Collector):
    """Stages, batches and counters of this process and of every worker alive.

    Counters belong to running processes: one that ends takes its counts along, as Prometheus expects of a restart.
    """

    def __init__(self, reports: list[dict[str, Any]]) -> None:
        self._reports = reports

    def collect(self) -> list[Any]:
        """The families."""
        quantiles = GaugeMetricFamily(
            "touchline_stage_ms", "how long a stage took lately, milliseconds", labels=["stage", "quantile"]
        )
        seconds = CounterMetricFamily("touchline_stage_seconds", "time spent in a stage", labels=["stage"])
        counts = CounterMetricFamily("touchline_stage_count", "times a stage was passed", labels=["stage"])
        for stage, found in _stages(self._reports).items():
            seconds.add_metric([stage], found["seconds"])
            counts.add_metric([stage], found["count"])
            for quantile, ms in found.get("ms", {}).items():
                quantiles.add_metric([stage, quantile], ms)
        sizes = GaugeMetricFamily("touchline_batch_events", "events in one commit, lately", labels=["quantile"])
        of_all: dict[str, float] = {}
        for report in self._reports:
            for quantile, size in report.get("batch_events", {}).items():
                of_all[quantile] = max(of_all.get(quantile, 0), size)
        for quantile, size in of_all.items():
            sizes.add_metric([quantile], size)
        families = [quantiles, seconds, counts, sizes]
        for name, (metric, meaning) in _COUNTS.items():
            family = CounterMetricFamily(f"touchline_{metric}", meaning)
            family.add_metric([], sum(r.get("counts", {}).get(name, 0) for r in self._reports))
            families.append(family)
        return families


def _stages(reports: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """One report of each stage: sums of counts and seconds, and the slowest process's percentiles."""
    found: dict[str, dict[str, Any]] = {}
    for report in reports:
        for stage, own in report.get("stages", {}).items():
            of_all = found.setdefault(stage, {"count": 0, "seconds": 0.0, "ms": {}})
            of_all["count"] += own["count"]
            of_all["seconds"] += own["seconds"]
            for quantile, ms in own.get("ms", {}).items():
                of_all["ms"][quantile] = max(of_all["ms"].get(quantile, 0.0), ms)
    return found


@get("/metrics", tags=["operations"], summary="Prometheus metrics", media_type="text/plain")
async def metrics(service: Service) -> Response[bytes]:
    """Backlog and lag, parked matches, stages, batches, refusals, quarantine, gaps, workers, streams."""
    registry = CollectorRegistry()

    def gauge(name: str, meaning: str, value: float) -> None:
        Gauge(f"touchline_{name}", meaning, registry=registry).set(value)

    backlog = await service.pool.fetchrow(query("backlog"), "live")
    gauge("backlog_events", "log versions that are not scored yet", backlog["waiting_events"])
    gauge("backlog_matches", "matches that are not scored up to their head", backlog["waiting_matches"])
    gauge("lag_seconds", "age of the oldest event that is not scored yet", backlog["lag_s"])
    gauge("parked_matches", "matches whose scoring failed and waits", backlog["parked_matches"])
    reports = await service.pool.fetch(query("worker_reports"))
    gauge("workers", "scoring workers seen in the last five seconds", len(reports))
    quarantined = Gauge("touchline_quarantined_messages", "messages in quarantine", ["provider"], registry=registry)
    for row in await service.pool.fetch(query("quarantine_counts")):
        quarantined.labels(row["provider"]).set(row["messages"])
    gauge("stream_clients", "open streams of this process", service.hub.clients)
    gauge("stream_head", "last pub_seq that this process has read", service.hub.head)
    registry.register(service.pressure.metrics())
    registry.register(_Reports([{"stages": stages.report()}, *(msgspec.json.decode(r["report"]) for r in reports)]))
    await set_feed_gaps(service.pool, registry)
    stream_metrics(registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST.removesuffix("; charset=utf-8"))
