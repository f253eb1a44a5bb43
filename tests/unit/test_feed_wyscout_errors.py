"""Broken Wyscout messages and files: a clear reason, the id where there is one, and never any other error."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import DecodeError, UnreadableFile
from app.feeds.base import FeedEvent
from app.feeds.wyscout import PROVIDER, decode, stream_options
from app.sports.soccer.events import FEED_TYPES, OUTCOMES, Fields
from tests.wyscout_kit import OF_FILE, cut, document, entry, message


def refusal(raw: bytes | dict[str, Any], options: Any = OF_FILE) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decode(raw if isinstance(raw, bytes) else json.dumps(raw).encode(), options)
    return caught.value


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"matchPeriod": ...}, "Object missing required field `matchPeriod`."),
        ({"matchPeriod": "3H"}, 'Field `matchPeriod`: expected one of 1H, 2H, E1, E2, P; it is "3H".'),
        ({"matchPeriod": 1}, "Field `matchPeriod`: expected `str`, got `int`; it is 1."),
        ({"eventSec": ...}, "Object missing required field `eventSec`."),
        ({"eventSec": "5"}, 'Field `eventSec`: expected `float`, got `str`; it is "5".'),
        ({"eventSec": -1}, "Field `eventSec`: expected `float` >= 0.0; it is -1."),
        ({"eventSec": 1e9}, "Field `eventSec`: expected `float` <= 7200.0"),
        ({"eventId": ...}, "Object missing required field `eventId`."),
        ({"eventId": "Pass"}, 'Field `eventId`: expected `int`, got `str`; it is "Pass".'),
        ({"subEventId": [5]}, "Field `subEventId`: expected `int | str | null`, got `array`; it is [5]."),
        ({"teamId": ...}, "Object missing required field `teamId`."),
        ({"teamId": None}, "Field `teamId`: expected `int`, got `null`; it is null."),
        ({"teamId": 10**30}, "Field `teamId`"),
        ({"playerId": "A. Holm"}, 'Field `playerId`: expected `int | null`, got `str`; it is "A. Holm".'),
        ({"positions": {"x": 1}}, "Field `positions`: expected `array | null`, got `object`"),
        ({"positions": [[1, 2]]}, "Field `positions[0]`: expected `object`, got `array`; it is [1,2]."),
        ({"positions": [{"x": "1", "y": 2}]}, 'Field `positions[0].x`: expected `float | null`, got `str`; it is "1".'),
        ({"positions": [{"x": 400, "y": 2}]}, "Field `positions[0]`: (400, 2) is off the pitch of 100 x 100."),
        (
            {"positions": [{"x": 40, "y": 2}, {"x": 4, "y": -20}]},
            "Field `positions[1]`: (4, -20) is off the pitch of 100 x 100.",
        ),
        ({"tags": [1801]}, "Field `tags[0]`: expected `object`, got `int`; it is 1801."),
        ({"tags": [{"id": "goal"}]}, 'Field `tags[0].id`: expected `int`, got `str`; it is "goal".'),
        ({"tags": "goal"}, "Field `tags`"),
        ({"matchId": 901}, "Field `matchId`: 901 is another match; this stream is of 900."),
        ({"eventName": "a\x00b"}, "NUL"),
    ],
)
def test_the_reason_names_the_field_and_the_event(changes: dict[str, Any], reason: str) -> None:
    error = refusal(message(8, 85, 1801, **changes))
    assert reason in error.reason
    assert error.source_event_id == "5001"
    assert len(error.reason) < 300


@pytest.mark.parametrize("id_", [..., None, 5.5, "", "x" * 201, -1, {"id": 1}, 10**30])
def test_without_an_id_there_is_no_event(id_: Any) -> None:
    error = refusal(message(8, 85, id=id_))
    assert "`id`" in error.reason
    assert error.source_event_id is None


@pytest.mark.parametrize(
    ("raw", "reason", "id_"),
    [
        (b"", "not valid JSON: input data was truncated", None),
        (b"5", "The message is not an event: expected `object`, got `int`.", None),
        (b"null", "The message is not an event", None),
        (b"{}", "Object missing required field `id`.", None),
        (b"\xff\xfe{", "The message is not UTF-8 (byte 0).", None),
        (b'{"id":7,"x":"\xff"}', "The message is not UTF-8", "7"),
        (b'{"id": 7, "eventSec": NaN}', "not valid JSON", "7"),
        (b'{"eventSec": NaN, "id": 7}', "not valid JSON", "7"),
        (b'{"id": 7, "eventId"', "not valid JSON: input data was truncated", "7"),
        (b'{"tags": [{"id": 1801}], "eventId": 8', "not valid JSON: input data was truncated", None),
        (b'{"id":7,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply", "7"),
    ],
)
def test_what_is_not_even_an_object(raw: bytes, reason: str, id_: str | None) -> None:
    error = refusal(raw)
    assert reason.lower() in error.reason.lower()
    assert error.source_event_id == id_


# -- files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "The payload is empty"),
        (b"<xml/>", "The payload is not JSON"),
        (b'{"events": 5}', "`events` of the file is not an array."),
        (b'{"events": {"1": 2}, "teams": {}}', "`events` of the file is not an array."),
        (b'{"events": [{"id": 1}', "neither one JSON object nor NDJSON. Line 1 (byte 0): input data was truncated."),
        (b'[{"id": 1}', "The array is cut off"),
    ],
)
def test_a_file_that_cannot_be_taken_apart_is_refused_before_its_first_message(payload: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        PROVIDER.split(payload)
    assert reason in str(caught.value)


def test_an_empty_file_has_no_message() -> None:
    assert list(PROVIDER.split(b'{"events": [], "teams": [], "players": []}'))[1:] == []


@pytest.mark.parametrize(("teams", "players"), [([], {}), ("x", {}), ({}, 5), (5, None)])
def test_team_sheets_that_are_none_take_no_event_along(teams: Any, players: Any) -> None:
    *broken, event = PROVIDER.split(json.dumps(document(message(8, 85), teams=teams, players=players)).encode())
    assert len(broken) == 1
    assert isinstance(broken[0], DecodeError)
    assert "`teams` and `players` are not objects with the ids of teams." in broken[0].reason
    assert isinstance(event, bytes)
    assert decode(event, {}).source_event_id == "5001"


@pytest.mark.parametrize(
    ("team", "players", "reason"),
    [
        ({}, [], "Field `teams[...]`: object missing required field `team`"),
        ({"team": {"name": "Harbour"}}, [], "missing required field `wyId`"),
        ({"team": {"wyId": 1}}, [entry(1, "A")] * 300, "expected `array` of length <= 200"),
        ({"team": {"wyId": 1}}, [{"player": {"wyId": "1"}}], "expected `int`, got `str`"),
        ({"team": {"wyId": 1}}, {"1": 2}, "expected `array`, got `object`"),
    ],
)
def test_a_team_sheet_that_is_broken_says_where(team: Any, players: Any, reason: str) -> None:
    sheet, _ = cut(document(message(8, 85), teams={"1": team}, players={"1": players}))
    assert reason in refusal(sheet).reason
    assert stream_options([sheet]) == {}


def test_players_without_teams_are_nobodys() -> None:
    (error,) = PROVIDER.split(b'{"players": {"1": []}}')
    assert isinstance(error, DecodeError)
    assert "no `teams`" in error.reason


def test_broken_events_of_a_file_leave_the_others_alone() -> None:
    good = message(8, 85)
    found = []
    for raw in cut(json.dumps(document(good, {"id": 6}, good)).encode().replace(b'{"id": 6}', b'{"id": 6}, 5'))[2:]:
        try:
            found.append(decode(raw, OF_FILE).source_event_id)
        except DecodeError as error:
            found.append(error.reason)
    assert [text[:11] for text in found] == ["5001", "Object miss", "The message", "5001"]


# -- anything at all -----------------------------------------------------------------------------------------------

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.integers(-5, 200)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["1H", "", r"\ud800", r"\u0000"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "x", "y", "team", "player", "wyId", "shortName"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@st.composite
def real_shaped(draw: st.DrawFn) -> dict[str, Any]:
    """A message of some type, or a team sheet, with a few members put out of joint."""
    tags = draw(st.lists(st.sampled_from([101, 102, 401, 503, 701, 703, 1219, 1401, 1702, 1801, 1802]), max_size=4))
    event = message(draw(st.integers(0, 11)), draw(st.integers(0, 101)), *tags)
    if draw(st.integers(0, 5)) == 0:
        event = document()
        del event["events"]
        event["side"] = draw(st.sampled_from(["home", "away", "left"]))
        event["teams"] = {"1": {"team": {"wyId": 1, "name": draw(st.text(max_size=5) | st.just(r"\udfff\u0000"))}}}
    for name in draw(st.lists(st.sampled_from(sorted(event)), max_size=2, unique=True)):
        event[name] = draw(anything)
    return event


def holds(raw: bytes) -> None:
    """Whatever the bytes, there is one event that is what it should be, or one DecodeError; and the same again."""
    outcomes: list[Any] = []
    for _ in range(2):
        try:
            outcomes.append(decode(raw, OF_FILE))
        except DecodeError as error:
            assert error.reason
            outcomes.append((error.reason, error.source_event_id))
    assert outcomes[0] == outcomes[1]
    event = outcomes[0]
    if isinstance(event, FeedEvent):
        assert event.type in FEED_TYPES
        assert 0 <= event.elapsed_s <= 4 * 3600
        encoded = msgspec.json.encode(event.fields)
        assert b"\\u0000" not in encoded
        assert msgspec.json.decode(encoded, type=Fields) == event.fields
        assert event.fields.outcome in (None, *OUTCOMES.get(event.type, ()))


@settings(max_examples=300)
@given(real_shaped())
def test_any_real_shaped_message_is_an_event_or_a_decode_error(event: dict[str, Any]) -> None:
    raw = json.dumps(event).encode()
    holds(raw)
    stream_options([raw])


@settings(max_examples=300)
@given(real_shaped(), st.data())
def test_any_damage_to_the_bytes(event: dict[str, Any], data: st.DataObject) -> None:
    raw = bytearray(json.dumps(document(event), ensure_ascii=False).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    payload = bytes(raw[: data.draw(st.integers(1, len(raw)))])
    try:
        messages = list(PROVIDER.split(payload))
    except UnreadableFile:
        messages = []
    for each in [payload, *messages]:
        if isinstance(each, bytes):
            holds(each)


@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    holds(raw)
