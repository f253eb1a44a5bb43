"""POST sent → last scored frame read by a client in another process: 15 real matches at once, 100 clients."""

from __future__ import annotations

import argparse

from tests.bench.kit.machine import machine
from tests.bench.kit.matchday import CLIENTS, MATCHES, PLAYED, MatchDay, Phase
from tests.bench.kit.report import Figures, main, parser
from tests.bench.kit.service import service
from tests.bench.kit.subscribers import Subscribers

RATE_PER_S = 50.0
HIGH_RATE_PER_S = 500.0


def measure(given: argparse.Namespace) -> Figures:
    """50 events/s, then 500 events/s for half as long."""
    phases = [Phase(RATE_PER_S, given.seconds), Phase(HIGH_RATE_PER_S, given.seconds / 2)]
    with service() as running, Subscribers(running.port) as clients:
        day = MatchDay(running, phases, given.poisson)
        day.prepare(clients)
        played = [day.play(phase, clients) for phase in phases]
        day.finish(clients)
        usual, high = (day.figures(p)[0] for p in played)
        return {
            "bench": "latency",
            **{name: usual[name] for name in ("p50_ms", "p95_ms", "p99_ms", "max_ms", "missing")},
            **{f"{name}_500_ms": high[f"{name}_ms"] for name in ("p50", "p95", "p99", "max")},
            "missing_500": high["missing"],
            "sender_late_ms": usual["sender_late_ms"],
            "sender_late_500_ms": high["sender_late_ms"],
            "workload": day.workload,
            "matches": MATCHES,
            "clients": CLIENTS,
            "events_before_per_match": PLAYED,
            "arrivals": "poisson" if given.poisson else "even",
            "resyncs": day.resyncs,
            "cut": day.cut,
            "service_log": running.complaints(),
            "phases": [usual, high],
            **machine(running.dsn, running.data_folder),
        }


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=60.0, help="at 50 events/s; half of it at 500 (60)")
    options.add_argument("--poisson", action="store_true", help="arrivals at random (seeded), not evenly spaced")
    main(measure, options)
