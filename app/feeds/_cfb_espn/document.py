"""ESPN's summary of a game, `{"header": …, "drives": {"previous": […], "current": …}, "scoringPlays": […]}`, in messages.

They are who plays (`game`), every play of every drive with its place, entries of the scoring list that no drive has
(`score`: a safety or a conversion that nobody entered as a play), and, of a game that is over, how it ended (`result`).
A play that is in two drives (`current` is often the last of `previous` as well) is one message, as it is told last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from app.errors import UnreadableFile
from app.feeds import framing
from app.feeds._cfb_espn.message import Header, Named, Period
from app.feeds._cfb_espn.order import Entry, place

KICKOFFS = ("53", "12", "32")


class _Drive(msgspec.Struct):
    plays: list[msgspec.Raw] = []


class _Drives(msgspec.Struct):
    previous: list[_Drive] | None = None
    current: _Drive | None = None


class _GameInfo(msgspec.Struct):
    venue: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Document(msgspec.Struct):
    header: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    drives: _Drives | None = None
    scoringPlays: list[msgspec.Raw] | None = None
    gameInfo: _GameInfo | None = None


class _Glance(msgspec.Struct):
    """Enough of a play to place it."""

    id: str
    period: Period
    sequenceNumber: str = ""
    type: Named = msgspec.field(default_factory=Named)


_documents = msgspec.json.Decoder(_Document)
_glances = msgspec.json.Decoder(_Glance)
_headers = msgspec.json.Decoder(Header)


def split(payload: bytes) -> Iterator[bytes | Exception]:
    """Cut a payload into messages: a summary, or a JSON array, one object or NDJSON of plays and messages.

    Raises UnreadableFile, before the first message, as `framing.split` does; also for a summary whose drives, plays or
    scoring list are not lists.
    """
    body = payload.removeprefix(b"\xef\xbb\xbf").lstrip()
    if body.startswith(b"{") and (b'"drives"' in body or b'"header"' in body):
        try:
            whole = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        except (ValueError, RecursionError):
            whole = {}
        if "drives" in whole or "header" in whole:
            return iter(_messages(body))
    return framing.split(payload)


def _messages(body: bytes) -> list[bytes | Exception]:
    try:
        found = _documents.decode(body)
    except ValueError as exc:
        raise UnreadableFile(f"The summary cannot be taken apart: {exc}.") from None
    teams = _teams(found.header)
    drives = found.drives or _Drives()
    plays = [bytes(p) for d in [*(drives.previous or []), *filter(None, [drives.current])] for p in d.plays]
    entries: dict[str, tuple[Entry, bytes, bytes]] = {}
    broken: list[bytes | Exception] = []
    for name, raws in ((b"play", plays), (b"score", map(bytes, found.scoringPlays or []))):
        for raw in raws:
            glance = _glance(raw)
            if glance is None:
                broken.append(raw)
            elif name == b"play" or glance.id not in entries:
                follows = name == b"score" or glance.type.id in KICKOFFS
                sequence = glance.sequenceNumber or glance.id[-9:]
                entries[glance.id] = (Entry(sequence, glance.period.number, follows), name, raw)
    messages: list[bytes | Exception] = _of_game(found, b"game")
    told = list(entries.items())
    for at in place([entry for _, (entry, _, _) in told]):
        key, (_, name, raw) = told[at.index]
        head = b'{"id":%b,"order":%b,"timed":%b' % (
            msgspec.json.encode(key),
            msgspec.json.encode(at.key),
            b"true" if at.fits else b"false",
        )
        messages.append(b'%b,"teams":%b,"%b":%b}' % (head, teams, name, raw))
    return [*messages, *broken, *_of_game(found, b"result")]


def _glance(raw: bytes) -> _Glance | None:
    try:
        return _glances.decode(raw)
    except (ValueError, RecursionError):
        return None


def _header(raw: msgspec.Raw | msgspec.UnsetType) -> Header | None:
    try:
        return None if isinstance(raw, msgspec.UnsetType) else _headers.decode(raw)
    except (ValueError, RecursionError):
        return None


def _teams(raw: msgspec.Raw | msgspec.UnsetType) -> bytes:
    """Both sides with the names that texts may call them by, home first."""
    header = _header(raw)
    sides = [] if header is None else sorted(header.competitions[0].competitors, key=lambda c: c.homeAway != "home")
    names: list[list[Any]] = [
        [s.team.id, *filter(None, (s.team.location, s.team.nickname, s.team.abbreviation))] for s in sides
    ]
    return msgspec.json.encode(names)


def _of_game(found: _Document, name: bytes) -> list[bytes | Exception]:
    """Who plays; or how it ended, of a game that is over. A header that cannot be read is handed on: it is told why."""
    if isinstance(found.header, msgspec.UnsetType):
        return []
    header = _header(found.header)
    if name == b"result" and (header is None or not header.competitions[0].status.type.completed):
        return []
    venue = b""
    place = msgspec.UNSET if found.gameInfo is None else found.gameInfo.venue
    if not isinstance(place, msgspec.UnsetType) and name == b"game":
        venue = b',"venue":%b' % bytes(place)
    return [b'{"id":"%b"%b,"%b":%b}' % (name, venue, name, bytes(found.header))]
