"""What is read of a message of the NFL's game details; the rest stays in the raw bytes.

A message is `{"id":…,"teams":[…],"play":{…}}` with a play's bytes as they came and who plays, and, beside the play that
made it, an entry of the scoring list (`scoring`); `{"id":"game","game":{…}}`; or a bare play.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from app.errors import DecodeError
from app.feeds import framing

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Word = Annotated[str, Meta(max_length=400)]
Text = Annotated[str, Meta(max_length=8000)]
Number = Annotated[int, Meta(ge=0, le=2**53)]
Yards = Annotated[int, Meta(ge=-199, le=199)]


class Stat(msgspec.Struct):
    """One entry of a play's statistics: the league's number of what somebody did (10 rushed, 15 completed, …)."""

    statType: Number
    teamId: Word | None = None
    yards: Yards | None = None
    gsisPlayerId: Word | None = None
    gsisPlayerName: Word | None = None


class Play(msgspec.Struct):
    """One play. prePlayByPlay: `CLE  1-10  CLE 32`, who has the ball, down and distance, where."""

    playId: Number
    quarter: Annotated[int, Meta(ge=0, le=20)]
    playSequenceNumber: Annotated[float, Meta(ge=-1e9, le=1e9)]
    playType: Word
    playDeleted: bool = False
    clockTime: Annotated[str, Meta(pattern=r"^(|0?[0-9]:[0-5][0-9]|1[0-5]:[0-5][0-9])$")] | None = None
    down: Annotated[int, Meta(ge=0, le=5)] | None = None
    yardsRemaining: Annotated[int, Meta(ge=-99, le=199)] | None = None
    yardLine: Word | None = None
    yardsGained: Yards | None = None
    prePlayByPlay: Word | None = None
    playDescription: Text | None = None
    playScored: bool = False
    scoringPlayType: Word | None = None
    scoringTeamId: Word | None = None
    stats: Annotated[list[Stat], Meta(max_length=400)] | None = None


class Scoring(msgspec.Struct):
    """One entry of the scoring list: the score when its touchdown's try was over."""

    homeScore: Annotated[int, Meta(ge=-999, le=999)] | None = None
    awayScore: Annotated[int, Meta(ge=-999, le=999)] | None = None


class Team(msgspec.Struct):
    """A side. The address of its logo ends in its abbreviation."""

    id: Id
    fullName: Word | None = None
    currentLogo: Word | None = None


class Venue(msgspec.Struct):
    """Where it is played."""

    name: Word | None = None


class Points(msgspec.Struct):
    """total: of a side."""

    total: Annotated[int, Meta(ge=0, le=999)] | None = None


class SideSummary(msgspec.Struct):
    """How a side stands."""

    score: Points | None = None


class Summary(msgspec.Struct):
    """How the game stands. phase: FINAL, FINAL_OVERTIME when it is over."""

    phase: Word | None = None
    homeTeam: SideSummary | None = None
    awayTeam: SideSummary | None = None


class Game(msgspec.Struct):
    """Who plays, when and where."""

    homeTeam: Team
    awayTeam: Team
    time: Word | None = None
    season: Number | None = None
    venue: Venue | None = None
    summary: Summary | None = None


class Message(msgspec.Struct):
    """A message as `document.split` makes it. teams: home first, of each the id, the abbreviation and the name."""

    id: Id
    play: Play | None = None
    scoring: Scoring | None = None
    game: Game | None = None
    result: Game | None = None
    teams: Annotated[list[Annotated[list[Word], Meta(min_length=3, max_length=3)]], Meta(max_length=2)] = []


class _Shape(msgspec.Struct):
    playId: Any = msgspec.UNSET
    play: Any = msgspec.UNSET
    game: Any = msgspec.UNSET
    result: Any = msgspec.UNSET


_shapes = msgspec.json.Decoder(_Shape)
_plays = msgspec.json.Decoder(Play)
_messages = msgspec.json.Decoder(Message)


def read(raw: bytes) -> Message:
    """A message, bare plays included. Raises DecodeError."""
    try:
        shape = _shapes.decode(raw)
    except (ValueError, RecursionError):
        # It is no JSON object: what is wrong with it is said below.
        shape = _Shape(play=None)
    if shape.playId is not msgspec.UNSET:
        play = framing.read(_plays, raw)
        return Message(id=str(play.playId), play=play)
    if shape.play is shape.game is shape.result is msgspec.UNSET:
        raise _nothing(framing.source_id(raw))
    found = framing.read(_messages, raw)
    if found.play is found.game is found.result is None:
        raise _nothing(found.id)
    return found


def _nothing(name: str | None) -> DecodeError:
    return DecodeError("The message is no play or game of the NFL: it has none of `playId`, `play`, `game`.", name)
