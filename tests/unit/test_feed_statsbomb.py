"""StatsBomb messages of every type, written by hand, and what each becomes."""

from __future__ import annotations

import json
from typing import Any, get_args

import msgspec
import pytest

from app.feeds._statsbomb.vocabulary import TYPES
from app.feeds.base import FeedEvent, provider, providers
from app.feeds.statsbomb import LIVE_OPTIONS, decode, stream_options
from app.sports.soccer.events import FEED_TYPES, OUTCOMES, DuelKind, Fields, PassKind

LOW = {"xy_fidelity_version": 1, "shot_fidelity_version": 1, "duration_unit": "s"}


def named(id_: int, name: str = "whatever") -> dict[str, Any]:
    return {"id": id_, "name": name}


def message(type_id: int, **changes: Any) -> dict[str, Any]:
    """One StatsBomb event of this type as it is delivered."""
    event: dict[str, Any] = {
        "id": "0a1b2c3d-0000-4000-8000-000000000001",
        "index": 40,
        "period": 1,
        "timestamp": "00:01:02.345",
        "minute": 1,
        "second": 2,
        "type": named(type_id, "Kind"),
        "possession": 3,
        "possession_team": named(217, "Harbour"),
        "play_pattern": named(1, "Regular Play"),
        "team": named(217, "Harbour"),
        "player": named(5503, "Ada Holm"),
        "position": named(17, "Right Wing"),
        "location": [60.1, 40.1],
    }
    return event | changes


def read(event: dict[str, Any], options: Any = LIVE_OPTIONS) -> FeedEvent:
    return decode(json.dumps(event).encode(), options)


def fields(type_id: int, **changes: Any) -> Fields:
    return read(message(type_id, **changes)).fields


def test_the_provider_is_found() -> None:
    assert {"statsbomb", "touchline"} <= set(providers())
    assert provider("statsbomb").sport == "soccer"


def test_the_index_is_the_number_of_the_message() -> None:
    assert read(message(30)).sequence == 40
    assert read(message(30, index=0)).sequence is None


def test_what_every_event_has() -> None:
    raw = json.dumps(message(30, duration=1.25, under_pressure=True, counterpress=True, related_events=["r1"])).encode()
    event = decode(raw, LIVE_OPTIONS)
    assert event.source_event_id == "0a1b2c3d-0000-4000-8000-000000000001"
    assert (event.type, event.period, event.order_key, event.elapsed_s) == ("pass", 1, 40.0, 62.345)
    assert (event.team, event.player) == ("statsbomb:team:217", "statsbomb:player:5503")
    assert (event.kind, event.revision, event.raw) == ("recorded", None, raw)
    f = event.fields
    assert (f.team_name, f.player_name, f.provider_type) == ("Harbour", "Ada Holm", "Kind")
    assert (f.possession, f.possession_team, f.play_pattern) == (3, "statsbomb:team:217", "Regular Play")
    assert (f.under_pressure, f.counterpress, f.duration_s, f.related) == (True, True, 1.25, ["r1"])


def test_flags_are_there_only_when_true() -> None:
    f = fields(30, under_pressure=False, counterpress=False, related_events=[], **{"pass": {"cross": False}})
    assert (f.under_pressure, f.counterpress, f.related, f.cross) == (None, None, None, None)


@pytest.mark.parametrize(("type_id", "expected"), [(i, t) for i, (t, _) in TYPES.items()])
def test_every_type_has_a_canonical_one(type_id: int, expected: str) -> None:
    tactics = {"formation": 442, "lineup": [{"player": named(1), "position": named(1), "jersey_number": 1}]}
    event = read(message(type_id, tactics=tactics))
    assert event.type == expected
    assert expected in FEED_TYPES
    # What is built unchecked holds what a reader of the log will check.
    assert msgspec.convert(msgspec.to_builtins(event.fields), Fields) == event.fields


def test_an_unknown_type_is_kept_as_other() -> None:
    event = read(message(999, type=named(999, "Bicycle")))
    assert (event.type, event.fields.provider_type) == ("other", "Bicycle")


@pytest.mark.parametrize(("period", "starts_at"), [(1, 0), (2, 2700), (3, 5400), (4, 6300), (5, 7200)])
def test_the_clock_counts_up_across_periods(period: int, starts_at: int) -> None:
    assert read(message(30, period=period, timestamp="00:00:10.500")).elapsed_s == starts_at + 10.5


def test_a_receipt_stamped_at_the_start_of_its_period_keeps_its_clock_and_its_place() -> None:
    event = read(message(42, index=3000, timestamp="00:00:00.001"))
    assert (event.elapsed_s, event.order_key) == (0.001, 3000.0)


# -- places ------------------------------------------------------------------------------------------------------


def test_a_point_is_the_middle_of_its_cell() -> None:
    f = fields(43, location=[60.05, 40.05], carry={"end_location": [120.0, 80.0]})
    assert (f.x_m, f.y_m) == pytest.approx((52.5, 34.0), abs=1e-9)
    assert (f.end_x_m, f.end_y_m) == pytest.approx((105 - 0.05 * 5.5 / 6, 68 - 0.05 * 13.84 / 18), abs=1e-9)


@pytest.mark.parametrize(
    ("cell", "place"),
    [
        ((108.05, 40.05), (94.0, 34.0)),  # penalty spot
        ((102.05, 18.05), (88.5, 13.84)),  # corner of the penalty area
        ((114.05, 50.05), (99.5, 43.16)),  # corner of the six-yard box
        ((120.05, 36.05), (105.0, 30.34)),  # inside of the left post
        ((6.05, 44.05), (5.5, 37.66)),
        ((0.05, 80.05), (0.0, 68.0)),
    ],
)
def test_markings_are_where_the_laws_put_them(cell: tuple[float, float], place: tuple[float, float]) -> None:
    f = fields(43, location=list(cell), carry={"end_location": list(cell)})
    assert (f.x_m, f.y_m) == pytest.approx(place, abs=1e-9)
    assert (f.end_x_m, f.end_y_m) == (f.x_m, f.y_m)


def test_low_fidelity_cells_are_ten_times_as_wide() -> None:
    f = read(message(43, location=[61.0, 41.0], carry={"end_location": [1.0, 1.0]}), LOW).fields
    assert (f.x_m, f.y_m) == pytest.approx((52.5 + 0.5 * 0.915, 34 + 0.5 * 0.915), abs=1e-9)
    assert (f.end_x_m, f.end_y_m) == pytest.approx((0.5 * 5.5 / 6, 0.5 * 13.84 / 18), abs=1e-9)


def test_a_shot_has_a_fidelity_of_its_own_and_its_end_a_finer_one() -> None:
    shot = message(16, location=[108.0, 40.0], shot={"end_location": [120.0, 38.2, 1.3]})
    f = read(shot, LOW | {"xy_fidelity_version": 2}).fields
    assert (f.x_m, f.y_m) == pytest.approx((94 - 0.5 * 5.5 / 6, 34 - 0.5 * 0.915), abs=1e-9)
    assert (f.end_x_m, f.end_y_m) == pytest.approx((105 - 0.5 * 5.5 / 6, 34 - 1.85 * 0.915), abs=1e-9)
    assert f.end_z_m == pytest.approx(1.25 * 0.9144, abs=1e-9)
    f = read(shot, LOW | {"shot_fidelity_version": 2}).fields
    assert (f.x_m, f.end_x_m) == pytest.approx((94 - 0.05 * 5.5 / 6, 105 - 0.05 * 5.5 / 6), abs=1e-9)


def test_a_place_may_be_missing_or_null() -> None:
    for location in (None, [], [None, None]):
        assert fields(30, location=location).x_m is None
    f = fields(30, **{"pass": {"end_location": [None, None]}})
    assert (f.end_x_m, f.end_y_m) == (None, None)


def glance(type_id: int, *location: float) -> bytes:
    return json.dumps(message(type_id, location=list(location))).encode()


@pytest.mark.parametrize(
    ("messages", "xy", "shot"),
    [
        ([], 2, 2),
        ([glance(30, 60.0, 40.0)], 1, 2),
        ([glance(30, 60.0, 40.0), glance(43, 60.5, 40.0)], 2, 2),
        ([glance(14, 60.0, 40.3), glance(16, 110.0, 40.0)], 2, 1),
        ([glance(30, 60, 40), glance(16, 110.4, 40.0)], 1, 2),
        ([glance(17, 60.5, 40.5), glance(30, 60.0, 40.0)], 1, 2),  # a pressure says nothing (as kloppy has it)
        ([b"not json", b"5", b"{}", b"[" * 100_000], 2, 2),
    ],
)
def test_fidelity_is_told_from_the_whole_stream(messages: list[bytes], xy: int, shot: int) -> None:
    expected = {"xy_fidelity_version": xy, "shot_fidelity_version": shot, "duration_unit": "s"}
    assert stream_options(messages) == expected


def test_a_duration_is_seconds_unless_the_stream_says_milliseconds() -> None:
    assert fields(17, duration=1.5).duration_s == 1.5
    assert read(message(17, duration=1500), {**LIVE_OPTIONS, "duration_unit": "ms"}).fields.duration_s == 1.5
    assert fields(17, duration=9000).duration_s is None  # no event is lost over a unit


# -- types -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [(None, "complete"), (8, "complete"), (9, "incomplete"), (75, "out"), (76, "offside"), (77, "unknown")]
    + [(74, "injury_clearance"), (12345, "unknown")],
)
def test_pass_outcomes(outcome: int | None, expected: str) -> None:
    detail = {"recipient": named(7)} | ({} if outcome is None else {"outcome": named(outcome)})
    assert fields(30, **{"pass": detail}).outcome == expected


def test_a_pass_that_is_only_partly_collected_is_unknown() -> None:
    assert fields(30, **{"pass": {"length": 12.0}}).outcome == "unknown"


def test_pass_details() -> None:
    detail = {
        "recipient": named(7, "Bea"),
        "type": named(61, "Corner"),
        "cross": True,
        "body_part": named(38, "Left Foot"),
        "technique": named(104, "Inswinging"),
        "end_location": [110.1, 40.1],
    }
    f = fields(30, **{"pass": detail})
    assert (f.recipient, f.pass_kind, f.cross) == ("statsbomb:player:7", "corner", True)
    assert (f.body_part, f.detail) == ("left_foot", "Inswinging")


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [(97, "goal"), (100, "saved"), (116, "saved_to_post"), (115, "saved_off_target"), (99, "post")]
    + [(98, "off_target"), (96, "blocked"), (101, "wayward"), (12345, "unknown")],
)
def test_shot_outcomes(outcome: int, expected: str) -> None:
    assert fields(16, shot={"outcome": named(outcome)}).outcome == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(87, "open_play"), (62, "free_kick"), (88, "penalty"), (61, "corner"), (65, "kick_off"), (1, None)],
)
def test_shot_kinds(kind: int, expected: str | None) -> None:
    assert fields(16, shot={"type": named(kind)}).shot_kind == expected


def test_shot_details() -> None:
    shot = {
        "statsbomb_xg": 0.25,
        "first_time": True,
        "body_part": named(37, "Head"),
        "technique": named(93, "Normal"),
        "freeze_frame": [{"location": [1.0, 2.0], "teammate": True}],
    }
    f = fields(16, shot=shot)
    assert (f.provider_xg, f.first_time, f.body_part, f.detail) == (0.25, True, "head", "Normal")
    assert f.outcome is None


def test_a_freeze_frame_is_where_the_others_stood() -> None:
    frame = [
        {"location": [108.1, 40.1], "teammate": True, "player": named(7), "position": named(23)},
        {"location": [119.6, 40.1], "teammate": False, "player": named(8), "position": named(1)},
        {"location": [114.1, 36.1], "teammate": False, "player": named(9), "position": named(3)},
        {"location": [2.0, 40.1], "teammate": True, "player": named(10), "position": named(1)},
    ]
    told = fields(16, location=[100.1, 40.1], shot={"freeze_frame": frame}).freeze_frame
    assert told is not None
    assert [s.role for s in told] == ["teammate", "keeper", "opponent", "teammate"]
    # Half a cell is taken off, as of every place: 108.05 is 0.05 of 6 yards past the penalty spot.
    assert (told[0].x_m, told[0].y_m) == (round(94 + 0.05 * 5.5 / 6, 3), round(34 + 0.05 * 0.915, 3))
    assert fields(16, shot={"freeze_frame": []}).freeze_frame is None


@pytest.mark.parametrize(
    "player",
    [
        {"location": [108.0, 40.0]},
        {"teammate": True},
        {"location": None, "teammate": True},
        {"location": [108.0], "teammate": True},
        {"location": [None, None], "teammate": True},
        {"location": [300.0, 40.0], "teammate": True},
    ],
)
def test_no_shot_is_lost_over_a_player_without_a_place(player: dict[str, Any]) -> None:
    good = {"location": [114.1, 36.1], "teammate": False}
    told = fields(16, shot={"freeze_frame": [player, good]}).freeze_frame
    assert told is not None
    assert [s.role for s in told] == ["opponent"]


@pytest.mark.parametrize(("part", "expected"), [(40, "right_foot"), (70, "other"), (69, "other"), (35, "other")])
def test_body_parts(part: int, expected: str) -> None:
    assert fields(9, clearance={"body_part": named(part)}).body_part == expected


@pytest.mark.parametrize(
    ("outcome", "won"),
    [(4, True), (15, True), (16, True), (17, True), (1, False), (13, False), (14, False), (777, None), (None, None)],
)
def test_tackles_and_interceptions(outcome: int | None, won: bool | None) -> None:
    detail = {} if outcome is None else {"outcome": named(outcome)}
    assert fields(10, interception=detail).won is won
    tackle = fields(4, duel=detail | {"type": named(11, "Tackle")})
    assert (tackle.won, tackle.duel_kind) == (won, "tackle")


def test_an_aerial_lost_is_lost() -> None:
    f = fields(4, duel={"type": named(10, "Aerial Lost")})
    assert (f.won, f.duel_kind) == (False, "aerial")


@pytest.mark.parametrize(("outcome", "won"), [(4, True), (3, True), (2, False), (1, False)])
def test_fifty_fifty(outcome: int, won: bool) -> None:
    assert fields(33, **{"50_50": {"outcome": named(outcome)}}).won is won


def test_dribbles_receptions_recoveries() -> None:
    assert fields(14, dribble={"outcome": named(8)}).won is True
    assert fields(14, dribble={"outcome": named(9)}).won is False
    assert fields(14).won is None
    assert fields(42).won is True
    assert fields(42, ball_receipt={"outcome": named(9)}).won is False
    assert fields(2).won is True
    assert fields(2, ball_recovery={"recovery_failure": True}).won is False


@pytest.mark.parametrize(("card", "expected"), [(7, "yellow"), (6, "second_yellow"), (5, "red")])
def test_cards(card: int, expected: str) -> None:
    foul = read(message(22, foul_committed={"card": named(card), "type": named(24, "Handball"), "penalty": True}))
    assert (foul.type, foul.fields.card, foul.fields.penalty) == ("foul", expected, True)
    assert foul.fields.detail == "Handball"
    behaviour = read(message(24, bad_behaviour={"card": named(card)}))
    assert (behaviour.type, behaviour.fields.card) == ("card", expected)


def test_own_goals_are_told_by_the_team_that_benefits() -> None:
    own = read(message(25, team=named(220, "Northgate"), player=None))
    assert (own.type, own.team, own.player) == ("own_goal", "statsbomb:team:220", None)
    assert read(message(20)).type == "own_goal_against"


def test_substitution() -> None:
    f = fields(19, substitution={"outcome": named(103, "Tactical"), "replacement": named(9, "Gita Howe")})
    assert (f.replacement, f.replacement_name, f.detail) == ("statsbomb:player:9", "Gita Howe", "Tactical")


def test_lineup_and_formation() -> None:
    tactics = {
        "formation": 4231,
        "lineup": [{"player": named(1, "Ada"), "position": named(1, "Goalkeeper"), "jersey_number": 13}],
    }
    for type_id, expected in ((35, "lineup"), (36, "formation")):
        event = read(message(type_id, tactics=tactics, player=None, location=None))
        assert (event.type, event.fields.formation) == (expected, "4231")
        (player,) = event.fields.lineup
        assert (player.player, player.name, player.shirt) == ("statsbomb:player:1", "Ada", 13)
        assert player.position == "Goalkeeper"


def test_goalkeeper() -> None:
    detail = {"type": named(33, "Shot Saved"), "outcome": named(52, "In Play Danger"), "body_part": named(35)}
    f = fields(23, goalkeeper=detail | {"end_location": [2.1, 40.1]})
    assert (f.outcome, f.detail, f.body_part) == ("in_play_danger", "Shot Saved", "other")
    assert f.end_x_m == pytest.approx(2.05 * 5.5 / 6)


def test_every_word_is_of_the_vocabulary() -> None:
    """Whatever number an outcome or a kind has, known to us or not, what comes of it is a word of ours."""
    told: set[tuple[str, str | None]] = set()
    for type_id, (type_, member) in TYPES.items():
        for number in range(250) if member is not None else (0,):
            detail = {"type": named(number), "outcome": named(number, "Some Thing"), "recipient": named(7)}
            name = {"pass_": "pass", "fifty_fifty": "50_50"}.get(member or "", member)
            changes = {} if name is None else {name: detail}
            if type_ == "lineup":
                changes["tactics"] = {"lineup": [{"player": named(1)}]}
            f = fields(type_id, **changes)
            assert f.outcome is None or f.outcome in OUTCOMES[type_]
            assert f.pass_kind is None or f.pass_kind in get_args(PassKind)
            assert f.duel_kind is None or f.duel_kind in get_args(DuelKind)
            told.add((type_, f.outcome))
    assert told >= {(type_, word) for type_, words in OUTCOMES.items() for word in words}
