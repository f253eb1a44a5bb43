"""What the bench asks the database: is everything scored, and which frames were published."""

from __future__ import annotations

import time
from collections.abc import Sequence

import psycopg

from tests.bench.kit.report import say

WAITING = """
SELECT coalesce(sum(m.version - coalesce(c.version, 0)), 0)::bigint, count(*) FILTER (WHERE c.parked_at IS NOT NULL)
FROM log.match m LEFT JOIN ops.cursor c ON c.match_id = m.match_id AND c.pipeline = 'live'
"""
FRAMES = "SELECT version, count(*) FROM signal.publication WHERE match_id = %s GROUP BY version"
SEQUENCE = "SELECT pub_seq FROM signal.publication WHERE match_id = %s ORDER BY pub_seq"


class NotScored(SystemExit):
    """Events were accepted and are not scored."""


def wait_scored(dsn: str, patience_s: float = 600.0, every_s: float = 0.02) -> float:
    """Wait until every match's signals are committed up to its log version; gives that moment (monotonic).

    Raises NotScored when a match is parked or nothing has moved for `patience_s`.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        least, since = None, time.monotonic()
        while True:
            row = connection.execute(WAITING).fetchone()
            now = time.monotonic()
            waiting, parked = row or (0, 0)
            if not waiting:
                return now
            if least is None or waiting < least:
                least, since = waiting, now
            if parked or now - since > patience_s:
                raise NotScored(f"{waiting} events are not scored, {parked} matches parked")
            time.sleep(every_s)


def frames_by_version(dsn: str, matches: Sequence[str]) -> dict[str, dict[int, int]]:
    """How many frames each log version of each match has caused."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        return {m: {int(v): int(n) for v, n in connection.execute(FRAMES, [m])} for m in matches}


def sequences(dsn: str, matches: Sequence[str]) -> dict[str, list[int]]:
    """The pub_seq of every frame of each match, ascending."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        return {m: [int(s) for (s,) in connection.execute(SEQUENCE, [m])] for m in matches}


def log_events(dsn: str) -> int:
    """Every message and control event of all matches."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute("SELECT coalesce(sum(version), 0)::bigint FROM log.match").fetchone()
    return int(row[0]) if row else 0


def shown(seconds: float, events: int, what: str) -> float:
    """Events a second, said as progress."""
    rate = events / seconds
    say(f"{what}: {events:,} events in {seconds:.1f} s, {rate:,.0f} events/s")
    return round(rate, 1)
