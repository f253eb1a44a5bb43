"""Dumps of a match's fold along its way, so that a correction costs what it touches and not the whole match.

A correction is folded from the last checkpoint before it. Where the fold then stands at a later checkpoint exactly
as it stood before, everything after that point stays as it is, and the folding ends there.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import structlog

from app.sports.base import Event
from app.sports.fold import Clock, MatchFold, Position

log = structlog.get_logger()
EVERY_EVENTS = 100


class Checkpoint:
    """The fold after every event up to `tail`. All its points have a clock ≤ reached, all later ones a higher one."""

    __slots__ = ("dump", "reached", "tail")

    def __init__(self, tail: Position, reached: Clock, dump: bytes) -> None:
        self.tail = tail
        self.reached = reached
        self.dump = dump


class Checkpoints:
    """The checkpoints of one match, in match order."""

    def __init__(self) -> None:
        self._kept: list[Checkpoint] = []
        self._since = 0
        self._off = False

    def before(self, fold: MatchFold, event: Event) -> None:
        """Take one if it is time. To be called before each event is folded.

        Only where the clock moves on with the event: the clock of a point then says on which side it is. What the fold
        has left open is settled first; what raises there is no matter of checkpoints.
        """
        self._since += 1
        if self._since < EVERY_EVENTS or event.control or self._off:
            return
        state: Any = fold.state
        if fold.reached == (state.period, state.elapsed_s) and (event.period, event.elapsed_s) > fold.reached:
            fold.settle()
            try:
                self._kept.append(Checkpoint(fold.tail, fold.reached, fold.dump()))
            except Exception as exc:
                # A signal's memory that cannot be dumped costs speed, never correctness.
                self._kept.clear()
                self._off = True
                log.warning("checkpoints.off", error=f"{type(exc).__name__}: {exc}")
            self._since = 0

    def last_before(self, place: Position) -> Checkpoint | None:
        """The latest that has not seen this place of the match; None where only the beginning has not."""
        at = bisect_left(self._kept, place, key=lambda c: c.tail)
        return self._kept[at - 1] if at else None

    def after(self, place: Position) -> list[Checkpoint]:
        """All that have seen every event up to this place."""
        return self._kept[bisect_left(self._kept, place, key=lambda c: c.tail) :]

    def drop(self, checkpoint: Checkpoint) -> None:
        """It no longer parts the match: something after it now has its clock."""
        self._kept.remove(checkpoint)

    def replace(self, start: Position, end: Position | None, new: Checkpoints) -> None:
        """Put those of a second fold in place of those between start and end (both stay; end None: to the last)."""
        first = bisect_left(self._kept, start, key=lambda c: c.tail)
        while first < len(self._kept) and self._kept[first].tail <= start:
            first += 1
        last = len(self._kept) if end is None else bisect_left(self._kept, end, key=lambda c: c.tail)
        self._kept[first:last] = new._kept
        if end is None:
            self._since = new._since
        self._off = self._off or new._off
