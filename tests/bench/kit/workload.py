"""The matches a bench plays: real ones from the shared data, else copies of the demo matches; always the same ones."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from app.commands.demo import MATCHES, match_file
from app.feeds.base import providers
from tests.bench.kit.service import ROOT

SHARED = ROOT.parent / "shared" / "data"
# Below this a file is an excerpt, and no match.
WHOLE_MATCH = 2000
WHOLE_GAME = 100
# StatsBomb begins with the two line-ups.
LINE_UPS = 2


class Match(NamedTuple):
    """One match: its id, its provider, and its messages in match order, each on one line."""

    id: str
    provider: str
    messages: Sequence[bytes]


class File(NamedTuple):
    """One event file, and the id its match gets."""

    id: str
    provider: str
    path: Path


def files(count: int, every_provider: bool = False) -> tuple[list[File], str]:
    """The first `count` event files in order of their ids, repeated under other ids where there are fewer; and a
    sentence that says what they are.

    StatsBomb's files of the shared data, with `every_provider` Wyscout's as well where a provider reads them.
    """
    real = _folder("statsbomb", SHARED / "statsbomb" / "events")
    if not real:
        real = [File(match_id, "statsbomb", match_file(match_id)) for match_id in sorted(MATCHES)]
        told = "StatsBomb demo matches of the kloppy wheel"
    else:
        told = "StatsBomb Open Data of the shared data"
        if every_provider and "wyscout" in providers():
            real += _folder("wyscout", SHARED / "wyscout" / "files")
            told += " and Wyscout's"
    chosen = [
        file if not copy else file._replace(id=f"{file.id}-copy{copy}")
        for copy in range(-(-count // len(real)))
        for file in real
    ][:count]
    copies = max(0, count - len(real))
    return chosen, f"{told}: {min(count, len(real))} real matches" + (f", {copies} copies of them" if copies else "")


def _folder(provider: str, folder: Path) -> list[File]:
    found = sorted(folder.glob("*.json.gz"), key=lambda p: (len(p.name), p.name)) if folder.is_dir() else []
    return [File(path.name.removesuffix(".json.gz"), provider, path) for path in found]


def matches(count: int) -> tuple[list[Match], str]:
    """So many StatsBomb matches, read whole, and what they are."""
    # A copy shares the messages of its original.
    chosen, told = files(count)
    loaded = [Match(file.id, file.provider, _messages(file.provider, file.path)) for file in chosen]
    return [match for match in loaded if len(match.messages) >= WHOLE_MATCH], told


def games(count: int) -> tuple[list[Match], str]:
    """So many college football games of the shared data, play by play, and what they are; repeated under other ids where
    there are fewer. Raises SystemExit where there are none: no open game ships with a package."""
    real = _folder("cfb_espn", SHARED / "cfb_espn" / "summary")
    loaded = [Match(file.id, file.provider, _messages(file.provider, file.path)) for file in real[:count]]
    whole = [game for game in loaded if len(game.messages) >= WHOLE_GAME]
    if not whole:
        raise SystemExit(
            f"Games of college football are read from {SHARED / 'cfb_espn' / 'summary'}, where there are none."
        )
    return whole, f"ESPN's summaries of the shared data, play by play: {len(whole)} real games"


@cache
def _messages(provider: str, path: Path) -> tuple[bytes, ...]:
    payload = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    # Upstream files are indented: one message a line is what a push of several needs.
    return tuple(
        msgspec.json.format(m, indent=-1) for m in providers()[provider].split(payload) if isinstance(m, bytes)
    )


def request(match: str, provider: str, body: bytes) -> bytes:
    """One push as it goes over the wire of a connection that is kept open."""
    return (
        b"POST /v1/feeds/%b/%b HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-ndjson\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (provider.encode(), match.encode(), len(body), body)
    )


class Play(NamedTuple):
    """One match as a lane plays it: messages from `start` on, those before it are there when the clock begins.

    id: the match's id in this run.
    """

    id: str
    match: Match
    start: int


def lanes(found: Sequence[Match], count: int, per_lane: int, warm: int = 0) -> list[list[Play]]:
    """`count` lanes of at least `per_lane` messages each, a lane one match after the other.

    The first match of a lane begins after `warm` messages, later ones after their line-ups (with `warm` 0 at the very
    beginning). Lane i begins with match i and goes on with i + count, … ; once all were played they come again under
    other ids.
    """
    used: dict[int, int] = {}
    result: list[list[Play]] = []
    for lane in range(count):
        plays: list[Play] = []
        left, at = per_lane, lane % len(found)
        while left > 0:
            start = warm if not plays else min(warm, LINE_UPS)
            turn = used[at] = used.get(at, 0) + 1
            match = found[at]
            plays.append(Play(match.id if turn == 1 else f"{match.id}-{turn}", match, start))
            left -= len(match.messages) - start
            at = (at + count) % len(found)
        result.append(plays)
    return result
