"""The fold of a soccer match: one event in, the state after it. Pure, in match order, no look-ahead."""

from __future__ import annotations

import msgspec

from app.sports.base import Event, Side, Summary
from app.sports.soccer.build_up import BuildUp
from app.sports.soccer.build_up import step as remember
from app.sports.soccer.clock import PERIODS, clock_display
from app.sports.soccer.prior import Prior, prior_of

DISMISSALS = ("red", "second_yellow")
# What only happens once the ball rolls. Line-ups and shifts are told before, and so may be a card, a player who cannot
# start, and whatever a provider's `other` is.
PLAY = frozenset((
    "pass", "reception", "carry", "dribble", "shot", "own_goal", "own_goal_against", "goalkeeper", "pressure",
    "interception", "duel", "clearance", "block", "ball_recovery", "dispossessed", "miscontrol", "dribbled_past", "foul",
    "foul_won", "offside", "error", "shield", "fifty_fifty", "stoppage",
))  # fmt: skip
LIVE_STATUSES = ("live", "half_time", "full_time", "suspended")


class Team(msgspec.Struct):
    """One side: who they are, what they have done, who is on the pitch."""

    id: str | None = None
    name: str | None = None
    score: int = 0
    shootout_score: int = 0
    yellow_cards: int = 0
    red_cards: int = 0
    substitutions: int = 0
    on_pitch: list[str] = []
    dismissed: list[str] = []


class MatchState(msgspec.Struct):
    """A soccer match so far. Scores are goals in play (a shoot-out is counted apart); elapsed_s is the match clock."""

    home: Team
    away: Team
    status: str = "scheduled"
    kicked_off: bool = False
    prior: Prior | None = None
    period: int = 0
    elapsed_s: float = 0.0
    periods_ended: list[int] = []
    possession_team: str | None = None
    official_home_score: int | None = None
    official_away_score: int | None = None
    competition: str | None = None
    season: str | None = None
    venue: str | None = None
    kickoff_at: str | None = None
    last_goal_event: str | None = None
    build_up: BuildUp = msgspec.field(default_factory=BuildUp)

    @property
    def home_score(self) -> int:
        return self.home.score

    @property
    def away_score(self) -> int:
        return self.away.score

    @property
    def home_red_cards(self) -> int:
        return self.home.red_cards

    @property
    def away_red_cards(self) -> int:
        return self.away.red_cards

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
    """A match of which nothing is known yet."""
    return MatchState(home=Team(), away=Team())


def apply(state: MatchState, event: Event) -> None:
    """Fold one more event into the state (in place)."""
    if not event.control:
        _seat(state, event)
        move_clock(state, event)
        if not state.kicked_off and event.period in PERIODS and (event.type in PLAY or event.type == "period_start"):
            state.kicked_off = True
        remember(state.build_up, event)
        # A feed that does not tell the start of a period, or was joined after it.
        if state.status == "scheduled" and event.type in PLAY and event.period in PERIODS:
            state.status = "live"
        if event.fields.possession_team is not None:
            state.possession_team = event.fields.possession_team
    handler = _HANDLERS.get(event.type)
    if handler is not None:
        handler(state, event)


def tick(state: MatchState, period: int, elapsed_s: float) -> None:
    """Move the clock alone to a full minute that passed without an event."""
    state.period, state.elapsed_s = period, elapsed_s


def _seat(state: MatchState, event: Event) -> None:
    """The first team that the feed names is home until a match_info says otherwise (line-ups come home first)."""
    team = event.team or event.fields.conceded_by
    if team is None:
        return
    side = state.side(team)
    if side is None:
        free = [s for s in (state.home, state.away) if s.id is None]
        if not free:
            return
        # A schedule may have named the teams without their ids.
        name = event.fields.team_name
        side = next((s for s in free if name is not None and s.name == name), free[0])
        side.id = team
    if side.name is None:
        side.name = event.fields.team_name


def move_clock(state: MatchState, event: Event) -> None:
    """The clock never runs backwards inside a period: a few providers stamp a late touch with the period's start."""
    if event.period > state.period:
        state.period, state.elapsed_s = event.period, event.elapsed_s
    elif event.period == state.period and event.elapsed_s > state.elapsed_s:
        state.elapsed_s = event.elapsed_s


def _lineup(state: MatchState, event: Event) -> None:
    side = state.side(event.team)
    if side is not None and event.fields.lineup is not None:
        side.on_pitch = [p.player for p in event.fields.lineup]


def _period_start(state: MatchState, event: Event) -> None:
    if event.period not in state.periods_ended:
        state.status = "live"


def _period_end(state: MatchState, event: Event) -> None:
    # Providers send the end once for each team; the second one changes nothing.
    if event.period in state.periods_ended:
        return
    state.periods_ended.append(event.period)
    # Whether extra time follows is not known here: full_time waits for a status from outside, or the next period.
    state.status = "half_time" if event.period in (1, 3) else "full_time"


def _shot(state: MatchState, event: Event) -> None:
    if event.fields.outcome != "goal":
        return
    side = state.side(event.team)
    if side is None:
        return
    if event.period == 5:
        side.shootout_score += 1
    else:
        side.score += 1
        state.last_goal_event = event.source_event_id


def _own_goal(state: MatchState, event: Event) -> None:
    side = state.side(event.team) or state.opponent(event.fields.conceded_by)
    if side is not None:
        side.score += 1
        state.last_goal_event = event.source_event_id


def _card(state: MatchState, event: Event) -> None:
    card, side = event.fields.card, state.side(event.team)
    if card is None or side is None:
        return
    if card == "yellow":
        side.yellow_cards += 1
        return
    # A player can be told to have been sent off twice (foul and card); he leaves once.
    player = event.player or event.source_event_id
    if player in side.dismissed:
        return
    if card == "second_yellow":
        side.yellow_cards += 1
    side.dismissed.append(player)
    side.red_cards += 1
    if player in side.on_pitch:
        side.on_pitch.remove(player)


def _substitution(state: MatchState, event: Event) -> None:
    side = state.side(event.team)
    if side is None:
        return
    side.substitutions += 1
    if event.player in side.on_pitch:
        side.on_pitch.remove(event.player)
    if event.fields.replacement is not None and event.fields.replacement not in side.on_pitch:
        side.on_pitch.append(event.fields.replacement)


def _player_off(state: MatchState, event: Event) -> None:
    side = state.side(event.team)
    if side is not None and event.player in side.on_pitch:
        side.on_pitch.remove(event.player)


def _player_on(state: MatchState, event: Event) -> None:
    side = state.side(event.team)
    if side is not None and event.player is not None and event.player not in side.on_pitch:
        side.on_pitch.append(event.player)


def _match_info(state: MatchState, event: Event) -> None:
    info = event.fields
    swapped = info.home_team is not None and info.home_team == state.away.id
    if swapped or (info.away_team is not None and info.away_team == state.home.id):
        state.home, state.away = state.away, state.home
    state.home.id = info.home_team or state.home.id
    state.away.id = info.away_team or state.away.id
    state.home.name = info.home_name or state.home.name
    state.away.name = info.away_name or state.away.name
    state.competition = info.competition or state.competition
    state.season = info.season or state.season
    state.venue = info.venue or state.venue
    state.kickoff_at = info.kickoff_at or state.kickoff_at


def _pre_match(state: MatchState, event: Event) -> None:
    """Only what is said before the ball rolls: odds that know how the match goes would be a look ahead."""
    if not state.kicked_off:
        state.prior = prior_of(event.fields) or state.prior


def _status(state: MatchState, event: Event) -> None:
    if event.fields.status is not None:
        state.status = event.fields.status


def _official_score(state: MatchState, event: Event) -> None:
    state.official_home_score = event.fields.home_score
    state.official_away_score = event.fields.away_score


_HANDLERS = {
    "lineup": _lineup,
    "period_start": _period_start,
    "period_end": _period_end,
    "shot": _shot,
    "own_goal": _own_goal,
    "card": _card,
    "foul": _card,
    "substitution": _substitution,
    "player_off": _player_off,
    "player_on": _player_on,
    "match_info": _match_info,
    "pre_match": _pre_match,
    "status": _status,
    "official_score": _official_score,
}


def summary(state: MatchState) -> Summary:
    """The public picture. `details` holds cards, substitutions, shoot-out and the official score beside the folded one."""
    official = None
    if state.official_home_score is not None and state.official_away_score is not None:
        official = {
            "home": state.official_home_score,
            "away": state.official_away_score,
            "agrees": (state.official_home_score, state.official_away_score) == (state.home.score, state.away.score),
        }
    return Summary(
        home=Side(id=state.home.id, name=state.home.name),
        away=Side(id=state.away.id, name=state.away.name),
        home_score=state.home.score,
        away_score=state.away.score,
        period=state.period,
        elapsed_s=state.elapsed_s,
        clock_display=clock_display(state.period, state.elapsed_s),
        status=state.status,
        details={
            "home_yellow_cards": state.home.yellow_cards,
            "away_yellow_cards": state.away.yellow_cards,
            "home_red_cards": state.home.red_cards,
            "away_red_cards": state.away.red_cards,
            "home_substitutions": state.home.substitutions,
            "away_substitutions": state.away.substitutions,
            "home_shootout_score": state.home.shootout_score,
            "away_shootout_score": state.away.shootout_score,
            "possession_team": state.possession_team,
            "competition": state.competition,
            "season": state.season,
            "venue": state.venue,
            "kickoff_at": state.kickoff_at,
            "official_score": official,
        },
    )


def entities(event: Event) -> list[tuple[str, str, str | None]]:
    """Teams and players that an event names, as (kind, id, name or None)."""
    f = event.fields
    found: list[tuple[str, str, str | None]] = []
    if event.team is not None:
        found.append(("team", event.team, f.team_name))
    if event.player is not None:
        found.append(("player", event.player, f.player_name))
    if f.replacement is not None:
        found.append(("player", f.replacement, f.replacement_name))
    if f.lineup is not None:
        found.extend(("player", p.player, p.name) for p in f.lineup)
    if f.home_team is not None:
        found.append(("team", f.home_team, f.home_name))
    if f.away_team is not None:
        found.append(("team", f.away_team, f.away_name))
    return found
