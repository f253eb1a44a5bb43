"""`touchline poll`: a growing document taken into the log, whatever its source and the database do meanwhile."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
import pytest
import structlog

from app.commands.poll import Polled, PollFailed, poll
from app.db.pool import Pool
from app.errors import UsageError
from app.feeds.base import provider
from tests.engine_kit import clean, scored, state
from tests.running import PATIENCE_S, ROOT, TINY, environment, touchline, until
from tests.source import Source, serving

LINES = TINY.read_bytes().splitlines()
MATCH = "m1"


def array(lines: list[bytes]) -> bytes:
    return b"[" + b",".join(lines) + b"]"


def wanted(source: Source, **changed: Any) -> Polled:
    given = {"match": MATCH, "every_s": 0.05, "timeout_s": 5.0, "snapshot": False, "origin": "live", **changed}
    return Polled(provider=provider("touchline"), url=source.url, **given)


async def soon(what: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
    """The first true answer, without holding up the loop."""
    async with asyncio.timeout(patience_s):
        while True:
            found = what()
            found = await found if isinstance(found, Awaitable) else found
            if found:
                return found
            await asyncio.sleep(0.02)


class Polling:
    """A poll that runs until the end of the block; `logs` are its log lines, `done` what it took in altogether."""

    def __init__(self, dsn: str, what: Polled) -> None:
        self.logs: list[Any] = []
        self.done: Any = None
        self._stopping = asyncio.Event()
        self._work = poll(dsn, what, False, self._stopping)

    async def __aenter__(self) -> Polling:
        self._capture = structlog.testing.capture_logs()
        self.logs = self._capture.__enter__()
        self._task = asyncio.create_task(self._work)
        return self

    async def __aexit__(self, *failure: Any) -> None:
        self._stopping.set()
        try:
            self.done = await self._task
        finally:
            self._capture.__exit__(*failure)

    def said(self) -> list[str]:
        """The events of the log, in order."""
        return [entry["event"].removeprefix("poll.") for entry in self.logs]


async def version(pool: Pool) -> int:
    return await pool.fetchval("SELECT version FROM log.match WHERE match_id = $1", MATCH) or 0


async def test_a_growing_document_is_taken_in_once_and_asked_for_conditionally(dsn: str, pool: Pool) -> None:
    async with serving() as source:
        source.will("200 OK", array(LINES[:10]), ETag='"1"')
        for _ in range(5):
            source.will("304 Not Modified", length=None)
        source.will("200 OK", array(LINES), ETag='"2"')
        source.always = b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"
        async with Polling(dsn, wanted(source)) as polling:
            await soon(lambda: len(source.asked) > 9)
    assert [a.get("if-none-match") for a in source.asked[:8]] == [None, *['"1"'] * 6, '"2"']
    assert polling.said() == ["changed", "changed"]
    assert (polling.done.appended, polling.done.repeated, polling.done.quarantined) == (40, 10, 0)
    await scored(pool, dsn)
    await clean(pool)
    assert [(await state(pool))[k] for k in ("home_score", "away_score")] == [2, 1]


async def test_a_spell_of_errors_is_two_lines_and_nothing_is_lost(dsn: str, pool: Pool) -> None:
    async with serving() as source:
        source.will("200 OK", array(LINES[:10]), ETag='"1"')
        for _ in range(3):
            source.will("503 Service Unavailable", Retry_After="0")
        source.will("200 OK", array(LINES), ETag='"2"')
        source.always = b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"
        async with Polling(dsn, wanted(source)) as polling:
            await soon(lambda: len(polling.logs) >= 4)
    assert polling.said() == ["changed", "source_failed", "changed", "resumed"]
    assert polling.logs[-1]["failures"] == 3
    assert await version(pool) == 40


async def test_a_body_that_is_cut_off_is_never_a_document(dsn: str, pool: Pool) -> None:
    whole = b"\n".join(LINES)
    async with serving() as source:
        # Cut between two lines: nothing but the length shows it.
        cut = b"\n".join(LINES[:20])
        source.will("200 OK", cut, length=len(whole))
        source.will("200 OK", whole[: len(whole) - 30], length=len(whole))
        source.always = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(whole), whole)
        async with Polling(dsn, wanted(source, snapshot=True)) as polling:
            await soon(lambda: "changed" in polling.said())
    assert polling.said()[0] == "source_failed"
    assert polling.done.appended == 40
    assert await pool.fetchval("SELECT count(DISTINCT recorded_at) FROM log.feed_event") == 1
    assert await pool.fetchval("SELECT count(*) FROM log.quarantine") == 0


async def test_what_disappears_from_a_snapshot_is_taken_back_and_may_return(dsn: str, pool: Pool) -> None:
    goal = next(i for i, line in enumerate(LINES) if b'"outcome":"goal"' in line)
    without = [line for i, line in enumerate(LINES) if i != goal]
    async with serving() as source:
        source.will("200 OK", array(LINES))
        source.will("200 OK", array(without))
        source.always = b"HTTP/1.1 503 Away\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 0\r\n\r\n"
        async with Polling(dsn, wanted(source, snapshot=True)) as polling:
            await soon(lambda: polling.said().count("changed") == 2)
            await scored(pool, dsn)
            await clean(pool)
            score = await state(pool)
            assert score["home_score"] + score["away_score"] == 2
            source.will("200 OK", array(LINES))
            await soon(lambda: polling.said().count("changed") == 3)
    assert polling.done.retracted == 1
    await scored(pool, dsn)
    await clean(pool)
    score = await state(pool)
    assert (score["home_score"], score["away_score"]) == (2, 1)


async def test_without_snapshot_what_disappears_stays(dsn: str, pool: Pool) -> None:
    async with serving() as source:
        source.will("200 OK", array(LINES))
        source.will("200 OK", array(LINES[:5]))
        source.always = b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"
        async with Polling(dsn, wanted(source)) as polling:
            await soon(lambda: len(source.asked) > 3)
    assert polling.done.retracted == 0
    assert await version(pool) == 40


async def test_a_document_that_is_none_is_kept_once_and_the_poll_goes_on(dsn: str, pool: Pool) -> None:
    async with serving() as source:
        source.will("200 OK", array(LINES[:10]), ETag='"1"')
        for _ in range(3):
            source.will("200 OK", b"<html>Bad day</html>", ETag='"2"')
        source.will("200 OK", array([*LINES[:10], b'{"id":"odd"}', *LINES[10:]]), ETag='"3"')
        source.always = b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"
        async with Polling(dsn, wanted(source)) as polling:
            await soon(lambda: "resumed" in polling.said())
    assert polling.said() == ["changed", "malformed", "changed", "resumed"]
    assert '"2"' not in [a.get("if-none-match") for a in source.asked]
    kept = [(bytes(r["payload"]), r["seen"]) for r in await pool.fetch("SELECT * FROM log.quarantine ORDER BY 1")]
    assert kept == [(b"<html>Bad day</html>", 1), (b'{"id":"odd"}', 1)]
    assert await version(pool) == 40


def numbered() -> list[bytes]:
    return [json.dumps({**json.loads(line), "sequence": n}).encode() for n, line in enumerate(LINES, 1)]


def unconditional(source: Source) -> list[int]:
    """Which of the questions, from 0, were for the whole document whatever the source thinks of it."""
    return [n for n, asked in enumerate(source.asked) if "if-none-match" not in asked]


async def test_a_new_hole_is_asked_for_without_conditions_at_once(dsn: str, pool: Pool) -> None:
    lines = numbered()
    async with serving() as source:
        # A source whose validators are wrong: nothing but an unconditional question gets what it has.
        source.will("200 OK", array([*lines[:3], *lines[5:]]), ETag='"1"')
        source.will("200 OK", array(lines), ETag='"1"')
        source.always = b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"
        async with Polling(dsn, wanted(source)) as polling:
            await soon(lambda: len(source.asked) > 4)
    assert unconditional(source) == [0, 1]
    assert polling.said() == ["changed", "holes", "changed", "no_hole"]
    assert next(e["holes"] for e in polling.logs if e["event"] == "poll.holes") == [(4, 5)]
    assert await version(pool) == 40


def answer(etag: str, lines: list[bytes]) -> bytes:
    body = array(lines)
    head = f"HTTP/1.1 200 OK\r\nConnection: close\r\nETag: {etag}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize("knows_conditions", [True, False])
async def test_a_hole_that_cannot_be_filled_is_asked_for_ever_less(
    dsn: str, pool: Pool, knows_conditions: bool
) -> None:
    broken = json.dumps({**json.loads(LINES[3]), "sequence": 4, "type": 7}).encode()
    lines = [*numbered()[:3], broken, *numbered()[4:]]
    async with serving() as source:
        source.knows_conditions = knows_conditions
        source.always = answer('"1"', lines[:30])
        async with Polling(dsn, wanted(source)) as polling:
            await soon(lambda: len(source.asked) > 33)
            assert unconditional(source)[:6] == [0, 1, 3, 7, 15, 31]
            # Taken in once, however often it came, and in quarantine once.
            assert (await pool.fetchval("SELECT seen FROM log.quarantine"), await version(pool)) == (1, 29)
            # What it says beside the hole is heard as before.
            source.always = answer('"2"', lines)
            await soon(lambda: polling.said().count("changed") == 2)
    assert polling.said() == ["changed", "holes", "changed"]
    assert (polling.done.appended, polling.done.repeated, polling.done.quarantined) == (39, 29, 2)


async def test_another_hole_is_asked_for_at_once(dsn: str, pool: Pool) -> None:
    lines = numbered()
    async with serving() as source:
        source.knows_conditions = True
        source.always = answer('"1"', [*lines[:3], *lines[4:10]])
        async with Polling(dsn, wanted(source)) as polling:
            await soon(lambda: len(source.asked) > 20)
            source.always = answer('"2"', [*lines[:3], *lines[4:10], *lines[11:]])
            await soon(lambda: polling.said().count("holes") == 2)
            seen = len(source.asked)
            await soon(lambda: len(source.asked) > seen + 5)
    # The question after the one that brought it.
    second = next(n for n, asked in enumerate(source.asked) if asked.get("if-none-match") == '"2"')
    assert {second - 1, second + 1} <= set(unconditional(source))
    assert second not in unconditional(source)


async def test_the_database_goes_away_and_comes_back(dsn: str, pool: Pool, cluster: Any) -> None:
    name = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    pool.terminate()

    def allowed(yes: bool) -> None:
        from app.db import embedded_config

        address = {"host": cluster.address["host"], "port": cluster.address["port"], "dbname": "postgres"}
        with psycopg.connect(**address, user=embedded_config.SUPERUSER, autocommit=True) as connection:
            database = psycopg.sql.Identifier(str(name))
            switch = psycopg.sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
            connection.execute(switch.format(database, psycopg.sql.Literal(yes)))
            if not yes:
                connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])

    async with serving() as source:
        source.will("200 OK", array(LINES[:10]), ETag='"1"')
        source.always = b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"
        async with Polling(dsn, wanted(source)) as polling:
            await soon(lambda: "changed" in polling.said())
            await asyncio.to_thread(allowed, False)
            try:
                source.always = b'HTTP/1.1 200 OK\r\nConnection: close\r\nETag: "2"\r\n' + (
                    b"Content-Length: %d\r\n\r\n%s" % (len(array(LINES)), array(LINES))
                )
                await soon(lambda: "database_failed" in polling.said())
            finally:
                await asyncio.to_thread(allowed, True)
            await soon(lambda: "resumed" in polling.said())
    assert polling.said().count("changed") == 2
    # An append whose answer was lost is found there, and counted as repeated.
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT version FROM log.match").fetchone() == (40,)


async def test_a_purged_match_begins_anew(dsn: str, pool: Pool) -> None:
    async with serving() as source:
        source.will("200 OK", array(LINES[:10]))
        source.always = b"HTTP/1.1 503 Away\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 0\r\n\r\n"
        async with Polling(dsn, wanted(source, origin="simulation")) as polling:
            await soon(lambda: "changed" in polling.said())
            from app.log.purge import purge

            assert await purge(pool, MATCH)
            source.will("200 OK", array(LINES))
            await soon(lambda: polling.said().count("changed") == 2)
    assert await version(pool) == 40
    assert await pool.fetchval("SELECT origin FROM log.match") == "simulation"


async def test_one_round(dsn: str, pool: Pool) -> None:
    async with serving() as source:
        source.will("200 OK", array(LINES))
        assert (await poll(dsn, wanted(source), True, asyncio.Event())).appended == 40
        source.will("404 Not Found")
        with pytest.raises(PollFailed, match="404 Not Found"):
            await poll(dsn, wanted(source), True, asyncio.Event())
        source.will("200 OK", b"no document")
        with pytest.raises(PollFailed, match="not JSON"):
            await poll(dsn, wanted(source), True, asyncio.Event())
        with pytest.raises(UsageError, match="match id"):
            await poll(dsn, wanted(source, match="a/b"), True, asyncio.Event())
    for url in ("ftp://h/x", "nonsense", "http:///x"):
        source.url = url
        with pytest.raises(UsageError, match="address"):
            await poll(dsn, wanted(source), True, asyncio.Event())


class Still(BaseHTTPRequestHandler):
    """A document that does not change, for processes."""

    def do_GET(self) -> None:
        body = array(LINES)
        known = self.headers.get("If-None-Match") == '"1"'
        self.send_response(304 if known else 200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(0 if known else len(body)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(b"" if known else body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_command_stops_cleanly(dsn: str, how: signal.Signals) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Still) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "poll", "touchline", url, "--match", MATCH, "--every", "0.1", "--json"],
            cwd=ROOT,
            env=environment(database_url=dsn),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            with psycopg.connect(dsn, autocommit=True) as connection:
                until(lambda: connection.execute("SELECT 1 FROM log.feed_event LIMIT 1").fetchone())
            process.send_signal(how)
            out, errors = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
            server.shutdown()
    assert process.returncode == 0, errors
    assert json.loads(out)["appended"] == 40
    assert [json.loads(line)["event"] for line in errors.splitlines()] == ["poll.changed"]


def test_the_command_once(dsn: str) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Still) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        done = touchline("poll", "touchline", url, "--match", MATCH, "--once", database_url=dsn)
        assert (done.returncode, done.stdout) == (0, "m1: 40 appended, 0 repeated, 0 in quarantine.\n"), done.stderr
        server.shutdown()
    gone = touchline("poll", "touchline", url, "--match", MATCH, "--once", "--json", database_url=dsn)
    assert gone.returncode == 1
    assert gone.stderr.splitlines()[-1].startswith(f"touchline: {url}: no whole answer")
