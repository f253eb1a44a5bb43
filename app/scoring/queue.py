"""What waits in one worker: which match to score next. Order within a match never changes, only among matches."""

from __future__ import annotations

import time
from collections.abc import Container

import msgspec

# A match that waits gains one step of importance a second, so that none starves behind busier ones.
AGEING_PER_S = 1.0
# An import can wait for what is on air, for so many seconds more than anything else.
IMPORT_HANDICAP = 10.0


class Waiting(msgspec.Struct):
    """A match with unscored versions up to `head`. importance: the highest that waits in it; since: monotonic."""

    head: int
    importance: int
    since: float
    is_import: bool = False

    def urgency(self, now: float) -> float:
        """The higher, the sooner."""
        return self.importance - self.is_import * IMPORT_HANDICAP + (now - self.since) * AGEING_PER_S


class Queue:
    """The matches that wait, each once."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, match_id: str) -> bool:
        return match_id in self._waiting

    def names(self) -> list[str]:
        """Who waits."""
        return list(self._waiting)

    def add(self, match_id: str, head: int, importance: int, is_import: bool | None = None) -> None:
        """More of a match waits; it keeps its place in time."""
        known = self._waiting.get(match_id)
        if known is None:
            self._waiting[match_id] = Waiting(head, importance, time.monotonic(), bool(is_import))
            return
        known.head = max(known.head, head)
        known.importance = max(known.importance, importance)
        known.is_import = known.is_import if is_import is None else is_import

    def drop(self, match_id: str) -> None:
        """It waits no more (here)."""
        self._waiting.pop(match_id, None)

    def clear(self) -> None:
        """Nothing is known any more."""
        self._waiting.clear()

    def next(self, busy: Container[str], linger_s: float) -> tuple[str, Waiting] | None:
        """Take the most urgent match that is not busy and has waited for the linger; None when there is none."""
        now = time.monotonic()
        ready = [
            (w.urgency(now), match_id)
            for match_id, w in self._waiting.items()
            if match_id not in busy and now - w.since >= linger_s
        ]
        if not ready:
            return None
        match_id = max(ready)[1]
        return match_id, self._waiting.pop(match_id)
