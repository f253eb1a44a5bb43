"""Broken StatsBomb messages: a clear reason, the id where there is one, and never any other error."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import DecodeError
from app.feeds.base import FeedEvent
from app.feeds.statsbomb import LIVE_OPTIONS, PROVIDER, decode
from app.sports.soccer.events import FEED_TYPES, OUTCOMES, Fields

ID = "0a1b2c3d-0000-4000-8000-000000000001"


def message(**changes: Any) -> dict[str, Any]:
    event: dict[str, Any] = {
        "id": ID,
        "index": 40,
        "period": 1,
        "timestamp": "00:01:02.345",
        "type": {"id": 30, "name": "Pass"},
        "team": {"id": 217, "name": "Harbour"},
        "player": {"id": 5503, "name": "Ada Holm"},
        "location": [60.1, 40.1],
        "pass": {"recipient": {"id": 7, "name": "Bea"}, "end_location": [70.1, 30.1]},
    }
    return {k: v for k, v in (event | changes).items() if v is not ...}


def refusal(raw: bytes | dict[str, Any]) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decode(raw if isinstance(raw, bytes) else json.dumps(raw).encode(), LIVE_OPTIONS)
    return caught.value


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"index": ...}, "Object missing required field `index`."),
        ({"period": ...}, "Object missing required field `period`."),
        ({"type": ...}, "Object missing required field `type`."),
        ({"timestamp": ...}, "Object missing required field `timestamp`."),
        ({"team": ...}, "Object missing required field `team`."),
        ({"team": None}, "Field `team`: expected `object`, got `null`; it is null."),
        ({"period": 6}, "Field `period`: expected `int` <= 5; it is 6."),
        ({"period": 0}, "Field `period`: expected `int` >= 1; it is 0."),
        ({"period": "1"}, 'Field `period`: expected `int`, got `str`; it is "1".'),
        ({"period": True}, "Field `period`: expected `int`, got `bool`; it is true."),
        ({"index": -1}, "Field `index`: expected `int` >= 0; it is -1."),
        ({"index": 1.5}, "Field `index`: expected `int`, got `float`; it is 1.5."),
        ({"index": 10**30}, "Field `index`"),
        ({"type": "Pass"}, 'Field `type`: expected `object`, got `str`; it is "Pass".'),
        ({"type": {"name": "Pass"}}, "Field `type`: object missing required field `id`."),
        ({"team": {"id": 10**30}}, "Field `team.id`"),
        ({"location": [400.0, 40.0]}, "Field `location`: [400.0, 40.0] is off the pitch of 120 x 80."),
        ({"location": [60.0, -30]}, "Field `location`: [60.0, -30.0] is off the pitch of 120 x 80."),
        ({"location": [60.0]}, "Field `location`: expected two or three numbers, not [60.0]."),
        ({"location": [60, 40, 1, 2]}, "Field `location`: expected `array` of length <= 3"),
        ({"location": "60,40"}, 'Field `location`: expected `array | null`, got `str`; it is "60,40".'),
        ({"location": [60, "40"]}, 'Field `location[1]`: expected `float | null`, got `str`; it is "40".'),
        ({"pass": {"end_location": [1, 900]}}, "Field `pass.end_location`: [1.0, 900.0] is off the pitch"),
        ({"shot": {"statsbomb_xg": 1.5}}, "Field `shot.statsbomb_xg`: expected `float` <= 1.0; it is 1.5."),
        ({"duration": -1}, "Field `duration`: expected `float` >= 0.0; it is -1."),
        ({"timestamp": "1:02"}, "Field `timestamp`: expected HH:MM:SS.mmm, not '1:02'."),
        ({"timestamp": "-0:01:02.000"}, "Field `timestamp`: expected HH:MM:SS.mmm"),
        ({"timestamp": "00:61:02.000"}, "Field `timestamp`: expected HH:MM:SS.mmm"),
        ({"timestamp": "00:01:02.000\n"}, "Field `timestamp`: expected HH:MM:SS.mmm"),
        ({"timestamp": "\u0660\u0660:\u0660\u0661:\u0660\u0662"}, "Field `timestamp`: expected HH:MM:SS.mmm"),
        ({"timestamp": "x" * 9999}, "Field `timestamp`: expected HH:MM:SS.mmm"),
        ({"timestamp": "05:00:00.000"}, "beyond four hours of play"),
        ({"type": {"id": 35, "name": "Starting XI"}}, "a Starting XI without players"),
        ({"related_events": ["a", 5]}, "Field `related_events[1]`: expected `str`, got `int`; it is 5."),
        ({"player": {"id": 5, "name": "a\x00b"}}, "NUL"),
    ],
)
def test_the_reason_names_the_field_and_what_was_found(changes: dict[str, Any], reason: str) -> None:
    error = refusal(message(**changes))
    assert reason in error.reason
    assert error.source_event_id == ID
    assert len(error.reason) < 300


@pytest.mark.parametrize("id_", [..., None, 5, "", "x" * 201, {"id": 1}])
def test_without_an_id_there_is_no_event(id_: Any) -> None:
    error = refusal(message(id=id_))
    assert "`id`" in error.reason
    assert error.source_event_id is None


def test_a_shot_may_not_end_in_the_sky() -> None:
    shot = message(type={"id": 16, "name": "Shot"}, shot={"end_location": [120.0, 40.0, 400.0]})
    assert "the height in [120.0, 40.0, 400.0] is not possible" in refusal(shot).reason


@pytest.mark.parametrize(
    ("raw", "reason", "id_"),
    [
        (b"", "not valid JSON: input data was truncated", None),
        (b"5", "The message is not an event: expected `object`, got `int`.", None),
        (b"[]", "The message is not an event", None),
        (b"null", "The message is not an event", None),
        (b"\xff\xfe{", "The message is not UTF-8 (byte 0).", None),
        (b'{"id":"a","x":"\xff"}', "The message is not UTF-8 (byte 15).", "a"),
        (b'{"id":"a","location":[NaN,1]}', "not valid JSON", "a"),
        (b'{"id":"a","location":[Infinity,1]}', "not valid JSON", "a"),
        (b'{"id":"a","index":1,"period":1,"location":[1e999,1]}', "number out of range", "a"),
        (b'{"id":"a","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply", "a"),
        (b'{"id":"a","x":' + b'{"a":' * 100_000, "nested too deeply", "a"),
        (b'{"id":"a","index":1', "not valid JSON: input data was truncated", "a"),
        (b'{"id":"\\ud800"}', "not valid JSON", None),
    ],
)
def test_what_is_not_even_an_object(raw: bytes, reason: str, id_: str | None) -> None:
    error = refusal(raw)
    assert reason.lower() in error.reason.lower()
    assert error.source_event_id == id_


# -- anything at all ---------------------------------------------------------------------------------------------

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.integers(-5, 200)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["00:00:01.000", "99:99:99", "Goal"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "name", "outcome", "type", "lineup", "end_location"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)
DETAILS = ("pass", "shot", "duel", "goalkeeper", "50_50", "substitution", "foul_committed", "tactics", "carry")


@st.composite
def real_shaped(draw: st.DrawFn) -> dict[str, Any]:
    """A message of some type with a few members put out of joint."""
    event = message(type={"id": draw(st.integers(0, 45)), "name": "Kind"})
    event[draw(st.sampled_from(DETAILS))] = {
        "type": {"id": draw(st.integers(0, 120))},
        "outcome": {"id": draw(st.integers(0, 120)), "name": "Won"},
        "end_location": draw(st.lists(st.floats(-20, 140) | st.none(), max_size=4)),
        "body_part": {"id": draw(st.integers(30, 110))},
        "lineup": [{"player": {"id": 1}}],
        "freeze_frame": [{"location": draw(st.lists(st.floats(-20, 140) | st.none(), max_size=3)), "teammate": False}],
    }
    for name in draw(st.lists(st.sampled_from(sorted(event)), max_size=2, unique=True)):
        if draw(st.booleans()) and isinstance(event[name], dict):
            event[name] = event[name] | {draw(st.sampled_from(sorted(event[name]))): draw(anything)}
        else:
            event[name] = draw(anything)
    return event


def holds(raw: bytes) -> None:
    """Whatever the bytes, there is one event that is what it should be, or one DecodeError; and the same again."""
    outcomes: list[Any] = []
    for _ in range(2):
        try:
            outcomes.append(decode(raw, LIVE_OPTIONS))
        except DecodeError as error:
            assert error.reason
            outcomes.append((error.reason, error.source_event_id))
    assert outcomes[0] == outcomes[1]
    event = outcomes[0]
    if isinstance(event, FeedEvent):
        assert event.type in FEED_TYPES
        assert 0 <= event.elapsed_s <= 4 * 3600
        assert msgspec.json.decode(msgspec.json.encode(event.fields), type=Fields) == event.fields
        assert event.fields.outcome in (None, *OUTCOMES.get(event.type, ()))


@settings(max_examples=400)
@given(real_shaped())
def test_any_real_shaped_message_is_an_event_or_a_decode_error(event: dict[str, Any]) -> None:
    holds(json.dumps(event).encode())


@settings(max_examples=300)
@given(real_shaped(), st.data())
def test_any_damage_to_the_bytes(event: dict[str, Any], data: st.DataObject) -> None:
    raw = bytearray(json.dumps(event, ensure_ascii=False).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        if not raw:
            break
    holds(bytes(raw[: data.draw(st.integers(0, len(raw)))]))


@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    holds(raw)


def test_a_broken_message_in_a_file_leaves_the_others_alone() -> None:
    good = json.dumps(message()).encode()
    messages = list(PROVIDER.split(b"[" + good + b', {"id": "b"}, 5, ' + good + b"]"))
    results = []
    for raw in messages:
        assert isinstance(raw, bytes)
        try:
            results.append(decode(raw, LIVE_OPTIONS).source_event_id)
        except DecodeError as error:
            results.append(error)
    assert [type(r).__name__ for r in results] == ["str", "DecodeError", "DecodeError", "str"]
