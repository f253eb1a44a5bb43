"""The NFL's game details (the league's "Shield" documents) into canonical plays.

Place: yards to the goal line that the team at the ball attacks, from `yardLine` ("CLE 32"). Who has the ball is read from
`prePlayByPlay`. Clock: what the board shows; the canonical clock counts up (`app.sports.gridiron.clock`).
Order: `playSequenceNumber`, which is fractional where a play was put in between; `playId` is who it is, not when.
Score: by the points that a play made, the try apart from its touchdown. The scoring list is only compared with it.
A play that was deleted is a retraction. What comes next is not told by this feed: `_nfl.next_down` works it out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.errors import DecodeError
from app.feeds._nfl import document
from app.feeds._nfl import vocabulary as v
from app.feeds._nfl.message import Game, Message, Play, read
from app.feeds._nfl.next_down import after
from app.feeds.base import PERIOD_POST, PERIOD_PRE, FeedEvent, Provider
from app.sports.gridiron.clock import elapsed_of, period_start_s
from app.sports.gridiron.events import PLAYS, Fields
from app.sports.gridiron.situation import FIRST_OVERTIME, QUARTER_S

TEAMS, KICKOFF = "teams", "kickoff_at"
_BALL = re.compile(r"^([A-Z]{2,3})\s+(?:KO|XP|FK|[1-4]-)")
Teams = Sequence[Sequence[str]]


def stream_options(messages: list[bytes]) -> Mapping[str, Any]:
    """Who plays, for plays that are pushed bare, and the kick-off. Never raises."""
    return learned({}, messages)


def learned(options: Mapping[str, Any], messages: list[bytes]) -> Mapping[str, Any]:
    """The options once these messages are known too: what the newest of them that says who plays says."""
    for raw in reversed(messages):
        if b'"game":' not in raw:
            continue
        try:
            game = read(raw).game
        except DecodeError:
            continue
        if game is not None:
            found: dict[str, Any] = {TEAMS: document.teams_of(game)}
            return found if _when(game) is None else {**found, KICKOFF: game.time}
    return options


def kickoff_at(options: Mapping[str, Any]) -> datetime | None:
    """The kick-off on the wall, as the document has it."""
    time = options.get(KICKOFF)
    return None if time is None else datetime.fromisoformat(time)


def is_over(period: int, elapsed_s: float) -> bool:
    """Does a file that ends here tell a whole game? A document of a game that is over says so."""
    return period >= PERIOD_POST


def decode(raw: bytes, options: Mapping[str, Any]) -> FeedEvent:
    """One message as `document.split` makes it, or one bare play. Depends on the message and the stream's options.

    Raises DecodeError (only): not JSON, a missing or impossible field, points of an unknown kind, a bare play of a
    stream that was never told who plays.
    """
    m = read(raw)
    if m.game is not None:
        return _info(m, m.game, raw)
    if m.result is not None:
        return _result(m, m.result, raw)
    assert m.play is not None
    teams = m.teams or options.get(TEAMS) or []
    if m.play.playDeleted:
        return _deleted(m, m.play, raw)
    if len(teams) != 2:
        raise DecodeError(
            "It is not known who plays: send the game's document first, or the play with its `teams` "
            '({"id": …, "teams": [[id, abbreviation, name], …], "play": …}).',
            m.id,
        )
    return _play(m, m.play, teams, raw)


def _play(m: Message, p: Play, teams: Teams, raw: bytes) -> FeedEvent:
    type_ = v.type_of(p)
    ball = _BALL.match(p.prePlayByPlay or "")
    ours = None if ball is None else v.abbreviation(ball.group(1))
    by_word = {word: (name, other) for (name, word, _), (_, other, _) in zip(teams, reversed(teams), strict=True)}
    at_ball = by_word.get(ours) if ours is not None else None
    team = None if at_ball is None else at_ball[0]
    fields = {**_before(p, type_, ours), **v.flags(p, type_)} if type_ in PLAYS else {}
    if type_ in PLAYS and at_ball is not None and ours is not None:
        fields |= after(p, type_, fields, (ours, at_ball[1]))
        if "end_team" in fields:
            fields["end_team"] = v.team_id(by_word[fields["end_team"]][0])
    if p.playScored:
        fields |= v.points(p, team)
    if type_ == "timeout":
        team = None
        taken = v.timeout(p)
        if taken is not None and taken[1] in by_word:
            fields["timeout_number"], team = taken[0], by_word[taken[1]][0]
    elif type_ in PLAYS:
        fields |= _people(p) | _challenged(p, teams)
    actor = v.actor(p) if type_ in PLAYS else None
    return FeedEvent(
        source_event_id=m.id,
        type=type_,
        period=p.quarter,
        order_key=p.playSequenceNumber,
        elapsed_s=_elapsed_s(p, type_),
        team=v.team_id(team),
        player=None if actor is None else f"nfl:player:{actor[0]}",
        raw=raw,
        fields=Fields(
            text=p.playDescription or None,
            provider_type=p.playType,
            printed_home_score=None if m.scoring is None else m.scoring.homeScore,
            printed_away_score=None if m.scoring is None else m.scoring.awayScore,
            **fields,
        ),
    )


def _before(p: Play, type_: str, ours: str | None) -> dict[str, int]:
    """Down, distance and place before the snap."""
    if type_ in ("kickoff", "extra_point", "two_point"):
        return {}
    found: dict[str, int] = {}
    place = v.place(p.yardLine, ours)
    if place is not None:
        found["yards_to_goal"] = place
        if p.down is not None and 1 <= p.down <= 4:
            found["down"] = p.down
            if p.yardsRemaining is not None and 0 <= p.yardsRemaining <= 99:
                found["distance_yd"] = min(p.yardsRemaining or place, place)
    return found


def _people(p: Play) -> dict[str, str]:
    found: dict[str, str | None] = {}
    actor, receiver = v.actor(p), v.receiver(p)
    if actor is not None:
        found["player_name"] = actor[1]
    if receiver is not None:
        found |= {"receiver": f"nfl:player:{receiver[0]}", "receiver_name": receiver[1]}
    return {name: value for name, value in found.items() if value is not None}


def _challenged(p: Play, teams: Teams) -> dict[str, Any]:
    """A challenge that was lost costs a time-out, and is told in the play's text alone."""
    found = v.challenge(p)
    names = [] if found is None else [name for name, _, full in teams if full.startswith(found[1])]
    return {} if found is None or len(names) != 1 else {"timeout_number": found[0], "timeout_team": v.team_id(names[0])}


def _elapsed_s(p: Play, type_: str) -> float:
    """The clock that counts up. What tells no time stands at the start of its period: the fold leaves the clock alone."""
    if p.quarter < 1:
        return 0.0
    if p.playType == "END_QUARTER":
        return p.quarter * QUARTER_S
    if not p.clockTime or (p.playType == "END_GAME" and p.quarter >= FIRST_OVERTIME):
        return period_start_s(p.quarter)
    minutes, seconds = p.clockTime.split(":")
    return elapsed_of(p.quarter, min(int(minutes) * 60 + int(seconds), QUARTER_S))


def _deleted(m: Message, p: Play, raw: bytes) -> FeedEvent:
    return FeedEvent(
        source_event_id=m.id,
        type="other",
        period=p.quarter,
        order_key=p.playSequenceNumber,
        elapsed_s=0.0,
        raw=raw,
        fields=Fields(),
        kind="retracted",
    )


def _when(game: Game) -> str | None:
    """The kick-off, where it is a moment."""
    try:
        return None if game.time is None else datetime.fromisoformat(game.time).isoformat()
    except ValueError:
        return None


def _info(m: Message, game: Game, raw: bytes) -> FeedEvent:
    return FeedEvent(
        source_event_id=m.id,
        type="game_info",
        period=PERIOD_PRE,
        order_key=0.0,
        elapsed_s=0.0,
        raw=raw,
        fields=Fields(
            league="nfl",
            home_team=v.team_id(game.homeTeam.id),
            away_team=v.team_id(game.awayTeam.id),
            home_name=game.homeTeam.fullName,
            away_name=game.awayTeam.fullName,
            competition="NFL",
            season=None if game.season is None else str(game.season),
            venue=None if game.venue is None else game.venue.name,
            kickoff_at=_when(game),
        ),
    )


def _result(m: Message, game: Game, raw: bytes) -> FeedEvent:
    summary = game.summary
    sides = (None, None) if summary is None else (summary.homeTeam, summary.awayTeam)
    home, away = (None if side is None or side.score is None else side.score.total for side in sides)
    known = home is not None and away is not None
    return FeedEvent(
        source_event_id=m.id,
        type="game_end",
        period=PERIOD_POST,
        order_key=0.0,
        elapsed_s=0.0,
        raw=raw,
        fields=Fields(
            home_score=home if known else None,
            away_score=away if known else None,
            provider_type=None if summary is None else summary.phase,
        ),
    )


PROVIDER = Provider(
    name="nfl",
    sport="gridiron",
    title="NFL game details (a game's JSON document, single plays, NDJSON)",
    split=document.split,
    stream_options=stream_options,
    decode=decode,
    is_over=is_over,
    learn=learned,
    kickoff_at=kickoff_at,
)
