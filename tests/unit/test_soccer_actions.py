"""Which events are actions on the ball, and the terms of the state that they leave behind."""

from typing import Any

import pytest

from app.sports.base import Event
from app.sports.soccer.action_state import TERMS, terms
from app.sports.soccer.actions import Action, action_of, told
from tests.engine_kit import HARBOUR, NORTHGATE, feed, folded


def event(type: str, **more: Any) -> Event:
    """An event in front of the opponent's box that goes 10 m ahead."""
    given = {"x_m": 80.0, "y_m": 34.0, "end_x_m": 90.0, "end_y_m": 34.0, **more}
    return folded(feed("e", 5.0, type, player="ann", **given))


def action(type: str, **more: Any) -> Action:
    made = action_of(event(type, **more))
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("given", "kind", "kept"),
    [
        (event("pass", outcome="complete"), "pass", True),
        (event("pass", outcome="incomplete"), "pass", False),
        (event("pass", outcome="out"), "pass", False),
        (event("pass", outcome="offside"), "pass", False),
        (event("pass", outcome="complete", pass_kind="recovery"), "pass", True),
        (event("pass", outcome="complete", cross=True), "cross", True),
        (event("pass", outcome="complete", cross=True, pass_kind="corner"), "corner", True),
        (event("pass", outcome="incomplete", pass_kind="free_kick"), "free_kick", False),
        (event("pass", outcome="complete", pass_kind="throw_in"), "throw_in", True),
        (event("pass", outcome="complete", pass_kind="goal_kick"), "goal_kick", True),
        (event("carry"), "carry", True),
        (event("dribble", won=True), "take_on", True),
        (event("dribble", won=False), "take_on", False),
        (event("shot", outcome="saved"), "shot_saved", False),
        (event("shot", outcome="post"), "shot_saved", False),
        (event("shot", outcome="blocked"), "shot_blocked", False),
        (event("shot", outcome="wayward"), "shot_off_target", False),
        (event("shot", outcome="unknown"), "shot_off_target", False),
        (event("shot", outcome="saved", shot_kind="penalty"), "penalty", False),
        (event("interception"), "interception", True),
        (event("interception", won=False), "interception", False),
        (event("duel", duel_kind="tackle", won=True), "tackle", True),
        (event("goalkeeper", outcome="success"), "keeper", True),
        (event("clearance"), "clearance", False),
        (event("foul"), "foul", False),
        (event("miscontrol"), "miscontrol", False),
    ],
    ids=lambda v: f"{v.type}-{v.fields.outcome}" if isinstance(v, Event) else str(v),
)
def test_the_kind_of_an_action(given: Event, kind: str, kept: bool) -> None:
    made = action_of(given)
    assert made is not None
    assert (made.kind, made.kept, made.goal, made.team, made.at_ms) == (kind, kept, 0, HARBOUR, 5000)


@pytest.mark.parametrize(
    "given",
    [
        event("pass", outcome="unknown"),
        event("carry", end_x_m=82.9),
        event("dribble"),
        event("duel", duel_kind="tackle", won=False),
        event("duel", duel_kind="aerial", won=True),
        event("goalkeeper", outcome="fail"),
        event("goalkeeper"),
        event("reception", won=True),
        event("pressure"),
        event("own_goal"),
        event("pass", outcome="complete", period=5),
        event("shot", outcome="goal", period=5),
        event("pass", outcome="complete", team=None),
    ],
    ids=lambda e: f"{e.type}-{e.fields.outcome}-{e.period}",
)
def test_what_is_no_action(given: Event) -> None:
    assert told(given) is False
    assert action_of(given) is None


@pytest.mark.parametrize(
    "given",
    [
        event("pass", outcome="complete", end_x_m=None),
        event("pass", outcome="complete", x_m=None),
        event("pass"),
        event("carry", end_y_m=None),
        event("shot"),
        event("shot", outcome="saved", x_m=None),
        event("clearance", x_m=None, y_m=None),
        event("foul", y_m=None),
    ],
    ids=lambda e: f"{e.type}-{e.fields.outcome}",
)
def test_what_cannot_be_told_yet(given: Event) -> None:
    assert told(given) is None
    assert action_of(given) is None


def test_a_carry_counts_from_three_metres() -> None:
    assert action("carry", end_x_m=83.0).end_x_m == 83.0
    assert told(event("carry", end_x_m=82.0, end_y_m=36.0)) is False


def test_places_that_nobody_needs_to_tell() -> None:
    nowhere: dict[str, Any] = {"x_m": None, "y_m": None, "end_x_m": None, "end_y_m": None}
    penalty = action("shot", outcome="saved", shot_kind="penalty", **nowhere)
    assert (penalty.x_m, penalty.y_m) == (penalty.end_x_m, penalty.end_y_m) == (94.0, 34.0)
    assert action("goalkeeper", outcome="claim", **nowhere).x_m == 3.0
    lost = action("pass", outcome="incomplete", end_x_m=None, end_y_m=None)
    assert (lost.end_x_m, lost.end_y_m) == (80.0, 34.0)
    assert action("own_goal_against", **nowhere).goal == -1


def test_only_passes_and_carries_end_elsewhere() -> None:
    for made in (action("clearance"), action("dribble", won=True), action("shot", outcome="saved")):
        assert (made.end_x_m, made.end_y_m) == (80.0, 34.0)


def named(given: Action, last: Action | None = None, second: Action | None = None) -> dict[str, float]:
    """The terms that are not 0."""
    row = terms(given, last, second)
    assert len(row) == len(TERMS)
    return {name: value for name, value in zip(TERMS, row, strict=True) if value}


def test_the_terms_of_a_first_pass() -> None:
    found = named(action("pass", outcome="complete", x_m=84.0, end_x_m=94.0))
    assert found == pytest.approx(
        {
            "kept_goal_m": 11.0,
            "kept_goal_log": 2.397895,
            "kept_goal_angle": 0.642407,
            "kept_own_log": 4.543295,
            "kept_own_angle": 0.077834,
            "kept_in_box": 1.0,
            "start_log": 3.044522,
            "start_angle": 0.345114,
            "length_m": 10.0,
            "opening": 1.0,
        },
        abs=1e-5,
    )


def test_the_terms_of_a_lost_ball() -> None:
    found = named(action("foul", x_m=10.0, y_m=14.0, end_x_m=None, end_y_m=None))
    assert found["lost"] == found["foul"] == found["foul_in_own_box"] == 1.0
    assert found["lost_side_m"] == 20.0
    assert "lost_in_box" not in found
    assert not any(name.startswith("kept_") for name in found)
    assert "foul_in_own_box" not in named(action("foul", x_m=17.0))
    cross = named(action("pass", outcome="incomplete", cross=True))
    assert cross["cross"] == cross["lost_cross"] == 1.0
    assert named(action("shot", outcome="saved"))["shot_log"] == pytest.approx(3.218876)


def test_what_came_before_is_seen_by_the_team_that_acts() -> None:
    now = action("pass", outcome="complete", x_m=80.0, end_x_m=90.0)
    own = Action("cross", HARBOUR, 3000, 70.0, 10.0, 80.0, 34.0, True)
    theirs = Action("corner", NORTHGATE, 1000, 95.0, 58.0, 25.0, 34.0, False)
    found = named(now, own, theirs)
    assert found["same"] == found["last_own_cross"] == found["second_their_set_piece"] == 1.0
    assert found["wait_log"] == pytest.approx(1.098612)
    assert found["wait_2_log"] == pytest.approx(1.609438)
    assert found["pace_kept"] == 15.0  # from 10 m to 90 m in four seconds is more than the limit
    assert found["last_log"] == pytest.approx(3.748048, abs=1e-6)
    assert "opening" not in found
    turned = named(now, theirs, own)
    assert turned["won_ball"] == turned["last_their_set_piece"] == 1.0
    assert turned["last_log"] == pytest.approx(4.58, abs=1e-2)
    assert "same" not in turned


def test_a_wait_has_an_end() -> None:
    now = action("pass", outcome="complete")
    long_ago = Action("pass", HARBOUR, -60_000, 70.0, 34.0, 80.0, 34.0, True)
    assert named(now, long_ago)["wait_log"] == pytest.approx(3.044522)
    later = Action("pass", HARBOUR, 6000, 70.0, 34.0, 80.0, 34.0, True)
    assert "wait_log" not in named(now, later)
