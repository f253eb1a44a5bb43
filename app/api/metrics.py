"""Prometheus metrics, read at the moment they are asked for: from the database, from workers' reports, and our own."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from app.api.features import feature_metrics
from app.api.gap_metrics import set_feed_gaps
from app.api.graphics import graphics_metrics
from app.api.monitoring import monitoring_metrics
from app.api.similar import similar_metrics
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
    "fell_back": ("signal_fallbacks", "versions on air that could not be run, and were replaced by the one before"),
    "signal_degraded": ("signal_errors", "values that a fault of their signal degraded"),
}


# What a process reports, and which worker it is; None for this process, which whoever asks knows already.
_Report = tuple[str | None, dict[str, Any]]


class _Reports(Collector):
    """Stages, batches and counters of this process and of every worker alive.

    Counters belong to running processes, and each worker's are series of its own: one that ends takes its series
    along, and those of the others go on. Summed up they would seem to begin anew.
    """

    def __init__(self, reports: list[_Report]) -> None:
        self._reports = reports

    def collect(self) -> list[Any]:
        """The families."""
        seconds = CounterMetricFamily("touchline_stage_seconds", "time spent in a stage")
        counts = CounterMetricFamily("touchline_stage_count", "times a stage was passed")
        for worker, report in self._reports:
            for stage, own in report.get("stages", {}).items():
                labels = {"stage": stage, **_of(worker)}
                seconds.add_sample("touchline_stage_seconds_total", labels, own["seconds"])
                counts.add_sample("touchline_stage_count_total", labels, own["count"])
        families = [self._quantiles(), seconds, counts, self._sizes(), self._broken()]
        for name, (metric, meaning) in _COUNTS.items():
            family = CounterMetricFamily(f"touchline_{metric}", meaning)
            for worker, report in self._reports:
                if worker is not None:
                    count = report.get("counts", {}).get(name, 0)
                    family.add_sample(f"touchline_{metric}_total", _of(worker), count)
            families.append(family)
        return families

    def _quantiles(self) -> GaugeMetricFamily:
        """The slowest process's percentiles of each stage."""
        family = GaugeMetricFamily(
            "touchline_stage_ms", "how long a stage took lately, milliseconds", labels=["stage", "quantile"]
        )
        slowest: dict[tuple[str, str], float] = {}
        for _, report in self._reports:
            for stage, own in report.get("stages", {}).items():
                for quantile, ms in own.get("ms", {}).items():
                    slowest[stage, quantile] = max(slowest.get((stage, quantile), 0.0), ms)
        for labels, ms in slowest.items():
            family.add_metric(labels, ms)
        return family

    def _broken(self) -> GaugeMetricFamily:
        meaning = "versions of signals that a worker cannot run as they were registered"
        family = GaugeMetricFamily("touchline_broken_versions", meaning)
        for worker, report in self._reports:
            if worker is not None:
                family.add_sample("touchline_broken_versions", _of(worker), report.get("broken", 0))
        return family

    def _sizes(self) -> GaugeMetricFamily:
        family = GaugeMetricFamily("touchline_batch_events", "events in one commit, lately", labels=["quantile"])
        largest: dict[str, float] = {}
        for _, report in self._reports:
            for quantile, size in report.get("batch_events", {}).items():
                largest[quantile] = max(largest.get(quantile, 0), size)
        for quantile, size in largest.items():
            family.add_metric([quantile], size)
        return family


def _of(worker: str | None) -> dict[str, str]:
    return {} if worker is None else {"worker": worker}


@get("/metrics", tags=["operations"], summary="Prometheus metrics", media_type="text/plain")
async def metrics(request: Request[Any, Any, Any], service: Service) -> Response[bytes]:
    """Backlog and lag, parked matches, stages, batches, refusals, quarantine, gaps, workers, streams, features, moments."""
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
    own: _Report = (None, {"stages": stages.report()})
    registry.register(_Reports([own, *((r["worker_id"], msgspec.json.decode(r["report"])) for r in reports)]))
    await set_feed_gaps(service.pool, registry)
    stream_metrics(registry)
    await graphics_metrics(service.pool, registry)
    monitoring_metrics(registry, service.monitoring.last)
    await feature_metrics(service.pool, request.app.state.features, registry)
    await similar_metrics(service.pool, registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST.removesuffix("; charset=utf-8"))
