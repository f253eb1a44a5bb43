"""100 matches pushed as fast as they are accepted, until everything is scored and committed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from tests.bench.kit import stages, store
from tests.bench.kit.machine import machine
from tests.bench.kit.processes import MemoryOverTime
from tests.bench.kit.report import say
from tests.bench.kit.senders import Body, Flood
from tests.bench.kit.service import service
from tests.bench.kit.workload import Play, lanes, matches

MATCHES = 100
BODY_EVENTS = 200
CONNECTIONS = 8


def throughput(events: int, workers: int) -> dict[str, Any]:
    """Events a second from the first POST to the last commit, in a service of its own."""
    found, told = matches(MATCHES)
    per_lane = -(-events // MATCHES)
    planned = lanes(found, MATCHES, per_lane)
    with service(workers) as running:
        say(f"{MATCHES} matches, {events:,} events, {workers} worker{'s' * (workers > 1)}")
        before, cpu, own = stages.parse(running.get("/metrics").decode()), running.cpu_s(), time.process_time()
        flood = Flood(running.port)
        shares = [[planned[i] for i in range(c, MATCHES, CONNECTIONS)] for c in range(CONNECTIONS)]
        queues = [_round_robin(share, per_lane) for share in shares]
        with MemoryOverTime(running.kinds) as memory:
            flood.send(queues)
            accepted = time.monotonic()
            committed = store.wait_scored(running.dsn)
        after, spent = running.cpu_s(), time.process_time() - own
        done = store.log_events(running.dsn)
        if done < events:
            raise SystemExit(f"{events} events were pushed and {done} are in the log")
        seconds = committed - flood.first_sent
        cpu_s = {kind: round(after[kind] - cpu.get(kind, 0.0), 2) for kind in after}
        cpu_s["bench_sender"] = round(spent, 2)
        return {
            "events_per_s": store.shown(seconds, done, f"{workers} worker(s)"),
            "events": done,
            "seconds": round(seconds, 2),
            "accepted_events_per_s": round(done / (accepted - flood.first_sent), 1),
            "workers": workers,
            "workload": told,
            "matches": MATCHES,
            "connections": CONNECTIONS,
            "body_events": BODY_EVENTS,
            "throttled": flood.throttled,
            "throttled_wait_s": round(flood.waited_s, 1),
            "cpu_s": cpu_s,
            "cpu_cores_used": round(sum(cpu_s.values()) / seconds, 2),
            "memory": memory.report(),
            "stages": stages.between(before, stages.parse(running.get("/metrics").decode())),
            "service_log": running.complaints(),
            **machine(running.dsn, running.data_folder),
        }


def _round_robin(share: list[list[Play]], per_lane: int) -> Iterator[Body]:
    """The bodies of some lanes, one of each in turn."""
    turns = [_bodies(lane, per_lane) for lane in share]
    while turns:
        for turn in list(turns):
            body = next(turn, None)
            if body is None:
                turns.remove(turn)
            else:
                yield body


def _bodies(lane: list[Play], left: int) -> Iterator[Body]:
    for play in lane:
        messages = play.match.messages
        for start in range(play.start, len(messages), BODY_EVENTS):
            part = messages[start : start + min(BODY_EVENTS, left)]
            left -= len(part)
            if part:
                yield Body(play.id, play.match.provider, part)
