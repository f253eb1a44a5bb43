"""500 clients hang up, frames go on, and all come back at once with their old ids: how long until all caught up?"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterable

from tests.bench.kit import store
from tests.bench.kit.machine import machine
from tests.bench.kit.report import Figures, main, parser, percentile, say
from tests.bench.kit.returners import Return, Returners
from tests.bench.kit.senders import Body, Flood
from tests.bench.kit.service import Service, service
from tests.bench.kit.stages import between, parse
from tests.bench.kit.workload import Match, matches

MATCHES = 15
# Messages of each match: before the clients come, while they are there, and after they have left.
BEFORE, THERE, AWAY = 500, 100, 300
BODY_EVENTS = 10


def leaves_after(client: int) -> int:
    """How many frames a client reads before it hangs up: between 5 and 84, so that they come back to many places."""
    return 5 + client * 7 % 80


def measure(given: argparse.Namespace) -> Figures:
    """Every later frame must come to every client, once, in order."""
    found, told = matches(MATCHES)
    follow = [(found[i % MATCHES].id, leaves_after(i // MATCHES)) for i in range(given.clients)]
    with service() as running:
        _push(running, found, 0, BEFORE, BEFORE)
        with Returners(running.port, follow) as clients:
            clients.wait_ready()
            say(f"{given.clients} clients are there")
            _push(running, found, BEFORE, BEFORE + THERE, BODY_EVENTS)
            clients.wait_left()
            say("all have left; frames go on")
            _push(running, found, BEFORE + THERE, BEFORE + THERE + AWAY, BODY_EVENTS)
            published = store.sequences(running.dsn, [m.id for m in found])
            heads = {match: b"-%d\nevent: " % sequence[-1] for match, sequence in published.items()}
            before, cpu = parse(running.get("/metrics").decode()), running.cpu_s()
            say("all come back")
            returns, client_cpu_s = clients.come_back(heads)
            after = running.cpu_s()
        stages = between(before, parse(running.get("/metrics").decode()))
        expected = [[s for s in published[r.match] if s > r.last_seq] for r in returns]
        faults = [compare(want, r.sequence) for want, r in zip(expected, returns, strict=True)]
        caught_up = sorted(r.caught_up_s for r in returns if r.caught_up_s is not None)
        everyone = len(caught_up) == given.clients
        return {
            "bench": "resume",
            "caught_up_s": round(caught_up[-1], 3) if everyone else None,
            "caught_up_p50_s": round(percentile(caught_up, 0.5), 3) if caught_up else None,
            "clients": given.clients,
            "never_caught_up": given.clients - len(caught_up),
            "gaps": sum(gaps for gaps, _ in faults),
            "repeats": sum(repeats for _, repeats in faults),
            "resyncs": sum(r.resyncs for r in returns),
            "frames_while_away": sum(len(s) for s in _since(published, returns)),
            "frames_read": sum(len(want) for want in expected),
            "workload": told,
            "matches": MATCHES,
            "cpu_s": {
                **{kind: round(after[kind] - cpu.get(kind, 0.0), 2) for kind in after},
                "bench_clients": round(client_cpu_s, 2),
                "bench_sender": round(time.process_time(), 2),
            },
            "stages": stages,
            "service_log": running.complaints(),
            **machine(running.dsn, running.data_folder),
        }


def _push(running: Service, found: list[Match], since: int, until: int, size: int) -> None:
    """The messages of every match between two places, and wait until they are scored."""
    flood = Flood(running.port)
    queues = [
        (
            Body(m.id, m.provider, m.messages[at : min(at + size, until)])
            for m in found[c::4]
            for at in range(since, until, size)
        )
        for c in range(4)
    ]
    flood.send(queues)
    store.wait_scored(running.dsn)


def _since(published: dict[str, list[int]], returns: Iterable[Return]) -> list[list[int]]:
    """For each match the frames that somebody missed."""
    least: dict[str, int] = {}
    for r in returns:
        least[r.match] = min(least.get(r.match, r.last_seq), r.last_seq)
    return [[s for s in published[match] if s > seq] for match, seq in least.items()]


def compare(expected: list[int], got: list[int]) -> tuple[int, int]:
    """How many frames are missing, and how many came again, out of order, or without being expected."""
    wanted, came = Counter(expected), Counter(got)
    gaps = sum((wanted - came).values())
    again = sum((came - wanted).values())
    return gaps, again + (1 if not again and not gaps and got != expected else 0)


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--clients", type=int, default=500, help="how many come back (500)")
    main(measure, options)
