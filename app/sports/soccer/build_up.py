"""What led to a shot: the last actions with the ball before it, remembered event by event. Pure, no look-ahead.

An action is a pass, a shot, a take-on, a clearance or an interception: what every provider tells in some way. Carries,
receptions and recoveries are none, because one provider tells many and another hardly any. What a goalkeeper does is
none either: some providers tell the save before the shot that it stopped.
Unit: metres, seconds and radians, in the frame of the team that shoots.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec

from app.sports.base import Event
from app.sports.soccer.events import PITCH_LENGTH_M, PITCH_WIDTH_M
from app.sports.soccer.geometry import goal_distance_m

ACTIONS = frozenset(("pass", "shot", "dribble", "clearance", "interception"))
KEPT = 4
# What is older has no bearing on a shot.
MEMORY_S = 20.0
SET_PIECE_S = 12.0
REBOUND_S = 3.5
_SET_PIECES = ("corner", "free_kick")
_FASTEST_M_PER_S, _BACKWARDS_M_PER_S = 20.0, -10.0
_FARTHEST_GAIN_M, _FARTHEST_LOSS_M = 60.0, -30.0


class Action(NamedTuple):
    """One action, in the frame of the team that acts."""

    type: str
    team: str | None
    elapsed_s: float
    x_m: float | None
    y_m: float | None
    pass_kind: str | None
    cross: bool


class LedBy(NamedTuple):
    """What led to a shot; all 0 where nothing did, or where it is not told.

    pass_across_m, pass_turn_rad, pass_from_m: of the pass of the same team that was the last action. How far it came across
        the pitch, how far the place of the ball turned as seen from the goal, how far from the goal it was played.
    cross: that pass was a cross.
    rebound: one of the last two actions was a shot of the same team, and the last was at most 3.5 s ago.
    speed_m_per_s: how fast the ball came forward since the last action, where it was the same team's (-10 to 20).
    same_team: the action before the last was the same team's. gain_m: how far the ball came forward since then (-30 to 60).
    set_piece: a corner or free kick of the same team was played within the last four actions and 12 s.
    """

    pass_across_m: float = 0.0
    pass_turn_rad: float = 0.0
    pass_from_m: float = 0.0
    cross: float = 0.0
    rebound: float = 0.0
    speed_m_per_s: float = 0.0
    same_team: float = 0.0
    gain_m: float = 0.0
    set_piece: float = 0.0


NOTHING = LedBy()


class BuildUp(msgspec.Struct):
    """The last actions of the period, oldest first; and, right after a shot alone, what led to it."""

    period: int = 0
    actions: list[Action] = []
    led_by: LedBy = NOTHING


def step(memory: BuildUp, event: Event) -> None:
    """Remember one more event (in place)."""
    # It is forgotten at once: a correction must not be felt until the next shot.
    memory.led_by = NOTHING
    if event.type not in ACTIONS:
        return
    if event.period != memory.period:
        memory.period, memory.actions = event.period, []
    fields = event.fields
    if event.type == "shot":
        memory.led_by = led_by(memory.actions, event)
    memory.actions = memory.actions[1 - KEPT :]
    memory.actions.append(
        Action(event.type, event.team, event.elapsed_s, fields.x_m, fields.y_m, fields.pass_kind, fields.cross is True)
    )


def led_by(actions: list[Action], shot: Event) -> LedBy:
    """What led to a shot, from the actions before it in its period, oldest first."""
    x_m, y_m, team, now_s = shot.fields.x_m, shot.fields.y_m, shot.team, shot.elapsed_s
    recent = [action for action in actions if now_s - action.elapsed_s <= MEMORY_S]
    if x_m is None or y_m is None or not recent:
        return NOTHING
    set_piece = any(
        a.type == "pass" and a.team == team and a.pass_kind in _SET_PIECES and now_s - a.elapsed_s <= SET_PIECE_S
        for a in recent
    )
    last = recent[-1]
    gap_s = now_s - last.elapsed_s
    rebound = gap_s <= REBOUND_S and any(a.type == "shot" and a.team == team for a in recent[-2:])
    across_m = turn_rad = from_m = speed = same_team = gain_m = 0.0
    at = _place(last, team)
    if at is not None and last.team == team:
        speed = min(max((x_m - at[0]) / max(gap_s, 0.5), _BACKWARDS_M_PER_S), _FASTEST_M_PER_S)
        if last.type == "pass":
            across_m, from_m = abs(y_m - at[1]), goal_distance_m(*at)
            turn_rad = abs(_bearing_rad(*at) - _bearing_rad(x_m, y_m))
    if len(recent) > 1:
        before = recent[-2]
        same_team = float(before.team == team)
        at = _place(before, team)
        if at is not None:
            gain_m = min(max(x_m - at[0], _FARTHEST_LOSS_M), _FARTHEST_GAIN_M)
    cross = float(last.cross and last.team == team)
    return LedBy(across_m, turn_rad, from_m, cross, float(rebound), speed, same_team, gain_m, float(set_piece))


def _place(action: Action, team: str | None) -> tuple[float, float] | None:
    """Where an action was, as the team sees it; None where it is not told."""
    if action.x_m is None or action.y_m is None:
        return None
    if action.team == team:
        return action.x_m, action.y_m
    return PITCH_LENGTH_M - action.x_m, PITCH_WIDTH_M - action.y_m


def _bearing_rad(x_m: float, y_m: float) -> float:
    """The direction of a point as seen from the middle of the goal, 0 straight in front."""
    return math.atan2(y_m - PITCH_WIDTH_M / 2, PITCH_LENGTH_M + 0.01 - x_m)
