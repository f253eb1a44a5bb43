"""What led to a shot, from matches of a few events worked out by hand; and that all who need it see the same."""

import gzip
import math
from typing import Any

import pytest

from app.feeds.base import FeedEvent, provider
from app.models.registry import load
from app.sports.fold import position
from app.sports.soccer.build_up import NOTHING, BuildUp, LedBy, step
from app.sports.soccer.signals import set_piece_threat
from app.sports.soccer.state import apply, new_state
from tests.engine_kit import NORTHGATE, feed, folded, gone, shot
from tests.shared_data import DATA, wyscout_matches

LAST = {"x_m": 95.0, "y_m": 34.0}


def led_by(*events: FeedEvent) -> LedBy:
    memory = BuildUp()
    for event in events:
        step(memory, folded(event))
    return memory.led_by


def played(order: float, x_m: float = 85.0, y_m: float = 44.0, type: str = "pass", **more: Any) -> FeedEvent:
    return feed(f"p{order}", order, type, x_m=x_m, y_m=y_m, **more)


def test_a_shot_out_of_nothing() -> None:
    assert led_by(shot("a", 10, **LAST)) == NOTHING == LedBy(*[0.0] * 9)


def test_the_last_pass_and_the_action_before_it() -> None:
    found = led_by(played(2, 65.0, 30.0), played(6), shot("a", 10, **LAST))
    assert found.pass_across_m == 10.0
    assert found.pass_from_m == pytest.approx(math.hypot(20, 10))
    assert found.pass_turn_rad == pytest.approx(math.atan2(10, 20.01))
    assert found.speed_m_per_s == 10 / 4
    assert (found.same_team, found.gain_m, found.cross, found.rebound, found.set_piece) == (1.0, 30.0, 0.0, 0.0, 0.0)
    assert led_by(played(2, 65.0, 30.0), played(6, cross=True), shot("a", 10, **LAST)).cross == 1.0


def test_the_opponents_actions_are_seen_from_the_other_side() -> None:
    found = led_by(
        played(2, 65.0, team=NORTHGATE), played(6, 20.0, 34.0, team=NORTHGATE, cross=True), shot("a", 10, **LAST)
    )
    assert found == LedBy(same_team=0.0, gain_m=95.0 - (105.0 - 65.0))
    assert led_by(played(2, 5.0), played(6), shot("a", 10, **LAST)).gain_m == 60.0


def test_a_rebound_is_a_shot_of_the_same_team_a_moment_ago() -> None:
    one = shot("a", 10, **LAST)
    assert led_by(one, shot("b", 13.5, **LAST)).rebound == 1.0
    assert led_by(one, shot("b", 13.6, **LAST)).rebound == 0.0
    assert led_by(one, played(12, type="clearance", team=NORTHGATE), shot("b", 14, **LAST)).rebound == 1.0
    assert led_by(shot("a", 10, team=NORTHGATE, **LAST), shot("b", 12, **LAST)).rebound == 0.0


@pytest.mark.parametrize("kind", ["corner", "free_kick"])
def test_a_set_piece_counts_for_twelve_seconds_and_four_actions(kind: str) -> None:
    taken = played(1, pass_kind=kind)
    assert led_by(taken, shot("a", 13, **LAST)).set_piece == 1.0
    assert led_by(taken, shot("a", 13.1, **LAST)).set_piece == 0.0
    assert led_by(played(1, pass_kind=kind, team=NORTHGATE), shot("a", 5, **LAST)).set_piece == 0.0
    assert led_by(played(1, pass_kind="throw_in"), shot("a", 5, **LAST)).set_piece == 0.0
    for others, expected in ((3, 1.0), (4, 0.0)):
        between = [played(2 + i / 10) for i in range(others)]
        assert led_by(taken, *between, shot("a", 5, **LAST)).set_piece == expected


def test_what_is_long_ago_or_of_another_half_is_nothing() -> None:
    assert led_by(played(1), shot("a", 21, **LAST)) != NOTHING
    assert led_by(played(1), shot("a", 21.5, **LAST)) == NOTHING
    assert led_by(played(1), shot("a", 2, period=2, **LAST)) == NOTHING


@pytest.mark.parametrize("type", ["carry", "reception", "pressure", "goalkeeper", "duel", "ball_recovery", "foul_won"])
def test_what_is_no_action_is_passed_over(type: str) -> None:
    plain = led_by(played(6), shot("a", 10, **LAST))
    assert led_by(played(6), played(7, 30.0, 10.0, type, team=NORTHGATE), shot("a", 10, **LAST)) == plain


@pytest.mark.parametrize("missing", ["x_m", "y_m"])
def test_what_is_not_told_counts_as_nothing(missing: str) -> None:
    assert led_by(played(6), shot("a", 10, **{**LAST, missing: None})) == NOTHING
    found = led_by(played(6, **{missing: None}), shot("a", 10, **LAST))
    assert found == NOTHING


def test_it_is_known_at_the_shot_alone() -> None:
    assert led_by(played(6), shot("a", 10, **LAST), feed("x", 11, "foul")) == NOTHING
    state = new_state()
    for event in (played(6), shot("a", 10, **LAST)):
        apply(state, folded(event))
    assert state.build_up.led_by == led_by(played(6), shot("a", 10, **LAST)) != NOTHING
    apply(state, folded(gone("z"), control=True))
    assert state.build_up.led_by != NOTHING


if DATA.is_dir():  # without the data there is nothing to fold, and nothing to skip

    def test_the_fold_and_set_piece_threat_remember_the_same_of_a_real_match() -> None:
        read, model = provider("wyscout"), load("xg")
        path = next(iter(wyscout_matches(3).values()))
        messages = [m for m in read.split(gzip.decompress(path.read_bytes())) if isinstance(m, bytes)]
        options = read.stream_options(messages)
        events = sorted((folded(read.decode(m, options)) for m in messages), key=position)
        state, memory, seen = new_state(), set_piece_threat.init(), 0
        for event in events:
            apply(state, event)
            memory = set_piece_threat.step(memory, event, model)
            assert state.build_up == memory.build_up
            seen += state.build_up.led_by != NOTHING
        assert seen > 5
