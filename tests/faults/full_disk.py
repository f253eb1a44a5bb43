"""A disk that is full for one cluster, without a mount: the size of its files is limited, and one table has reached it.

PostgreSQL asks for one more page. Where half of it is written, the server says what it says of a full disk: "could not
extend file …: wrote only 4096 of 8192 bytes" (SQLSTATE 53100); where nothing is, what it says of a quota: "could not
extend file …", an error that it has no number for. Segments of the WAL are never longer than the limit, so they are
written on.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import psycopg

PAGE_BYTES = 8192
MIB = 1024 * 1024
WAL_SEGMENT_BYTES = 16 * MIB
_FILL = {
    "log.feed_event": "INSERT INTO log.feed_event (recorded_at, match_id, version, stream_id, control, source_event_id, "
    "revision, kind, effective, type, period, order_key, elapsed_s, occurred_at, fields, raw) "
    "SELECT now(), 'filler', 0, 0, false, 'filler', 1, 'recorded', false, 'other', 0, 0, 0, now(), '{}', "
    "convert_to(repeat('x', 1800), 'UTF8') FROM generate_series(1, %s)",
    # Four rows a page, with no room beside them for a point, which is small.
    "signal.point": "INSERT INTO signal.point (occurred_at, match_id, signal, signal_version, subject, anchor, value, status, "
    "period, elapsed_s, order_key, version, model) SELECT now(), 'filler', 'filler', 0, gen_random_uuid()::text, '', 0, "
    "'provisional', 0, 0, 0, 0, repeat('x', 1860) FROM generate_series(1, %s)",
    # Before every frame that a reader may ask for.
    "signal.publication": "INSERT INTO signal.publication (published_at, pub_seq, match_id, event, version, body) "
    "SELECT now(), -1, 'filler', 'event', 0, repeat('x', 1800) FROM generate_series(1, %s)",
}


def fill(dsn: str, table: str) -> int:
    """Make the newest chunk of a hypertable the largest file there is, but for a few pages. Returns how many bytes it
    may have then, a whole number of pages."""
    with psycopg.connect(dsn, autocommit=True) as connection:

        def size(query: str, *given: str) -> int:
            row = connection.execute(query, given).fetchone()
            return row[0] or 0 if row is not None else 0

        largest = size("SELECT max(pg_relation_size(oid)) FROM pg_class WHERE relkind = 'r'")
        limit = max(WAL_SEGMENT_BYTES, (largest // MIB + 2) * MIB)
        newest = "SELECT max(pg_relation_size(c)) FROM show_chunks(%s::regclass) c"
        while (pages := (limit - size(newest, table)) // PAGE_BYTES) > 4:
            connection.execute(_FILL[table], [max(1, pages - 4) * 4])
        return limit


@contextmanager
def full(postmaster: int, limit_bytes: int) -> Iterator[None]:
    """While it lasts, no file of this server's grows beyond the limit."""
    _limit(postmaster, str(limit_bytes))
    try:
        yield
    finally:
        _limit(postmaster, "unlimited")


def _limit(postmaster: int, limit: str) -> None:
    """Of the server first, whose new processes inherit it; as the server's user, which needs no right for it."""
    try:
        server = psutil.Process(postmaster)
        user = pwd.getpwuid(server.uids().real)
    except psutil.NoSuchProcess:
        return
    as_user = {} if os.geteuid() else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    for process in [server, *server.children()]:
        done = subprocess.run(
            ["prlimit", f"--pid={process.pid}", f"--fsize={limit}:"],
            capture_output=True,
            text=True,
            check=False,
            **as_user,
        )
        assert done.returncode == 0 or not process.is_running(), done.stderr
