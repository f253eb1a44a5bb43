"""What is read of a message of ESPN's summaries; the rest stays in the raw bytes.

A message is `{"id":…,"play":{…}}` with a play's bytes as they came, its place (`order`, `timed`) and who plays (`teams`);
`{"id":…,"score":{…}}` with an entry of the scoring list; `{"id":"game","game":{…}}` with the header; or a bare play.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from app.errors import DecodeError
from app.feeds import framing

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Word = Annotated[str, Meta(max_length=400)]
Text = Annotated[str, Meta(max_length=4000)]
Count = Annotated[int, Meta(ge=-(2**31), le=2**31)]


class Named(msgspec.Struct):
    """A type, of a play or of points, as ESPN numbers and calls it."""

    id: Id | None = None
    text: Word | None = None
    name: Word | None = None


class Period(msgspec.Struct):
    """1 to 4, from 5 on overtimes."""

    number: Annotated[int, Meta(ge=1, le=20)]


class Clock(msgspec.Struct):
    """What the board shows: 12:34."""

    displayValue: Annotated[str, Meta(pattern=r"^([0-9]|1[0-5]):[0-5][0-9]$")]


class TeamRef(msgspec.Struct):
    """A team by its number."""

    id: Id | None = None


class Spot(msgspec.Struct):
    """Down and place before or after a play; 0, -1 and -3 stand for none. yardsToEndzone is the team's own view."""

    down: Count | None = None
    distance: Count | None = None
    yardsToEndzone: Count | None = None
    team: TeamRef | None = None


class Try(msgspec.Struct):
    """The try after a touchdown, told with it. value: its points."""

    value: Annotated[int, Meta(ge=0, le=2)] | None = None
    text: Word | None = None


class Play(msgspec.Struct):
    """One play. homeScore, awayScore: as printed, often wrong."""

    id: Id
    period: Period
    type: Named
    sequenceNumber: Word | None = None
    clock: Clock | None = None
    text: Text | None = None
    homeScore: Annotated[int, Meta(ge=-999, le=999)] | None = None
    awayScore: Annotated[int, Meta(ge=-999, le=999)] | None = None
    scoringPlay: bool = False
    scoringType: Named | None = None
    pointAfterAttempt: Try | None = None
    start: Spot | None = None
    end: Spot | None = None
    statYardage: Count | None = None


class Scored(msgspec.Struct):
    """One entry of the scoring list."""

    id: Id
    period: Period
    scoringType: Named
    team: TeamRef
    clock: Clock | None = None
    text: Text | None = None
    homeScore: Annotated[int, Meta(ge=-999, le=999)] | None = None
    awayScore: Annotated[int, Meta(ge=-999, le=999)] | None = None


class TeamInfo(msgspec.Struct):
    """A team of the header."""

    id: Id
    displayName: Word | None = None
    location: Word | None = None
    nickname: Word | None = None
    abbreviation: Word | None = None


class Competitor(msgspec.Struct):
    """A side of the header."""

    homeAway: Word
    team: TeamInfo
    score: Word | None = None


class StatusType(msgspec.Struct):
    """completed: the game is over."""

    completed: bool = False
    name: Word | None = None


class Status(msgspec.Struct):
    """Of the game."""

    type: StatusType = msgspec.field(default_factory=StatusType)


class Competition(msgspec.Struct):
    """The game of a header."""

    competitors: Annotated[list[Competitor], Meta(min_length=2, max_length=2)]
    date: Word | None = None
    status: Status = msgspec.field(default_factory=Status)


class Season(msgspec.Struct):
    """Of a header."""

    year: Count | None = None


class League(msgspec.Struct):
    """Of a header."""

    name: Word | None = None


class Venue(msgspec.Struct):
    """Where it is played."""

    fullName: Word | None = None


class Header(msgspec.Struct):
    """Who plays, and how it stands."""

    competitions: Annotated[list[Competition], Meta(min_length=1, max_length=1)]
    season: Season | None = None
    league: League | None = None


class Message(msgspec.Struct):
    """A message as `document.split` makes it. teams: of both sides, home first, the id and the names it goes by."""

    id: Id
    play: Play | None = None
    score: Scored | None = None
    game: Header | None = None
    result: Header | None = None
    venue: Venue | None = None
    order: Annotated[float, Meta(ge=-1e12, le=1e12)] | None = None
    timed: bool = True
    teams: Annotated[list[Annotated[list[Word], Meta(max_length=8)]], Meta(max_length=2)] = []


class _Shape(msgspec.Struct):
    sequenceNumber: Any = msgspec.UNSET
    play: Any = msgspec.UNSET
    score: Any = msgspec.UNSET
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
    if shape.sequenceNumber is not msgspec.UNSET:
        play = framing.read(_plays, raw)
        return Message(id=play.id, play=play)
    if shape.play is shape.score is shape.game is shape.result is msgspec.UNSET:
        raise _nothing(framing.source_id(raw))
    found = framing.read(_messages, raw)
    if found.play is found.score is found.game is found.result is None:
        raise _nothing(found.id)
    return found


def _nothing(name: str | None) -> DecodeError:
    return DecodeError(
        "The message is no play, score or game of ESPN: it has none of `sequenceNumber`, `play`, `score`, `game`.", name
    )
