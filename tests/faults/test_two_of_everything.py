"""More workers than a match needs, and a feed that comes over two connections: everything once."""

from __future__ import annotations

import random
import time
from itertools import islice

import psycopg

from tests.faults.kit import SETTINGS, Listener, chance, fleet, judge, load, owners
from tests.faults.load import Sender, Story, Told
from tests.running import service, until

HANDOVERS = 8


def test_three_workers_on_one_match(dsn: str) -> None:
    """Leases that run out in the middle of the work: each takes the match from the others, again and again."""
    at = chance()
    match = ("shared",)
    with fleet(dsn) as found, psycopg.connect(dsn, autocommit=True) as connection:
        workers = [found.worker() for _ in range(3)]
        with load(found.port, at, match, pace_s=0.002) as (sender, listeners):
            held = set()
            for _ in range(HANDOVERS):
                owner, epoch, _ = owners(connection, match)["shared"]
                held.add(owner)
                connection.execute("UPDATE ops.cursor SET lease_expires_at = NULL")
                until(lambda e=epoch: _other(connection, e), every_s=0.01)
                time.sleep(at.uniform(0, 0.1))
            sender.goes_on()
            judge(dsn, [sender], listeners)
            assert owners(connection, match)["shared"][1] > HANDOVERS
            assert len(held & {w.pid for w in workers}) > 1
            assert all(w.poll() is None for w in workers)


def _other(connection: psycopg.Connection[tuple], epoch: int) -> bool:
    """Is there a higher epoch? The lease is let go of again as long as the same worker takes it."""
    if owners(connection, ("shared",))["shared"][1] > epoch:
        return True
    connection.execute("UPDATE ops.cursor SET lease_expires_at = NULL")
    return False


def test_two_connections_of_one_provider(dsn: str) -> None:
    """The same messages, each connection at a pace of its own; first the one is away for a while, then the other."""
    at = chance()
    story = Story("redundant", random.Random(at.random()))
    messages = list(islice(iter(story), 400))
    with service(database_url=dsn, **SETTINGS) as running:
        pairs = [Sender(running.port, [Told("redundant", messages)], at, connection=c, pace_s=0.005) for c in "ab"]
        pairs[0].start()
        until(lambda: pairs[0].count > 20)
        listeners = [Listener(running.port, "redundant") for _ in range(2)]
        for listener in listeners:
            listener.start()
        pairs[1].start()
        for away, other in (pairs, pairs[::-1]):
            away.pause()
            until(lambda a=away, o=other: o.count > a.count + 30)
            away.go()
        until(lambda: not pairs[0].is_alive() and not pairs[1].is_alive())
        judge(dsn, pairs, listeners)
        assert [p.count for p in pairs] == [len(messages)] * 2
        assert sum(p.appended for p in pairs) == len(story.told)
        assert all(p.appended > 20 and p.repeated > 20 for p in pairs)
        streams = running.http.get("/v1/matches/redundant").json()
        assert streams["log_version"] == len(story.told)
