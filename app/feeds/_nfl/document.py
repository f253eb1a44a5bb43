"""The NFL's detail of a game, `{"homeTeam": …, "summary": …, "driveChart": {"plays": […], "scoringSummaries": […]}}`, in
messages: who plays (`game`), every play, and, of a game that is over, how it ended (`result`).

`status` may say SCHEDULED of a game that is over; `summary.phase` is right.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from app.errors import UnreadableFile
from app.feeds import framing
from app.feeds._nfl.message import Game

_UNSET = msgspec.UNSET
MEMBERS = ("homeTeam", "awayTeam", "time", "season", "venue")
# As logos and older texts have them, and as the plays of today do.
ALIASES = {
    "AZ": "ARI", "ARZ": "ARI", "LA": "LAR", "STL": "LAR", "SL": "LAR", "SD": "LAC", "OAK": "LV", "JAC": "JAX", "BLT": "BAL",
    "CLV": "CLE", "HST": "HOU", "WSH": "WAS",
}  # fmt: skip


class _Entry(msgspec.Struct):
    scoringPlayId: int | None = None
    patPlayId: int | None = None


class _Chart(msgspec.Struct):
    plays: list[msgspec.Raw] = []
    scoringSummaries: list[msgspec.Raw] | None = None


class _Document(msgspec.Struct):
    driveChart: _Chart | None = None


class _Glance(msgspec.Struct):
    playId: int


_documents = msgspec.json.Decoder(_Document)
_glances = msgspec.json.Decoder(_Glance)
_entries = msgspec.json.Decoder(_Entry)
_games = msgspec.json.Decoder(Game)
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


def split(payload: bytes) -> Iterator[bytes | Exception]:
    """Cut a payload into messages: a game's detail, or a JSON array, one object or NDJSON of plays and messages.

    Raises UnreadableFile, before the first message, as `framing.split` does; also for a detail whose plays are no list.
    """
    body = payload.removeprefix(b"\xef\xbb\xbf").lstrip()
    if body.startswith(b"{") and (b'"driveChart"' in body or b'"homeTeam"' in body):
        try:
            members = _members.decode(body)
        except (ValueError, RecursionError):
            members = {}
        if "driveChart" in members or "homeTeam" in members:
            return iter(_messages(body, members))
    return framing.split(payload)


def abbreviation(word: str) -> str:
    """A team's abbreviation as the plays of today have it."""
    return ALIASES.get(word, word)


def teams_of(game: Game) -> list[list[str]]:
    """Of both sides, home first, the id, the abbreviation and the name."""
    return [
        [t.id, abbreviation((t.currentLogo or "").rsplit("/", 1)[-1]), t.fullName or ""]
        for t in (game.homeTeam, game.awayTeam)
    ]


def _messages(body: bytes, members: dict[str, msgspec.Raw]) -> list[bytes | Exception]:
    try:
        chart = _documents.decode(body).driveChart or _Chart()
    except ValueError as exc:
        raise UnreadableFile(f"The detail of the game cannot be taken apart: {exc}.") from None
    told = b",".join(b'"%b":%b' % (name.encode(), bytes(members[name])) for name in MEMBERS if name in members)
    game = _game(b"{%b}" % told)
    teams = b"" if game is None else b'"teams":%b,' % msgspec.json.encode(teams_of(game))
    plays: dict[int, bytes] = {}
    broken: list[bytes] = []
    for raw in chart.plays:
        try:
            plays[_glances.decode(raw).playId] = bytes(raw)
        except (ValueError, RecursionError):
            broken.append(bytes(raw))
    scores = _scores(chart, plays)
    messages: list[bytes | Exception] = []
    if told:
        messages.append(b'{"id":"game","game":{%b}}' % told)
    for name, raw in plays.items():
        scoring = b'"scoring":%b,' % scores[name] if name in scores else b""
        messages.append(b'{"id":"%d",%b%b"play":%b}' % (name, teams, scoring, raw))
    messages += broken
    summary = members.get("summary")
    if summary is not None:
        whole = b'{%b,"summary":%b}' % (told, bytes(summary))
        ended = _game(whole)
        if ended is not None and ended.summary is not None and (ended.summary.phase or "").startswith("FINAL"):
            messages.append(b'{"id":"result","result":%b}' % whole)
    return messages


def _scores(chart: _Chart, plays: dict[int, bytes]) -> dict[int, bytes]:
    """The entries of the scoring list by the play after which their score stood: the try, where there was one."""
    found: dict[int, bytes] = {}
    for raw in chart.scoringSummaries or []:
        try:
            entry = _entries.decode(raw)
        except (ValueError, RecursionError):
            continue
        name = entry.patPlayId if entry.patPlayId in plays else entry.scoringPlayId
        if name is not None:
            found[name] = bytes(raw)
    return found


def _game(raw: bytes) -> Game | None:
    try:
        return _games.decode(raw)
    except (ValueError, RecursionError):
        return None
