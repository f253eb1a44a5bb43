"""100 matches pushed as fast as they are accepted → scored and committed: events a second, memory of each process."""

from __future__ import annotations

import argparse

from tests.bench.kit.flood import throughput
from tests.bench.kit.report import Figures, main, parser


def measure(given: argparse.Namespace) -> Figures:
    """One run in a service of its own."""
    return {"bench": "throughput", **throughput(given.events, given.workers)}


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--events", type=int, default=200_000, help="events in all (200000)")
    options.add_argument("--workers", type=int, default=1, help="scoring workers, the service's own counted (1)")
    main(measure, options)
