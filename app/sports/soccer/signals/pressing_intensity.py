"""Pressing intensity: pressing actions for each pass of the opponent, over the last ten minutes. Higher presses harder.

Intensity = own pressures and tackles tried, at or above 40 % of the pitch (presser's x >= 42 of 105 m) ÷ passes of the
opponent that start in the same zone (passer's x <= 63 m). A tackle is a duel of that kind, won or lost: the press was
there either way. The zone is that of PPDA (Wyscout glossary), so that defending one's own box is no pressing; against
PPDA it is upside down, has pressures in it, and forgets. There is no agreed definition in the field: compare it with
itself only. Unit: actions per pass. Golden: 12 pressures and 3 tackles against 50 passes are 0.3.

The window is the last ten minutes of the match clock within a period, from full minute to full minute; a period starts
from nothing. The shoot-out is left out. No pass of the opponent in the window: no value. A feed that has told no
pressure at all has no value, because its tackles alone would look like a weak press. Actions without a location are not
counted. Where the opponents of the ball stand (freeze frames, tracking) is not in the log of events, so this is not the
measure of the same name after Bekkers (2024, arXiv:2501.04712), which needs positions and speeds.
"""

from math import ceil
from typing import Any

import msgspec

from app.sports.base import Event, Signal
from app.sports.soccer.events import PITCH_LENGTH_M

SIGNAL = Signal(
    name="pressing_intensity",
    title="Pressing intensity (last 10 minutes)",
    description="Own pressures and tackles per opponent pass outside the own 40 % of the pitch, last ten minutes.",
    unit="actions per pass",
    range=(0.0, 1000.0),
    resolution=0.01,
    version=1,
    subject="team",
    source="pressures and tackles per opponent pass in the zone of PPDA (Wyscout glossary)",
    minute=True,
    events=frozenset({"period_end"}),
    features=("home_id", "away_id", "match_period", "match_elapsed_s"),
)

WINDOW_MIN = 10
PASS_ZONE_END_X_M = 0.6 * PITCH_LENGTH_M
ACTION_ZONE_START_X_M = 0.4 * PITCH_LENGTH_M
SHOOT_OUT = 5
COUNTED = frozenset({"pass", "pressure", "duel"})

_PASSES, _ACTIONS = 0, 1


class Window(msgspec.Struct):
    """What each team did in each of the last minutes of a period. told: has the feed told any pressure so far?"""

    period: int = 0
    minute: int = 0
    told: bool = False
    counts: dict[tuple[int, str], list[int]] = {}  # (minute, team): [passes, pressing actions]


def init() -> Window:
    """Nothing counted yet."""
    return Window()


def step(memory: Window, event: Event, model: None) -> Window:
    """Count one event."""
    kind = event.type
    if kind not in COUNTED or event.period == SHOOT_OUT:
        return memory
    x_m, team = event.fields.x_m, event.team
    if kind == "pressure":
        memory.told = True
    if x_m is None or team is None:
        return memory
    if kind == "pass":
        if x_m <= PASS_ZONE_END_X_M:
            _count(memory, event, team, _PASSES)
    elif x_m >= ACTION_ZONE_START_X_M and (kind == "pressure" or event.fields.duel_kind == "tackle"):
        _count(memory, event, team, _ACTIONS)
    return memory


def _count(memory: Window, event: Event, team: str, what: int) -> None:
    minute = int(event.elapsed_s // 60)
    if event.period != memory.period:
        memory.period, memory.minute, memory.counts = event.period, minute, {}
    elif minute > memory.minute:
        memory.minute = minute
        memory.counts = {key: n for key, n in memory.counts.items() if key[0] >= minute - WINDOW_MIN}
    # A touch that is stamped early happened where it stands in match order.
    key = (memory.minute, team)
    if key not in memory.counts:
        memory.counts[key] = [0, 0]
    memory.counts[key][what] += 1


def value(f: Any, model: None, memory: Window) -> dict[str, float | None] | None:
    """Intensity of both teams; None for one whose opponent has not passed in the window."""
    if not memory.told or f.match_period == SHOOT_OUT:
        return None
    first = ceil(f.match_elapsed_s / 60) - WINDOW_MIN
    home, away = [0, 0], [0, 0]
    if memory.period == f.match_period:
        for (minute, team), (passes, actions) in memory.counts.items():
            if minute >= first and team in (f.home_id, f.away_id):
                side = home if team == f.home_id else away
                side[_PASSES] += passes
                side[_ACTIONS] += actions
    return {f.home_id: _ratio(home[_ACTIONS], away[_PASSES]), f.away_id: _ratio(away[_ACTIONS], home[_PASSES])}


def _ratio(actions: int, passes: int) -> float | None:
    return None if passes == 0 else actions / passes
