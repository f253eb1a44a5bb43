"""How long until the matches of a killed worker are scored by another: kill → first frame another made."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

import psycopg

from app.settings import Settings
from tests.bench.kit import stages, store
from tests.bench.kit.fleet import Fleet, fleet
from tests.bench.kit.machine import machine
from tests.bench.kit.report import Figures, main, parser, say, spread
from tests.bench.kit.senders import Sent
from tests.bench.kit.strikes import CLIENTS, HOW, MATCHES, RATE_PER_S, WORKERS, Strike, Strikes
from tests.bench.kit.subscribers import Heard, Subscribers

# Of the API. A worker takes its figures along when it ends.
STAGES = ("decode", "append", "tail", "write")
Clients = dict[str, list[Heard]]


class Fate(NamedTuple):
    """One match of a worker that was ended, seconds from that moment. goes_on_s: until every client had a frame that
    another worker made, None when one never had; claimed_s: until another worker was seen to have the match."""

    how: str
    goes_on_s: float | None
    claimed_s: float | None


def fate(strike: Strike, match: str, clients: Sequence[Heard]) -> Fate:
    """What became of one match.

    A frame is another worker's when its version is above the one the match was scored to when that worker had it: also
    a worker that ends in good order scores on for a moment.
    """
    claim = strike.claims.get(match)
    if claim is None:
        return Fate(strike.how, None, None)
    others = [event.version for event in strike.sent if event.match == match and event.version > claim.version]
    reads = [[client.times[v] for v in others if client.counts[v]] for client in clients]
    goes_on_s = max(map(min, reads)) - strike.moment if all(reads) else None
    return Fate(strike.how, goes_on_s, claim.at - strike.moment)


def measure(given: argparse.Namespace) -> Figures:
    """A kill and a hand-over in turn, so that a change of the machine's mood meets both."""
    order = list(HOW) * given.rounds
    with (
        fleet(WORKERS) as running,
        Subscribers(running.port) as clients,
        psycopg.connect(running.dsn, autocommit=True) as connection,
    ):
        bench = Strikes(running, clients, len(order))
        bench.prepare()
        before, cpu = _stages(running), _cpu(running, clients)
        strikes: list[Strike] = []
        for number, how in enumerate(order):
            say(f"round {number + 1} of {len(order)}: {how}")
            strikes.append(bench.round(how, connection))
        spent = {kind: round(seconds - cpu[kind], 2) for kind, seconds in _cpu(running, clients).items()}
        after = _stages(running)
        everyone = clients.stop()
        heard: Clients = {}
        for client in everyone:
            heard.setdefault(client.match, []).append(client)
        rounds = [[fate(strike, match, heard[match]) for match in strike.held] for strike in strikes]
        running.verify()
        return {
            "bench": "takeover",
            **_figures("takeover", [f for found in rounds for f in found if f.how == "kill"]),
            **_figures("handover", [f for found in rounds for f in found if f.how == "hand-over"]),
            **_faults(bench.sent, heard, store.frames_by_version(running.dsn, list(heard))),
            "resyncs": sum(c.resyncs for c in everyone),
            "cut": sum(c.cut for c in everyone),
            "throttled": sum(s.put_off for s in bench.sent),
            "rounds": given.rounds,
            "workload": bench.workload,
            "matches": MATCHES,
            "clients": CLIENTS,
            "workers": WORKERS,
            "lease_s": Settings().lease_s,
            "rate_per_s": RATE_PER_S,
            "events": len(bench.sent),
            "events_before_per_match": median(bench.starts),
            "each_round": [_round(s, found, heard) for s, found in zip(strikes, rounds, strict=True)],
            "cpu_s": spent,
            "stages": stages.between(before, after),
            "service_log": running.complaints(),
            **machine(running.dsn, running.data_folder),
        }


def _stages(running: Fleet) -> stages.Stages:
    found = stages.parse(running.get("/metrics").decode())
    return {name: row for name, row in found.items() if name in STAGES}


def _cpu(running: Fleet, clients: Subscribers) -> dict[str, float]:
    return {**running.cpu_s(), "bench_sender": time.process_time(), "bench_clients": clients.cpu_s()}


def _figures(name: str, found: Sequence[Fate]) -> Figures:
    """Over every match of every round."""
    goes_on = spread([f.goes_on_s for f in found if f.goes_on_s is not None], "_s")
    claimed = spread([f.claimed_s for f in found if f.claimed_s is not None], "_s")
    return {
        f"{name}_p50_s": goes_on["p50_s"],
        f"{name}_max_s": goes_on["max_s"],
        f"{name}_claimed_p50_s": claimed["p50_s"],
        f"{name}_matches": len(found),
        f"{name}_never": sum(f.goes_on_s is None for f in found),
    }


def _faults(sent: Sequence[Sent], heard: Clients, frames: dict[str, dict[int, int]]) -> Figures:
    """Pairs of event and client in which fewer frames came than were published, and more."""
    missing = repeated = 0
    for event in sent:
        due = frames[event.match].get(event.version, 0)
        for client in heard[event.match]:
            missing += client.counts[event.version] < due or not due
            repeated += client.counts[event.version] > due
    return {"missing": missing, "repeated": repeated}


def _round(strike: Strike, found: Sequence[Fate], heard: Clients) -> Figures:
    """late_max_s: the longest that an event of these matches was on its way to a client; others_late_max_s: of the
    matches of the worker that went on."""
    late: dict[bool, list[float]] = {True: [0.0], False: [0.0]}
    for event in strike.sent:
        ends = [c.times[event.version] for c in heard[event.match] if c.counts[event.version]]
        late[event.match in strike.held] += [end - event.sent for end in ends]
    goes_on = spread([f.goes_on_s for f in found if f.goes_on_s is not None], "_s")
    claimed = spread([f.claimed_s for f in found if f.claimed_s is not None], "_s")
    return {
        "how": strike.how,
        "matches": len(found),
        "p50_s": goes_on["p50_s"],
        "max_s": goes_on["max_s"],
        "claimed_max_s": claimed["max_s"],
        "late_max_s": round(max(late[True]), 3),
        "others_late_max_s": round(max(late[False]), 3),
    }


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=5, help="kills, and as many hand-overs, in turn (5)")
    main(measure, options)
