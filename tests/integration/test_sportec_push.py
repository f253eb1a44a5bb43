"""Sportec documents pushed over HTTP: one event and many, taken back, amended, and out of order."""

from __future__ import annotations

from typing import Any

from tests.running import Running
from tests.unit.sportec_kit import (
    AWAY,
    HOME,
    KICK_OFF_2,
    delete,
    information,
    kick_off,
    play,
    request,
    shot,
    whistle,
)


def push(service: Running, match: str, *told: bytes) -> dict[str, Any]:
    return service.push(match, request(told), "sportec")


def score(service: Running, match: str) -> tuple[int, int]:
    found = service.scored(match)
    return found["home_score"], found["away_score"]


def events(service: Running, match: str) -> dict[str, dict[str, Any]]:
    return {e["source_event_id"]: e for e in service.walk(f"/v1/matches/{match}/events")}


MATCH = [
    kick_off(),
    play("p1", "15:31:00.000"),
    shot("g1", "15:40:00.000", HOME, "SuccessfulShot"),
    whistle(),
    kick_off("k2", KICK_OFF_2, "secondHalf", AWAY),
    shot("g2", "16:40:00.000", AWAY, "SuccessfulShot"),
    shot("s3", "16:50:00.000", HOME, x=11),
]


def test_one_event_at_a_time_and_all_at_once(service: Running) -> None:
    assert service.push("sportec-single", information(), "sportec")["appended"] == 4
    for told in MATCH:
        assert push(service, "sportec-single", told)["appended"] == 1
        assert push(service, "sportec-single", told)["repeated"] == 1
    service.push("sportec-bulk", information(), "sportec")
    assert push(service, "sportec-bulk", *MATCH)["appended"] == len(MATCH)
    for match in ("sportec-single", "sportec-bulk"):
        found = service.scored(match)
        assert (found["home"], found["home_score"], found["away_score"], found["away"]) == ("Home FC", 1, 1, "Guests")
        assert found["version"] == len(MATCH) + 4
    assert events(service, "sportec-single").keys() == events(service, "sportec-bulk").keys()
    xg = {p["source_event_id"] for p in service.walk("/v1/matches/sportec-single/signals", signal="xg")}
    assert xg == {"g1", "g2", "s3"}


def test_a_delete_takes_a_goal_back_also_before_it_comes(service: Running) -> None:
    match = "sportec-delete"
    push(service, match, *MATCH)
    assert score(service, match) == (1, 1)
    assert push(service, match, delete("g1"))["appended"] == 1
    assert score(service, match) == (0, 1)
    assert push(service, match, delete("g9"))["appended"] == 1
    push(service, match, shot("g9", "16:55:00.000", AWAY, "SuccessfulShot"))
    assert score(service, match) == (0, 1)


def test_the_same_event_again_with_other_content_amends_it(service: Running) -> None:
    match = "sportec-amend"
    push(service, match, *MATCH)
    assert push(service, match, shot("s3", "16:50:00.000", HOME, "SuccessfulShot", x=11))["appended"] == 1
    assert score(service, match) == (2, 1)
    assert push(service, match, *MATCH)["repeated"] == len(MATCH)
    assert score(service, match) == (2, 1)


def test_a_kick_off_that_comes_last_puts_everything_in_its_place(service: Running) -> None:
    match, order = "sportec-late", [MATCH[6], MATCH[5], MATCH[2], MATCH[1], MATCH[4], MATCH[3], MATCH[0]]
    for told in order:
        push(service, match, told)
    service.push(match, information(), "sportec")
    service.push("sportec-early", information(), "sportec")
    push(service, "sportec-early", *MATCH)
    assert score(service, match) == score(service, "sportec-early") == (1, 1)
    late, early = events(service, match), events(service, "sportec-early")
    for name, event in early.items():
        assert [late[name][k] for k in ("period", "elapsed_s", "fields")] == [
            event[k] for k in ("period", "elapsed_s", "fields")
        ], name


def test_a_kick_off_that_is_corrected_or_deleted(service: Running) -> None:
    match = "sportec-corrected"
    push(service, match, *MATCH)
    push(service, match, kick_off("k2", "16:34:00.000", "secondHalf", AWAY))
    service.scored(match)
    assert events(service, match)["g2"]["elapsed_s"] == 2700.0 + 360
    push(service, match, MATCH[4])  # the wrong one, once more: a repeat undoes nothing
    service.scored(match)
    assert events(service, match)["g2"]["elapsed_s"] == 2700.0 + 360
    push(service, match, delete("k2"))
    service.scored(match)
    assert events(service, match)["g2"]["period"] == 1


def test_what_is_no_sound_document_is_refused_and_a_bad_event_is_kept_apart(service: Running) -> None:
    def answer(body: bytes) -> tuple[int, str]:
        got = service.http.post("/v1/feeds/sportec/sportec-bad", content=body)
        return got.status_code, got.text

    bomb = b'<!DOCTYPE e [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Event EventId="1">&b;</Event>'
    for body, word in (
        (bomb, "DOCTYPE"),
        (request(MATCH)[:-30], "cut off"),
        (b"{}", "not XML"),
        (request([]), "no event"),
    ):
        status, text = answer(body)
        assert 400 <= status < 500 and word in text
    assert service.http.get("/v1/matches/sportec-bad").status_code == 404
    done = push(service, "sportec-bad", *MATCH[:2], shot("bad", "15:41:00.000", x=500), MATCH[2])
    assert (done["appended"], done["quarantined"]) == (3, 1)
    assert done["problems"] == ["message 3 (id bad): Attribute `X-Position`: 500, 34 is off the pitch of 105 x 68 m."]
