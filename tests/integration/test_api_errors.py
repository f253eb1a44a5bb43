"""Whatever is asked, the answer is of the contract: never a 500, and every refusal a problem document."""

from __future__ import annotations

import string
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.running import TINY, Running

ODD = ["\x00", "\x00a", "..", ".", "a b", "é", "😀", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
       "a" * 200, "a" * 5000, "'", '"', "%", "%s", "{}", "$1", "null", "-", "~", "a;b", "<b>", "\r\n", "\u202e", "A:1"]  # fmt: skip
ROUTES = [
    ("GET", "/v1/matches/{}"),
    ("GET", "/v1/matches/{}/snapshot"),
    ("GET", "/v1/matches/{}/events"),
    ("GET", "/v1/matches/{}/signals"),
    ("DELETE", "/v1/replays/{}"),
    ("POST", "/v1/feeds/touchline/{}"),
    ("POST", "/v1/feeds/{}/m"),
    ("GET", "/v1/stream?match={}"),
    ("GET", "/v1/stream?match=errors&signal={}"),
    ("GET", "/v1/stream?match=errors&event={}"),
    ("GET", "/v1/stream?match=errors&{}=1"),
    ("GET", "/v1/matches/errors/events?type={}"),
    ("GET", "/v1/matches/errors/signals?signal={}"),
    ("GET", "/v1/matches/errors/signals?as_of_time={}"),
    ("GET", "/v1/matches/errors/signals?as_of_version={}"),
    ("GET", "/v1/matches?origin={}"),
    ("GET", "/{}"),
    ("GET", "/static/{}"),
    ("PATCH", "/v1/matches/{}"),
]


@pytest.fixture(scope="module", autouse=True)
def known(service: Running) -> None:
    """A match to ask about."""
    service.push("errors", TINY.read_bytes())
    service.scored("errors")


def check_problem(answer: httpx.Response) -> dict[str, Any]:
    """RFC 9457."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body.keys() >= {"type", "title", "status", "detail", "instance"}
    assert body["status"] == answer.status_code
    assert body["title"]
    assert body["detail"]
    return body


@pytest.mark.parametrize(("method", "route"), ROUTES)
def test_odd_names_are_refused_in_words(service: Running, method: str, route: str) -> None:
    for odd in ODD:
        # Streamed, for a stream that is opened after all would never end.
        with service.http.stream(method, service.base + route.format(quote(odd, safe="")), content=b"{}") as answer:
            if answer.status_code >= 400:
                answer.read()
        redirected = route == "/{}" and odd in (".", "..")
        if redirected or answer.status_code == 200:
            assert odd in (".", "..", "~", "-", "null", "A:1") or "matches?" in route, (route, odd)
            continue
        assert 400 <= answer.status_code < 500, (route, odd, answer.text)
        check_problem(answer)


@pytest.mark.parametrize(
    ("method", "path", "status", "says"),
    [
        ("GET", "/v1/matches/nowhere", 404, "nowhere"),
        ("GET", "/v1/matches/nowhere/events", 404, "nowhere"),
        ("GET", "/v1/matches/nowhere/signals", 404, "nowhere"),
        ("GET", "/v1/matches/nowhere/snapshot", 404, "nowhere"),
        ("GET", "/v1/stream?match=nowhere", 404, "nowhere"),
        ("GET", "/v1/stream?match=errors&match=nowhere", 404, "nowhere"),
        ("POST", "/v1/feeds/opta/m", 404, "statsbomb"),
        ("GET", "/v1/nothing", 404, "/schema"),
        ("GET", "/v1/matches/errors/signals?signal=sog", 400, "win_probability"),
        ("GET", "/v1/matches/errors/events?type=kick", 400, "shot"),
        ("GET", "/v1/stream?match=errors&signal=sog", 400, "win_probability"),
        ("GET", "/v1/stream?match=errors&event=kick", 400, "shot"),
        ("GET", "/v1/stream?matches=errors", 400, "'matches'"),
        ("GET", "/v1/stream?match=errors&delay_ms=600001", 400, "delay_ms"),
        ("GET", "/v1/stream?match=errors&delay_ms=-1", 400, "delay_ms"),
        ("GET", "/v1/stream?match=errors&delay_ms=soon", 400, "delay_ms"),
        ("GET", "/v1/matches?origin=heaven", 400, "simulation"),
        ("GET", "/v1/matches?sport=curling", 400, "soccer"),
        ("GET", "/v1/matches?status=over", 400, "half_time"),
        ("GET", "/v1/matches?origins=all", 400, "'origins'"),
        ("POST", "/v1/matches?foo=1", 400, "Known: token."),
        ("GET", "/v1/matches/errors?version=3", 400, "'version'"),
        ("GET", "/v1/matches/errors/snapshot?at=3", 400, "'at'"),
        ("GET", "/v1/matches/errors/events?types=shot", 400, "Known: cursor, format, limit, token, type."),
        ("GET", "/v1/matches/errors/signals?as_of_versoin=3", 400, "as_of_version"),
        ("GET", "/v1/signals?foo=1", 400, "Known: cursor, limit, token."),
        ("GET", "/v1/signals?foo", 400, "'foo'"),
        ("POST", "/v1/feeds/touchline/errors?conection=b", 400, "Known: connection, token."),
        ("POST", "/v1/replays?match=errors", 400, "'match'"),
        ("DELETE", "/v1/replays/errors?force=1", 400, "'force'"),
        ("GET", "/v1/matches/errors/signals?as_of_version=41", 400, "40"),
        ("GET", "/v1/matches/errors/signals?as_of_version=99999999999999999999", 400, "40"),
        ("GET", "/v1/matches/errors/signals?as_of_version=-1", 400, "as_of_version"),
        ("GET", "/v1/matches/errors/signals?as_of_version=x", 400, "as_of_version"),
        ("GET", "/v1/matches/errors/signals?as_of_time=noon", 400, "noon"),
        ("GET", "/v1/matches/errors/signals?as_of_time=2024-01-01T00:00:00", 400, "offset"),
        ("GET", "/v1/matches/errors/signals?as_of_time=0001-01-01T00:00:00%2B23:59", 400, "is out of range: in UTC"),
        ("GET", "/v1/matches/errors/signals?as_of_time=9999-12-31T23:59:59-14:00", 400, "is out of range: in UTC"),
        ("GET", "/v1/matches/errors/signals?as_of_version=1&as_of_time=2024-01-01T00:00:00Z", 400, "both"),
        ("PUT", "/v1/matches", 405, "PUT"),
        ("DELETE", "/v1/matches/errors", 405, "DELETE"),
        ("GET", "/v1/replays", 405, "GET"),
        ("POST", "/livez", 405, "POST"),
        ("POST", "/v1/stream", 405, "POST"),
        ("DELETE", "/v1/replays/errors", 409, "real"),
        ("GET", "/static/../settings.py", 404, "/schema"),
        ("GET", "/static/%2e%2e/%2e%2e/settings.py", 404, ""),
        ("GET", "/v1/matches/%ff%fe", 404, ""),
    ],
)
def test_what_does_not_fit_is_told_as_a_problem(
    service: Running, method: str, path: str, status: int, says: str
) -> None:
    answer = service.http.request(method, service.base + path)
    assert answer.status_code == status, answer.text
    assert says in check_problem(answer)["detail"]


def test_a_browser_of_another_site_may_look_and_not_touch(service: Running) -> None:
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}
    preflight = service.http.options("/v1/matches", headers=asked)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "*")
    assert "GET" in preflight.headers["access-control-allow-methods"]
    seen = service.http.get("/v1/matches", headers={"Origin": "https://example.org"})
    assert (seen.status_code, seen.headers["access-control-allow-origin"]) == (200, "*")
    asked["Access-Control-Request-Method"] = "POST"
    assert service.http.options("/v1/matches", headers=asked).status_code == 400
    crossing = {"Origin": "https://example.org", "Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"}
    answer = service.http.post("/v1/matches", content=b'{"id":"crossed"}', headers=crossing)
    assert answer.status_code == 403
    check_problem(answer)
    assert service.http.get("/v1/matches/crossed").status_code == 404


def test_head_answers_as_get_does_and_sends_nothing(service: Running) -> None:
    for path in ("/", "/livez", "/readyz", "/metrics", "/schema", "/schema/openapi.json", "/v1/signals", "/v1/stream"):
        answer = service.http.head(path)
        assert (answer.status_code, answer.content) == (200, b""), path
    assert service.http.head("/v1/matches/nowhere").status_code == 404
    assert service.http.head("/v1/stream").headers["content-type"].startswith("text/event-stream")
    assert service.http.options("/v1/matches").status_code == 204


TEXT = st.one_of(st.sampled_from(ODD), st.text(max_size=30), st.text(string.digits + "-.eE", max_size=25))
PARAMETERS = {
    "/v1/matches": ["limit", "cursor", "origin", "sport", "status"],
    "/v1/matches/errors/events": ["limit", "cursor", "type"],
    "/v1/matches/errors/signals": ["limit", "cursor", "signal", "as_of_version", "as_of_time"],
    "/v1/signals": ["limit", "cursor"],
}
QUERY = st.sampled_from(sorted(PARAMETERS)).flatmap(
    lambda path: st.tuples(st.just(path), st.dictionaries(st.sampled_from(PARAMETERS[path]), TEXT, max_size=4))
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@FUZZ
@given(asked=QUERY)
def test_any_query_is_answered(service: Running, asked: tuple[str, dict[str, str]]) -> None:
    path, query = asked
    try:
        answer = service.http.get(path, params=query)
    except (UnicodeEncodeError, httpx.InvalidURL):
        return
    assert answer.status_code in (200, 400), (query, answer.text)
    if answer.status_code == 400:
        check_problem(answer)


def some(known: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with some of these fields, each as it should be or anything at all."""
    return st.fixed_dictionaries({}, optional={k: st.one_of(v, v, v, JSON) for k, v in known.items()})


TEAM = st.one_of(st.text(max_size=12), some({"id": st.text(max_size=12), "name": st.text(max_size=12)}))
META = some(
    {
        "id": st.sampled_from(["fuzz-1", "fuzz-2"]),
        "home": TEAM,
        "away": TEAM,
        "sport": st.just("soccer"),
        "origin": st.sampled_from(["live", "simulation"]),
        "kickoff_at": st.datetimes().map(lambda t: t.isoformat() + "Z"),
        "status": st.sampled_from(["live", "finished", "suspended", "half_time"]),
        "official_score": some({"home": st.integers(), "away": st.integers()}),
        "lineups": st.lists(
            some({"team": st.text(max_size=9), "players": st.lists(some({"id": st.text(max_size=9)}))})
        ),
    }
)
EVENT = some(
    {
        "id": st.sampled_from(["e1", "e2", "e3"]),
        "type": st.sampled_from(["shot", "pass", "period_start", "period_end", "card", "substitution", "own_goal"]),
        "kind": st.sampled_from(["recorded", "amended", "retracted"]),
        "period": st.sampled_from([0, 1, 2, 3, 4, 5, 100]),
        "order": st.floats(-1e12, 1e12),
        "clock_s": st.floats(0, 14400),
        "team": st.sampled_from(["a", "b", "c"]),
        "player": st.sampled_from(["p1", "p2"]),
        "revision": st.integers(0, 4),
        "fields": some({"x_m": st.floats(-5, 110), "y_m": st.floats(-5, 73), "outcome": st.sampled_from(["goal", "saved"]),
                        "home_team": st.just("a"), "card": st.sampled_from(["red", "yellow"])}),
    }
)  # fmt: skip


@FUZZ
@given(body=st.one_of(META, st.lists(META, max_size=2), JSON))
def test_any_metadata_is_answered(service: Running, body: Any) -> None:
    answer = service.http.post("/v1/matches", json=body)
    assert answer.status_code in (200, 400), (body, answer.text)


@FUZZ
@given(body=some({"match": st.sampled_from(["nowhere", "\x00"]), "speed": st.floats(), "as_match": st.text()}) | JSON)
def test_any_replay_is_answered(service: Running, body: Any) -> None:
    import json

    answer = service.http.post("/v1/replays", content=json.dumps(body).encode())
    assert answer.status_code in (400, 404), (body, answer.text)


@FUZZ
@given(events=st.lists(EVENT, min_size=1, max_size=6))
def test_any_events_are_answered(service: Running, events: list[dict[str, Any]]) -> None:
    answer = service.http.post("/v1/feeds/touchline/fuzz-events", json=events)
    assert answer.status_code == 200, (events, answer.text)
    assert answer.json()["received"] == len(events)


@FUZZ
@given(body=st.binary(max_size=200))
def test_any_bytes_are_answered(service: Running, body: bytes) -> None:
    for path in ("/v1/feeds/touchline/fuzz-bytes", "/v1/feeds/statsbomb/fuzz-bytes2", "/v1/matches", "/v1/replays"):
        assert service.http.post(path, content=body).status_code in (200, 400), (path, body)


def test_after_all_that_nothing_is_parked_or_at_fault(service: Running) -> None:
    """The last of the file: what was taken in must also have been scored, and be readable."""
    for match in service.walk("/v1/matches", origin="all"):
        if match["id"].startswith("fuzz"):
            assert service.scored(match["id"])["parked_reason"] is None
            for part in ("snapshot", "events", "signals", "signals?as_of_version=0"):
                assert service.http.get(f"/v1/matches/{match['id']}/{part}").status_code == 200
    assert "api.fault" not in service.log.read_text()
