"""What is said about a game rather than played: who plays, the line before it, a status, an official score. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sports.base import Event
from app.sports.gridiron import possession

if TYPE_CHECKING:
    from app.sports.gridiron.state import MatchState


def game_info(state: MatchState, event: Event) -> None:
    """Who plays, from the feed or from outside; it seats the teams."""
    info = event.fields
    swapped = info.home_team is not None and info.home_team == state.away.id
    if swapped or (info.away_team is not None and info.away_team == state.home.id):
        state.home, state.away = state.away, state.home
    state.home.id = info.home_team or state.home.id
    state.away.id = info.away_team or state.away.id
    state.home.name = info.home_name or state.home.name
    state.away.name = info.away_name or state.away.name
    state.league = info.league or state.league
    state.competition = info.competition or state.competition
    state.season = info.season or state.season
    state.venue = info.venue or state.venue
    state.kickoff_at = info.kickoff_at or state.kickoff_at


def game_end(state: MatchState, event: Event) -> None:
    """The game is over, and how it ended by the feed."""
    state.status = "full_time"
    if state.drive is not None and not state.drive.result:
        state.drive.result = "end_of_game"
    possession.nobody(state)
    if event.fields.home_score is not None:
        official_score(state, event)


def pre_match(state: MatchState, event: Event) -> None:
    """Only what is said before the first play: a line that knows how the game goes would be a look ahead."""
    if not state.kicked_off and event.fields.home_spread is not None:
        state.home_spread = event.fields.home_spread


def status(state: MatchState, event: Event) -> None:
    """What somebody states; it holds until the plays or somebody say otherwise."""
    if event.fields.status is not None:
        state.status = event.fields.status


def official_score(state: MatchState, event: Event) -> None:
    """Kept beside the score that follows from the plays."""
    state.official_home_score = event.fields.home_score
    state.official_away_score = event.fields.away_score
