"""One command, as an engine gets it, and the numbers that commands are ordered by. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode
STATIC = "SHOW_STATIC"
# So many commands of one term have numbers of their own, and a second more of the clock is so many numbers.
IN_A_TERM = 1 << 21


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What one graphic is to show.

    at: since when what it says holds, seconds since 1970 by the database's clock. stale_since: where it does not hold any
    more, or nobody knows whether it does. seq: of a moment, the place in the stream where it was told. play: what a moment
    is of. expires_at: by the same clock as `at`.
    """

    command: str
    match: str
    graphic: str
    fields: dict[str, Any]
    at: float
    stale_since: float | None = None
    seq: int = 0
    play: tuple[str, str] | None = None
    expires_at: float | None = None

    def says(self) -> tuple[Any, ...]:
        """What an engine would show: two commands that say the same differ at most in when."""
        return self.command, self.fields, self.stale_since is not None

    def body(self, sequence: int) -> bytes:
        """The JSON of a POST."""
        told: dict[str, Any] = {
            "command": self.command,
            "game_id": self.match,
            "graphic": self.graphic,
            "sequence": sequence,
            "timestamp": _moment(self.at),
            "stale": self.stale_since is not None,
        }
        if self.stale_since is not None:
            told["stale_since"] = _moment(self.stale_since)
        return _encode({**told, **self.fields})


class Sequence:
    """Numbers that only grow, also over processes: a term, which the database gives to one sender after the other and
    which is never less than its clock in seconds, and a count. Below 2^53, so that every JSON reader holds them."""

    def __init__(self) -> None:
        self._last = 0

    def begin(self, term: int) -> None:
        """A term of ours."""
        self._last = max(self._last, term * IN_A_TERM)

    def next(self) -> int:
        """The number of one command."""
        self._last += 1
        return self._last


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
