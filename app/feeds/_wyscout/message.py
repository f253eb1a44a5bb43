"""What is read of a Wyscout message (version 2): one event, or the team sheets of a file. The rest stays in the raw bytes.

Wyscout's `id` of an event is a number. It is taken as text as well, for whoever makes events of their own.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from app.errors import DecodeError
from app.feeds import framing

Number = Annotated[int, Meta(ge=0, le=2**53)]
Name = Annotated[str, Meta(max_length=400)]

_ID_AT_AN_END = re.compile(rb'^\s*\{\s*"id"\s*:\s*([0-9]{1,16})\s*[,}]|"id"\s*:\s*([0-9]{1,16})\s*\}\s*$')
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


class Tag(msgspec.Struct):
    """A numbered remark on an event: how it ended, with which foot, which card."""

    id: Number


class Position(msgspec.Struct):
    """Per cent of the pitch: x of its length towards the goal attacked, y of its width from the left touchline."""

    x: float | None = None
    y: float | None = None


class Message(msgspec.Struct):
    """One event. `eventSec` is seconds since the start of the period; `playerId` 0 is nobody."""

    id: Number | Annotated[str, Meta(min_length=1, max_length=200)]
    matchPeriod: Literal["1H", "2H", "E1", "E2", "P"]
    eventSec: Annotated[float, Meta(ge=0, le=7200)]
    eventId: Number
    teamId: Number
    subEventId: Number | Annotated[str, Meta(max_length=40)] | None = None
    playerId: Number | None = None
    matchId: Number | None = None
    eventName: Name | None = None
    subEventName: Name | None = None
    positions: Annotated[list[Position], Meta(max_length=20)] | None = None
    tags: Annotated[list[Tag], Meta(max_length=200)] | None = None


class Team(msgspec.Struct):
    """A team of a team sheet."""

    wyId: Number
    name: Name | None = None
    officialName: Name | None = None


class TeamEntry(msgspec.Struct):
    """One value of `teams`."""

    team: Team


class Player(msgspec.Struct):
    """A player of a team sheet; `shortName` is "M. Pintilii"."""

    wyId: Number
    shortName: Name | None = None
    firstName: Name | None = None
    lastName: Name | None = None


class PlayerEntry(msgspec.Struct):
    """One element of a value of `players`."""

    player: Player


class TeamSheet(msgspec.Struct):
    """One team of a file, as `app.feeds._wyscout.document` cuts it out: `teams` and `players` have its entry alone."""

    teams: Annotated[dict[str, TeamEntry], Meta(min_length=1, max_length=1)]
    players: Annotated[dict[str, Annotated[list[PlayerEntry | None], Meta(max_length=200)]], Meta(max_length=1)] = {}
    side: Literal["home", "away"] | None = None


_events = msgspec.json.Decoder(Message)
_sheets = msgspec.json.Decoder(TeamSheet)


def read_event(raw: bytes) -> Message:
    """One event. Raises DecodeError (only), with the event's id where one can be recognised."""
    try:
        return framing.read(_events, raw)
    except DecodeError as error:
        raise DecodeError(error.reason, error.source_event_id or _number_of(raw)) from None


def read_sheet(raw: bytes) -> TeamSheet:
    """One team sheet. Raises DecodeError (only)."""
    return framing.read(_sheets, raw)


def plain(text: str | None) -> str | None:
    """A name as it is written. In the open data letters with accents are escaped twice (`Bucure\\u015fti` as text)."""
    if not text or "\\u" not in text:
        return text or None

    def letter(found: re.Match[str]) -> str:
        code = int(found[1], 16)
        # Half of a pair is no character, and PostgreSQL has no NUL.
        return chr(code) if code and not 0xD800 <= code <= 0xDFFF else found[0]

    return _ESCAPED.sub(letter, text)


class _Id(msgspec.Struct):
    id: Number


_id = msgspec.json.Decoder(_Id)


def _number_of(raw: bytes) -> str | None:
    """The `id` of an event that cannot be read; of one that is broken, where it stands first or last."""
    try:
        return str(_id.decode(raw).id)
    except (ValueError, RecursionError):
        found = _ID_AT_AN_END.search(raw)
        return None if found is None else (found[1] or found[2]).decode()
