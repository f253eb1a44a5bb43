"""Wyscout's file of a match, `{"events": [...], "teams": {...}, "players": {...}}`, cut into messages.

Its messages are the two team sheets and then the events. A team sheet is
`{"side":"home","teams":{"<id>":…},"players":{"<id>":[…]}}` with the bytes of both entries as they came. The file says
nowhere who plays at home: `teams` has the home team first (as kloppy reads it, and in every file that we hold).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from app.errors import DecodeError, UnreadableFile
from app.feeds import framing

_SIDES = (b"home", b"away")


class _Document(msgspec.Struct):
    events: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    teams: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    players: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    side: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    eventId: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_documents = msgspec.json.Decoder(_Document)
_lists = msgspec.json.Decoder(list[msgspec.Raw])
_maps = msgspec.json.Decoder(dict[str, msgspec.Raw])


def split(payload: bytes) -> Iterator[bytes | Exception]:
    """Cut a payload into messages: a file of a match, a JSON array, one object or NDJSON of events and team sheets.

    Raises UnreadableFile, before the first message, as `framing.split` does; also for a file whose `events` is no array.
    """
    whole = _read(payload)
    if whole is not None and whole.events is not msgspec.UNSET:
        # Before anything is yielded: a file that cannot be read is refused whole.
        return iter([*_sheets(payload, whole), *_events(whole.events)])
    return _flat(payload)


def is_sheet(raw: bytes) -> bool:
    """Is the message a team sheet rather than an event?"""
    found = _read(raw)
    return found is not None and found.eventId is msgspec.UNSET


def _flat(payload: bytes) -> Iterator[bytes | Exception]:
    return (part for message in framing.split(payload) for part in _one(message))


def _one(message: bytes | Exception) -> Iterator[bytes | Exception]:
    """A message, or the team sheets that are in it."""
    found = _read(message) if isinstance(message, bytes) else None
    if found is None or found.eventId is not msgspec.UNSET or found.side is not msgspec.UNSET:
        yield message
    else:
        yield from _sheets(bytes(message), found)  # type: ignore[arg-type]


def _read(raw: bytes) -> _Document | None:
    """The members of a file or of a team sheet; None for anything else, quickly where it is an event."""
    if b'"events"' not in raw and b'"teams"' not in raw and b'"players"' not in raw:
        return None
    try:
        found = _documents.decode(raw.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return None
    return None if found.events is found.teams is found.players is msgspec.UNSET else found


def _events(raw: msgspec.Raw | msgspec.UnsetType) -> list[bytes]:
    payload = b"" if isinstance(raw, msgspec.UnsetType) else bytes(raw)
    if not payload.startswith(b"["):
        raise UnreadableFile("`events` of the file is not an array.")
    if payload.count(b",") > framing.MAX_COMMAS:
        raise UnreadableFile(
            f"`events` has more than {framing.MAX_COMMAS} commas: too many for one payload. Cut it up."
        )
    return [bytes(event) for event in _lists.decode(payload)]


def _sheets(payload: bytes, found: _Document) -> list[bytes | Exception]:
    """The team sheets, home first. What is there and cannot be taken apart is an error that takes no event along."""
    teams, players = found.teams, found.players
    if isinstance(teams, msgspec.UnsetType):
        unnamed = DecodeError(
            "The message has `players` and no `teams`, so whose they are is not known.", None, payload
        )
        return [] if isinstance(players, msgspec.UnsetType) or found.events is not msgspec.UNSET else [unnamed]
    try:
        by_team = _maps.decode(teams)
        squads = {} if isinstance(players, msgspec.UnsetType) else _maps.decode(players)
    except ValueError:
        return [DecodeError("`teams` and `players` are not objects with the ids of teams.", None, bytes(teams))]
    sheets: list[bytes | Exception] = []
    for place, (team, entry) in enumerate(by_team.items()):
        key = msgspec.json.encode(team)
        side = b'"side":"%b",' % _SIDES[place] if len(by_team) == len(_SIDES) else b""
        squad = b',"players":{%b:%b}' % (key, bytes(squads[team])) if team in squads else b""
        sheets.append(b'{%b"teams":{%b:%b}%b}' % (side, key, bytes(entry), squad))
    return sheets
