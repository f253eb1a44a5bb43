"""The soccer clock: what is shown, which minutes pass, where a moment lies on the wall."""

import pytest

from app.sports.soccer.clock import clock_display, minutes_passed, wall_offset_s
from app.sports.soccer.state import MatchState, new_state
from tests.engine_kit import feed, folded


@pytest.mark.parametrize(
    ("period", "elapsed_s", "shown"),
    [
        (0, 0.0, "00:00"),
        (1, 1234.9, "20:34"),
        (1, 2699.999, "44:59"),
        (1, 2700.0, "45+0:00"),
        (1, 2830.0, "45+2:10"),
        (2, 2700.0, "45:00"),
        (2, 5640.0, "90+4:00"),
        (2, 5400.0 + 601.0, "90+10:01"),
        (3, 6299.0, "104:59"),
        (3, 6300.0, "105+0:00"),
        (4, 7261.0, "120+1:01"),
        (5, 7333.0, "120:00"),
        (100, 5640.0, "94:00"),
    ],
)
def test_clock_display(period: int, elapsed_s: float, shown: str) -> None:
    assert clock_display(period, elapsed_s) == shown


def at(period: int, elapsed_s: float) -> MatchState:
    state = new_state()
    state.period, state.elapsed_s = period, elapsed_s
    return state


def passed(state: MatchState, period: int, clock_s: float, control: bool = False) -> list[tuple[int, int, float]]:
    return minutes_passed(state, folded(feed("e", 1, period=period, clock_s=clock_s), control=control))


def test_each_full_minute_passes_once() -> None:
    assert passed(at(1, 59.9), 1, 60.0) == [(1, 1, 60.0)]
    assert passed(at(1, 60.0), 1, 119.9) == []
    assert passed(at(1, 60.0), 1, 240.5) == [(1, 2, 120.0), (1, 3, 180.0), (1, 4, 240.0)]
    assert passed(at(1, 240.5), 1, 100.0) == []


def test_a_new_period_counts_from_its_own_start() -> None:
    assert passed(at(1, 2815.0), 2, 2700.0) == []
    assert passed(at(1, 2815.0), 2, 2761.0) == [(2, 46, 2760.0)]
    assert passed(at(2, 5640.0), 3, 5460.0) == [(3, 91, 5460.0)]


def test_before_after_shoot_out_and_control_have_no_minutes() -> None:
    assert passed(at(0, 0.0), 0, 600.0) == []
    assert passed(at(2, 5400.0), 100, 9000.0) == []
    assert passed(at(4, 7200.0), 5, 7400.0) == []
    assert passed(at(1, 0.0), 1, 600.0, control=True) == []


def test_an_event_of_an_earlier_period_passes_none() -> None:
    assert passed(at(2, 2900.0), 1, 2880.0) == []


def test_the_wall_runs_on_over_periods() -> None:
    moments = [(0, 0.0), (1, 0.0), (1, 2900.0), (2, 2700.0), (2, 5800.0), (3, 5400.0), (4, 6300.0), (5, 7200.0)]
    offsets = [wall_offset_s(*m) for m in moments]
    assert offsets == sorted(offsets)
    assert wall_offset_s(1, 0.0) == 0.0
    assert wall_offset_s(100, 5640.0) == wall_offset_s(100, 0.0) > offsets[-1]
