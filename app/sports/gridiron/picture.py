"""The public picture of a game, and the teams and players that an event names. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.sports.base import Event, Side, Summary
from app.sports.gridiron.clock import clock_display
from app.sports.gridiron.drives import picture

if TYPE_CHECKING:
    from app.sports.gridiron.state import MatchState


def summary(state: MatchState) -> Summary:
    """The public picture. `details` holds the situation, time-outs, the drive and the scores told beside the folded one."""
    official = _beside(state, state.official_home_score, state.official_away_score)
    printed = _beside(state, state.printed_home_score, state.printed_away_score)
    if printed is not None:
        printed["wrong_on_plays"] = state.printed_wrong
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
            "league": state.league or None,
            "possession_team": state.possession,
            "down": state.down,
            "distance_yd": state.distance_yd,
            "yards_to_goal": state.yards_to_goal,
            "home_timeouts": state.home.timeouts,
            "away_timeouts": state.away.timeouts,
            "home_spread": state.home_spread,
            "drive": picture(state.drive),
            "competition": state.competition,
            "season": state.season,
            "venue": state.venue,
            "kickoff_at": state.kickoff_at,
            "official_score": official,
            "printed_score": printed,
        },
    )


def _beside(state: MatchState, home: int | None, away: int | None) -> dict[str, Any] | None:
    if home is None or away is None:
        return None
    return {"home": home, "away": away, "agrees": (home, away) == (state.home.score, state.away.score)}


def entities(event: Event) -> list[tuple[str, str, str | None]]:
    """Teams and players that an event names, as (kind, id, name or None)."""
    f = event.fields
    found: list[tuple[str, str, str | None]] = []
    if event.team is not None:
        found.append(("team", event.team, f.team_name))
    if event.player is not None:
        found.append(("player", event.player, f.player_name))
    if f.receiver is not None:
        found.append(("player", f.receiver, f.receiver_name))
    if f.home_team is not None:
        found.append(("team", f.home_team, f.home_name))
    if f.away_team is not None:
        found.append(("team", f.away_team, f.away_name))
    return found
