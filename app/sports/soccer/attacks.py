"""Who had the ball from when to when: a match cut into attacks, after the fact. Pure.

An attack is what one team does with the ball until the other has it. Providers number possessions differently or not at
all, so they are cut here, the same way for every feed:

- passes, carries, take-ons and shots are done with the ball. One by the other team, one after a restart (kick-off, corner,
  free kick, penalty, throw-in, goal kick), one of another period, or after GAP_S without any, begins an attack.
- a tackle, interception, clearance, block, save or recovery only begins one when the same team goes on with the ball: an
  attack that a defender's leg touches goes on.
- kicks of a shoot-out belong to none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from app.sports.base import Event
from app.sports.soccer.shots import SHOOT_OUT_PERIOD, is_penalty

ORIGINS = ("regain", "keeper", "kick_off", "goal_kick", "throw_in", "free_kick", "corner", "penalty")
_WITH_THE_BALL = frozenset(("pass", "carry", "dribble", "shot"))
_REGAINS = frozenset(("interception", "ball_recovery", "clearance", "block", "duel", "goalkeeper", "fifty_fifty"))
_RESTARTS = frozenset(("kick_off", "goal_kick", "throw_in", "free_kick", "corner"))
GAP_S = 30.0


class Attack(NamedTuple):
    """One attack. touches: what the team did with the ball, in match order, the win of the ball first where it is told.
    events: the ids of all that is told of it, the opponents' part included."""

    team: str
    origin: str
    period: int
    touches: list[Event]
    events: list[str]


def attacks_of(events: Iterable[Event]) -> list[Attack]:
    """The attacks of one match, in order. events: in match order; control events are passed over."""
    found: list[Attack] = []
    current: Attack | None = None
    regains: list[Event] = []
    for event in events:
        if event.control:
            continue
        if event.type in ("period_start", "period_end"):
            current, regains = None, []
        elif event.period == SHOOT_OUT_PERIOD or event.team is None:
            continue
        elif event.type in _WITH_THE_BALL:
            restart = _restart(event)
            if current is None or restart is not None or _changes(current, event):
                won = [] if restart is not None else [e for e in regains if e.team == event.team]
                current = _begun(event, restart, won)
                found.append(current)
            else:
                current.touches.append(event)
                # What the defenders did in between changed nothing.
                current.events.extend(e.source_event_id for e in regains)
                current.events.append(event.source_event_id)
            regains = []
        elif event.type in _REGAINS and (current is None or event.team != current.team):
            regains.append(event)
        elif current is not None:
            current.events.append(event.source_event_id)
    return found


def _begun(event: Event, restart: str | None, won: list[Event]) -> Attack:
    origin = restart or ("keeper" if any(e.type == "goalkeeper" for e in won) else "regain")
    # The last win of the ball says where it was won; those before it were touches of a scramble.
    touches = [*won[-1:], event]
    return Attack(event.team or "", origin, event.period, touches, [e.source_event_id for e in [*won, event]])


def _changes(current: Attack, event: Event) -> bool:
    last = current.touches[-1]
    return event.team != current.team or event.period != current.period or event.elapsed_s - last.elapsed_s > GAP_S


def _restart(event: Event) -> str | None:
    """Which restart an action with the ball is; None for one in play."""
    if event.type == "shot":
        if is_penalty(event):
            return "penalty"
        # A "corner" is mostly a shot after one: as a kick of its own it is too rare to tell the two apart.
        kind = event.fields.shot_kind
        return kind if kind in ("free_kick", "kick_off") else None
    if event.type == "pass" and event.fields.pass_kind in _RESTARTS:
        return event.fields.pass_kind
    return None
