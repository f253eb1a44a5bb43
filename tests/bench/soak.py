"""The load of a match day for half an hour: does latency grow, does memory, is a frame missing?"""

from __future__ import annotations

import argparse

from tests.bench.kit.machine import machine
from tests.bench.kit.matchday import CLIENTS, MATCHES, WARM_UP_S, MatchDay, Phase, Sample
from tests.bench.kit.processes import MemoryOverTime
from tests.bench.kit.report import Figures, main, parser, spread
from tests.bench.kit.service import service
from tests.bench.kit.subscribers import Subscribers

RATE_PER_S = 50.0
WINDOW_S = 300.0
SAMPLE_S = 5.0


def measure(given: argparse.Namespace) -> Figures:
    """50 events/s; the first and the last five minutes side by side (a third of the time each where it is short)."""
    phase = Phase(RATE_PER_S, given.minutes * 60)
    window_s = min(WINDOW_S, phase.seconds / 3)
    with service() as running, Subscribers(running.port) as clients:
        day = MatchDay(running, [phase])
        day.prepare(clients)
        with MemoryOverTime(running.kinds, SAMPLE_S) as memory:
            played = day.play(phase, clients)
        day.finish(clients)
        figures, samples = day.figures(played)
        first = _window(samples, 0.0, window_s)
        last = _window(samples, phase.seconds - window_s, phase.seconds + WARM_UP_S)
        ratio = round(last["p99_ms"] / first["p99_ms"], 3) if first["p99_ms"] and last["p99_ms"] else None
        return {
            "bench": "soak",
            "minutes": given.minutes,
            "p99_first_ms": first["p99_ms"],
            "p99_last_ms": last["p99_ms"],
            "p99_last_to_first": ratio,
            "missing": figures["missing"],
            "window_s": window_s,
            "first": first,
            "last": last,
            "workload": day.workload,
            "matches": MATCHES,
            "clients": CLIENTS,
            "resyncs": day.resyncs,
            "cut": day.cut,
            "service_log": running.complaints(),
            "memory": memory.report(),
            "memory_over_time": memory.course(),
            **{k: v for k, v in figures.items() if k != "missing"},
            **machine(running.dsn, running.data_folder),
        }


def _window(samples: list[Sample], since_s: float, until_s: float) -> dict[str, float | None]:
    return spread([s.from_sent_ms for s in samples if since_s <= s.at_s < until_s])


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--minutes", type=float, default=30.0, help="how long (30)")
    main(measure, options)
