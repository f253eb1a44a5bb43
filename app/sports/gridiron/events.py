"""The canonical vocabulary of American football: what every provider's file decodes into. One play is one event.

Frame: yards, as the sport counts. A place is told by the team at the ball: `yards_to_goal` runs from 99 at its own goal
line to 1 at the opponent's. `team` of a play is who snaps or kicks the ball; of a kick-off, who kicks.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Down = Annotated[int, Meta(ge=1, le=4)]
Yards = Annotated[int, Meta(ge=-199, le=199)]
ToGoal = Annotated[int, Meta(ge=1, le=99, description="yards to the goal line that the team at the ball attacks")]
Points = Annotated[int, Meta(ge=0, le=8)]
Score = Annotated[int, Meta(ge=-999, le=999)]  # as printed: a real feed has printed -15

League = Literal["cfb", "nfl"]
ScoreKind = Literal["touchdown", "field_goal", "safety", "extra_point", "two_point", "defensive_two_point"]

# What is run between a snap or a kick and a whistle.
PLAYS: dict[str, str] = {
    "kickoff": "a kick-off or a free kick; `team` kicks",
    "run": "a rush, also one of the quarterback (`kneel` where he takes a knee)",
    "pass": "a pass thrown: `complete` or not, `intercepted` (`spike` where it only stops the clock)",
    "sack": "the passer is tackled behind the line",
    "punt": "a punt",
    "field_goal": "a field goal tried: `good` or not",
    "extra_point": "a try kicked after a touchdown: `good` or not",
    "two_point": "a try run or passed after a touchdown: `good` or not",
    "penalty": "a foul and no play: the down is played again, or begins elsewhere",
}
FEED_TYPES: dict[str, str] = {
    **PLAYS,
    "score": "points that the provider tells without their play",
    "timeout": "a time-out of `team`; without one, of the officials",
    "two_minute_warning": "play stops two minutes before the end of a half (NFL)",
    "period_end": "a quarter or an overtime ends",
    "game_info": "who plays, where and when, as the feed says it",
    "game_end": "the game is over; `home_score`, `away_score` as the feed ends",
    "other": "anything else the provider tells; kept, and used by no signal",
}
CONTROL_TYPES: dict[str, str] = {
    "match_info": "teams, competition, season, venue, kick-off, as given by a person or a schedule",
    "pre_match": "`home_spread`: points by which the home team was favoured before kick-off",
    "status": "`status`: scheduled, live, half_time, full_time, suspended, finished, abandoned, postponed",
    "official_score": "`home_score`, `away_score` as the league states them",
    "primary_stream": "`provider`: whose event stream is folded from the start of the match",
}


class Fields(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """What an event says beyond who, when and what. Everything is optional; a type uses what fits it.

    down, distance_yd, yards_to_goal: before the snap. end_team, end_down, end_distance_yd, end_yards_to_goal: what the
    provider says comes next, by the team that has the ball then. yards: gained by the play itself, penalties left out.
    points: of this play, for `scoring_team`; try_points: of the try, where the provider tells it with the touchdown.
    no_play: the play does not count. printed_home_score, printed_away_score: beside the play, for comparison only.
    """

    down: Down | None = None
    distance_yd: Annotated[int, Meta(ge=0, le=99)] | None = None
    yards_to_goal: ToGoal | None = None
    end_team: str | None = None
    end_down: Down | None = None
    end_distance_yd: Annotated[int, Meta(ge=0, le=99)] | None = None
    end_yards_to_goal: ToGoal | None = None
    yards: Yards | None = None
    complete: bool | None = None
    intercepted: bool | None = None
    fumble: bool | None = None
    fumble_lost: bool | None = None
    blocked: bool | None = None
    touchback: bool | None = None
    good: bool | None = None  # field_goal, extra_point, two_point
    kneel: bool | None = None
    spike: bool | None = None
    first_down: bool | None = None
    penalty: bool | None = None
    penalty_declined: bool | None = None
    no_play: bool | None = None
    score_kind: ScoreKind | None = None
    scoring_team: str | None = None
    points: Points | None = None
    try_points: Points | None = None
    timeout_number: Annotated[int, Meta(ge=1, le=3)] | None = None  # of this half, by the provider's count
    timeout_team: str | None = None  # charged with a time-out for a challenge that it lost on this play
    receiver: str | None = None
    receiver_name: str | None = None
    player_name: str | None = None
    team_name: str | None = None
    text: str | None = None
    provider_type: str | None = None
    printed_home_score: Score | None = None
    printed_away_score: Score | None = None
    # game_info, game_end and control events
    league: League | None = None
    status: str | None = None
    home_score: Annotated[int, Meta(ge=0)] | None = None
    away_score: Annotated[int, Meta(ge=0)] | None = None
    home_team: str | None = None
    away_team: str | None = None
    home_name: str | None = None
    away_name: str | None = None
    competition: str | None = None
    season: str | None = None
    venue: str | None = None
    kickoff_at: str | None = None
    provider: str | None = None
    home_spread: Annotated[float, Meta(ge=-150, le=150)] | None = None
