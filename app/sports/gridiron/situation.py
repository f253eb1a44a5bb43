"""The situation before a snap: what a model of expected points or of winning is told. Pure.

Every figure is known before the ball is snapped. Home is the home team whoever has the ball. Nothing here says what
happens next: a kick-off and a try after a touchdown have no down, and say so with None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from app.sports.gridiron.state import MatchState

QUARTER_S = 900.0
REGULATION_S = 4 * QUARTER_S
FIRST_OVERTIME = 5


class Situation(msgspec.Struct, frozen=True):
    """A moment between two plays.

    offense_is_home: has the home team the ball? Where a kick-off is due it is the team that receives it.
    down: 1 to 4; None where a kick-off or a try is due. distance_yd: yards to the line to gain, with the same None.
    yards_to_goal: 1 to 99, from the ball to the goal line that the offense attacks; None where a kick-off is due.
    half_s: seconds left in the half, 0 to 1800. In overtime: what is left of the period (NFL), 0 (college: no clock).
    game_s: seconds left in regulation, 0 to 3600; 0 in overtime. period: 1 to 4, from 5 on overtimes.
    home_timeouts, away_timeouts: what each side may still take in this half, 0 to 3; None where the feed does not tell.
    home_receives_second_half: None until the opening kick-off says so.
    league: "cfb" or "nfl". home_spread: points by which the home team is favoured, before the game; None: not told.
    """

    offense_is_home: bool
    down: int | None
    distance_yd: int | None
    yards_to_goal: int | None
    half_s: float
    game_s: float
    period: int
    home_score: int
    away_score: int
    home_timeouts: int | None
    away_timeouts: int | None
    home_receives_second_half: bool | None
    is_overtime: bool
    league: str
    home_spread: float | None


def game_s(period: int, elapsed_s: float) -> float:
    """Seconds left in regulation: 3600 before the opening kick-off, 0 in overtime and after the game."""
    if period >= FIRST_OVERTIME:
        return 0.0
    return max(0.0, min(REGULATION_S, REGULATION_S - elapsed_s))


def half_s(period: int, elapsed_s: float) -> float:
    """Seconds left in the half; in overtime those of the period (`app.sports.gridiron.clock` says how it counts)."""
    end_s = 2 * QUARTER_S if period <= 2 else REGULATION_S if period < FIRST_OVERTIME else period * QUARTER_S
    return max(0.0, min(2 * QUARTER_S, end_s - elapsed_s))


def next_situation(state: MatchState) -> Situation | None:
    """The situation before the next snap, as the plays so far leave it; None while it is not known who has the ball.

    A feed tells the next snap's down and distance with the play before it, or only with the play itself: in the latter
    case they are None here.
    """
    if state.possession is None or state.side(state.possession) is None:
        return None
    return situation_of(state, state.possession, state.down, state.distance_yd, state.yards_to_goal)


def situation_of(
    state: MatchState, offense: str, down: int | None, distance_yd: int | None, yards_to_goal: int | None
) -> Situation:
    """The state's score, clock and time-outs with this team at the ball."""
    receiver = state.second_half_receiver
    return Situation(
        offense_is_home=offense == state.home.id,
        down=down,
        distance_yd=distance_yd,
        yards_to_goal=yards_to_goal,
        half_s=half_s(state.period, state.elapsed_s),
        game_s=game_s(state.period, state.elapsed_s),
        period=state.period,
        home_score=state.home.score,
        away_score=state.away.score,
        home_timeouts=state.home.timeouts,
        away_timeouts=state.away.timeouts,
        home_receives_second_half=None if receiver is None else receiver == state.home.id,
        is_overtime=state.period >= FIRST_OVERTIME,
        league=state.league,
        home_spread=state.home_spread,
    )
