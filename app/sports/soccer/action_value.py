"""The value of an action on the ball (VAEP): what it changed of the chance to score and of the chance to concede.

Formula (Decroos, Bransen, Van Haaren and Davis 2019, "Actions Speak Louder Than Goals: Valuing Player Actions in Soccer",
KDD; details as in its authors' socceraction, `vaep/formula.py`):
    V = (P(score after) - P(score before)) - (P(concede after) - P(concede before))
P is the probability that the team of the action scores (concedes) with this action or one of the next nine, of the state
after the action: the action and the two before it (`action_state.terms`, committed model "action_value"). Neither the ten nor
the three count carries, though a carry has its value: providers tell hundreds a match or hardly any, and ten actions would be
half as much play with the one as with the other.
Before is what the action before left behind: as it is for the same team, swapped for the other one. It is
- 0 and 0 where more than 10 s lie between them, after a goal, and at the start of a period;
- P(score) 0.792453 for a penalty and 0.0465 for a corner, whatever came before.
After a goal P(score) is 1 and P(concede) 0, and after an own goal the other way round: what the probability is of has
happened. The model is not asked, and what follows begins with nothing before it.
Golden, with 0.03 and 0.01 before: the same team's goal 1 - 0.03 + 0.01 = 0.98; the other team's 1 - 0.01 + 0.03 = 1.02; an
own goal of the other team -0.01 - 1 + 0.03 = -0.98; a penalty scored after a wait 0.207547, a corner that leaves 0.05 and 0.002 is 0.0015.
"""

from __future__ import annotations

from typing import Any

import msgspec

from app.sports.base import Event
from app.sports.soccer.action_trail import LONGEST_PHASE_MS, Acted, State, Trail, notice
from app.sports.soccer.actions import Action

PENALTY_P, CORNER_P = 0.792453, 0.0465
Chances = tuple[float, float]


class Left(msgspec.Struct, frozen=True, gc=False):
    """What an action left behind: the chances of its team (each 0 to 1), and when."""

    team: str
    at_ms: int
    p_score: float
    p_concede: float


def certain(action: Action) -> Chances | None:
    """P(score) and P(concede) after a goal, which nobody need be asked of; None after any other action."""
    if not action.goal:
        return None
    return (1.0, 0.0) if action.goal > 0 else (0.0, 1.0)


def worth_of(acted: Acted, after: Chances | None, before: Chances | None) -> float:
    """The value of an action, -2 to 2. after: what the model says of its state (None for a goal). before: of the state
    before it; None where nothing was before."""
    action = acted.state.action
    known = certain(action) if after is None else after
    if known is None:
        raise ValueError("an action that is no goal has no chances after it")
    if acted.before is None or before is None:
        return worth(action, None, known)
    last = acted.before.action
    return worth(action, Left(last.team, last.at_ms, *before), known)


def worth(action: Action, left: Left | None, after: Chances) -> float:
    """The value of an action, -2 to 2. left: what the action before it left; after: P(score) and P(concede) after it."""
    score_p, concede_p = 0.0, 0.0
    if left is not None and abs(action.at_ms - left.at_ms) <= LONGEST_PHASE_MS:
        same = left.team == action.team
        score_p, concede_p = (left.p_score, left.p_concede) if same else (left.p_concede, left.p_score)
    if action.kind == "penalty":
        score_p = PENALTY_P
    elif action.kind == "corner":
        score_p = CORNER_P
    return (after[0] - score_p) - (after[1] - concede_p)


class Chain(msgspec.Struct):
    """A trail of actions whose chances are asked for at once: what the last one left, and what the event just taken in was
    worth (None where it was no action)."""

    trail: Trail = msgspec.field(default_factory=Trail)
    left: Left | None = None
    value: float | None = None


def follow(chain: Chain, event: Event, model: Any) -> Chain:
    """Take one more event in, and ask the model at once. Without a model nothing has a value.

    For training, and for texts of signals that were registered when this was the only way.
    """
    chain.value = None
    if model is None:
        return chain
    acted = notice(chain.trail, event)
    if acted is None:
        return chain
    action = acted.state.action
    after = probabilities(acted.state, model.kernel)
    chain.value = worth(action, None if acted.before is None else chain.left, after)
    chain.left = Left(action.team, action.at_ms, *after)
    return chain


def probabilities(state: State, kernel: Any) -> Chances:
    """P(score) and P(concede) of the action's team after it, each 0 to 1."""
    known = certain(state.action)
    return kernel.predict(state.row) if known is None else known
