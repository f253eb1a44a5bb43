"""A match day: several matches at once, single events over HTTP at a fixed rate, and clients that follow them.

The latency of an event for a client is the time from the moment its POST was sent to the moment the client, in
another process, had read the last of its frames. Frames of an event are those whose `as_of.version` is the log
version that the answer to its POST gave: the event itself, and every signal it moved.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from tests.bench.kit import stages, store
from tests.bench.kit.report import Figures, say, spread
from tests.bench.kit.senders import Body, Flood, Sent, Shot, Tick, paced, shot
from tests.bench.kit.service import Service
from tests.bench.kit.subscribers import Heard, Subscribers
from tests.bench.kit.workload import Match, Play, lanes, matches

MATCHES = 15
CLIENTS = 100
# Events each match has before the clock begins: a good quarter of it, so that its state has a real size.
PLAYED = 1000
WARM_UP_S = 2.0
# Clients of a lane's next match come one by one, as people do, and not all in one moment.
OPEN_AHEAD_S, OPEN_WITHIN_S = 8.0, 5.0
CLOSE_AFTER_S = 10.0
# Log versions of a match that are no messages of its feed.
SPARE_VERSIONS = 100
SEED = 15


class Phase(NamedTuple):
    """So many events a second in all, for so many seconds, after WARM_UP_S that is not measured."""

    rate_per_s: float
    seconds: float

    @property
    def events(self) -> int:
        return round(self.rate_per_s * (self.seconds + WARM_UP_S))


class Sample(NamedTuple):
    """One event for one client. at_s: when it was sent, from the start of its phase's measurement."""

    at_s: float
    from_sent_ms: float
    from_due_ms: float


class Played(NamedTuple):
    """One phase: what was sent, and what the service spent on it."""

    phase: Phase
    sent: list[Sent]
    cpu_s: dict[str, float]
    stages: stages.Stages


class MatchDay:
    """15 matches, 100 clients. Use: `prepare`, `play` for each phase, then `finish`, then `figures` of each.

    found: what is played and what that is, matches of soccer when not given; `warm`: how many events of each come before.
    """

    def __init__(
        self,
        service: Service,
        phases: Sequence[Phase],
        poisson: bool = False,
        *,
        found: tuple[Sequence[Match], str] | None = None,
        clients: int = CLIENTS,
        warm: int = PLAYED,
    ) -> None:
        played, self.workload = found or matches(2 * MATCHES)
        per_lane = -(-sum(p.events for p in phases) // MATCHES)
        self._lanes = lanes(played, MATCHES, per_lane, warm)
        self._clients = clients
        self._events = [_events(plays) for plays in self._lanes]
        self._service = service
        self._random = random.Random(SEED) if poisson else None
        self._heard: dict[str, list[Heard]] = {}
        self._frames: dict[str, dict[int, int]] = {}
        self.resyncs = self.cut = 0

    def prepare(self, clients: Subscribers) -> None:
        """Bring every match to where it begins, scored, and connect the clients of the first ones."""
        plays = [play for lane in self._lanes for play in lane]
        say(f"{len(plays)} matches, {sum(p.start for p in plays):,} events before the clock begins")
        bodies = (Body(p.id, p.match.provider, p.match.messages[: p.start]) for p in plays)
        Flood(self._service.port).send([bodies])
        store.wait_scored(self._service.dsn)
        for lane in range(MATCHES):
            for opener in self._openers(clients, lane, self._lanes[lane][0]):
                opener()
        clients.wait_ready()

    def _openers(self, clients: Subscribers, lane: int, play: Play) -> list[Callable[[], None]]:
        """What opens each client of a match."""
        versions = len(play.match.messages) + SPARE_VERSIONS
        return [_later(clients.open, play.id, versions) for _ in range(lane, self._clients, MATCHES)]

    def play(self, phase: Phase, clients: Subscribers) -> Played:
        """One phase; returns once all it sent is scored."""
        say(f"{phase.rate_per_s:g} events/s for {phase.seconds:g} s, {self._clients} clients")
        shots, ticks = self._plan(phase, clients)
        before, cpu = stages.parse(self._service.get("/metrics").decode()), self._cpu(clients)
        gc.collect()
        gc.freeze()
        gc.disable()
        try:
            sent = paced(self._service.port, shots, MATCHES, ticks)
        finally:
            gc.enable()
        store.wait_scored(self._service.dsn)
        after = self._cpu(clients)
        spent = {kind: round(after[kind] - cpu.get(kind, 0.0), 2) for kind in after}
        return Played(phase, sent, spent, stages.between(before, stages.parse(self._service.get("/metrics").decode())))

    def _cpu(self, clients: Subscribers) -> dict[str, float]:
        return {**self._service.cpu_s(), "bench_sender": time.process_time(), "bench_clients": clients.cpu_s()}

    def _plan(self, phase: Phase, clients: Subscribers) -> tuple[list[Shot], list[Tick]]:
        shots: list[Shot] = []
        ticks: list[Tick] = []
        due_s = 0.0
        for number in range(phase.events):
            lane = number % MATCHES
            play, message, before = next(self._events[lane])
            if before is not None:
                openers = self._openers(clients, lane, play)
                for place, opener in enumerate(openers):
                    ahead_s = OPEN_AHEAD_S - OPEN_WITHIN_S * place / len(openers)
                    ticks.append(Tick(max(0.0, due_s - ahead_s), opener))
                # Not while events of it wait to be sent: those clients have yet to hear of them.
                ticks.append(Tick(due_s + CLOSE_AFTER_S, _later(clients.close, before.id), lane))
            shots.append(shot(due_s, lane, play.id, play.match.provider, message))
            due_s += self._random.expovariate(phase.rate_per_s) if self._random else 1 / phase.rate_per_s
        return shots, sorted(ticks, key=lambda t: t.at_s)

    def finish(self, clients: Subscribers) -> None:
        """Let the clients read on until nothing comes any more, and learn what there was to read."""
        for heard in clients.stop():
            self._heard.setdefault(heard.match, []).append(heard)
            self.resyncs += heard.resyncs
            self.cut += heard.cut
        self._frames = store.frames_by_version(self._service.dsn, list(self._heard))

    def figures(self, played: Played) -> tuple[Figures, list[Sample]]:
        """Percentiles of a phase over every event and every client that follows its match, and the samples."""
        begin = min(s.due for s in played.sent) + WARM_UP_S
        samples: list[Sample] = []
        missing = repeated = later = 0
        for sent in played.sent:
            due = self._frames[sent.match].get(sent.version, 0)
            for heard in self._heard[sent.match]:
                if sent.version <= heard.since:
                    # It was in the state with which the client began.
                    later += 1
                    continue
                got = heard.counts[sent.version]
                missing += got < due or not due
                repeated += got > due
                if sent.due >= begin and got and got >= due:
                    read = heard.times[sent.version]
                    samples.append(Sample(sent.sent - begin, (read - sent.sent) * 1000, (read - sent.due) * 1000))
        measured = [s for s in played.sent if s.due >= begin]
        return {
            "rate_per_s": played.phase.rate_per_s,
            "seconds": played.phase.seconds,
            "events": len(measured),
            "samples": len(samples),
            **spread([s.from_sent_ms for s in samples]),
            "p99_from_due_ms": spread([s.from_due_ms for s in samples])["p99_ms"],
            "missing": missing,
            "repeated": repeated,
            "in_first_state": later,
            "throttled": sum(s.put_off for s in played.sent),
            "frames_per_event": round(
                sum(self._frames[s.match].get(s.version, 0) for s in measured) / len(measured), 2
            ),
            "post_answer": spread([(s.answered - s.sent) * 1000 for s in measured]),
            "sender_late_ms": spread([(s.sent - s.due) * 1000 for s in measured])["p99_ms"],
            "cpu_s": played.cpu_s,
            "stages": played.stages,
        }, samples


def _events(plays: Sequence[Play]) -> Iterator[tuple[Play, bytes, Play | None]]:
    """The messages of a lane; with the first of each further match comes the match before it."""
    before: Play | None = None
    for play in plays:
        for message in play.match.messages[play.start :]:
            yield play, message, before
            before = None
        before = play


def _later(call: Callable[..., None], *arguments: Any) -> Callable[[], None]:
    return lambda: call(*arguments)
