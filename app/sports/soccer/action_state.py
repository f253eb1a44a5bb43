"""The terms of an action's two probabilities: what it was, where it ended, and the two actions before it.

Carries are left out of what came before: some providers tell hundreds a match, others hardly any, and the model must see the
same state in both.
Training makes its rows with `terms`, and so does every value on air. All places are seen by the team of the action.
"""

from __future__ import annotations

import math

from app.sports.soccer.actions import KINDS, Action
from app.sports.soccer.events import PITCH_LENGTH_M, PITCH_WIDTH_M
from app.sports.soccer.geometry import goal_angle_rad

# Of the end of the action, once for a ball that is kept and once for one that is lost.
_PLACE = ("goal_m", "goal_log", "goal_angle", "side_m", "own_log", "own_angle", "in_box")
# What the other kinds are compared with: a pass, a goal kick (of which the training data does not tell how it ended), and a
# carry, as the ball is then as it is after a pass (the training data tells only the fastest runs). Own goals are not asked.
_PLAIN = ("pass", "goal_kick", "carry", "own_goal")
_KINDS = tuple(kind for kind in KINDS if kind not in _PLAIN)
_LOST = ("lost", "lost_cross", "lost_set_piece", "lost_take_on")
_MOVE = ("start_log", "start_angle", "length_m", "shot_log", "foul_in_own_box")
_BEFORE = (
    "opening",
    "same",
    "won_ball",
    "won_ball_log",
    "wait_log",
    "wait_2_log",
    "pace_kept",
    "pace_lost",
    "last_log",
)
_GROUPS = {
    "shot_blocked": 0, "shot_saved": 0, "shot_off_target": 0, "penalty": 0, "cross": 1, "corner": 2, "free_kick": 2,
    "keeper": 3, "take_on": 4, "clearance": 5, "foul": 6, "throw_in": 7,
}  # fmt: skip
_GROUP_NAMES = ("shot", "cross", "set_piece", "keeper", "take_on", "clearance", "foul", "throw_in")
_HISTORY = tuple(
    f"{place}_{by}_{group}" for place in ("last", "second") for group in _GROUP_NAMES for by in ("own", "their")
)

TERMS = (
    *(f"kept_{name}" for name in _PLACE),
    *(f"lost_{name}" for name in _PLACE),
    *_KINDS,
    *_LOST,
    *_MOVE,
    *_BEFORE,
    *_HISTORY,
)

_N = len(TERMS)
_AT = {name: index for index, name in enumerate(TERMS)}
_AT_KIND = {kind: _AT[kind] for kind in _KINDS}
_AT_LOST_KIND = {
    "cross": _AT["lost_cross"],
    "corner": _AT["lost_set_piece"],
    "free_kick": _AT["lost_set_piece"],
    "take_on": _AT["lost_take_on"],
}
_AT_KEPT_PLACE, _AT_LOST_PLACE, _AT_LOST = 0, len(_PLACE), _AT["lost"]
_AT_START, _AT_SHOT, _AT_FOUL = _AT["start_log"], _AT["shot_log"], _AT["foul_in_own_box"]
_AT_OPENING, _AT_LAST, _AT_SECOND = _AT["opening"], _AT["last_own_shot"], _AT["second_own_shot"]

_HALF_WIDTH_M = PITCH_WIDTH_M / 2
_BOX_M, _BOX_HALF_WIDTH_M = 16.5, 20.16
# Below a metre a logarithm runs away while nothing changes on the pitch; a wait of more than 20 s is a new start.
_NEAREST_M, _LONGEST_WAIT_S, _GREATEST_PACE = 1.0, 20.0, 15.0
_SHOTS = frozenset(("shot_off_target", "shot_blocked", "shot_saved"))


def _log(metres: float) -> float:
    return math.log(metres) if metres > _NEAREST_M else 0.0


def terms(action: Action, last: Action | None, second: Action | None) -> list[float]:
    """The terms of the state after an action, in the order of TERMS.

    last: the action before it that is no carry, and second: the one before that; None where the period has none.
    """
    row = [0.0] * _N
    end_x_m, side_m = action.end_x_m, abs(_HALF_WIDTH_M - action.end_y_m)
    to_goal_m = PITCH_LENGTH_M - end_x_m
    goal_m = math.hypot(to_goal_m, side_m)
    goal_log, own_log = _log(goal_m), _log(math.hypot(end_x_m, side_m))
    goal_angle, own_angle = goal_angle_rad(end_x_m, action.end_y_m), goal_angle_rad(to_goal_m, action.end_y_m)
    in_box = 1.0 if to_goal_m <= _BOX_M and side_m <= _BOX_HALF_WIDTH_M else 0.0
    place = (goal_m, goal_log, goal_angle, side_m, own_log, own_angle, in_box)
    kind, kept = action.kind, action.kept
    if kind in _AT_KIND:
        row[_AT_KIND[kind]] = 1.0
    if kept:
        row[_AT_KEPT_PLACE : _AT_KEPT_PLACE + len(place)] = place
        row[_AT_START] = _log(math.hypot(PITCH_LENGTH_M - action.x_m, _HALF_WIDTH_M - action.y_m))
        row[_AT_START + 1] = goal_angle_rad(action.x_m, action.y_m)
        row[_AT_START + 2] = math.hypot(end_x_m - action.x_m, action.end_y_m - action.y_m)
    else:
        row[_AT_LOST_PLACE : _AT_LOST_PLACE + len(place)] = place
        row[_AT_LOST] = 1.0
        if kind in _AT_LOST_KIND:
            row[_AT_LOST_KIND[kind]] = 1.0
        elif kind in _SHOTS:
            row[_AT_SHOT] = goal_log
        elif kind == "foul" and end_x_m <= _BOX_M and side_m <= _BOX_HALF_WIDTH_M:
            row[_AT_FOUL] = 1.0
    if last is None:
        row[_AT_OPENING] = 1.0
    else:
        _before(row, action, last, second, goal_log)
    return row


def _before(row: list[float], action: Action, last: Action, second: Action | None, goal_log: float) -> None:
    """The terms of what came before."""
    same = last.team == action.team
    at = _AT_OPENING
    if same:
        row[at + 1] = 1.0
    elif action.kept:
        row[at + 2] = 1.0
        row[at + 3] = goal_log
    wait_s = min(max((action.at_ms - last.at_ms) / 1000, 0.0), _LONGEST_WAIT_S)
    row[at + 4] = math.log1p(wait_s)
    last_x_m, last_y_m = (last.x_m, last.y_m) if same else (PITCH_LENGTH_M - last.x_m, PITCH_WIDTH_M - last.y_m)
    row[at + 8] = _log(math.hypot(PITCH_LENGTH_M - last_x_m, _HALF_WIDTH_M - last_y_m))
    group = _GROUPS.get(last.kind)
    if group is not None:
        row[_AT_LAST + 2 * group + (not same)] = 1.0
    since_s, from_x_m = wait_s, last_x_m
    if second is not None:
        own = second.team == action.team
        since_s = min(max((action.at_ms - second.at_ms) / 1000, 0.0), _LONGEST_WAIT_S)
        from_x_m = second.x_m if own else PITCH_LENGTH_M - second.x_m
        group = _GROUPS.get(second.kind)
        if group is not None:
            row[_AT_SECOND + 2 * group + (not own)] = 1.0
    row[at + 5] = math.log1p(since_s)
    pace = (action.end_x_m - from_x_m) / (since_s + 1.0)
    row[at + (6 if action.kept else 7)] = min(max(pace, -_GREATEST_PACE), _GREATEST_PACE)
