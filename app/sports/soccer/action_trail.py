"""Which actions follow one another, and what the model of action values is asked of them; no probability is needed for it.

A state is what an action left behind (see `app.sports.soccer.action_value`): the action, and the two before it that are no
carries. What was before an action is the state of the action before it, where that lies within ten seconds, in the
same period, and no goal between.
"""

from __future__ import annotations

from typing import Any

import msgspec

from app.sports.base import Event
from app.sports.soccer.action_state import terms
from app.sports.soccer.actions import SHOOT_OUT, Action, action_of

LONGEST_PHASE_MS = 10_000
_GOALS = ("own_goal", "own_goal_against")
Row = tuple[float, ...]


class State(msgspec.Struct, frozen=True, dict=True):
    """An action and what came before it: last, the action before it that is no carry, and second, the one before that."""

    action: Action
    last: Action | None
    second: Action | None

    @property
    def row(self) -> Row:
        """What the model is asked of it: its terms. It is worked out once, and left out where a state is stored or compared.
        After a goal the model is not asked."""
        held: Any = self.__dict__
        row = held.get("terms")
        if row is None:
            row = held["terms"] = tuple(terms(self.action, self.last, self.second))
        return row


class Acted(msgspec.Struct, frozen=True, gc=False):
    """An action, as the state that it left, and the state before it; None where nothing was before."""

    state: State
    before: State | None


class Trail(msgspec.Struct):
    """The last two actions of a period that are no carries, and what the last action of any kind left behind."""

    period: int = 0
    last: Action | None = None
    second: Action | None = None
    left: State | None = None


def notice(trail: Trail, event: Event) -> Acted | None:
    """Take one more event in. None where it is no action."""
    if event.control or event.period == SHOOT_OUT:
        return None
    action = action_of(event)
    if action is None:
        if event.type in _GOALS:
            _kick_off(trail, event.period)
        return None
    if event.period != trail.period:
        _kick_off(trail, event.period)
    left = trail.left
    if left is not None and abs(action.at_ms - left.action.at_ms) > LONGEST_PHASE_MS:
        left = None
    state = _state(action, trail.last, trail.second)
    action = state.action
    if action.goal:
        _kick_off(trail, event.period)
    else:
        trail.left = state
        if action.kind != "carry":
            trail.second, trail.last = trail.last, action
    return Acted(state, left)


def _kick_off(trail: Trail, period: int) -> None:
    trail.period, trail.last, trail.second, trail.left = period, None, None, None


# The newest state of all. Signals follow the same events one after the other, and what is equal is then one object, whose
# row is worked out once for all of them. Values do not depend on it.
_newest: list[State | None] = [None]


def _state(action: Action, last: Action | None, second: Action | None) -> State:
    newest = _newest[0]
    if newest is not None and newest.action == action and newest.last == last and newest.second == second:
        return newest
    _newest[0] = found = State(action, last, second)
    return found
