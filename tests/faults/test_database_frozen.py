"""PostgreSQL frozen: its processes are there, its connections are open, and it says nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import psutil
import psycopg

from app.live.shared import MOMENT_S
from tests.faults.kit import Own
from tests.running import TINY, until
from tests.sse import Stream

LINES = TINY.read_bytes().splitlines()
# Nobody waits for so long: without an answer the client gives up, and the test fails.
GIVE_UP_S = 45.0


@contextmanager
def frozen(own: Own) -> Iterator[None]:
    """Stop every process of the server; at the end they go on."""
    server = psutil.Process(own.postmaster)
    family = [server, *server.children(recursive=True)]
    for process in family:
        process.suspend()
    try:
        yield
    finally:
        for process in reversed(family):
            process.resume()


def asked(own: Own, method: str, path: str, body: bytes | None = None) -> httpx.Response:
    """The answer; of a stream that begins, the head of it, as the rest has no end."""
    with httpx.stream(method, own.running.base + path, content=body, timeout=GIVE_UP_S) as answer:
        if "text/event-stream" not in answer.headers["content-type"]:
            answer.read()
        return answer


EVERYTHING = [
    ("GET", "/v1/matches", None),
    ("GET", "/v1/matches/frozen", None),
    ("GET", "/v1/matches/frozen/snapshot", None),
    ("GET", "/v1/matches/frozen/events", None),
    ("GET", "/v1/matches/frozen/signals", None),
    ("GET", "/v1/matches/frozen/signals?as_of_version=3", None),
    ("GET", "/v1/signals", None),
    ("GET", "/v1/stream?match=frozen", None),
    ("GET", "/v1/stream?match=frozen&delay_ms=5000", None),
    ("GET", "/metrics", None),
    ("POST", "/v1/matches", b'{"id":"frozen","status":"live"}'),
    ("POST", "/v1/replays", b'{"match":"frozen"}'),
    ("POST", "/v1/feeds/touchline/frozen", LINES[6]),
    ("POST", "/v1/feeds/touchline/frozen", b"\n".join(LINES[7:])),
    ("POST", "/v1/feeds/touchline/frozen", LINES[5] + b'\n{"broken"'),
    ("POST", "/v1/feeds/touchline/frozen-new", LINES[0]),
    ("DELETE", "/v1/replays/frozen-sim", None),
]


def test_a_frozen_database_keeps_nobody_waiting(own: Own) -> None:
    """More requests than there are connections, before it is known and after; streams that are open stay open."""
    own.running.push("frozen", b"\n".join(LINES[:5]))
    own.running.scored("frozen")
    own.running.http.post("/v1/matches", json={"id": "frozen-sim", "origin": "simulation"}).raise_for_status()
    with Stream(own.running.port, "match=frozen", patience_s=GIVE_UP_S) as stream:
        assert stream.frame().event == "snapshot"
        # Whoever comes at the same moment begins with the same snapshot, and needs no database for it.
        time.sleep(2 * MOMENT_S)
        with frozen(own), ThreadPoolExecutor(4 * len(EVERYTHING)) as threads:
            ready = threads.submit(asked, own, "GET", "/readyz")
            for _ in range(2):
                answers = list(threads.map(lambda a: asked(own, *a), EVERYTHING * 2))
                for (method, path, _body), answer in zip(EVERYTHING * 2, answers, strict=True):
                    assert answer.status_code == 503, (method, path)
                    assert answer.json()["title"] == "The database is not available"
                    assert answer.headers["retry-after"]
            assert (ready.result().status_code, ready.result().json()["title"]) == (503, "Not ready")
            assert asked(own, "GET", "/readyz").status_code == 503
            for path in ("/livez", "/", "/schema/openapi.json", "/static/js/main.js"):
                assert asked(own, "GET", path).status_code == 200, path
            sent = stream.next()
            assert sent is not None
            assert sent.event == "comment"
        own.running.wait_ready()
        # What was not acknowledged is sent again; whether it was taken before is no matter.
        until(lambda: asked(own, "POST", "/v1/feeds/touchline/frozen", b"\n".join(LINES)).status_code == 200)
        assert own.running.scored("frozen")["home_score"] == 2
        heard = stream.frame()
        while not (heard.event == "event" and heard.data["event"]["source_event_id"] == "t-040"):
            heard = stream.frame()
            assert heard.event != "resync"
    for method, path, _body in EVERYTHING:
        if method == "GET" and "stream" not in path:
            assert asked(own, method, path).status_code == 200, path
    with psycopg.connect(own.dsn) as connection:
        told = connection.execute(
            "SELECT count(*), count(DISTINCT source_event_id) FROM log.feed_event WHERE match_id = 'frozen' AND NOT control"
        ).fetchone()
        assert told == (len(LINES), len(LINES))
    log = own.running.log.read_text()
    assert "api.database_silent" in log
    assert "api.database_speaks" in log
    assert "api.fault" not in log
    assert "never retrieved" not in log


def test_a_stream_stays_open_while_the_database_is_killed_and_comes_back(own: Own) -> None:
    own.running.push("stays", LINES[0])
    own.running.scored("stays")
    with Stream(own.running.port, "match=stays", patience_s=GIVE_UP_S) as stream:
        assert stream.frame().event == "snapshot"
        before = own.postmaster
        psutil.Process(before).kill()
        until(lambda: own.postmaster not in (0, before))
        own.running.wait_ready()
        until(lambda: asked(own, "POST", "/v1/feeds/touchline/stays", LINES[1]).status_code == 200)
        assert stream.frame().data["event"]["source_event_id"] == "t-002"
