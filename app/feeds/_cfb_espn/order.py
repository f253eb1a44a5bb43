"""The order of the plays of a summary. Pure.

A sequence number is period, 9999 less the clock, and a counter: 101|8499|02 is the first quarter at 15:00. The order of
the document is right far more often than that of the numbers, which tell when somebody thought that a play was. Two
things are put right: plays stand with their period, and a kick-off whose number does not fit where it stands goes to
where it does (a statistician's late kick-offs are all put into the first drive). Then every play has a key: its number
where that rises with the others', else one in between.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import msgspec

_LENGTH = 9


class Entry(msgspec.Struct):
    """A play of a document. period: 0 where it cannot be read. follows: is it to be put behind what its number follows?"""

    sequence: str
    period: int
    follows: bool = False

    @property
    def number(self) -> int:
        return int(self.sequence) if self.sequence.isascii() and self.sequence.isdigit() else 0

    @property
    def timed(self) -> bool:
        """Does the number tell a time? Plays that were entered without one are merely counted."""
        return len(self.sequence) == _LENGTH and has_time(self.number)


class Placed(msgspec.Struct, frozen=True):
    """Where an entry stands: which of the document, its key among those of its period, and whether its clock fits there."""

    index: int
    key: float
    fits: bool


def has_time(number: int) -> bool:
    """Are the four digits of the clock others than 0000?"""
    return number // 100 % 10_000 > 0


def place(entries: Sequence[Entry]) -> list[Placed]:
    """The entries of a document in match order."""
    placed: list[Placed] = []
    for period in sorted({entry.period for entry in entries}):
        here = [i for i, entry in enumerate(entries) if entry.period == period]
        placed += _keyed(entries, _moved(entries, here))
    return placed


def _moved(entries: Sequence[Entry], here: list[int]) -> list[int]:
    """Kick-offs, and points without a play, behind the last play whose number is lower than theirs."""
    rising = set(_longest_rise(entries, [i for i in here if entries[i].timed and not entries[i].follows]))
    order: list[int] = []
    late: list[int] = []
    last = -1
    for at, i in enumerate(here):
        entry = entries[i]
        after = next((entries[j].number for j in here[at + 1 :] if j in rising), None)
        wrong = entry.timed and (entry.number < last or (after is not None and entry.number > after))
        if entry.follows and wrong:
            late.append(i)
            continue
        if i in rising:
            last = entry.number
        order.append(i)
    for i in sorted(late, key=lambda i: entries[i].number):
        at = 0
        for position, j in enumerate(order):
            if (j in rising or entries[j].follows) and entries[j].timed and entries[j].number < entries[i].number:
                at = position + 1
        order.insert(at, i)
    return order


def _keyed(entries: Sequence[Entry], order: list[int]) -> list[Placed]:
    """Keys that rise: the number itself of a longest rise among them, others spread in between."""
    kept = set(_longest_rise(entries, [i for i in order if entries[i].timed]))
    if not kept:
        # An overtime, or a quarter without a single time: nothing but the order of the document is known.
        return [Placed(i, float(at + 1), True) for at, i in enumerate(order)]
    placed: list[Placed] = []
    waiting: list[int] = []
    low: float | None = None
    for i in order:
        if i not in kept:
            waiting.append(i)
            continue
        high = float(entries[i].number)
        placed += _between(waiting, low, high)
        placed.append(Placed(i, high, True))
        waiting, low = [], high
    return [*placed, *_between(waiting, low, None)]


def _between(waiting: list[int], low: float | None, high: float | None) -> list[Placed]:
    if low is None:
        assert high is not None
        low = high - len(waiting) - 1.0
    step = 1.0 / 1024 if high is None else (high - low) / (len(waiting) + 1)
    return [Placed(i, low + step * (at + 1), False) for at, i in enumerate(waiting)]


def _longest_rise(entries: Sequence[Entry], order: Sequence[int]) -> list[int]:
    """A longest strictly rising subsequence of the numbers (patience sorting)."""
    tops: list[int] = []
    at: list[int] = []
    before: dict[int, int | None] = {}
    for i in order:
        number = entries[i].number
        pile = bisect_left(tops, number)
        before[i] = at[pile - 1] if pile else None
        tops[pile : pile + 1] = [number]
        at[pile : pile + 1] = [i]
    found: list[int] = []
    i = at[-1] if at else None
    while i is not None:
        found.append(i)
        i = before[i]
    return found[::-1]
