"""Touchline's own format: what it takes, what it refuses, and that its schema and its page say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from app.errors import DecodeError
from app.feeds.base import FeedEvent, provider
from app.feeds.touchline import NEEDS_TEAM, PROVIDER, SCHEMA_FILE, TouchlineEvent, decode, json_schema, schema_text
from app.sports.soccer.events import FEED_TYPES, OUTCOMES, DuelKind, Fields, LineupPlayer, PassKind

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "touchline-format.md").read_text()
TINY_MATCH = (ROOT / "tests" / "fixtures" / "tiny_match.jsonl").read_bytes()
VALIDATOR = Draft202012Validator(json_schema())


def message(**changes: Any) -> dict[str, Any]:
    event = {"id": "e1", "type": "pass", "period": 1, "order": 3, "clock_s": 12.5, "team": "harbour", "player": "h9"}
    return {k: v for k, v in (event | changes).items() if v is not ...}


def read(event: dict[str, Any]) -> FeedEvent:
    return decode(json.dumps(event).encode(), {})


def read_all(payload: bytes) -> list[FeedEvent]:
    return [decode(raw, {}) for raw in PROVIDER.split(payload) if isinstance(raw, bytes)]


def examples() -> list[str]:
    """Every JSON example of the page."""
    blocks = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    lines = [line for block in re.findall(r"```jsonl\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    return blocks + lines


def test_an_event_is_what_it_says() -> None:
    assert provider("touchline") is PROVIDER
    event = read(message(revision=4, fields={"x_m": 50, "y_m": 30.5, "outcome": "complete", "recipient": "h4"}))
    assert (event.source_event_id, event.type, event.kind, event.revision) == ("e1", "pass", "recorded", 4)
    assert (event.period, event.order_key, event.elapsed_s) == (1, 3.0, 12.5)
    assert (event.team, event.player) == ("touchline:team:harbour", "touchline:player:h9")
    assert event.fields == Fields(x_m=50.0, y_m=30.5, outcome="complete", recipient="touchline:player:h4")


def test_every_id_inside_is_qualified() -> None:
    fields = {
        "possession_team": "harbour",
        "replacement": "statsbomb:player:7",
        "lineup": [{"player": "h1", "shirt": 1}, {"player": "opta:player:p9"}],
    }
    event = read(message(type="lineup", team="statsbomb:team:217", player=..., fields=fields))
    assert (event.team, event.player) == ("statsbomb:team:217", None)
    assert event.fields.possession_team == "touchline:team:harbour"
    assert event.fields.replacement == "statsbomb:player:7"
    assert event.fields.lineup == [LineupPlayer("touchline:player:h1", shirt=1), LineupPlayer("opta:player:p9")]


def test_a_retraction_needs_nothing_but_the_id() -> None:
    event = read({"id": "e1", "kind": "retracted"})
    assert (event.kind, event.type, event.period, event.order_key, event.elapsed_s) == ("retracted", "other", 0, 0, 0)
    assert read(message(kind="retracted", type="shot", team=...)).type == "shot"


def test_an_amendment_is_a_whole_event() -> None:
    assert read(message(kind="amended")).kind == "amended"
    with pytest.raises(DecodeError, match="`order` is missing"):
        read(message(kind="amended", order=...))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": ...}, "Object missing required field `id`."),
        ({"id": ""}, "Field `id`: expected `str` of length >= 1"),
        ({"type": ...}, "Field `type` is missing; only a retracted event may leave it out."),
        ({"clock_s": None}, "Field `clock_s` is missing"),
        ({"type": "shoot"}, "Field `type`: there is no type 'shoot'. Known: lineup"),
        ({"type": "match_info"}, "there is no type 'match_info'"),
        ({"period": 6}, "Field `period`: 6 is none of 0, 1, 2, 3, 4, 5, 100."),
        ({"period": 10**30}, "Field `period`"),
        ({"order": "3"}, "Field `order`"),
        ({"clock_s": -1}, "Field `clock_s`: expected `float` >= 0.0; it is -1."),
        ({"clock_s": 99999}, "Field `clock_s`"),
        ({"kind": "deleted"}, 'Field `kind`: expected one of amended, recorded, retracted; it is "deleted".'),
        ({"sport": "curling"}, "Field `sport`"),
        ({"typ": "pass"}, "Object contains unknown field `typ`."),
        ({"fields": {"x": 5}}, "Field `fields`: object contains unknown field `x`"),
        ({"fields": {"x_m": 300}}, "Field `fields.x_m`: expected `float` <= 110.0; it is 300."),
        (
            {"fields": {"body_part": "elbow"}},
            'Field `fields.body_part`: expected one of head, left_foot, other, right_foot; it is "elbow".',
        ),
        ({"type": "foul", "fields": {"card": "rot"}}, 'expected one of red, second_yellow, yellow; it is "rot".'),
        (
            {"type": "shot", "fields": {"outcome": "gaol"}},
            "Field `fields.outcome`: 'gaol' is no outcome of a shot. Known: goal, saved, saved_to_post",
        ),
        ({"type": "shot", "fields": {"outcome": "complete"}}, "'complete' is no outcome of a shot"),
        ({"fields": {"outcome": "gool"}}, "'gool' is no outcome of a pass. Known: complete, incomplete, out, offside"),
        ({"type": "goalkeeper", "fields": {"outcome": "x"}}, "is no outcome of a goalkeeper. Known: claim"),
        ({"type": "dribble", "fields": {"outcome": "complete"}}, "the type dribble has no outcome; only shot, pass"),
        ({"fields": {"pass_kind": "xx"}}, "Field `fields.pass_kind`: there is no kind 'xx'. Known: corner, free_kick"),
        ({"type": "duel", "fields": {"duel_kind": "air"}}, "there is no kind 'air'. Known: tackle, aerial."),
        ({"fields": {"possession": 10**30}}, "Field `fields.possession`"),
        ({"type": "shot", "team": ...}, "Field `team` is missing; the type shot needs one."),
        ({"team": "a b"}, "Field `team`"),
        ({"team": "statsbomb:player:5"}, "Field `team`: expected an id without a colon, or provider:team:id"),
        ({"player": "5503:x"}, "Field `player`: expected an id without a colon, or provider:player:id"),
        ({"fields": {"recipient": ""}}, "Field `fields.recipient`: an id is 1 to 200 characters without spaces"),
        ({"fields": {"lineup": [{"player": "a"}, {"player": "b c"}]}}, "Field `fields.lineup[1].player`"),
        ({"fields": {"detail": "a\x00"}}, "NUL"),
    ],
)
def test_the_reason_names_what_does_not_fit(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        read(message(**changes))
    assert reason in caught.value.reason
    assert caught.value.source_event_id == (None if "id" in changes else "e1")


def test_the_schema_is_the_one_that_is_kept() -> None:
    assert SCHEMA_FILE.read_text() == schema_text(), "run: python -m app.feeds.touchline > " + str(SCHEMA_FILE)
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("example", examples())
def test_the_examples_of_the_page_are_valid(example: str) -> None:
    VALIDATOR.validate(json.loads(example))
    assert decode(example.encode(), {}).source_event_id


def test_the_page_names_every_member_type_and_field() -> None:
    assert len(examples()) == 11
    named = set(re.findall(r"`([a-z_]+)`", PAGE))
    wanted = {
        *TouchlineEvent.__struct_fields__,
        *FEED_TYPES,
        *Fields.__struct_fields__,
        *LineupPlayer.__struct_fields__,
    }
    assert wanted - named == set()
    assert set(re.findall(r"`(\w+)`", PAGE.split("needed by")[1].split("|")[0])) == NEEDS_TEAM


@pytest.mark.parametrize(
    "event",
    [
        message(type=...),
        message(order=...),
        message(type="shoot"),
        message(type="shot", team=...),
        message(period=7),
        message(fields={"x_m": 300}),
        message(colour="red"),
        message(fields={"outcome": "gool"}),
        message(fields={"outcome": "goal"}),
        message(type="shot", fields={"outcome": "complete"}),
        message(type="dribble", fields={"outcome": "complete"}),
        message(fields={"pass_kind": "xx"}),
        message(type="duel", fields={"duel_kind": "air"}),
        message(type="foul", fields={"card": "rot"}),
        message(kind="amended", clock_s=None),
        {"kind": "retracted"},
    ],
)
def test_schema_and_decoder_refuse_the_same(event: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(event)
    with pytest.raises(DecodeError):
        read(event)


@pytest.mark.parametrize("number", [0, -1, 2**53 + 1, 1.5, "7"])
def test_a_number_that_no_message_has(number: Any) -> None:
    with pytest.raises(DecodeError, match="sequence"):
        read(message(sequence=number))


def test_the_number_of_a_message() -> None:
    assert read(message(sequence=7)).sequence == 7
    assert read(message()).sequence is None


def test_every_word_of_the_vocabulary_is_taken_and_on_the_page() -> None:
    named = set(re.findall(r"`([a-z_]+)`", PAGE))
    for type_, words in OUTCOMES.items():
        for word in (*words, None):
            event = message(type=type_, fields={"outcome": word})
            VALIDATOR.validate(event)
            assert read(event).fields.outcome == word
            assert word is None or word in named
    for kinds in ({"pass_kind": get_args(PassKind)}, {"duel_kind": get_args(DuelKind)}):
        for name, words in kinds.items():
            for word in words:
                VALIDATOR.validate(message(fields={name: word}))
                assert getattr(read(message(fields={name: word})).fields, name) == word
                assert word in named


def test_a_retraction_may_repeat_what_it_takes_back() -> None:
    told = {"id": "e1", "kind": "retracted", "fields": {"outcome": "goal"}}
    VALIDATOR.validate(told)
    assert read(told).kind == "retracted"


def test_an_event_in_the_log_is_read_with_whatever_word_it_has() -> None:
    """It was taken in before words were checked, or when there were others: its match must stay readable."""
    assert msgspec.json.decode(b'{"outcome":"gaol","pass_kind":"xx"}', type=Fields).outcome == "gaol"


def test_the_tiny_match() -> None:
    for line in TINY_MATCH.splitlines():
        VALIDATOR.validate(json.loads(line))
    events = read_all(TINY_MATCH)
    assert len(events) == 40
    assert len({e.source_event_id for e in events}) == 40
    assert [(e.period, e.order_key) for e in events] == sorted((e.period, e.order_key) for e in events)
    goals = [e.team for e in events if e.type == "own_goal" or e.fields.outcome == "goal"]
    assert goals == ["touchline:team:harbour", "touchline:team:northgate", "touchline:team:harbour"]
    assert [e.fields.card for e in events if e.fields.card] == ["yellow", "red"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = st.sampled_from(sorted(TouchlineEvent.__struct_fields__))
FIELDS = st.dictionaries(st.sampled_from(sorted(Fields.__struct_fields__)), anything, max_size=3)


@given(st.dictionaries(MEMBERS, anything, max_size=3), FIELDS)
def test_anything_is_an_event_or_a_decode_error(changes: dict[str, Any], fields: dict[str, Any]) -> None:
    raw = json.dumps(message(fields=fields) | changes).encode()
    try:
        event = decode(raw, {})
    except DecodeError as error:
        assert error.reason
    else:
        assert event.type in FEED_TYPES
        assert event == decode(raw, {})


@given(st.binary(max_size=100))
def test_any_bytes_are_a_decode_error(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(raw, {})
