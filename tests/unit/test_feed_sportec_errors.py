"""Sportec: what is damaged, hostile or impossible is refused with one sentence, and nothing else happens."""

from __future__ import annotations

import random
import time

import pytest

from app.errors import DecodeError, UnreadableFile
from app.feeds.sportec import PROVIDER
from tests.unit.sportec_kit import HOME, event, information, kick_off, place, play, request, shot

OPTIONS = PROVIDER.stream_options([kick_off()])
BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><PutDataRequest><Event EventId="&c;"/></PutDataRequest>"""
OUTSIDE = b"""<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]><Event EventId="1"><Foul>&x;</Foul></Event>"""
OUTSIDE_TYPE = b"""<!DOCTYPE e SYSTEM "http://127.0.0.1:9/e.dtd"><Event EventId="1"/>"""


def refused(payload: bytes) -> str:
    with pytest.raises(UnreadableFile) as caught:
        list(PROVIDER.split(payload))
    return str(caught.value)


def undecodable(raw: bytes) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        PROVIDER.decode(raw, OPTIONS)
    return caught.value


@pytest.mark.parametrize("payload", [BOMB, OUTSIDE, OUTSIDE_TYPE])
def test_a_document_type_is_refused(payload: bytes) -> None:
    began = time.monotonic()
    assert "DOCTYPE" in refused(payload)
    assert "DOCTYPE" in str(undecodable(payload))
    assert time.monotonic() - began < 1.0


def test_entities_that_nobody_declared() -> None:
    assert "undefined entity" in refused(request([b'<Event EventId="1">&lol;</Event>']))
    assert "undefined entity" in str(undecodable(b'<Event EventId="1">&lol;</Event>'))


def test_nesting_without_end() -> None:
    deep = b"<Event EventId='1'>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</Event>"
    assert "nested" in refused(deep)
    assert "nested" in str(undecodable(deep))


@pytest.mark.parametrize(
    ("payload", "word"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b'{"id": 1}', "not XML"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (request([]).decode().replace("UTF-8", "ISO-8859-1").encode("latin-1"), "ISO-8859-1"),
        (request([]).decode().encode("utf-16"), "not XML"),
        (request([b'<Event Name="M\xfcnchen"/>']), "broken at byte"),
        (request([b"<Event></Evnt>"]), "broken at byte"),
        (b"<Event/>" + b"</PutDataRequest>", "broken at byte"),
    ],
)
def test_what_is_no_document(payload: bytes, word: str) -> None:
    assert word in refused(payload)


def test_a_document_that_is_cut_off_anywhere_is_refused_whole() -> None:
    whole = request([kick_off(), play("p", "15:31:00.000")])
    for end in range(60, len(whole.rstrip()) - 1, 7):
        assert "cut off" in refused(whole[:end]) or "broken" in refused(whole[:end])
    assert f"cut off: it ends at byte {len(whole) - 20}" in refused(whole[:-20])


@pytest.mark.parametrize(
    ("raw", "name", "words"),
    [
        (b"<Event/>", None, ["Event/@EventId"]),
        (b'<Event EventId="1"/>', "1", ["no element"]),
        (event("1", None, "<Foul/>"), "1", ["EventTime", "missing"]),
        (event("1", "25:00:00", "<RefereeBall/>"), "1", ["EventTime", "UTC offset", "25:00:00"]),
        (event("1", None, "<RefereeBall/>", EventTime="2024-03-02T15:30:00"), "1", ["EventTime", "UTC offset"]),
        (event("1", "23:59:00.000", "<RefereeBall/>"), "1", ["EventTime", "hours after"]),
        (event("1", "15:31:00.000", '<Play Evaluation="x"/>'), "1", ["Play/@Team", "missing"]),
        (event("1", "15:31:00.000", "<ShotAtGoal/>"), "1", ["ShotAtGoal/@Team", "missing"]),
        (event("1", "15:31:00.000", '<ShotAtGoal Team="a" xG="1.5"/>'), "1", ["ShotAtGoal/@xG", "1.5"]),
        (event("1", "15:31:00.000", "<TacklingGame/>"), "1", ["TacklingGame/@WinnerTeam"]),
        (event("1", "15:31:00.000", "<Foul/>"), "1", ["Foul/@TeamFouler"]),
        (event("1", "15:31:00.000", "<OwnGoal/>"), "1", ["OwnGoal/@TeamOwnGoalCountsFor"]),
        (event("1", "15:31:00.000", "<Caution Team='a'/>"), "1", ["Caution/@CardColor", "missing"]),
        (event("1", "15:31:00.000", "<Caution Team='a' Player='b' CardColor='blue'/>"), "1", ["CardColor", "'blue'"]),
        (event("1", "15:31:00.000", "<Substitution Team='a' PlayerOut='b'/>"), "1", ["Substitution/@PlayerIn"]),
        (event("1", "15:31:00.000", "<KickOff GameSection='lunch'/>"), "1", ["KickOff/@GameSection", "'lunch'"]),
        (event("1", "15:31:00.000", "<FinalWhistle/>"), "1", ["FinalWhistle/@GameSection", "missing"]),
        (event("1", "15:31:00.000", "<Offside Team='a b'/>"), "1", ["Offside/@Team", "spaces"]),
        (shot("1", "15:31:00.000", x=200), "1", ["X-Position", "off the pitch"]),
        (event("1", "15:31:00.000", f"<Offside Team='{HOME}'/>", X_Position="1"), "1", ["Y-Position", "missing"]),
        (event("1", "15:31:00.000", f"<Offside Team='{HOME}'/>", **place(float("nan"), 1)), "1", ["X-Position", "nan"]),
        (b"<Positions/>", None, ["<Positions>"]),
        (b"<Team TeamId='t'/>", "MatchInformation.Team.t", ["Team/@Role"]),
        (b"<Environment PitchX='9000' PitchY='68'/>", "MatchInformation.Environment", ["PitchX", "9000"]),
        (b"<Team TeamId='t' Role='home'><Player Starting='true'/></Team>", "MatchInformation.Team.t", ["@PersonId"]),
        (b'<Event EventId="17" EventTime="2024', "17", ["well-formed"]),
        (b"\xff\xfe\x00", None, ["well-formed"]),
    ],
)
def test_what_cannot_be_decoded_names_event_and_attribute(raw: bytes, name: str | None, words: list[str]) -> None:
    error = undecodable(raw)
    assert error.source_event_id == name
    assert all(word in error.reason for word in words), error.reason


def test_nothing_but_a_decode_error_comes_of_any_damage() -> None:
    rng = random.Random(7)
    sound = [kick_off(), play("p", "15:31:00.000"), shot("s", "15:32:00.000"), information()]
    for _ in range(4000):
        raw = bytearray(rng.choice(sound))
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(raw))
            how = rng.random()
            if how < 0.4:
                raw[at] = rng.randrange(256)
            elif how < 0.7:
                del raw[at : at + rng.randint(1, 40)]
            else:
                raw[at:at] = raw[: rng.randint(1, 40)]
            if not raw:
                raw = bytearray(b"<")
        try:
            messages = [m for m in PROVIDER.split(bytes(raw)) if isinstance(m, bytes)]
        except UnreadableFile:
            messages = []
        options = PROVIDER.stream_options([bytes(raw), *messages])
        for message in [bytes(raw), *messages]:
            try:
                PROVIDER.decode(message, options)
            except DecodeError as error:
                assert error.reason


def test_of_bare_events_one_that_is_broken_is_set_apart_alone() -> None:
    good, broken = play("p", "15:31:00.000"), play("q", "15:31:00.000")[:-9]
    first, second, third = PROVIDER.split(b"\n".join([good, broken, good]))
    assert (first, third) == (good, good)
    assert isinstance(second, DecodeError)
    assert (second.source_event_id, second.payload) == ("q", broken)
    assert "cut off" in refused(broken)
    assert [isinstance(m, bytes) for m in PROVIDER.split(good + b"\n<Ev\n" + good)] == [True, False, True]
