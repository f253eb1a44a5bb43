"""The canonical vocabulary of soccer: what every provider's file decodes into.

Frame: metres on a 105 x 68 pitch; the acting team attacks towards +x; x 0 is its own goal line, y 0 is its
left touchline (seen in the direction of attack), so y grows to the right. Goals are centred at y = 34.
"""

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

PITCH_LENGTH_M = 105.0
PITCH_WIDTH_M = 68.0
GOAL_WIDTH_M = 7.32

# A ball may be fetched, thrown or kicked a little off the pitch; further away is a broken message.
XM = Annotated[float, Meta(ge=-5.0, le=110.0, description="metres from the acting team's own goal line")]
YM = Annotated[float, Meta(ge=-5.0, le=73.0, description="metres from the acting team's left touchline")]
Odds = Annotated[float, Meta(gt=1.0, le=10000.0, description="decimal odds: what a stake of 1 that wins pays back")]
ZM = Annotated[float, Meta(ge=-1.0, le=60.0, description="metres above the ground")]

BodyPart = Literal["left_foot", "right_foot", "head", "other"]
ShotKind = Literal["open_play", "free_kick", "penalty", "corner", "kick_off"]
Card = Literal["yellow", "second_yellow", "red"]
# `unknown`: the provider says that there was one, and none of these.
ShotOutcome = Literal[
    "goal", "saved", "saved_to_post", "saved_off_target", "post", "off_target", "blocked", "wayward", "unknown"
]
PassOutcome = Literal["complete", "incomplete", "out", "offside", "injury_clearance", "unknown"]
KeeperOutcome = Literal[
    "claim", "clear", "collected_twice", "fail", "in_play_danger", "in_play_safe", "lost", "lost_in_play", "lost_out",
    "no_touch", "punched_out", "saved_twice", "success", "success_in_play", "success_out", "touched_in", "touched_out",
    "unknown", "won",
]  # fmt: skip
Role = Literal["teammate", "opponent", "keeper"]
PassKind = Literal["corner", "free_kick", "throw_in", "goal_kick", "kick_off", "recovery", "interception"]
DuelKind = Literal["tackle", "aerial"]

# Which words an `outcome` may be, by type of event. Every other type says with `won` whether it succeeded.
OUTCOMES: dict[str, tuple[str, ...]] = {
    "shot": get_args(ShotOutcome),
    "pass": get_args(PassOutcome),
    "goalkeeper": get_args(KeeperOutcome),
}
_EVERY_OUTCOME = list(dict.fromkeys(word for words in OUTCOMES.values() for word in words))


def _one_of(words: list[str]) -> Meta:
    """Words of the vocabulary as the schema shows them. They are checked where a feed is decoded, not where the log is
    read: an event that is in the log is read for ever, whatever words there are by then."""
    return Meta(extra_json_schema={"enum": words})


FEED_TYPES: dict[str, str] = {
    "lineup": "starting eleven of one team (`lineup`); the first of a match is the home team's",
    "period_start": "a period begins (providers may send one per team)",
    "period_end": "a period ends (providers may send one per team)",
    "pass": "a pass, cross, throw-in, corner, goal kick or free kick that is played",
    "reception": "a pass is received, or is not",
    "carry": "the ball is moved by a player's feet",
    "dribble": "an attempt to beat an opponent (take-on)",
    "shot": "an attempt on goal; `outcome` goal is a goal",
    "own_goal": "own goal, told by the team that benefits (`team`)",
    "own_goal_against": "the same own goal, told by the team that scored it; changes nothing by itself",
    "goalkeeper": "an action of a goalkeeper",
    "pressure": "a player closes an opponent down",
    "interception": "a pass of the opponent is cut out",
    "duel": "a tackle or an aerial duel (`duel_kind`); `won` where known",
    "clearance": "the ball is cleared from danger",
    "block": "the ball is blocked by standing in its way",
    "ball_recovery": "a loose ball is collected",
    "dispossessed": "the ball is lost to a tackle without a dribble",
    "miscontrol": "the ball is lost by a bad touch",
    "dribbled_past": "beaten by an opponent's dribble",
    "foul": "a foul committed (`card` where one was shown)",
    "foul_won": "a foul suffered",
    "card": "a card shown outside a foul",
    "substitution": "`player` leaves, `replacement` comes on",
    "player_off": "a player leaves without being replaced (injury)",
    "player_on": "a player returns",
    "formation": "a tactical shift (`lineup`, `formation`)",
    "offside": "offside",
    "error": "a mistake that leads to a chance",
    "shield": "the ball is shielded out of play",
    "fifty_fifty": "two players go for a loose ball",
    "stoppage": "play is stopped (injury, dropped ball)",
    "other": "anything else the provider tells; kept, and used by no signal",
}

CONTROL_TYPES: dict[str, str] = {
    "match_info": "teams, competition, season, venue, kick-off, as given by a person or a schedule",
    "lineup": "a line-up given outside the feed",
    "pre_match": "`home_odds`, `draw_odds`, `away_odds`: what bookmakers thought of it before kick-off",
    "status": "`status`: scheduled, live, half_time, full_time, suspended, finished, abandoned, postponed",
    "official_score": "`home_score`, `away_score` as the league states them",
    "primary_stream": "`provider`: whose event stream is folded from the start of the match",
}


class LineupPlayer(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One player of a line-up."""

    player: str
    name: str | None = None
    shirt: Annotated[int, Meta(ge=0, le=999)] | None = None
    position: str | None = None


class Standing(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a player stood when a shot was taken, in the frame of the team that shoots: `[x_m, y_m, role]`."""

    x_m: XM
    y_m: YM
    role: Annotated[Role, Meta(description="keeper is the goalkeeper of the opponents")]


class Fields(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """What an event says beyond who, when and what. Everything is optional; a type uses what fits it."""

    x_m: XM | None = None
    y_m: YM | None = None
    end_x_m: XM | None = None
    end_y_m: YM | None = None
    end_z_m: ZM | None = None
    outcome: Annotated[str, _one_of(_EVERY_OUTCOME)] | None = None  # of a shot, a pass, a goalkeeper: see OUTCOMES
    won: bool | None = None  # duel, dribble, interception, fifty_fifty, reception, ball_recovery: did it succeed
    body_part: BodyPart | None = None
    shot_kind: ShotKind | None = None
    pass_kind: Annotated[str, _one_of(list(get_args(PassKind)))] | None = None
    cross: bool | None = None
    duel_kind: Annotated[str, _one_of(list(get_args(DuelKind)))] | None = None
    card: Card | None = None
    penalty: bool | None = None  # foul: a penalty was given
    conceded_by: str | None = None  # own_goal without a `team`: who scored against itself; the goal is the opponent's
    first_time: bool | None = None
    under_pressure: bool | None = None
    counterpress: bool | None = None
    duration_s: Annotated[float, Meta(ge=0, le=7200)] | None = None
    possession: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = (
        None  # the provider's number of the chain of possession
    )
    possession_team: str | None = None
    play_pattern: str | None = None
    recipient: str | None = None
    replacement: str | None = None
    replacement_name: str | None = None
    team_name: str | None = None
    player_name: str | None = None
    related: list[str] | None = None
    freeze_frame: Annotated[list[Standing], Meta(max_length=40)] | None = None  # shot: the others in sight of it
    provider_xg: Annotated[float, Meta(ge=0, le=1)] | None = None  # never a feature: reference only
    provider_type: str | None = None
    detail: str | None = None  # the provider's own finer kind, verbatim
    formation: str | None = None
    lineup: list[LineupPlayer] | None = None
    # control events
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
    home_odds: Odds | None = None
    draw_odds: Odds | None = None
    away_odds: Odds | None = None
