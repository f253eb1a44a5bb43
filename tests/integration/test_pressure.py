"""Back-pressure: while too much waits to be scored, a push is refused before anything of it is stored."""

import signal
from collections.abc import Callable

import httpx
import msgspec
import psycopg

from tests import running
from tests.running import until

LIMIT = 100


def event(number: int) -> bytes:
    """One pass."""
    body = {
        "id": f"p{number:05d}",
        "type": "pass",
        "period": 1,
        "order": number,
        "clock_s": number / 10,
        "team": "harbour",
    }
    return msgspec.json.encode(body)


def push(found: running.Running, match: str, numbers: range) -> httpx.Response:
    """Some of them at once."""
    answer = found.http.post(f"/v1/feeds/touchline/{match}", content=b"\n".join(map(event, numbers)))
    assert answer.status_code != 200 or answer.json()["appended"] == len(numbers), answer.text
    return answer


def metric(found: running.Running, name: str) -> float:
    """One number of /metrics."""
    lines = found.http.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).split()[-1])


def stored(dsn: str, match: str) -> list[str]:
    """What the log holds of a match, in order."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT source_event_id FROM log.feed_event WHERE match_id = %s ORDER BY version", [match]
        )
        return [row[0] for row in rows]


def test_a_push_is_refused_while_too_much_waits_and_taken_afterwards(make_database: Callable[[], str]) -> None:
    dsn = make_database()
    with running.service(database_url=dsn, backlog_limit=LIMIT) as found:
        assert push(found, "pressed", range(1, 3)).status_code == 200
        found.scored("pressed")
        worker = found.child("work")
        worker.send_signal(signal.SIGSTOP)
        try:
            taken = 2

            def refused() -> httpx.Response | None:
                nonlocal taken
                answer = push(found, "pressed", range(taken + 1, taken + 41))
                if answer.status_code == 200:
                    taken += 40
                    return None
                return answer

            answer = until(refused, every_s=0.3)
            assert taken > LIMIT
            assert answer.status_code == 429
            assert answer.headers["content-type"].startswith("application/problem+json")
            assert int(answer.headers["retry-after"]) >= 1
            assert "Nothing of this request was stored" in answer.json()["detail"]
            assert len(stored(dsn, "pressed")) == taken
            assert metric(found, "touchline_push_refusals_total") >= 1
            assert metric(found, "touchline_backlog_events") > LIMIT
            # What is not pushed goes on: reading, and metadata that an operator brings in.
            assert found.http.get("/v1/matches/pressed").status_code == 200
            assert found.http.post("/v1/matches", json={"id": "pressed", "venue": "Quay"}).status_code < 300
        finally:
            worker.send_signal(signal.SIGCONT)
        until(lambda: push(found, "pressed", range(taken + 1, taken + 41)).status_code == 200)
        match = found.scored("pressed")
        assert [name for name in stored(dsn, "pressed") if name.startswith("p")] == [
            f"p{n:05d}" for n in range(1, taken + 41)
        ]
        assert match["version"] == taken + 41


def test_an_import_and_a_parked_match_press_nobody(make_database: Callable[[], str]) -> None:
    dsn = make_database()
    with running.service(database_url=dsn, backlog_limit=LIMIT) as found:
        worker = found.child("work")
        worker.send_signal(signal.SIGSTOP)
        try:
            assert found.http.post("/v1/matches", json={"id": "old", "origin": "import"}).status_code < 300
            assert push(found, "old", range(1, 3 * LIMIT)).status_code == 200
            assert push(found, "parked", range(1, 3 * LIMIT)).status_code == 200
            with psycopg.connect(dsn) as connection:
                connection.execute("UPDATE ops.cursor SET parked_at = now() WHERE match_id = 'parked'")
            until(lambda: push(found, "live", range(1, 3)).status_code == 200)
            for number in range(3, 8):
                assert push(found, "live", range(number, number + 1)).status_code == 200
        finally:
            worker.send_signal(signal.SIGCONT)
        for match in ("old", "live", "parked"):
            found.scored(match)
