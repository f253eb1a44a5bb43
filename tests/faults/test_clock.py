"""The database's clock jumps under load, back and forth: order, leases and streams do not go by it."""

from __future__ import annotations

import psycopg
import pytest

from tests.faults.clock import Clock
from tests.faults.kit import SETTINGS, Listener, chance, judge, load, owners
from tests.running import service, until

MATCHES = ("jump-a", "jump-b")
DELAY_MS = 400


@pytest.mark.parametrize("hours", [-2, 2, -20 / 3600])
def test_a_clock_that_jumps(dsn: str, hours: float) -> None:
    """There and back, twice: while the worker holds its leases, and while it lies dead and nobody renews them."""
    at = chance()
    with Clock(dsn) as clock, service(database_url=dsn, **SETTINGS) as running:
        late = Listener(running.port, MATCHES[0], delay_ms=DELAY_MS)
        with (
            psycopg.connect(dsn, autocommit=True) as connection,
            load(running.port, at, MATCHES, listeners=[late]) as (sender, listeners),
        ):
            for jump, dead in ((hours, False), (0, True), (hours, True), (0, False)):
                sender.goes_on()
                before = owners(connection, MATCHES)
                if dead:
                    process = running.child("work")
                    process.suspend()
                    clock.jump(jump)
                    process.kill()
                    process.wait(10)
                    until(lambda b=before: all(o[1] > b[m][1] for m, o in owners(connection, MATCHES).items()))
                else:
                    clock.jump(jump)
                    until(lambda b=before: all(o[2] > b[m][2] for m, o in owners(connection, MATCHES).items()))
                heard = [h.seq for h in listeners]
                sender.goes_on()
                until(lambda h=heard: all(n.seq > s for n, s in zip(listeners, h, strict=True)))
            # A client that was held up as the clock went on by hours may be told that it is slow.
            judge(dsn, [sender], listeners, steady_clock=False, resyncs=len(listeners))
            for table, column in (("log.feed_event", "recorded_at"), ("signal.publication", "published_at")):
                row = connection.execute(
                    f"SELECT extract(epoch FROM max({column}) - min({column})) / 3600 FROM {table}"  # noqa: S608
                ).fetchone()
                assert row is not None
                assert row[0] > 0.95 * abs(hours)
        running.wait_ready()
