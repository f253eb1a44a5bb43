"""One match in a worker's memory: takes new rows of the log and says what a commit has to write and publish."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from app.db.pool import Connection, Pool
from app.db.sql import facts, query
from app.log.control import FINISHED
from app.log.read import LogRow, MatchRow, read_current
from app.scoring.frames import Frame, Narrator
from app.sports.base import Event, Summary, signals, sports
from app.sports.fold import MatchFold, Point, position

Subject = tuple[str, int, str]


class Outcome(msgspec.Struct):
    """What one batch came to.

    removed, points: keys to take away and points to insert. facts: fact to the events that touched it, None for
    the whole match. entities: teams and players named for the first time. finality: the status that every value
    of the match takes now, when that changed.
    """

    version: int
    summary: Summary
    points: list[Point] = []
    removed: list[Point] = []
    frames: list[Frame] = []
    facts: dict[str, list[str] | None] = {}
    entities: list[tuple[str, str, str | None]] = []
    dims_changed: bool = False
    finality: str | None = None


class Session:
    """The fold of one match under one lease epoch. `version` is the log version it stands at."""

    def __init__(self, match: MatchRow, models: Mapping[str, Any], epoch: int) -> None:
        self.match = match
        self.epoch = epoch
        self.leased_until = 0.0  # on the worker's monotonic clock
        self.sport = sports()[match.sport]
        self._signals = signals(self.sport)
        self._models = models
        self.narrator = Narrator(match, self.sport, {n: s.spec for n, s in self._signals.items()})
        self.fold = self.new_fold()
        self.version = 0
        self._entities: dict[tuple[str, str], str | None] = {}
        self._dims: Any = None
        self._was_final = False

    def new_fold(self) -> MatchFold:
        """A fold that has seen nothing."""
        return MatchFold(self.sport, self._signals, self._models)

    async def restore(self, pool: Pool, version: int) -> None:
        """Come to where the cursor stands, from the log alone."""
        self.fold = self.new_fold()
        for event in await read_current(pool, self.match, until=version):
            self.fold.add(event)
            self._meet(event)
        self.version = version
        summary = self.fold.summary()
        # Of a match that was never scored, the first commit writes the dimensions whatever they are.
        self._dims = _dims(summary) if version else None
        self._was_final = summary.status in FINISHED

    async def score(self, pool: Pool, rows: list[LogRow], until: int) -> Outcome:
        """Fold rows of the log: all effective ones with `version` < version ≤ until, in order of arrival.

        Rows in match order are folded one by one. The first that is not (late, amended, retracted) makes the
        match be folded anew once the batch is read, and only what differs is written and published.
        """
        out = Outcome(version=until, summary=self.fold.summary())
        late: list[LogRow] = []
        for row in rows:
            event = row.event
            out.entities.extend(self._meet(event, row.kind == "amended"))
            for fact in facts(self.match.sport):
                if event.type in fact.events:
                    known = out.facts.setdefault(fact.name, [])
                    if known is not None:
                        known.append(event.source_event_id)
            in_order = row.kind == "recorded" and position(event) >= self.fold.tail
            if late or not in_order or event.type == "primary_stream":
                late.append(row)
            else:
                self._fold_one(row, out)
        if late:
            await self._refold(pool, out, late)
        out.summary = self.fold.summary()
        self._finish(out)
        self.version = out.version
        return out

    async def recompute(self, pool: Pool) -> Outcome:
        """The match computed anew at the version it stands at: what differs from the stored values."""
        out = Outcome(version=self.version, summary=self.fold.summary())
        out.entities = [(kind, entity, name) for (kind, entity), name in self._entities.items()]
        await self._refold(pool, out, [])
        out.summary = self.fold.summary()
        self._finish(out)
        out.finality = "final" if self._was_final else "provisional"
        out.frames = [f for f in out.frames if f.event != "end"]
        return out

    def _fold_one(self, row: LogRow, out: Outcome) -> None:
        points = self.fold.add(row.event)
        summary = self.fold.summary()
        if summary.status in FINISHED:
            points = [_finalised(p) for p in points]
        for point in points:
            if point.source_event_id is None:
                out.frames.append(self._signal_frame(point, row.recorded_at))
        out.frames.append(self.narrator.event(row, summary))
        for point in points:
            if point.source_event_id is not None:
                out.frames.append(self._signal_frame(point, row.recorded_at))
        out.points.extend(points)

    def _signal_frame(self, point: Point, recorded_at: datetime | None) -> Frame:
        display = self.sport.clock_display(point.period, point.elapsed_s)
        return self.narrator.signal(point, display, recorded_at)

    async def _refold(self, pool: Pool, out: Outcome, late: list[LogRow]) -> None:
        """Fold the match anew and turn the difference to what is stored into corrections.

        The events that made it necessary are published first, with the picture as it is with them.
        """
        fold = self.new_fold()
        after: dict[Any, Point] = {}
        for event in await read_current(pool, self.match, until=out.version):
            for point in fold.add(event):
                after[point.key] = point
        stored = await stored_points(pool, self.match)
        before = {**stored, **{p.key: p for p in out.points}}
        final = fold.summary().status in FINISHED
        if final:
            after = {k: _finalised(p) for k, p in after.items()}
        change = difference(before, after, final)
        out.removed = [p for k, p in stored.items() if k in change.vanished or k in change.changed]
        out.points = [_revised(p, stored.get(k)) for k, p in after.items() if k not in stored or k in change.changed]
        summary = fold.summary()
        out.frames.extend(self.narrator.event(row, summary) for row in late)
        recorded_at = late[-1].recorded_at if late else None
        out.frames.extend(self._correction_frames(before, after, change, out.version, recorded_at))
        for fact in facts(self.match.sport):
            out.facts[fact.name] = None
        self.fold = fold

    def _correction_frames(
        self,
        before: dict[Any, Point],
        after: dict[Any, Point],
        change: Difference,
        version: int,
        recorded_at: datetime | None,
    ) -> list[Frame]:
        touched: dict[Subject, list[Point]] = {}
        ends: dict[Subject, Point] = {}
        for point in before.values():
            if point.key[:3] not in ends or point.order > ends[point.key[:3]].order:
                ends[point.key[:3]] = point
        appended: list[Point] = []
        for key in change.changed | change.vanished | change.added:
            point = after.get(key) or before[key]
            end = ends.get(point.key[:3])
            if key in change.added and (end is None or point.order > end.order):
                appended.append(point)
            else:
                touched.setdefault(point.key[:3], []).append(point)
        current: dict[Subject, Point] = {}
        for point in after.values():
            if point.key[:3] not in current or point.order > current[point.key[:3]].order:
                current[point.key[:3]] = point
        frames = []
        for subject in sorted(touched):
            point = current.get(subject)
            shown = point or ends[subject]
            display = self.sport.clock_display(shown.period, shown.elapsed_s)
            if point is None:
                frames.append(self.narrator.withdrawn(shown, display, version, recorded_at))
            else:
                point = _revised(point, before.get(point.key)) if point.key in change.changed else point
                frames.append(self.narrator.correction(point, display, touched[subject], version, recorded_at))
        for point in sorted(appended, key=lambda p: (p.order, p.key)):
            if point.key[:3] not in touched:
                frames.append(self._signal_frame(point, recorded_at))
        return frames

    def _meet(self, event: Event, amended: bool = False) -> list[tuple[str, str, str | None]]:
        """Teams and players of an event that were not known yet, or not by name, or whose name was amended."""
        new = []
        for kind, entity, name in self.sport.entities(event):
            known = self._entities.get((kind, entity), "")
            if known == "" or (name is not None and (known is None or (amended and name != known))):
                self._entities[(kind, entity)] = name
                new.append((kind, entity, name))
        return new

    def _finish(self, out: Outcome) -> None:
        dims = _dims(out.summary)
        out.dims_changed = dims != self._dims or bool(out.entities)
        self._dims = dims
        final = out.summary.status in FINISHED
        if final != self._was_final:
            out.finality = "final" if final else "provisional"
            if final:
                out.frames.append(self.narrator.end(out.summary, out.version))
        self._was_final = final
        if final:
            out.points = [_finalised(p) for p in out.points]


class Difference(msgspec.Struct):
    """Keys of points: with another value than before, gone, new."""

    changed: set[Any]
    vanished: set[Any]
    added: set[Any]


def difference(before: Mapping[Any, Point], after: Mapping[Any, Point], final: bool) -> Difference:
    """Compare two sets of points; revision and version numbers are left aside."""
    changed = {k for k, p in after.items() if k in before and _content(p, final) != _content(before[k], final)}
    return Difference(changed=changed, vanished=set(before) - set(after), added=set(after) - set(before))


def _content(point: Point, final: bool) -> tuple[Any, ...]:
    shown = _finalised(point) if final else point
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


def _finalised(point: Point) -> Point:
    return msgspec.structs.replace(point, status="final") if point.status == "provisional" else point


def _revised(point: Point, old: Point | None) -> Point:
    return point if old is None else msgspec.structs.replace(point, revision=old.revision + 1)


def _dims(summary: Summary) -> tuple[Any, ...]:
    return (
        summary.home.id,
        summary.home.name,
        summary.away.id,
        summary.away.name,
        summary.home_score,
        summary.away_score,
        summary.status,
        summary.details.get("competition"),
        summary.details.get("season"),
        summary.details.get("venue"),
        summary.details.get("kickoff_at"),
    )


async def stored_points(pool: Pool | Connection, match: MatchRow) -> dict[Any, Point]:
    """Every stored point of a match, by key."""
    sport = sports()[match.sport]
    rows = await pool.fetch(query("stored_points"), match.match_id)
    points = (Point(offset_s=sport.wall_offset_s(r["period"], r["elapsed_s"]), **dict(r)) for r in rows)
    return {p.key: p for p in points}
