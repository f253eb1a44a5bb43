"""The clock of a soccer match: where periods begin on it, how it is shown, when its full minutes pass."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.sports.base import Event

if TYPE_CHECKING:
    from app.sports.soccer.state import MatchState

PERIODS = {1: "first half", 2: "second half", 3: "extra time, first", 4: "extra time, second", 5: "penalty shoot-out"}

# Match clock at the start of each period (laws of the game), and nominal seconds from kick-off on the wall:
# 15 minutes of half-time, 5 before extra time, 1 at its turn, 5 before a shoot-out, and usual stoppage time.
CLOCK_START_S = {1: 0.0, 2: 2700.0, 3: 5400.0, 4: 6300.0, 5: 7200.0}
_WALL_START_S = {0: -3600.0, 1: 0.0, 2: 3720.0, 3: 7080.0, 4: 8100.0, 5: 9420.0, 100: 12600.0}
_REGULAR_END_S = {1: 2700.0, 2: 5400.0, 3: 6300.0, 4: 7200.0}


def clock_display(period: int, elapsed_s: float) -> str:
    """What the sport shows: 20:34, and 45+2:10 in stoppage time. A shoot-out shows 120:00."""
    if period == 5:
        return "120:00"
    end = _REGULAR_END_S.get(period)
    if end is not None and elapsed_s >= end:
        extra = int(elapsed_s - end)
        return f"{int(end) // 60}+{extra // 60}:{extra % 60:02d}"
    whole = int(elapsed_s)
    return f"{whole // 60:02d}:{whole % 60:02d}"


def wall_offset_s(period: int, elapsed_s: float) -> float:
    """Nominal seconds from kick-off to this moment, breaks included."""
    if period in CLOCK_START_S:
        return _WALL_START_S[period] + (elapsed_s - CLOCK_START_S[period])
    return _WALL_START_S.get(period, 0.0)


def minutes_passed(state: MatchState, event: Event) -> list[tuple[int, int, float]]:
    """Full minutes that the clock passes as it moves from the state to the event: (period, minute, elapsed_s).

    Called before the event is folded. A shoot-out has no minutes.
    """
    if event.control or event.period not in CLOCK_START_S or event.period == 5 or event.period < state.period:
        return []
    since = state.elapsed_s if event.period == state.period else CLOCK_START_S[event.period]
    first = math.floor(since / 60) + 1
    last = math.floor(event.elapsed_s / 60)
    return [(event.period, minute, minute * 60.0) for minute in range(first, last + 1)]
