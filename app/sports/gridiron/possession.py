"""Who has the ball next, and where: what a play leaves behind. Pure.

A provider that tells the next down with the play (`end_*`) is followed. After points it follows from the rules: a try
after a touchdown, then a kick-off to the team that was scored against; after a safety the team that scored receives.
College overtime has no kick-offs: the other team takes its turn, or a new overtime begins, which only the next play tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sports.base import Event
from app.sports.gridiron.situation import FIRST_OVERTIME

if TYPE_CHECKING:
    from app.sports.gridiron.state import MatchState

_TRIES = ("extra_point", "two_point")


def nobody(state: MatchState) -> None:
    """It is not known who has the ball."""
    state.possession = state.down = state.distance_yd = state.yards_to_goal = None
    state.try_due = state.kick_due = False


def due(state: MatchState, team: str | None) -> None:
    """A kick-off or a try is due; the team that is given receives it, or tries."""
    nobody(state)
    state.possession = team
    state.kick_due = True


def after_play(state: MatchState, event: Event) -> None:
    """After a play that counts (a repeated one leaves everything as it is)."""
    f = event.fields
    if f.points or event.type in _TRIES:
        after_score(state, event)
        return
    if between(state, event):
        return
    if event.type == "kickoff" and f.no_play:
        return
    team = f.end_team or (event.team if event.type != "kickoff" else _opponent(state, event.team))
    state.possession = team
    state.down, state.distance_yd, state.yards_to_goal = f.end_down, f.end_distance_yd, f.end_yards_to_goal
    state.try_due = state.kick_due = False


def between(state: MatchState, event: Event) -> bool:
    """Is it a foul after points, before the try or the kick-off? It moves where that is taken from, and nothing else."""
    return state.kick_due and event.type == "penalty"


def after_score(state: MatchState, event: Event) -> None:
    """After points, or a try that made none."""
    f = event.fields
    if f.score_kind == "touchdown" and f.try_points is None:
        due(state, f.scoring_team)
        state.try_due = True
        return
    if event.type in _TRIES and f.no_play:
        return
    if state.period >= FIRST_OVERTIME and state.league == "cfb":
        nobody(state)
    elif f.score_kind == "safety":
        due(state, f.scoring_team)
    elif event.type in _TRIES or f.score_kind == "defensive_two_point":
        # The team that scored the touchdown kicks off, whoever made points of the try.
        due(state, _opponent(state, event.team) if event.type in _TRIES else f.scoring_team)
    else:
        due(state, _opponent(state, f.scoring_team))


def _opponent(state: MatchState, team: str | None) -> str | None:
    other = state.opponent(team)
    return None if other is None else other.id
