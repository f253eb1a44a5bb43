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
from app.sports.soccer.action_state import terms
from app.sports.soccer.actions import SHOOT_OUT, Action, action_of

PENALTY_P, CORNER_P = 0.792453, 0.0465
LONGEST_PHASE_MS = 10_000
_GOALS = ("own_goal", "own_goal_against")


class Left(msgspec.Struct, frozen=True, gc=False):
    """What an action left behind: the chances of its team (each 0 to 1), and when."""

    team: str
    at_ms: int
    p_score: float
    p_concede: float


class Chain(msgspec.Struct):
    """The last two actions of a period that are no carries, what the last action of any kind left behind, and what the
    event just taken in was worth (None where it was no action)."""

    period: int = 0
    last: Action | None = None
    second: Action | None = None
    left: Left | None = None
    value: float | None = None


def follow(chain: Chain, event: Event, model: Any) -> Chain:
    """Take one more event in. Without a model nothing has a value."""
    chain.value = None
    if event.control or event.period == SHOOT_OUT:
        return chain
    action = action_of(event)
    if action is None:
        if event.type in _GOALS:
            _kick_off(chain, event.period)
        return chain
    if event.period != chain.period:
        _kick_off(chain, event.period)
    if model is None:
        return chain
    after = probabilities(action, chain.last, chain.second, model.kernel)
    chain.value = worth(action, chain.left, after)
    if action.goal:
        _kick_off(chain, event.period)
        return chain
    chain.left = Left(action.team, action.at_ms, after[0], after[1])
    if action.kind != "carry":
        chain.second, chain.last = chain.last, action
    return chain


def _kick_off(chain: Chain, period: int) -> None:
    chain.period, chain.last, chain.second, chain.left = period, None, None, None


def probabilities(action: Action, last: Action | None, second: Action | None, kernel: Any) -> tuple[float, float]:
    """P(score) and P(concede) of the action's team after it, each 0 to 1."""
    if action.goal:
        return (1.0, 0.0) if action.goal > 0 else (0.0, 1.0)
    return kernel.predict(terms(action, last, second))


def worth(action: Action, left: Left | None, after: tuple[float, float]) -> float:
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
