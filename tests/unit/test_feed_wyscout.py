"""Wyscout messages of every type, written by hand, and what each becomes."""

from __future__ import annotations

from typing import Any

import pytest

from app.feeds.base import provider, providers
from app.sports.soccer.events import FEED_TYPES, OUTCOMES, Fields
from tests.wyscout_kit import HARBOUR, NORTHGATE, folded, message, read


def told(event: int, sub: int | str = "", *tags: int, **changes: Any) -> tuple[str, Fields]:
    found = read(message(event, sub, *tags, **changes))
    return found.type, found.fields


def test_the_provider_is_found() -> None:
    assert "wyscout" in providers()
    assert provider("wyscout").sport == "soccer"


def test_who_when_and_where() -> None:
    e = read(message(8, 85, 1801))
    assert (e.source_event_id, e.type, e.period, e.elapsed_s, e.order_key) == ("5001", "pass", 1, 62.345, 62.345)
    assert (e.team, e.player, e.sequence, e.revision) == ("wyscout:team:4001", "wyscout:player:71", None, None)
    f = e.fields
    assert (f.team_name, f.player_name, f.provider_type, f.detail) == ("Harbour", "A. Holm", "Event", "Kind")
    # 90 % is the penalty spot; (100, 37) where the six-yard box meets the goal line.
    assert (f.x_m, f.y_m) == pytest.approx((94.0, 34.0))
    assert (f.end_x_m, f.end_y_m) == pytest.approx((105.0, 24.84))


@pytest.mark.parametrize(
    ("name", "period", "starts_s"), [("1H", 1, 0), ("2H", 2, 2700), ("E1", 3, 5400), ("E2", 4, 6300), ("P", 5, 7200)]
)
def test_the_clock_goes_on_from_period_to_period(name: str, period: int, starts_s: float) -> None:
    e = read(message(8, 85, matchPeriod=name, eventSec=10.5))
    assert (e.period, e.elapsed_s, e.order_key) == (period, starts_s + 10.5, 10.5)


@pytest.mark.parametrize(
    ("tags", "outcome"),
    [
        ((101, 1201, 1801), "goal"),
        ((1801, 1202), "saved"),
        ((1802, 1204), "saved"),  # a penalty, as a rule
        ((1802, 1215), "off_target"),
        ((1802, 1219), "post"),
        ((1802, 2101), "blocked"),
        ((), "unknown"),
    ],
)
def test_how_a_shot_ended(tags: tuple[int, ...], outcome: str) -> None:
    assert told(10, 100, *tags)[1].outcome == outcome


@pytest.mark.parametrize(
    ("tags", "place"),
    [
        ((101, 1801, 1201), (34.0, 0.325)),
        ((1801, 1202), (36.83, 0.325)),
        ((1801, 1203), (34.0, 1.175)),
        ((1801, 1204), (31.17, 1.175)),
        ((1801, 1205), (31.17, 0.325)),
        ((1801, 1206), (36.83, 1.175)),
        ((1801, 1207), (34.0, 2.07)),
        ((1802, 1208), (31.17, 2.07)),
        ((101, 1209), (36.83, 2.07)),
    ],
)
def test_a_part_of_the_goal_is_told_as_its_middle(tags: tuple[int, ...], place: tuple[float, float]) -> None:
    f = told(10, 100, *tags)[1]
    assert (f.end_x_m, f.end_y_m, f.end_z_m) == (105.0, pytest.approx(place[0]), pytest.approx(place[1], abs=1e-4))


@pytest.mark.parametrize("tags", [(1801,), (101, 1801), (1802, 1210), (1802, 1217), (1802, 2101, 1201)])
def test_a_shot_that_is_not_on_target_or_has_no_part_of_the_goal_has_no_end(tags: tuple[int, ...]) -> None:
    f = told(10, 100, *tags)[1]
    assert (f.end_x_m, f.end_y_m, f.end_z_m) == (None, None, None)


@pytest.mark.parametrize(
    ("event", "sub", "kind"), [(10, 100, "open_play"), (3, 33, "free_kick"), (3, 35, "penalty"), (10, "", "open_play")]
)
def test_how_a_shot_was_taken(event: int, sub: int | str, kind: str) -> None:
    type_, f = told(event, sub, 402, 1802, positions=[{"x": 90, "y": 50}, {"x": 0, "y": 0}])
    assert (type_, f.shot_kind, f.body_part) == ("shot", kind, "right_foot")
    assert (f.end_x_m, f.end_y_m) == (None, None)  # a placeholder


@pytest.mark.parametrize(("tag", "part"), [(401, "left_foot"), (402, "right_foot"), (403, "head"), (201, None)])
def test_the_body_part_of_a_shot(tag: int, part: str | None) -> None:
    assert told(10, 100, tag)[1].body_part == part


@pytest.mark.parametrize(
    ("event", "sub", "tags", "kind", "outcome", "cross", "part"),
    [
        (8, 85, (1801,), None, "complete", None, None),
        (8, 85, (1802,), None, "incomplete", None, None),
        (8, 80, (1801, 401), None, "complete", True, "left_foot"),
        (8, 81, (1801,), None, "complete", None, "other"),
        (8, 82, (1401, 1802), "interception", "incomplete", None, "head"),
        (3, 30, (1801,), "corner", "complete", None, None),
        (3, 31, (1801,), "free_kick", "complete", None, None),
        (3, 32, (1802,), "free_kick", "incomplete", True, None),
        (3, 34, (), "goal_kick", "unknown", None, None),
        (3, 36, (1801,), "throw_in", "complete", None, "other"),
    ],
)
def test_passes(
    event: int, sub: int, tags: tuple[int, ...], kind: str | None, outcome: str, cross: bool | None, part: str | None
) -> None:
    type_, f = told(event, sub, *tags)
    assert (type_, f.pass_kind, f.outcome, f.cross, f.body_part) == ("pass", kind, outcome, cross, part)


@pytest.mark.parametrize(
    ("event", "sub", "tags", "type_", "fields"),
    [
        (1, 10, (703,), "duel", {"duel_kind": "aerial", "won": True}),
        (1, 10, (701,), "duel", {"duel_kind": "aerial", "won": False}),
        (1, 12, (702,), "duel", {"duel_kind": "tackle", "won": None}),
        (1, 11, (501, 703), "duel", {"duel_kind": None, "won": True}),
        (1, 11, (503, 703), "dribble", {"won": True}),
        (1, 13, (701,), "fifty_fifty", {"won": False}),
        (2, 20, (), "foul", {"card": None}),
        (2, 20, (1702,), "foul", {"card": "yellow"}),
        (2, 20, (1703,), "foul", {"card": "second_yellow"}),
        (2, 27, (1701,), "foul", {"card": "red"}),
        (2, 24, (1702,), "card", {"card": "yellow"}),
        (2, 24, (), "foul", {"card": None}),
        (1, 12, (701, 1702), "duel", {"card": "yellow"}),
        (4, 40, (), "goalkeeper", {"outcome": None}),
        (5, 50, (), "other", {}),
        (5, 51, (), "stoppage", {}),
        (6, "", (), "offside", {}),
        (7, 70, (1801,), "carry", {}),
        (7, 70, (1802,), "dribble", {"won": False, "end_x_m": None}),
        (7, 71, (1401, 1802), "clearance", {}),
        (7, 72, (1401,), "interception", {}),
        (7, 72, (1302,), "miscontrol", {}),
        (7, 72, (), "other", {}),
        (9, 90, (1801,), "goalkeeper", {"outcome": "success"}),
        (9, 91, (101, 1802), "goalkeeper", {"outcome": "fail"}),
        (77, 770, (99999,), "other", {}),
    ],
)
def test_every_other_type(
    event: int, sub: int | str, tags: tuple[int, ...], type_: str, fields: dict[str, Any]
) -> None:
    found, f = told(event, sub, *tags)
    assert found == type_
    assert found in FEED_TYPES
    assert f.outcome is None or f.outcome in OUTCOMES[found]
    assert {name: getattr(f, name) for name in fields} == fields


def test_a_goal_is_counted_once_though_the_keepers_row_has_the_tag_too() -> None:
    shot = read(message(10, 100, 101, 402, id=1))
    save = read(message(9, 90, 101, 1802, id=2, teamId=NORTHGATE))
    state = folded([shot, save])
    assert (state.home.score, state.away.score) == (1, 0)


@pytest.mark.parametrize(("event", "sub"), [(7, 72), (7, 71), (8, 82), (8, 85)])
def test_an_own_goal_is_the_opponents(event: int, sub: int) -> None:
    e = read(message(event, sub, 102, positions=[{"x": 10, "y": 37}]))
    assert (e.type, e.team, e.player) == ("own_goal", "wyscout:team:4002", "wyscout:player:71")
    assert (e.fields.team_name, e.fields.conceded_by) == ("Northgate", None)
    # Seen from the team that benefits.
    assert (e.fields.x_m, e.fields.y_m) == pytest.approx((94.0, 68.0 - 24.84))


@pytest.mark.parametrize(
    "options", [{}, {"teams": [[HARBOUR, None]]}, {"teams": [[1, "One"], [2, "Two"], [3, "Three"]]}]
)
def test_an_own_goal_counts_where_nobody_has_said_who_plays(options: dict[str, Any]) -> None:
    own = read(message(7, 72, 102, id=3), options)
    assert (own.type, own.team, own.fields.conceded_by) == ("own_goal", None, "wyscout:team:4001")
    other = read(message(8, 85, 1801, id=1, teamId=NORTHGATE, eventSec=1), options)
    mine = read(message(8, 85, 1801, id=2, eventSec=2), options)
    state = folded([other, mine, own])
    assert (state.home.id, state.home.score, state.away.score) == ("wyscout:team:4002", 1, 0)


def test_a_tag_of_an_own_goal_on_a_save_is_none() -> None:
    assert told(9, 90, 102)[0] == "goalkeeper"


@pytest.mark.parametrize("positions", [[], None, ..., [{}], [{"x": None, "y": None}], [{"x": 50}]])
def test_an_event_may_be_nowhere(positions: Any) -> None:
    type_, f = told(8, 85, 1801, positions=positions)
    assert (type_, f.x_m, f.y_m, f.end_x_m, f.end_y_m) == ("pass", None, None, None, None)


def test_a_place_without_an_end() -> None:
    f = told(8, 85, 1801, positions=[{"x": 50, "y": 50}])[1]
    assert (f.x_m, f.y_m, f.end_x_m) == (pytest.approx(52.5), pytest.approx(34.0), None)


@pytest.mark.parametrize("corner", [0, 100])
def test_a_corner_of_the_pitch_may_stand_for_no_place(corner: int) -> None:
    nowhere, somewhere = {"x": corner, "y": corner}, {"x": 50, "y": 50}
    keeper = told(9, 90, 1801, positions=[nowhere, somewhere])[1]
    assert (keeper.x_m, keeper.end_x_m) == (None, None)
    assert told(8, 85, 1802, positions=[somewhere, nowhere])[1].end_x_m is None
    assert told(8, 85, 1801, positions=[somewhere, nowhere])[1].end_x_m == pytest.approx(corner * 1.05)
    assert told(3, 30, 1801, positions=[nowhere, somewhere])[1].x_m == pytest.approx(corner * 1.05)
    goal_kick = told(3, 34, positions=[nowhere, somewhere])[1]
    assert (goal_kick.x_m, goal_kick.y_m) == (5.5, 34.0)


def test_a_per_cent_off_the_pitch_is_taken() -> None:
    f = told(8, 85, 1801, positions=[{"x": -1, "y": 101}, {"x": 101, "y": -1}])[1]
    assert -2 < (f.x_m or 0) < 0
    assert 68 < (f.y_m or 0) < 70


def test_nobody_did_it() -> None:
    e = read(message(5, 50, playerId=0, teamId=0))
    assert (e.team, e.player, e.fields.player_name) == (None, None, None)


def test_ids_may_be_text() -> None:
    assert read(message(8, 85, id="mine-1")).source_event_id == "mine-1"


def test_events_of_a_moment_are_in_the_order_of_their_ids() -> None:
    """In whatever order they are told. Over moments ids mean nothing."""
    events = [read(message(1, 10, id=i, eventSec=s)) for i, s in ((903, 5.0), (902, 5.0), (950, 4.0), (100, 6.0))]
    ordered = sorted(events, key=lambda e: (e.period, e.order_key, e.source_event_id))
    assert [e.source_event_id for e in ordered] == ["950", "902", "903", "100"]
