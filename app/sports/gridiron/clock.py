"""The clock of a football game: it counts down on the board and up here.

Every period has 15 minutes on this clock: quarter n begins at (n - 1) * 900 s, and elapsed_s = n * 900 less what the
board shows. So has an overtime, of whatever length: one of ten minutes (NFL, regular season) begins five minutes in, and
college overtime, whose board stays at 0:00, stands at the end of its period all the time. What is left of a period is
therefore right in each of them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.sports.base import Event
from app.sports.gridiron.situation import FIRST_OVERTIME, QUARTER_S

if TYPE_CHECKING:
    from app.sports.gridiron.state import MatchState

LAST_PERIOD = 20
PERIODS = {1: "first quarter", 2: "second quarter", 3: "third quarter", 4: "fourth quarter", 5: "overtime"} | {
    n: f"overtime {n - 4}" for n in range(6, LAST_PERIOD + 1)
}

# Nominal seconds on the wall: three for each of the clock's, 15 minutes of half-time, 3 before an overtime of 20.
_WALL_RATE = 3.0
_HALF_TIME_S = 900.0
_BREAK_S = 180.0
_OVERTIME_WALL_S = 1200.0
_REGULATION_WALL_S = 4 * QUARTER_S * _WALL_RATE + _HALF_TIME_S


def period_start_s(period: int) -> float:
    """Where a period begins on the clock that counts up."""
    return (period - 1) * QUARTER_S


def elapsed_of(period: int, left_s: float) -> float:
    """The clock that counts up, from what the board shows (0 to 900)."""
    return period * QUARTER_S - left_s


def clock_display(period: int, elapsed_s: float) -> str:
    """What the sport shows: `Q1 12:34`, `OT 9:58`, `2OT` where no clock runs, `Final`."""
    if period > LAST_PERIOD:
        return "Final"
    period = max(period, 1)
    left = math.ceil(max(0.0, min(QUARTER_S, period * QUARTER_S - elapsed_s)))
    if period < FIRST_OVERTIME:
        return f"Q{period} {left // 60}:{left % 60:02d}"
    name = "OT" if period == FIRST_OVERTIME else f"{period - FIRST_OVERTIME + 1}OT"
    return name if left == 0 else f"{name} {left // 60}:{left % 60:02d}"


def wall_offset_s(period: int, elapsed_s: float) -> float:
    """Nominal seconds from kick-off to this moment, breaks included. Never falls from one moment to a later one."""
    if period < 1:
        return -3600.0
    if period > LAST_PERIOD:
        return wall_offset_s(LAST_PERIOD, LAST_PERIOD * QUARTER_S) + _BREAK_S
    if period < FIRST_OVERTIME:
        return elapsed_s * _WALL_RATE + (_HALF_TIME_S if period > 2 else 0.0)
    inside_s = elapsed_s - period_start_s(period)
    return _REGULATION_WALL_S + _BREAK_S + (period - FIRST_OVERTIME) * _OVERTIME_WALL_S + inside_s


def minutes_passed(state: MatchState, event: Event) -> list[tuple[int, int, float]]:
    """Full minutes that the clock passes as it moves from the state to the event: (period, minute, elapsed_s).

    Called before the event is folded. An overtime that begins has passed none: it may be any length.
    """
    if event.control or event.period not in PERIODS or event.period < state.period:
        return []
    if event.period == state.period:
        since = state.elapsed_s
    elif event.period < FIRST_OVERTIME:
        since = period_start_s(event.period)
    else:
        return []
    first = math.floor(since / 60) + 1
    last = math.floor(event.elapsed_s / 60)
    return [(event.period, minute, minute * 60.0) for minute in range(first, last + 1)]
