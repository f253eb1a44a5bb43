"""How long each stage of an event's way took, read from the service's /metrics."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

STAGES = ("decode", "append", "notify", "claim", "fold", "infer", "commit", "tail", "write")
_LINE = re.compile(r"^(touchline_stage_\w+)\{([^}]*)\}\s+(\S+)", re.M)
_LABEL = re.compile(r'(\w+)="([^"]*)"')
_QUANTILES = {"0.5": "p50_ms", "0.95": "p95_ms", "0.99": "p99_ms"}

Stages = dict[str, dict[str, Any]]


def parse(text: str) -> Stages:
    """Stages by name: count and seconds since the service began, percentiles of the last minute in milliseconds.

    Counts of several processes are added; of their percentiles the largest is told. Empty when nothing is there.
    """
    found: Stages = {}
    for name, labels, value in _samples(text):
        if (stage := labels.get("stage")) is None:
            continue
        row = found.setdefault(stage, {"count": 0, "seconds": 0.0})
        if name == "touchline_stage_count_total":
            row["count"] += round(value)
        elif name == "touchline_stage_seconds_total":
            row["seconds"] += value
        elif name == "touchline_stage_ms" and (key := _QUANTILES.get(labels.get("quantile", ""))):
            row[key] = max(row.get(key, 0.0), value)
    return found


def _samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for name, labels, value in _LINE.findall(text):
        yield name, dict(_LABEL.findall(labels)), float(value)


def between(before: Stages, after: Stages) -> Stages:
    """What was added between two looks, with the mean; percentiles are those of the later look."""
    order = {name: place for place, name in enumerate(STAGES)}
    told: Stages = {}
    for name in sorted(after, key=lambda n: (order.get(n, len(order)), n)):
        row, old = after[name], before.get(name, {})
        count = row["count"] - old.get("count", 0)
        seconds = row["seconds"] - old.get("seconds", 0.0)
        if count <= 0:
            continue
        told[name] = {"count": count, "seconds": round(seconds, 4), "mean_ms": round(seconds / count * 1000, 4)}
        told[name] |= {key: round(row[key], 3) for key in _QUANTILES.values() if key in row}
    return told


def together(parts: Iterable[Stages]) -> Stages:
    """What was added over several spans of time, each as told by `between`; of percentiles the largest."""
    told: Stages = {}
    for name, row in ((name, row) for part in parts for name, row in part.items()):
        whole = told.setdefault(name, {"count": 0, "seconds": 0.0})
        whole["count"] += row["count"]
        whole["seconds"] = round(whole["seconds"] + row["seconds"], 4)
        whole["mean_ms"] = round(whole["seconds"] / whole["count"] * 1000, 4)
        whole |= {key: max(whole.get(key, 0.0), row[key]) for key in _QUANTILES.values() if key in row}
    return told
