"""Events and metadata pushed over HTTP: every message is counted, whatever it is, and nothing brings a handler down."""

from __future__ import annotations

import gzip
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import psutil
import pytest

from app.commands.demo import match_file
from tests.running import TINY, Running, until

GOOD = b'{"id":"g1","type":"period_start","period":1,"order":1,"clock_s":0}'


def counts(answer: dict[str, Any]) -> tuple[int, int, int, int]:
    return tuple(answer[k] for k in ("received", "appended", "repeated", "quarantined"))


@pytest.mark.parametrize("shape", ["array", "ndjson", "single"])
def test_statsbomb_in_every_shape_and_again(service: Running, shape: str) -> None:
    events = json.loads(match_file("15986").read_bytes())[:60]
    raw = [json.dumps(e).encode() for e in events]
    bodies = {"array": [json.dumps(events, indent=1).encode()], "ndjson": [b"\n".join(raw)], "single": raw}[shape]
    match = f"push-{shape}"
    first = [service.push(match, body, "statsbomb") for body in bodies]
    again = [service.push(match, body, "statsbomb") for body in bodies]
    assert sum(a["appended"] for a in first) == 60
    assert (first[0]["first_version"], first[-1]["last_version"]) == (1, 60)
    assert sum(a["repeated"] for a in again) == 60
    assert sum(a["appended"] + a["quarantined"] for a in again) == 0
    assert service.scored(match)["version"] == 60
    assert len(service.walk(f"/v1/matches/{match}/events")) == 60


def test_a_whole_wheel_match_at_once(service: Running) -> None:
    done = service.push("push-whole", match_file("3788741").read_bytes(), "statsbomb")
    assert done["appended"] == done["received"] > 3000
    match = service.scored("push-whole")
    assert (match["home"], match["home_score"], match["away_score"], match["away"]) == ("Turkey", 0, 3, "Italy")


def test_a_body_of_which_nothing_can_be_read_begins_no_match(service: Running) -> None:
    done = service.push("push-phantom", b"{broken\n" + b'{"id":7}')
    assert counts(done) == (2, 0, 0, 2)
    assert [p.split(":")[0] for p in done["problems"]] == ["message 1", "message 2"]
    assert service.http.get("/v1/matches/push-phantom").status_code == 404
    assert counts(service.push("push-phantom", b"{broken\n" + GOOD)) == (2, 1, 0, 1)
    assert service.http.get("/v1/matches/push-phantom").status_code == 200


def test_good_and_bad_are_counted_apart_and_the_bad_is_kept(service: Running) -> None:
    bad = [
        b"{broken",
        b'{"id":"b2","type":"nonsense","period":1,"order":1,"clock_s":0}',
        b"[]",
        b'{"id":7}',
        b"\xff\xfe",
    ]
    body = b"\n".join([GOOD, *bad, GOOD, b""])
    done = service.push("push-mixed", body)
    assert counts(done) == (7, 1, 1, 5)
    assert len(done["problems"]) == 5
    assert counts(service.push("push-mixed", body)) == (7, 0, 2, 5)
    assert service.scored("push-mixed")["version"] == 1
    assert 'touchline_quarantined_messages{provider="touchline"}' in service.http.get("/metrics").text


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"garbage", "not JSON"),
        (b"null", "not JSON"),
        (b"[]", "no event"),
        (b"[1, 2]", "objects"),
        (b'[{"id": "a"', "cut off"),
        (b'{"id": "a"', "truncated"),
        (b'[{"id":"a"}] trailing', "broken"),
        (b'{"id":"\\ud800"}', "neither"),
        (b'{"id":"a","order":NaN}', "malformed"),
        (b"[" * 1_000_000, "objects"),
        (b'{"a":' * 500_000, "nested"),
        (b'[{"a":' * 500_000, "nested"),
        (b"\xff\xfe{}", "not JSON"),
        (gzip.compress(TINY.read_bytes()), "gzip"),
        (b"x" * (7 << 20), "not JSON"),
        (b"{" * (7 << 20), "malformed"),
    ],
)
def test_a_body_that_holds_no_message_is_told_so(service: Running, body: bytes, says: str) -> None:
    for provider in ("touchline", "statsbomb"):
        answer = service.http.post(f"/v1/feeds/{provider}/push-none", content=body)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
        assert says in answer.json()["detail"]
    assert service.http.get("/v1/matches/push-none").status_code == 404


@pytest.mark.parametrize(
    "message",
    [
        b"{}",
        b'{"id":"\\u0000","type":"pass","period":1,"order":1,"clock_s":0}',
        b'{"id":"a\\u0000b","type":"pass","period":1,"order":1,"clock_s":0}',
        b'{"id":"a","type":"pass","period":1,"order":1,"clock_s":0,"team":"t\\u0000"}',
        b'{"id":"\xff","type":"pass","period":1,"order":1,"clock_s":0}',
        b'{"id":"a","type":"pass","period":1,"order":1e400,"clock_s":0}',
        b'{"id":"a","type":"pass","period":99999999999999999999,"order":1,"clock_s":0}',
        b'{"id":"a","type":"pass","period":1,"order":1,"clock_s":-1}',
        b'{"id":"a","type":"pass","period":1,"order":1,"clock_s":0,"fields":{"x_m":1e308}}',
        b'{"id":"' + b"i" * 300 + b'","type":"pass","period":1,"order":1,"clock_s":0}',
    ],
)
def test_a_message_that_cannot_be_is_in_quarantine(service: Running, message: bytes) -> None:
    assert counts(service.push("push-impossible", message)) == (1, 0, 0, 1)


def test_the_match_goes_on_after_whatever_was_pushed(service: Running) -> None:
    """A strange and valid message must be scored, or its match would be parked for ever."""
    lines = [
        GOOD,
        b'{"id":"s1","type":"shot","period":1,"order":1e12,"clock_s":14400,"team":"\xf0\x9f\x98\x80"}',
        b'{"id":"s2","type":"shot","period":5,"order":-1e12,"clock_s":0,"team":"a","fields":{"x_m":104.9,"y_m":34}}',
        b'{"id":"s3","type":"substitution","period":100,"order":0,"clock_s":0,"team":"b"}',
        b'{"id":"s4","type":"period_end","period":0,"order":0,"clock_s":0}',
        b'{"id":"g1","kind":"retracted"}',
        b'{"id":"never","kind":"retracted"}',
    ]
    for line in lines:
        service.push("push-strange", line)
    match = service.scored("push-strange")
    assert match["parked_reason"] is None
    assert "touchline_parked_matches 0.0" in service.http.get("/metrics").text


def test_a_body_too_large_is_refused_at_once_and_costs_no_memory(service: Running) -> None:
    api = service.child("serve")
    before = api.memory_info().rss

    def endless() -> Iterator[bytes]:
        for _ in range(50):
            yield b"x" * (1 << 20)

    for whole in (True, False):
        for path in ("/v1/feeds/touchline/push-large", "/v1/matches", "/v1/replays"):
            try:
                answer = service.http.post(path, content=b"x" * (50 << 20) if whole else endless())
            except httpx.TransportError:
                continue  # answered and closed before all was sent
            assert answer.status_code == 413, (path, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
            assert "8 MiB" in answer.json()["detail"]
    assert api.memory_info().rss - before < 100 << 20


def test_a_body_of_countless_messages_is_refused(service: Running) -> None:
    api = service.child("serve")
    before = api.memory_info().rss
    for body in (b"{}\n" * 2_000_000, GOOD + b"\n" + b"1\n" * 3_000_000, b"[" + b"{}," * 2_000_000 + b"{}]"):
        answer = service.http.post("/v1/feeds/touchline/push-countless", content=body)
        assert answer.status_code == 413, answer.text
    assert api.memory_info().rss - before < 400 << 20
    assert service.http.get("/v1/matches/push-countless").status_code == 404


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", "image/png", "x", ""],
)
def test_the_content_type_does_not_matter_to_a_feed(service: Running, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    answer = service.http.post("/v1/feeds/touchline/push-type", content=GOOD, headers=headers)
    assert answer.status_code == 200
    answer = service.http.post("/v1/matches", content=b'{"id":"push-type"}', headers=headers)
    assert answer.status_code == 200


def test_a_coded_body_is_refused_in_words(service: Running) -> None:
    for path in ("/v1/feeds/touchline/push-coded", "/v1/matches"):
        answer = service.http.post(path, content=gzip.compress(GOOD), headers={"Content-Encoding": "gzip"})
        assert (answer.status_code, answer.headers["content-type"]) == (415, "application/problem+json")


def test_a_client_that_leaves_in_the_middle_harms_nobody(service: Running) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", service.port)) as leaving:
            leaving.sendall(b"POST /v1/feeds/touchline/push-left HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
    assert service.http.get("/v1/matches/push-left").status_code == 404
    assert psutil.Process(service.child("serve").pid).is_running()


def test_a_replay_that_was_purged_can_begin_anew(service: Running) -> None:
    """The process remembers open streams; what was purged under them must not make it deaf."""
    service.http.post("/v1/matches", json={"id": "push-again", "origin": "simulation"}).raise_for_status()
    assert service.push("push-again", GOOD)["appended"] == 1
    assert service.http.delete("/v1/replays/push-again").status_code == 204
    assert service.push("push-again", GOOD)["appended"] == 1


STATSBOMB_MATCH = {
    "match_id": 991, "match_date": "2018-08-18", "kick_off": "22:15:00.000",
    "competition": {"competition_id": 11, "competition_name": "La Liga"},
    "season": {"season_id": 4, "season_name": "2018/2019"},
    "home_team": {"home_team_id": 217, "home_team_name": "Barcelona"},
    "away_team": {"away_team_id": 206, "away_team_name": "Alavés"},
    "home_score": 3, "away_score": 0, "stadium": {"id": 1, "name": "Camp Nou"},
}  # fmt: skip


def test_metadata_of_ours_and_of_statsbomb(service: Running) -> None:
    ours = {
        "id": "meta", "home": "Ribera", "away": {"name": "Nordhavn"}, "kickoff_at": "2024-08-18T20:15:00+02:00",
        "status": "live", "official_score": {"home": 1, "away": 0},
        "lineups": [{"team": "Ribera", "players": [{"id": "p1", "name": "Ana"}]}],
    }  # fmt: skip
    first = service.http.post("/v1/matches", json=[ours]).json()
    assert first == {"items": [{"match": "meta", "appended": 4}], "next": None}
    again = service.http.post("/v1/matches", json=ours).json()
    assert again["items"] == [{"match": "meta", "appended": 0}]
    match = service.scored("meta")
    assert (match["home"], match["away"], match["status"]) == ("Ribera", "Nordhavn", "live")
    assert match["anchor_at"] == "2024-08-18T18:15:00Z"
    assert match["details"]["official_score"] == {"home": 1, "away": 0, "agrees": False}
    service.http.post("/v1/matches", json=STATSBOMB_MATCH).raise_for_status()
    theirs = service.scored("991")
    assert (theirs["home"], theirs["away"], theirs["origin"]) == ("Barcelona", "Alavés", "import")
    assert theirs["anchor_at"] == "2018-08-18T22:15:00Z"


@pytest.mark.parametrize(
    "body",
    [
        {"id": "meta-bad", "home": "a\x00b"},
        {"id": "a/b"},
        {"id": ""},
        {"id": "x" * 121},
        {"id": "meta-bad", "sport": "chess"},
        {"id": "meta-bad", "status": "sleeping"},
        {"id": "meta-bad", "kickoff_at": "2024-08-18T20:15:00"},
        {"id": "meta-bad", "kickoff_at": "0001-01-01T00:00:00+14:00"},
        {"id": "meta-bad", "kickoff_at": "9999-12-31T23:59:59-14:00"},
        {"id": "meta-bad", "official_score": {"home": -1, "away": 0}},
        {"id": "meta-bad", "unknown": 1},
        [{**STATSBOMB_MATCH}, 5],
        {**STATSBOMB_MATCH, "stadium": "Camp Nou"},
        {**STATSBOMB_MATCH, "home_team": "Barcelona"},
        {**STATSBOMB_MATCH, "match_date": "yesterday"},
        {**STATSBOMB_MATCH, "competition": None},
        None,
        "text",
        [[]],
        5,
    ],
)
def test_metadata_that_does_not_fit_is_told_and_nothing_is_kept(service: Running, body: Any) -> None:
    answer = service.http.post("/v1/matches", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert service.http.get("/v1/matches/meta-bad").status_code == 404


def test_replays_start_play_and_go(service: Running) -> None:
    service.push("again", TINY.read_bytes())
    told = service.scored("again")
    made = service.http.post("/v1/replays", json={"match": "again", "speed": 10_000, "as_match": "again-2"})
    assert (made.status_code, made.headers["location"]) == (201, "/v1/matches/again-2")

    def over() -> dict[str, Any] | None:
        match = service.http.get("/v1/matches/again-2").json()
        return match if match["version"] == told["version"] else None

    match = until(over)
    assert (match["origin"], match["replay_of"]) == ("replay", "again")
    assert [match[k] for k in ("home_score", "away_score", "home")] == [
        told[k] for k in ("home_score", "away_score", "home")
    ]
    assert service.http.delete("/v1/replays/again-2").status_code == 204
    assert service.http.get("/v1/matches/again-2").status_code == 404
    assert service.http.delete("/v1/replays/again-2").status_code == 404
    assert service.http.delete("/v1/replays/again").status_code == 409
    assert service.http.get("/v1/matches/again").json()["version"] == told["version"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"match": "again", "speed": 0}, 400),
        ({"match": "again", "speed": -1}, 400),
        ({"match": "again", "speed": 10_001}, 400),
        ({"match": "again", "speed": "fast"}, 400),
        ({"match": "again", "speed": None}, 400),
        ({"match": "again", "as_match": "again"}, 400),
        ({"match": "again", "as_match": "a/b"}, 400),
        ({"match": "again", "as_match": "\x00"}, 400),
        ({"match": "\x00"}, 400),
        ({"match": "nowhere"}, 404),
        ({"match": "again", "more": 1}, 400),
        ({}, 400),
        ([], 400),
        (None, 400),
    ],
)
def test_a_replay_that_cannot_be_is_told(service: Running, body: Any, status: int) -> None:
    service.push("again", TINY.read_bytes())
    answer = service.http.post("/v1/replays", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_pushing_is_answered_while_others_push(service: Running) -> None:
    """Two hundred small pushes to twenty matches at once; each is durable, and every count is right."""
    import concurrent.futures

    def push(i: int) -> int:
        body = b'{"id":"e%d","type":"pass","period":1,"order":%d,"clock_s":%d}' % (i, i, i % 2700)
        return service.push(f"crowd-{i % 20}", body)["appended"]

    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(32) as threads:
        assert sum(threads.map(push, range(200))) == 200
    assert all(service.scored(f"crowd-{m}")["version"] == 10 for m in range(20)), began
