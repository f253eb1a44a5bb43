"""Metrics of the streams of this process."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from app.live.counters import counters


class _Streams(Collector):
    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        for name, meaning, value in (
            ("frames", "frames written to clients, each as often as it was written", counters.frames),
            ("bytes", "bytes of frames, snapshots and comments written to clients", counters.bytes),
            ("sockets_refused", "WebSockets closed for what their client sent", counters.sockets_refused),
            ("slow_resyncs", "clients that read too slowly and were told to begin anew", counters.slow_resyncs),
        ):
            yield CounterMetricFamily(f"touchline_stream_{name}", meaning, value=value)
        meaning = "open WebSockets of this process, which are among its streams"
        yield GaugeMetricFamily("touchline_stream_sockets", meaning, value=counters.sockets)


def stream_metrics(registry: CollectorRegistry) -> None:
    """Add frames and bytes written and slow resyncs of this process, counted since it began."""
    registry.register(_Streams())
