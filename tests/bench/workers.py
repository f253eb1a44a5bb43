"""Throughput with 1, 2 and 4 workers, and the CPU that each kind of process took: where the curve bends, and why."""

from __future__ import annotations

import argparse

from tests.bench.kit.flood import throughput
from tests.bench.kit.report import Figures, main, parser

SHARED = ("workload", "matches", "connections", "body_events", "hardware", "versions", "edition", "durability")
OWN = ("workers", "events_per_s", "events", "seconds", "cpu_cores_used", "cpu_s", "stages", "memory", "service_log")


def measure(given: argparse.Namespace) -> Figures:
    """A fresh service for each number of workers."""
    runs = [throughput(given.events, number) for number in given.workers]
    first = runs[0]["events_per_s"]
    curve = [{**{name: run[name] for name in OWN}, "speed_up": round(run["events_per_s"] / first, 2)} for run in runs]
    return {
        "bench": "workers",
        "events_per_s": {str(run["workers"]): run["events_per_s"] for run in runs},
        "curve": curve,
        **{name: runs[0][name] for name in SHARED},
    }


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--events", type=int, default=200_000, help="events of each run (200000)")
    options.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4], help="numbers of workers (1 2 4)")
    main(measure, options)
