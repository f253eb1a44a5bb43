"""Matches under load while one worker after the other is ended: who had them, who has them then."""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import psycopg

from tests.bench.kit import store
from tests.bench.kit.fleet import Fleet, Process, holders
from tests.bench.kit.report import say
from tests.bench.kit.senders import Body, Flood, Sent, Shot, Tick, paced, shot
from tests.bench.kit.subscribers import Subscribers
from tests.bench.kit.workload import Match, matches

MATCHES = 15
CLIENTS = 30
WORKERS = 2
RATE_PER_S = 50.0
# Where each match stands before the first round (period, minute); earlier where too little of it would be left.
STANDS_AT = (2, 85)
BODY_EVENTS = 500
# A round: a worker is ended at a random moment between these, and the matches go on.
STRIKE_S = (1.0, 2.0)
ROUND_S = 7.0
# Before it matches spread over the workers: a second of load after the other until they have, usually three.
SPREAD_S, SPREADS, USUAL_SPREADS = 1.0, 30, 5
LOOK_S = 0.025
SEED = 15
SPARE_VERSIONS = 100
HOW = {"kill": signal.SIGKILL, "hand-over": signal.SIGTERM}


class Claim(NamedTuple):
    """When another worker was first seen to have a match (monotonic), and to which version it was scored by then."""

    at: float
    version: int


class Strike:
    """The end of one worker. held: the matches it had a lease on at that `moment` (monotonic). sent: the events of the
    round."""

    def __init__(self, how: str, victim: Process, running: Fleet, connection: psycopg.Connection) -> None:
        self.how = how
        self.moment = 0.0
        self.held: list[str] = []
        self.claims: dict[str, Claim] = {}
        self.sent: list[Sent] = []
        self._victim = victim
        self._running = running
        self._connection = connection

    def happen(self) -> None:
        """End the worker, and do not wait for it."""
        self.held = [match for match, holder in holders(self._connection).items() if holder.pid == self._victim.pid]
        self.moment = self._running.strike(self._victim, HOW[self.how])

    def look(self) -> None:
        """See who has its matches."""
        for match, holder in holders(self._connection).items():
            if match in self.held and holder.pid != self._victim.pid:
                self.claims.setdefault(match, Claim(time.monotonic(), holder.version))


class Strikes:
    """15 matches and two workers, of which one is ended in each round and replaced after it."""

    def __init__(self, running: Fleet, clients: Subscribers, rounds: int) -> None:
        self.matches, self.workload = matches(MATCHES)
        needed = round(rounds * RATE_PER_S * (ROUND_S + SPREAD_S * USUAL_SPREADS) / MATCHES) + 1
        self.starts = [min(stands_at(m), len(m.messages) - needed) for m in self.matches]
        if min(self.starts) < 1:
            raise SystemExit(f"the matches are too short for {rounds} rounds")
        self._left = self._events()
        self._running = running
        self._clients = clients
        self._random = random.Random(SEED)
        self.sent: list[Sent] = []

    def _events(self) -> Iterator[tuple[int, bytes]]:
        """Event after event, of one match after the other."""
        ends = [m.messages[start:] for m, start in zip(self.matches, self.starts, strict=True)]
        for row in zip(*ends, strict=False):
            yield from enumerate(row)

    def prepare(self) -> None:
        """Bring every match to where it begins, scored, with its clients."""
        say(f"{MATCHES} matches, {sum(self.starts):,} events before the clock begins")
        Flood(self._running.port).send([self._bodies()])
        store.wait_scored(self._running.dsn)
        for number in range(CLIENTS):
            match = self.matches[number % MATCHES]
            self._clients.open(match.id, len(match.messages) + SPARE_VERSIONS)
        self._clients.wait_ready()

    def _bodies(self) -> Iterator[Body]:
        for match, start in zip(self.matches, self.starts, strict=True):
            for at in range(0, start, BODY_EVENTS):
                yield Body(match.id, match.provider, match.messages[at : min(at + BODY_EVENTS, start)])

    def round(self, how: str, connection: psycopg.Connection) -> Strike:
        """End one of the workers while matches go on, then start another."""
        self._spread(connection)
        victim = self._random.choice(self._running.alive)
        strike = Strike(how, victim, self._running, connection)
        at_s = self._random.uniform(*STRIKE_S)
        looks = [Tick(at_s + number * LOOK_S, strike.look) for number in range(1, round((ROUND_S - at_s) / LOOK_S))]
        strike.sent = self._play(ROUND_S, [Tick(at_s, strike.happen), *looks])
        strike.look()
        victim.wait()
        self._running.worker()
        return strike

    def _spread(self, connection: psycopg.Connection) -> None:
        """Play until each worker has its share. Raises SystemExit when that does not come."""
        held: Counter[int] = Counter()
        for _ in range(SPREADS):
            self._play(SPREAD_S)
            held = Counter(holder.pid for holder in holders(connection).values())
            if len(held) == WORKERS and held.total() == MATCHES and min(held.values()) >= MATCHES // WORKERS:
                return
        raise SystemExit(f"the matches did not spread over {WORKERS} workers: {sorted(held.values())}")

    def _play(self, seconds: float, ticks: Sequence[Tick] = ()) -> list[Sent]:
        """The load for so long, and `ticks` at their times; returns once all of it is scored."""
        shots = [self._shot(number / RATE_PER_S) for number in range(round(seconds * RATE_PER_S))]
        sent = paced(self._running.port, shots, MATCHES, ticks)
        store.wait_scored(self._running.dsn)
        self.sent += sent
        return sent

    def _shot(self, due_s: float) -> Shot:
        found = next(self._left, None)
        if found is None:
            raise SystemExit("a match was over before the last round: they took too long to spread over the workers")
        lane, message = found
        match = self.matches[lane]
        return shot(due_s, lane, match.id, match.provider, message)


def stands_at(match: Match) -> int:
    """How many of its messages come before STANDS_AT."""
    places = ((m["period"], m["minute"]) for m in map(json.loads, match.messages))
    return next((number for number, place in enumerate(places) if place >= STANDS_AT), len(match.messages))
