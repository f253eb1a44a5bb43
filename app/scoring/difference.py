"""What differs between two sets of values of one match, and the frames that say so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from app.scoring.frames import Frame, Narrator
from app.sports.base import Summary
from app.sports.fold import Point

Key = tuple[str, int, str, str]
Subject = tuple[str, int, str]


class Difference(msgspec.Struct):
    """Keys of points: with another value than before, gone, new."""

    changed: set[Key]
    vanished: set[Key]
    added: set[Key]

    @property
    def subjects(self) -> set[Subject]:
        """Every signal and subject that is touched."""
        return {key[:3] for key in (*self.changed, *self.vanished, *self.added)}


def difference(before: Mapping[Key, Point], after: Mapping[Key, Point], final: bool) -> Difference:
    """Compare two sets of points; revision and version numbers are left aside."""
    changed = {k for k, p in after.items() if k in before and _content(p, final) != _content(before[k], final)}
    return Difference(changed=changed, vanished=set(before) - set(after), added=set(after) - set(before))


def _content(point: Point, final: bool) -> tuple[Any, ...]:
    shown = finalised(point) if final else point
    status = "provisional" if shown.status == "final" and not final else shown.status
    return (
        point.value,
        status,
        point.team_id,
        point.source_event_id,
        point.period,
        point.elapsed_s,
        point.order_key,
        point.model,
    )


def finalised(point: Point) -> Point:
    """As it is once the match is over."""
    return msgspec.structs.replace(point, status="final") if point.status == "provisional" else point


def revised(point: Point, old: Point | None) -> Point:
    """As the next revision of what was said before."""
    return point if old is None else msgspec.structs.replace(point, revision=old.revision + 1)


def newest(points: Iterable[Point]) -> dict[Subject, Point]:
    """The last point in match order of every signal and subject."""
    found: dict[Subject, Point] = {}
    for point in points:
        known = found.get(point.key[:3])
        if known is None or point.order > known.order:
            found[point.key[:3]] = point
    return found


class Corrector:
    """Tells a difference: one correction or withdrawal a signal and subject, a plain signal for what is only later.

    outside: the newest point of each touched signal and subject in the part of the match that was left as it is.
    """

    def __init__(
        self,
        narrator: Narrator,
        clock_display: Callable[[int, float], str],
        summary: Summary,
        version: int,
        recorded_at: datetime | None,
    ) -> None:
        self._narrator = narrator
        self._display = clock_display
        self._summary = summary
        self._version = version
        self._recorded_at = recorded_at

    def frames(
        self,
        before: Mapping[Key, Point],
        after: Mapping[Key, Point],
        outside: Mapping[Subject, Point],
        change: Difference,
    ) -> list[Frame]:
        """In order of signal and subject, then what is only later in match order."""
        ends = newest((*outside.values(), *before.values()))
        current = newest((*outside.values(), *after.values()))
        touched: dict[Subject, list[Key]] = {}
        later: list[Point] = []
        for key in (*change.changed, *change.vanished, *change.added):
            point = after.get(key) or before[key]
            end = ends.get(key[:3])
            if key in change.added and (end is None or point.order > end.order):
                later.append(point)
            else:
                touched.setdefault(key[:3], []).append(key)
        frames = []
        for point in sorted(later, key=lambda p: (p.order, p.key)):
            if point.key[:3] in touched:
                touched[point.key[:3]].append(point.key)
            else:
                display = self._display(point.period, point.elapsed_s)
                frames.append(self._narrator.signal(point, display, self._recorded_at))
        corrections = [self._correction(s, touched[s], before, after, ends, current, change) for s in sorted(touched)]
        return [*corrections, *frames]

    def _correction(
        self,
        subject: Subject,
        keys: list[Key],
        before: Mapping[Key, Point],
        after: Mapping[Key, Point],
        ends: Mapping[Subject, Point],
        current: Mapping[Subject, Point],
        change: Difference,
    ) -> Frame:
        told = [_now(after[k], before, change) if k in after else _gone(before[k]) for k in keys]
        told.sort(key=lambda p: p.order)
        point = current.get(subject)
        if point is None:
            last = ends[subject]
            display = self._display(last.period, last.elapsed_s)
            return self._narrator.withdrawn(last, display, told, self._summary, self._version, self._recorded_at)
        point = _now(point, before, change)
        display = self._display(point.period, point.elapsed_s)
        clocks = [(p.period, p.elapsed_s) for k in keys for p in (before.get(k), after.get(k)) if p is not None]
        span = (min(clocks), max(clocks))
        return self._narrator.correction(point, display, told, span, self._summary, self._version, self._recorded_at)


def _now(point: Point, before: Mapping[Key, Point], change: Difference) -> Point:
    return revised(point, before.get(point.key)) if point.key in change.changed else point


def _gone(point: Point) -> Point:
    return msgspec.structs.replace(point, value=None, status="withdrawn", revision=point.revision + 1)
