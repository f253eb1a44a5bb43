"""Lists, matches, points and events over HTTP: the form of every answer, and pages that lose nothing."""

from __future__ import annotations

from typing import Any

import pytest

from app.sports.base import sports
from tests.running import TINY, Running

MATCH_FIELDS = {
    "id", "sport", "home", "away", "home_score", "away_score", "period", "elapsed_s", "clock_display", "status", "origin",
}  # fmt: skip
POINT_FIELDS = {
    "signal", "subject", "source_event_id", "value", "status", "revision", "period", "elapsed_s", "version", "model",
}  # fmt: skip


@pytest.fixture(scope="module")
def tiny(service: Running) -> str:
    """The tiny match, with a status of ours in its log, scored."""
    service.push("lists", TINY.read_bytes())
    said = {"id": "lists", "kickoff_at": "2024-08-18T20:15:00+02:00", "competition": "Cup", "status": "full_time"}
    assert service.http.post("/v1/matches", json=said).status_code == 200
    service.scored("lists")
    return "lists"


LISTS: list[tuple[str, dict[str, Any]]] = [
    ("/v1/matches", {"origin": "all"}),
    ("/v1/matches/lists/events", {}),
    ("/v1/matches/lists/events", {"type": ["pass", "shot"]}),
    ("/v1/matches/lists/signals", {}),
    ("/v1/matches/lists/signals", {"signal": "win_probability"}),
    ("/v1/matches/lists/signals", {"as_of_version": 25}),
    ("/v1/matches/lists/signals", {"as_of_time": "2100-01-01T00:00:00Z"}),
    ("/v1/signals", {}),
]


@pytest.mark.parametrize(("path", "query"), LISTS)
def test_a_list_comes_whole_in_pages_of_any_size(service: Running, tiny: str, path: str, query: dict[str, Any]) -> None:
    if path == "/v1/matches":
        for i in range(4):
            service.push(f"page-{i}", b'{"id":"a","type":"period_start","period":1,"order":1,"clock_s":0}')
            service.scored(f"page-{i}")
    whole = service.walk(path, 1000, **query)
    assert len(whole) > 2
    for limit in (1, 2, 7, len(whole)):
        if limit == 1 and len(whole) > 60:
            continue
        assert service.walk(path, limit, **query) == whole


@pytest.mark.parametrize(("path", "query"), LISTS)
@pytest.mark.parametrize("limit", ["0", "-1", "1001", "abc", "1.5", ""])
def test_a_limit_that_does_not_fit_is_told(
    service: Running, tiny: str, path: str, query: dict[str, Any], limit: str
) -> None:
    answer = service.http.get(path, params={**query, "limit": limit})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert "limit" in answer.json()["detail"]


@pytest.mark.parametrize(("path", "query"), LISTS)
@pytest.mark.parametrize(
    "cursor", ["x", "%%", "", "WzFd", "WyJhIiwgImIiXQ", "é", "\x00", "WzFlOTk5XQ", "Wy01XQ", "a" * 5000]
)
def test_a_cursor_of_another_list_is_told(
    service: Running, tiny: str, path: str, query: dict[str, Any], cursor: str
) -> None:
    answer = service.http.get(path, params={**query, "cursor": cursor})
    computed = "as_of_version" in query or "as_of_time" in query or path == "/v1/signals"
    if computed and cursor == "WzFd":
        assert answer.status_code == 200
        return
    assert answer.status_code == 400
    assert "cursor" in answer.json()["detail"]


def test_a_match_says_what_the_contract_says(service: Running, tiny: str) -> None:
    listed = next(m for m in service.walk("/v1/matches") if m["id"] == tiny)
    one = service.http.get(f"/v1/matches/{tiny}").json()
    snapshot = service.http.get(f"/v1/matches/{tiny}/snapshot").json()
    assert listed.keys() >= MATCH_FIELDS
    assert {k: one[k] for k in listed} == listed
    assert snapshot["match"] == one
    assert (one["home"], one["home_score"], one["away_score"], one["away"]) == ("Harbour City", 2, 1, "Northgate")
    assert (one["origin"], one["status"], one["details"]["competition"]) == ("live", "full_time", "Cup")


def test_a_point_says_what_the_contract_says(service: Running, tiny: str) -> None:
    points = service.walk(f"/v1/matches/{tiny}/signals")
    assert all(p.keys() >= POINT_FIELDS for p in points)
    assert {p["signal"] for p in points} >= {"xg", "win_probability"}
    assert {p["status"] for p in points} <= {"provisional", "final", "suspended", "degraded", "withdrawn"}
    order = [(p["period"], p["elapsed_s"], p["order_key"]) for p in points]
    assert order == sorted(order)


def test_the_events_are_the_feeds_and_none_of_ours(service: Running, tiny: str) -> None:
    events = service.walk(f"/v1/matches/{tiny}/events")
    assert [e["source_event_id"] for e in events] == sorted(e["source_event_id"] for e in events)
    assert {e["provider"] for e in events} == {"touchline"}
    assert len(events) == len(TINY.read_bytes().splitlines())
    assert not {e["type"] for e in events} & set(sports()["soccer"].control_types) - set(sports()["soccer"].feed_types)
    shots = service.walk(f"/v1/matches/{tiny}/events", type="shot")
    assert shots == [e for e in events if e["type"] == "shot"]


def test_the_past_by_version_is_what_a_shorter_match_says(service: Running, tiny: str) -> None:
    lines = TINY.read_bytes().splitlines(keepends=True)
    service.push("lists-short", b"".join(lines[:25]))
    service.scored("lists-short")
    then = service.walk(f"/v1/matches/{tiny}/signals", as_of_version=25)
    now = service.walk("/v1/matches/lists-short/signals")
    kept = POINT_FIELDS | {"anchor", "team", "order_key", "clock_display"}

    def sorted_by_key(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
        found = [{k: p[k] for k in kept} for p in points]
        return sorted(found, key=lambda p: (p["signal"], p["subject"], p["anchor"]))

    assert sorted_by_key(then) == sorted_by_key(now)
    assert service.walk(f"/v1/matches/{tiny}/signals", as_of_version=0) == []


def test_the_past_by_time_is_what_was_published(service: Running, tiny: str) -> None:
    aired = service.walk(f"/v1/matches/{tiny}/signals", as_of_time="2100-01-01T00:00:00Z")
    assert all(p.keys() >= POINT_FIELDS for p in aired)
    now = service.walk(f"/v1/matches/{tiny}/signals")
    key = ("signal", "subject", "anchor", "value")
    assert {tuple(p[k] for k in key) for p in aired} == {tuple(p[k] for k in key) for p in now}
    middle = sorted(p["published_at"] for p in aired)[0]
    assert service.walk(f"/v1/matches/{tiny}/signals", as_of_time=middle)
    assert service.walk(f"/v1/matches/{tiny}/signals", as_of_time="2020-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    "path",
    ["/v1/matches?status=full_time", "/v1/matches/lists", "/v1/matches/lists/snapshot", "/v1/matches/lists/events",
     "/v1/matches/lists/signals", "/v1/matches/lists/signals?as_of_version=9", "/v1/signals"],
)  # fmt: skip
def test_what_a_client_has_is_not_sent_again(service: Running, tiny: str, path: str) -> None:
    first = service.http.get(path)
    etag = first.headers["etag"]
    again = service.http.get(path, headers={"If-None-Match": f'"other", {etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert service.http.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    head = service.http.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", etag)


def test_origins_are_told_apart(service: Running, tiny: str) -> None:
    for origin in ("import", "replay", "simulation"):
        service.http.post("/v1/matches", json={"id": f"lists-{origin}", "origin": origin}).raise_for_status()

    def ids(**query: str) -> set[str]:
        return {m["id"] for m in service.walk("/v1/matches", **query)}

    assert {tiny, "lists-import"} <= ids()
    assert not {"lists-replay", "lists-simulation"} & ids()
    assert {tiny, "lists-import", "lists-replay", "lists-simulation"} <= ids(origin="all")
    assert {m["origin"] for m in service.walk("/v1/matches", origin="replay,simulation")} == {"replay", "simulation"}
    assert tiny not in ids(origin="import")
    assert ids(sport="soccer", status="postponed") == set()
