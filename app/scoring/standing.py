"""Which log versions stand where in a match: what a correction has to read of it is looked up here, not in the whole log.

Sixteen bytes an event. Kept by the session of a match, which sees every event that comes and every edit.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.sports.base import Event
from app.sports.fold import Position


class Standing:
    """The versions of the events that hold, in match order."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._periods: dict[int, tuple[array[float], array[int]]] = {}
        for event in events:
            self.add(event.period, event.order_key, event.version)

    def add(self, period: int, order_key: float, version: int) -> None:
        """An event holds; quickest at the end of its period."""
        keys, versions = self._periods.setdefault(period, (array("d"), array("q")))
        at = bisect_right(keys, order_key)
        keys.insert(at, order_key)
        versions.insert(at, version)

    def remove(self, period: int, order_key: float, version: int) -> None:
        """It holds no more, if it did."""
        keys, versions = self._periods.get(period, (array("d"), array("q")))
        for at in range(bisect_left(keys, order_key), bisect_right(keys, order_key)):
            if versions[at] == version:
                del keys[at], versions[at]
                return

    def edit(self, told: Sequence[Mapping[str, Any]]) -> None:
        """Events are known differently. told: all that was ever said of them and counts, in order of arrival."""
        newest = {(r["control"], r["source_event_id"]): r for r in told}
        for r in told:
            self.remove(r["period"], r["order_key"], r["version"])
        for r in newest.values():
            if r["kind"] != "retracted":
                self.add(r["period"], r["order_key"], r["version"])

    def between(self, after: Position, upto: Position | None) -> list[int]:
        """The versions of all events from one place to another (None: to the last), those at both ends included."""
        found: list[int] = []
        for period in sorted(self._periods):
            if period < after[0] or (upto is not None and period > upto[0]):
                continue
            keys, versions = self._periods[period]
            first = bisect_left(keys, after[1]) if period == after[0] else 0
            last = bisect_right(keys, upto[1]) if upto is not None and period == upto[0] else len(keys)
            found.extend(versions[first:last])
        return found
