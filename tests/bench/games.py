"""15 games of college football at once: POST sent → last scored frame read, 2,000 clients at 47 plays/s, 200 at 470."""

from __future__ import annotations

import argparse

from tests.bench.kit.machine import machine
from tests.bench.kit.matchday import MATCHES, MatchDay, Phase
from tests.bench.kit.processes import MemoryOverTime
from tests.bench.kit.report import Figures, main, parser
from tests.bench.kit.service import service
from tests.bench.kit.subscribers import Subscribers
from tests.bench.kit.workload import games

# The rate and the number of games of a published dashboard of college football (p95 89 ms, p99 142 ms).
RATE_PER_S, CLIENTS = 47.0, 2000
HIGH_RATE_PER_S, FEWER_CLIENTS = 470.0, 200
# Of some 190: each game has a state of some size when the clock begins.
PLAYED = 40
SAMPLE_S = 5.0


def measure(given: argparse.Namespace) -> Figures:
    """Both loads, each on a service of its own; the second for a tenth as long, which is as many plays."""
    usual = _played(Phase(RATE_PER_S, given.seconds), given.clients)
    high = _played(Phase(HIGH_RATE_PER_S, given.seconds / 10), FEWER_CLIENTS)
    return {
        "bench": "games",
        **{name: usual[name] for name in ("p50_ms", "p95_ms", "p99_ms", "max_ms", "missing")},
        **{f"{name}_470_ms": high[f"{name}_ms"] for name in ("p50", "p95", "p99", "max")},
        "missing_470": high["missing"],
        "matches": MATCHES,
        "events_before_per_match": PLAYED,
        "usual": usual,
        "high": high,
    }


def _played(phase: Phase, clients_count: int) -> Figures:
    with service() as running, Subscribers(running.port) as clients:
        day = MatchDay(running, [phase], found=games(2 * MATCHES), clients=clients_count, warm=PLAYED)
        day.prepare(clients)
        with MemoryOverTime(running.kinds, SAMPLE_S) as memory:
            played = day.play(phase, clients)
        day.finish(clients)
        return {
            **day.figures(played)[0],
            "clients": clients_count,
            "resyncs": day.resyncs,
            "cut": day.cut,
            "workload": day.workload,
            "service_log": running.complaints(),
            "memory": memory.report(),
            **machine(running.dsn, running.data_folder),
        }


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=600.0, help="at 47 plays/s; a tenth of it at 470 (600)")
    options.add_argument("--clients", type=int, default=CLIENTS, help=f"at 47 plays/s ({CLIENTS})")
    main(measure, options)
