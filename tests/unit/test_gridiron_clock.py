"""The clock of football: quarters that count down, overtimes of any length, minutes that pass."""

import pytest

from app.sports.gridiron.clock import clock_display, elapsed_of, minutes_passed, wall_offset_s
from app.sports.gridiron.situation import game_s, half_s
from app.sports.gridiron.state import new_state
from tests.engine_kit import folded
from tests.gridiron_kit import snap


@pytest.mark.parametrize(
    ("period", "left_s", "elapsed_s", "shown"),
    [
        (1, 900, 0.0, "Q1 15:00"),
        (1, 596, 304.0, "Q1 9:56"),
        (2, 0, 1800.0, "Q2 0:00"),
        (4, 38, 3562.0, "Q4 0:38"),
        (5, 600, 3900.0, "OT 10:00"),
        (5, 0, 4500.0, "OT"),
        (6, 0, 5400.0, "2OT"),
        (6, 61, 5339.0, "2OT 1:01"),
    ],
)
def test_the_board_counts_down_and_the_clock_up(period: int, left_s: int, elapsed_s: float, shown: str) -> None:
    assert elapsed_of(period, left_s) == elapsed_s
    assert clock_display(period, elapsed_s) == shown


def test_before_and_after() -> None:
    assert clock_display(0, 0.0) == "Q1 15:00"
    assert clock_display(100, 0.0) == "Final"


@pytest.mark.parametrize(
    ("period", "elapsed_s", "half", "game"),
    [
        (1, 0.0, 1800.0, 3600.0),
        (2, 1200.0, 600.0, 2400.0),
        (3, 1800.0, 1800.0, 1800.0),
        (4, 3599.0, 1.0, 1.0),
        (5, 3900.0, 600.0, 0.0),
        (5, 4500.0, 0.0, 0.0),
    ],
)
def test_what_is_left(period: int, elapsed_s: float, half: float, game: float) -> None:
    assert (half_s(period, elapsed_s), game_s(period, elapsed_s)) == (half, game)


def test_the_wall_never_runs_back() -> None:
    moments = [(0, 0.0), *((p, (p - 1) * 900.0 + s) for p in range(1, 21) for s in (0.0, 450.0, 900.0)), (100, 0.0)]
    offsets = [wall_offset_s(*moment) for moment in moments]
    assert offsets == sorted(offsets)
    assert offsets[1] == 0.0
    # Three hours and a quarter, half-time included.
    assert wall_offset_s(4, 3600.0) == 11_700.0


def test_minutes_pass_between_two_plays_and_at_the_turn_of_a_quarter() -> None:
    state = new_state()
    state.period, state.elapsed_s = 1, 55.0
    assert minutes_passed(state, folded(snap("a", 1, "run", clock_s=180.0))) == [
        (1, 1, 60.0),
        (1, 2, 120.0),
        (1, 3, 180.0),
    ]
    assert minutes_passed(state, folded(snap("b", 1, "run", period=2, clock_s=965.0))) == [(2, 16, 960.0)]


def test_an_overtime_that_begins_has_passed_no_minute() -> None:
    state = new_state()
    state.period, state.elapsed_s = 4, 3600.0
    assert minutes_passed(state, folded(snap("a", 1, "run", period=5, clock_s=3900.0))) == []
    state.period, state.elapsed_s = 5, 3900.0
    assert minutes_passed(state, folded(snap("b", 2, "run", period=5, clock_s=3961.0))) == [(5, 66, 3960.0)]
