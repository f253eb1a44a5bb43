"""Have the signals moved, are they still right? The last report over HTTP and in `/metrics`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from litestar import Request, get
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from app.api.replies import Reply, reply
from app.api.state import Service
from app.warehouse.monitoring import Report

_MEASURES = {
    "psi": "population stability index of the recent values against the reference",
    "ks": "largest distance of the two distribution functions",
    "kl": "Kullback-Leibler divergence of recent from reference values, nats",
    "js": "Jensen-Shannon distance, natural logarithm",
}


@get("/v1/monitoring", tags=["operations"], summary="Drift and calibration of the signals")
async def monitoring(request: Request[Any, Any, Any], service: Service) -> Reply:
    """Recent matches beside those before them: by signal, input feature and outcome how far values have moved, and how
    well probabilities came true. Computed when it is asked for and then kept for a minute, or up to ten where it takes
    long. docs/quality.md says how to read it."""
    return reply(request, msgspec.to_builtins(await service.monitoring.report(service.pool, service.settings)))


def monitoring_metrics(registry: CollectorRegistry, last: Report | None) -> None:
    """Add the last report, if there is one; nothing is computed."""
    if last is not None:
        registry.register(_Monitoring(last))


class _Monitoring(Collector):
    def __init__(self, report: Report) -> None:
        self._report = report

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield GaugeMetricFamily(
            "touchline_monitoring_timestamp_seconds",
            "when the figures of drift and calibration were computed",
            value=self._report.computed_at.timestamp(),
        )
        for kind, series in (("signal", "outcome"), ("feature", "feature")):
            rows = [r for r in self._report.drift if r["kind"] == kind]
            for name, meaning in _MEASURES.items():
                yield _family(f"touchline_{kind}_{name}", meaning, series, rows, name)
            meaning = "1 where the verdict is drift, 0 where it is ok; none where there are too few matches"
            yield _family(f"touchline_{kind}_drift", meaning, series, _judged(rows), "drift")
        recent = [r for r in self._report.calibration if r["window"] == "recent"]
        yield _family(
            "touchline_signal_calibration_gap", "observed share less mean probability", "outcome", recent, "gap"
        )
        yield _family(
            "touchline_signal_calibration_drift",
            "1 where the verdict on calibration is drift, 0 where it is ok",
            "outcome",
            _judged(recent),
            "drift",
        )


def _judged(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**r, "drift": float(r["verdict"] == "drift")} for r in rows if r["verdict"] != "too few"]


def _family(name: str, meaning: str, series: str, rows: list[dict[str, Any]], of: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning)
    for row in rows:
        if row[of] is not None:
            labels = {"sport": row["sport"], "signal": row["signal"], "version": str(row["version"])}
            family.add_sample(name, {**labels, **({series: row["series"]} if row["series"] else {})}, row[of])
    return family
