"""One event of a game as models see it: the situation before it, the one it leads to, and the points in between. Pure.

A provider that tells what comes next with the play is followed. Where it does not (the NFL's plays say where they began, and
what they gained), it follows from the play: a gain, a first down or the next one, the ball handed over after a fourth down, a
punt's net yards. A ball that is lost without its spot being told is put where it was snapped. A foul that takes the place of
the play, and a kick-off without a return that is told, lead nowhere that can be known before the next snap; nor does a college
overtime's turn that has ended, unless the game ends with it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from app.sports.base import Event, Feature
from app.sports.gridiron.events import PLAYS
from app.sports.gridiron.outcomes import is_turnover
from app.sports.gridiron.overtime import is_turn
from app.sports.gridiron.play_outcomes import gained, turned_over
from app.sports.gridiron.situation import Situation, next_situation

OVER = ("full_time", "finished")
NOT_PLAYED = ("postponed", "abandoned")
TRIES = ("extra_point", "two_point")
_TOUCHDOWN = 7
_TRY_YD = 2


class Moment(msgspec.Struct, frozen=True):
    """before: the situation at the snap; None where the event is no play that counts. after: the one that follows; None
    where that is not told, and after the game. points: by this play, of the team with the ball in `before`, a touchdown as
    7; 0 for a try, which the touchdown has counted. over: the game is. status: of
    the match. type, player, receiver: of the event. offense, home, away: ids of teams; offense has the ball in `before`.
    home_lead: after the event, in points."""

    before: Situation | None
    after: Situation | None
    points: int
    over: bool
    status: str
    type: str
    offense: str | None
    player: str | None
    receiver: str | None
    home: str | None
    away: str | None
    home_lead: int


def moment(state: Any, event: Event | None) -> Moment:
    """What the newest event was, after the fold has taken it in. At a full minute of the clock there is none."""
    lead = state.home.score - state.away.score
    over = state.status in OVER
    before: Situation | None = None
    if event is not None and event.type in PLAYS and state.play is not None and not state.play.repeated:
        before = state.play.before
    after = None if over else next_situation(state)
    points, offense, kind, player, receiver = 0, None, "", None, None
    if event is not None:
        kind, player, receiver = event.type, event.player, event.fields.receiver
        if before is not None:
            offense = state.home.id if before.offense_is_home else state.away.id
            if event.type in TRIES:
                before = _try(before)
            points = 0 if event.type in TRIES else _points(event, offense)
            if after is not None and after.down is None and not state.try_due and not event.fields.points:
                after = _inferred(before, after, event)
    if before is not None and is_turn(before) and _turn_ended(before, after, points):
        # Behind, it was the second turn: whoever leads now has won. Where the next turn begins only the next snap tells.
        over = over or (lead != 0 and _is_behind(before) and not state.try_due)
        after = None
    if after is not None and after.down is None and state.try_due:
        after = _try(after)
    elif after is not None and after.period == 4 and after.game_s <= 0.0:
        # No snap is due any more, whatever the feed says of the next one.
        after = msgspec.structs.replace(after, down=None, distance_yd=None, yards_to_goal=None)
    return Moment(
        before, after, points, over, state.status, kind, offense, player, receiver, state.home.id, state.away.id, lead
    )


def _turn_ended(before: Situation, after: Situation | None, points: int) -> bool:
    return points != 0 or (after is not None and after.offense_is_home != before.offense_is_home)


def _is_behind(s: Situation) -> bool:
    return s.home_score < s.away_score if s.offense_is_home else s.away_score < s.home_score


def _try(s: Situation) -> Situation:
    """A try is told from a kick-off by having a place."""
    return msgspec.structs.replace(s, down=None, distance_yd=None, yards_to_goal=s.yards_to_goal or _TRY_YD)


def _points(event: Event, offense: str | None) -> int:
    f = event.fields
    if not f.points or f.scoring_team is None:
        return 0
    points = _TOUCHDOWN if f.score_kind == "touchdown" else f.points
    return points if f.scoring_team == offense else -points


def _inferred(before: Situation, after: Situation, event: Event) -> Situation | None:
    """What follows by the rules from a play whose provider does not say it; None where that takes more than it tells."""
    f = event.fields
    if event.type in TRIES:
        return after
    if f.no_play or event.type in ("penalty", "kickoff"):
        return None
    if before.down is None or before.distance_yd is None or before.yards_to_goal is None:
        return None
    now = msgspec.structs.replace(before, home_score=after.home_score, away_score=after.away_score)
    if is_turnover(f):
        return turned_over(now, before.yards_to_goal)
    if event.type == "field_goal":
        return turned_over(now, max(before.yards_to_goal + 7, 20))
    if f.yards is None:
        return None
    if event.type == "punt":
        return turned_over(now, max(before.yards_to_goal - f.yards, 1))
    found = gained(now, min(f.yards, before.yards_to_goal - 1))
    if f.first_down and found.offense_is_home == before.offense_is_home and found.down != 1:
        return msgspec.structs.replace(found, down=1, distance_yd=min(10, found.yards_to_goal or 10))
    return found


MODEL_FEATURES = (
    Feature(
        "moment",
        "event",
        Moment,
        "1",
        "the situations before and after the event, and the points in between, for models of points and of winning",
        moment,
    ),
)
