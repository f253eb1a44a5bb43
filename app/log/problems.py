"""Why messages could not be decoded, for people: each reason once, with an example and a count. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from app.errors import DecodeError

SHOWN = 10
# Reasons are told apart up to so many: a body of nothing but different garbage must not be kept in memory.
KEPT = 1000
# What differs from message to message though the reason is the same: where it is, and the value that was found.
_OWN = re.compile(r"^Line \d+ \(byte \d+\): | ?\(byte \d+\)|; it is .*$", re.DOTALL)
_LINE = re.compile(
    r"(?:message \d+(?: \(id (.*?)\))?|id (.*?)|([\d,]+) messages?)(?: and ([\d,]+) more)?: (.*)", re.DOTALL
)


class Problem(msgspec.Struct):
    """One reason. position (from 1) and id are those of the first message that it befell, where they are known."""

    reason: str
    count: int = 0
    position: int | None = None
    id: str | None = None

    def line(self) -> str:
        """`message 3 (id s1) and 39 more: …`; without a position `id s1 and 39 more: …` or `40 messages: …`."""
        shown = None if self.id is None or len(self.id) <= 60 else f"{self.id[:57]}..."
        known = shown or self.id
        if self.position is not None:
            where = f"message {self.position}" + ("" if known is None else f" (id {known})")
        elif known is not None:
            where = f"id {known}"
        else:
            return f"{self.count:,} message{'' if self.count == 1 else 's'}: {self.reason}"
        return f"{where}{f' and {self.count - 1:,} more' if self.count > 1 else ''}: {self.reason}"


class Problems:
    """Gathers reasons; takes as much memory as there are different ones, and no more than KEPT of them."""

    def __init__(self) -> None:
        self._found: dict[str, Problem] = {}
        self._untold = 0

    def note(self, position: int, error: DecodeError) -> None:
        """A message could not be decoded. position: which one of its body or file it was, from 1."""
        self._count(error.reason, 1, position, error.source_event_id)

    def take(self, line: str) -> None:
        """A line of another service's answer; positions, which belong to one of many bodies, are left out."""
        read = _LINE.fullmatch(line)
        if read is None:
            self._count(line, 1, None, None)
            return
        in_place, bare, alone, more, reason = read.groups()
        count = int((alone or "1").replace(",", "")) + int((more or "0").replace(",", ""))
        self._count(reason, count, None, in_place or bare)

    def about(self, event_id: str, reason: str) -> None:
        """A message that was refused alone, known by its id."""
        self._count(reason, 1, None, event_id)

    def add(self, other: Problems) -> None:
        """Count another feed in."""
        for problem in other._found.values():
            self._count(problem.reason, problem.count, problem.position, problem.id)
        self._untold += other._untold

    def _count(self, reason: str, count: int, position: int | None, event_id: str | None) -> None:
        key = _OWN.sub("", reason)
        found = self._found.get(key)
        if found is None:
            if len(self._found) == KEPT:
                self._untold += count
                return
            found = self._found[key] = Problem(reason, 0, position, event_id)
        found.count += count

    def lines(self) -> list[str]:
        """The reasons, those that befell most messages first; at most ten lines, the last of which counts the rest."""
        ranked = sorted(self._found.values(), key=lambda p: -p.count)
        if len(ranked) <= SHOWN and not self._untold:
            return [p.line() for p in ranked]
        rest = ranked[SHOWN - 1 :]
        messages = sum(p.count for p in rest) + self._untold
        others = f"{messages:,} more message{'' if messages == 1 else 's'}, for other reasons"
        return [*(p.line() for p in ranked[: SHOWN - 1]), others]


def problems(failed: Iterable[tuple[int, DecodeError]]) -> list[str]:
    """What is told of the messages of one body that could not be decoded, as (position from 1, error)."""
    found = Problems()
    for position, error in failed:
        found.note(position, error)
    return found.lines()
