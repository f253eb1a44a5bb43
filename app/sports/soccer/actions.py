"""Actions on the ball: which events are one, what kind, where they begin and end, and whether they keep the ball.

The kinds are those of SPADL (Decroos et al. 2019, "Actions Speak Louder Than Goals", KDD; open source socceraction) as far
as the vocabulary of the log tells them apart. An event is an action when it can be told without what comes after it.

- pass: complete or lost; `cross` and `pass_kind` make crosses, throw-ins, free kicks, corners and goal kicks of it.
- carry: of 3 m and more (socceraction's least length of a dribble). Shorter ones are no action: providers differ most there.
- dribble (take-on): won or lost; where it ends is not used, as few providers say.
- shot: goal, saved, blocked, post, off target. own_goal_against: the own goal, told by the team that scored it.
- interception, and a duel that is a tackle and won; clearance; foul; miscontrol.
- goalkeeper: what he holds, parries, punches or claims. Facing a shot, or letting it in, is none.

Left out: receptions, pressures, other duels, blocks, recoveries, times dispossessed: SPADL has no such action, or few
providers tell it. A run between two passes that a provider does not tell could be put in only once the next event is known.
"""

from __future__ import annotations

import math

import msgspec

from app.sports.base import Event
from app.sports.soccer.events import PITCH_LENGTH_M, PITCH_WIDTH_M

SHOOT_OUT = 5
LEAST_CARRY_M = 3.0
# A penalty is taken from its mark, and a keeper who is not said to be anywhere stands before his goal.
PENALTY_MARK = (PITCH_LENGTH_M - 11.0, PITCH_WIDTH_M / 2)
BEFORE_OWN_GOAL = (3.0, PITCH_WIDTH_M / 2)

ACTIONS = frozenset((
    "pass", "carry", "dribble", "shot", "own_goal_against", "interception", "duel", "clearance", "goalkeeper", "foul",
    "miscontrol",
))  # fmt: skip
KINDS = (
    "pass", "cross", "throw_in", "free_kick", "corner", "goal_kick", "carry", "take_on", "shot_off_target", "shot_blocked",
    "shot_saved", "penalty", "own_goal", "interception", "tackle", "clearance", "keeper", "foul", "miscontrol",
)  # fmt: skip
_SHOTS = {
    "blocked": "shot_blocked",
    "saved": "shot_saved",
    "saved_to_post": "shot_saved",
    "saved_off_target": "shot_saved",
    "post": "shot_saved",
}
_LOST_PASSES = frozenset(("incomplete", "out", "offside", "injury_clearance"))
_PASSES = {"corner": "corner", "free_kick": "free_kick", "throw_in": "throw_in", "goal_kick": "goal_kick"}
_KEPT_BY_KEEPER = frozenset((
    "claim", "clear", "collected_twice", "in_play_danger", "in_play_safe", "punched_out", "saved_twice", "success",
    "success_in_play", "success_out", "touched_out", "won",
))  # fmt: skip


class Action(msgspec.Struct, frozen=True, gc=False):
    """One action on the ball. Places are metres in the acting team's frame; at_ms is the match clock.

    kept: the acting team has the ball after it. goal: 1 scored by the acting team, -1 put into its own goal, else 0.
    An action that does not say where it ends, or ends where it began, has its start for an end.
    """

    kind: str
    team: str
    at_ms: int
    x_m: float
    y_m: float
    end_x_m: float
    end_y_m: float
    kept: bool
    goal: int = 0


def told(event: Event) -> bool | None:
    """Is the event an action on the ball; None for one whose place, end or outcome is not told (yet).

    Never an action: anything in a shoot-out, an event without a team, a pass or take-on whose outcome is unknown.
    """
    kind, fields = event.type, event.fields
    if kind not in ACTIONS or event.period == SHOOT_OUT or event.team is None:
        return False
    if kind == "own_goal_against":
        return True
    placed = fields.x_m is not None and fields.y_m is not None
    if kind == "pass":
        outcome = fields.outcome
        if outcome == "complete":
            return True if placed and fields.end_x_m is not None and fields.end_y_m is not None else None
        if outcome is None:
            return None
        if outcome not in _LOST_PASSES:
            return False
    elif kind == "carry":
        if not placed or fields.end_x_m is None or fields.end_y_m is None:
            return None
        return math.hypot(fields.end_x_m - fields.x_m, fields.end_y_m - fields.y_m) >= LEAST_CARRY_M
    elif kind == "shot":
        if fields.outcome is None:
            return None
        placed = placed or fields.shot_kind == "penalty"
    elif kind == "duel":
        if fields.duel_kind != "tackle" or not fields.won:
            return False
    elif kind == "dribble":
        if fields.won is None:
            return False
    elif kind == "goalkeeper":
        return fields.outcome in _KEPT_BY_KEEPER
    return True if placed else None


def action_of(event: Event) -> Action | None:
    """The action that an event is; None for one that is none, or is not told in full (see `told`)."""
    if not told(event):
        return None
    type_, fields = event.type, event.fields
    x_m, y_m = fields.x_m, fields.y_m
    end_x_m, end_y_m = x_m, y_m
    kept, goal = False, 0
    if type_ == "pass":
        kind = _PASSES.get(fields.pass_kind, "cross" if fields.cross else "pass")
        kept = fields.outcome == "complete"
        if fields.end_x_m is not None and fields.end_y_m is not None:
            end_x_m, end_y_m = fields.end_x_m, fields.end_y_m
    elif type_ == "carry":
        kind, kept, end_x_m, end_y_m = "carry", True, fields.end_x_m, fields.end_y_m
    elif type_ == "shot":
        kind = "penalty" if fields.shot_kind == "penalty" else _SHOTS.get(fields.outcome, "shot_off_target")
        goal = 1 if fields.outcome == "goal" else 0
        if kind == "penalty":
            x_m, y_m = PENALTY_MARK
            end_x_m, end_y_m = PENALTY_MARK
    elif type_ == "dribble":
        kind, kept = "take_on", fields.won
    elif type_ == "duel":
        kind, kept = "tackle", True
    elif type_ == "interception":
        kind, kept = "interception", fields.won is not False
    elif type_ == "goalkeeper":
        kind, kept = "keeper", True
        if x_m is None or y_m is None:
            x_m, y_m = BEFORE_OWN_GOAL
        end_x_m, end_y_m = x_m, y_m
    elif type_ == "own_goal_against":
        # Nothing of it is looked at but that it is one.
        kind, goal = "own_goal", -1
        x_m = y_m = end_x_m = end_y_m = 0.0
    else:
        kind = type_
    return Action(kind, event.team or "", round(event.elapsed_s * 1000), x_m, y_m, end_x_m, end_y_m, kept, goal)
