"""The fold of a football game: one event in, the state after it. Pure, in match order, no look-ahead.

The score is the sum of the points of the plays; a score that a feed prints beside a play is only compared with it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from app.sports.base import Event
from app.sports.gridiron import possession, told
from app.sports.gridiron.clock import PERIODS
from app.sports.gridiron.drives import Drive, Pace, result_of, snap, take
from app.sports.gridiron.events import PLAYS
from app.sports.gridiron.outcomes import is_garbage, play_class
from app.sports.gridiron.situation import FIRST_OVERTIME, Situation, situation_of

KICKS_OFF = ("kickoff",)
TRIES = ("extra_point", "two_point")
TIMEOUTS = 3
# A play that is entered twice comes again at once, or with one or two others in between.
REMEMBERED = 3


class Team(msgspec.Struct):
    """One side: who they are, points so far, time-outs left in the half, pace of their snaps."""

    id: str | None = None
    name: str | None = None
    score: int = 0
    timeouts: int | None = TIMEOUTS
    pace: Pace = msgspec.field(default_factory=Pace)


class Play(msgspec.Struct, frozen=True):
    """The newest play. before: the situation at its snap, as the feed tells it. repeated: it was entered before already,
    and counts for nothing. garbage: was the game as good as decided before it?"""

    source_event_id: str
    team: str | None
    before: Situation | None
    repeated: bool
    garbage: bool


class MatchState(msgspec.Struct):
    """A football game so far.

    possession, down, distance_yd, yards_to_goal: before the next snap, None where not known (`situation.next_situation`).
    try_due, kick_due: a try, or a try or a kick-off, comes next.
    drive: the newest one; it has ended where it has a result. second_half_receiver: who kicked off the first half.
    classes: how many plays of each class (`outcomes.CLASSES`) counted.
    printed_wrong: how many plays came with a score that is not the one that follows from the plays up to them.
    """

    home: Team
    away: Team
    status: str = "scheduled"
    league: str = ""
    home_spread: float | None = None
    kicked_off: bool = False
    period: int = 0
    elapsed_s: float = 0.0
    periods_ended: list[int] = []
    possession: str | None = None
    down: int | None = None
    distance_yd: int | None = None
    yards_to_goal: int | None = None
    second_half_receiver: str | None = None
    try_due: bool = False
    kick_due: bool = False
    play: Play | None = None
    recent: list[tuple[Any, ...]] = []
    drive: Drive | None = None
    drives: int = 0
    plays: int = 0
    classes: dict[str, int] = {}
    printed_home_score: int | None = None
    printed_away_score: int | None = None
    printed_wrong: int = 0
    official_home_score: int | None = None
    official_away_score: int | None = None
    competition: str | None = None
    season: str | None = None
    venue: str | None = None
    kickoff_at: str | None = None

    @property
    def home_score(self) -> int:
        return self.home.score

    @property
    def away_score(self) -> int:
        return self.away.score

    def side(self, team: str | None) -> Team | None:
        """The side of this team id; None for a team that does not play here."""
        if team is None:
            return None
        if team == self.home.id:
            return self.home
        return self.away if team == self.away.id else None

    def opponent(self, team: str | None) -> Team | None:
        """The other side."""
        side = self.side(team)
        if side is None:
            return None
        return self.away if side is self.home else self.home


def new_state() -> MatchState:
    """A game of which nothing is known yet."""
    return MatchState(home=Team(), away=Team())


def apply(state: MatchState, event: Event) -> None:
    """Fold one more event into the state (in place)."""
    if not event.control and event.period in PERIODS:
        _enter(state, event)
        _seat(state, event)
        if event.type in PLAYS:
            state.kicked_off = True
            if state.status == "scheduled":
                state.status = "live"
    handler = _play if event.type in PLAYS else _HANDLERS.get(event.type)
    if handler is not None:
        handler(state, event)


def tick(state: MatchState, period: int, elapsed_s: float) -> None:
    """Move the clock alone to a full minute that passed without an event."""
    if period > state.period:
        _time_outs_anew(state, period)
    state.period, state.elapsed_s = period, elapsed_s


def _enter(state: MatchState, event: Event) -> None:
    """The clock never runs backwards inside a period; a play that tells no time stands at the period's start."""
    if event.period > state.period:
        _time_outs_anew(state, event.period)
        state.period, state.elapsed_s = event.period, event.elapsed_s
        if state.status in ("half_time", "full_time"):
            state.status = "live"
    elif event.period == state.period and event.elapsed_s > state.elapsed_s:
        state.elapsed_s = event.elapsed_s


def _time_outs_anew(state: MatchState, period: int) -> None:
    """Three a half; in overtime one a period (college), two (NFL)."""
    if state.period < 3 <= period < FIRST_OVERTIME:
        state.home.timeouts = state.away.timeouts = TIMEOUTS
    elif period >= FIRST_OVERTIME:
        state.home.timeouts = state.away.timeouts = 1 if state.league == "cfb" else 2


def _seat(state: MatchState, event: Event) -> None:
    """The first team that is named is home until a game_info or match_info says otherwise."""
    team = event.team
    if not state.league and team is not None:
        state.league = "nfl" if team.startswith("nfl:") else "cfb"
    if team is None or state.side(team) is not None:
        return
    free = next((s for s in (state.home, state.away) if s.id is None), None)
    if free is not None:
        free.id = team
        free.name = free.name or event.fields.team_name


def _play(state: MatchState, event: Event) -> None:
    f = event.fields
    key = (event.type, event.team, f.down, f.distance_yd, f.yards_to_goal, f.text, f.points, event.period)
    repeated = f.text is not None and key in state.recent
    state.recent = [*state.recent, key][-REMEMBERED:]
    state.play = Play(
        source_event_id=event.source_event_id,
        team=event.team,
        before=_before(state, event),
        repeated=repeated,
        garbage=is_garbage(state.period, state.home.score - state.away.score),
    )
    if repeated:
        _compare(state, event)
        return
    state.plays += 1
    kind = play_class(event) or ""
    state.classes[kind] = state.classes.get(kind, 0) + 1
    if event.type == "kickoff" and state.second_half_receiver is None and event.period == 1:
        state.second_half_receiver = event.team
    if event.type not in KICKS_OFF and event.type not in TRIES and not possession.between(state, event):
        _drive(state, event)
    _charge(state, f.timeout_team, f.timeout_number)
    _points(state, event)
    possession.after_play(state, event)
    _compare(state, event)


def _before(state: MatchState, event: Event) -> Situation | None:
    """Who is at the ball: of a kick-off the team that receives it."""
    f = event.fields
    if event.type in KICKS_OFF:
        receiver = state.opponent(event.team)
        if receiver is None or receiver.id is None:
            return None
        return situation_of(state, receiver.id, None, None, None)
    if state.side(event.team) is None or event.team is None:
        return None
    return situation_of(state, event.team, f.down, f.distance_yd, f.yards_to_goal)


def _drive(state: MatchState, event: Event) -> None:
    """A snap belongs to the drive that runs, or begins one where the ball has changed hands."""
    drive = state.drive
    if event.team is None:
        return
    if drive is None or drive.result or drive.team != event.team:
        state.drives += 1
        drive = state.drive = Drive(
            number=state.drives,
            team=event.team,
            period=state.period,
            start_s=state.elapsed_s,
            first_snap_event=event.source_event_id,
        )
    side = state.side(event.team)
    untimed = state.period >= FIRST_OVERTIME and state.league == "cfb"
    if side is not None and not untimed:
        snap(drive, side.pace, event, state.elapsed_s)
    drive.end_s = state.elapsed_s
    take(drive, event)
    drive.result = result_of(event)
    if event.fields.scoring_team == event.team:
        drive.points += (event.fields.points or 0) + (event.fields.try_points or 0)


def _points(state: MatchState, event: Event) -> None:
    f = event.fields
    side = state.side(f.scoring_team)
    if side is None or not f.points:
        return
    side.score += f.points + (f.try_points or 0)
    drive = state.drive
    if event.type in TRIES and drive is not None and drive.team == f.scoring_team and drive.result == "touchdown":
        drive.points += f.points


def _compare(state: MatchState, event: Event) -> None:
    """A score printed beside a play is noticed where it is not the one that follows from the plays."""
    f = event.fields
    if f.printed_home_score is None or f.printed_away_score is None:
        return
    state.printed_home_score, state.printed_away_score = f.printed_home_score, f.printed_away_score
    if (f.printed_home_score, f.printed_away_score) != (state.home.score, state.away.score):
        state.printed_wrong += 1


def _score(state: MatchState, event: Event) -> None:
    """Points without a play. What comes next is told by the play that follows."""
    _points(state, event)
    possession.after_score(state, event)
    _compare(state, event)


def _charge(state: MatchState, team: str | None, number: int | None) -> None:
    side = state.side(team)
    if side is None:
        return
    if number is not None and state.period < FIRST_OVERTIME:
        side.timeouts = TIMEOUTS - number
    elif side.timeouts:
        side.timeouts -= 1


def _timeout(state: MatchState, event: Event) -> None:
    _charge(state, event.team, event.fields.timeout_number)


def _period_end(state: MatchState, event: Event) -> None:
    if event.period not in state.periods_ended:
        state.periods_ended = [*state.periods_ended, event.period]
    tied = state.home.score == state.away.score
    over = event.period >= 4
    if event.period == 2 or over:
        if state.drive is not None and not state.drive.result:
            state.drive.result = "end_of_game" if over and not tied else "end_of_half"
            state.drive.end_s = state.elapsed_s
        possession.nobody(state)
    if event.period == 2:
        state.status = "half_time"
        possession.due(state, state.second_half_receiver)
    elif over and not tied:
        state.status = "full_time"


_HANDLERS = {
    "score": _score,
    "timeout": _timeout,
    "period_end": _period_end,
    "game_info": told.game_info,
    "match_info": told.game_info,
    "game_end": told.game_end,
    "pre_match": told.pre_match,
    "status": told.status,
    "official_score": told.official_score,
}
