"""What moved the chances of a match: each goal and each dismissal, and the time in between. Pure.

A team's share is P(win) + P(draw) / 2 of the win probability as it is shown (thousandths), so the shares of the two teams add
up to 1 and a share is counted in steps of 1/2000, exactly. A swing is a change of it:
- of a goal or a dismissal: the share after it minus the share before it, both at the clock of the event;
- of time: whatever else has changed since, told at the end of a period, at its start, and at a status.
So the swings of a team add up: to its share now minus its share at kick-off, whenever the time has been told.
"""

from __future__ import annotations

from typing import Any

import msgspec

from app.sports.base import Event
from app.sports.soccer.state import MatchState, apply, move_clock, new_state
from app.sports.soccer.win_chances import chances

WHOLE = 2000
COUNTED = ("shot", "own_goal", "card", "foul")
TOLD_WITH_TIME = ("period_start", "period_end", "status")
_TURNING = frozenset({*COUNTED, *TOLD_WITH_TIME, "match_info"})
Counts = tuple[int, int, int, int]


class Swing(msgspec.Struct, frozen=True):
    """One change of the home team's share, in steps of 1 / WHOLE. team: whose goal or dismissal it was; None for time."""

    team: str | None
    home_steps: int


class Swings(msgspec.Struct):
    """The match as far as the chances go. begun: both teams are known and the ball rolls, so that most events move the
    clock alone; told_steps: home's share as the swings so far have told it, from kick-off on; latest: the swing of the
    last event, if it was one."""

    state: MatchState
    begun: bool = False
    told_steps: int | None = None
    latest: Swing | None = None


def no_swings() -> Swings:
    """Before the match."""
    return Swings(new_state())


def by_team(swings: Swings) -> dict[str, float]:
    """The latest swing as both teams see it, as a share: what one gains the other loses. Empty where there is none."""
    latest, home, away = swings.latest, swings.state.home.id, swings.state.away.id
    if latest is None or home is None or away is None:
        return {}
    return {home: latest.home_steps / WHOLE, away: -latest.home_steps / WHOLE}


def follow(swings: Swings, event: Event, k: Any) -> None:
    """Go on by one event (in place). k: the parameters of the model "win_probability"."""
    swings.latest = None
    state = swings.state
    if swings.begun and event.type not in _TURNING:
        if not event.control:
            move_clock(state, event)
        return
    home_before, before = state.home.id, _counts(state)
    apply(state, event)
    teams = state.home.id is not None and state.away.id is not None
    swings.begun = teams and state.kicked_off and state.status != "scheduled"
    if swings.told_steps is not None and home_before is not None and state.away.id == home_before:
        swings.told_steps = WHOLE - swings.told_steps
    if not state.kicked_off:
        return
    if swings.told_steps is None:
        swings.told_steps = _at_kick_off(state, k)
    after = _counts(state)
    if event.type in COUNTED and after != before:
        _tell(swings, _team(state, before, after), _share_steps(state, before, k), _share_steps(state, after, k))
    elif event.type in TOLD_WITH_TIME:
        _tell(swings, None, swings.told_steps, _share_steps(state, after, k))


def _tell(swings: Swings, team: str | None, before: int | None, after: int | None) -> None:
    if before is None or after is None or swings.told_steps is None or before == after:
        return
    swings.latest = Swing(team, after - before)
    swings.told_steps += after - before


def _counts(state: MatchState) -> Counts:
    return state.home.score, state.away.score, state.home.red_cards, state.away.red_cards


def _team(state: MatchState, before: Counts, after: Counts) -> str | None:
    """Whose goal or dismissal it is; the goal of an own goal is the team's that benefits."""
    home = after[0] != before[0] or after[2] != before[2]
    return state.home.id if home else state.away.id


def _at_kick_off(state: MatchState, k: Any) -> int | None:
    start = new_state()
    start.status, start.prior = "live", state.prior
    return _share_steps(start, (0, 0, 0, 0), k)


def _share_steps(state: MatchState, counts: Counts, k: Any) -> int | None:
    """Home's share with these goals and dismissals at the state's clock; None for a match that is not played."""
    prior = (0.0, 0.0) if state.prior is None else (state.prior.home_goals, state.prior.away_goals)
    found = chances(k, state.status, state.period, state.elapsed_s, counts[:2], counts[2:], prior)
    return None if found is None else 2 * round(found["home"] * 1000) + round(found["draw"] * 1000)
