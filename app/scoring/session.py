"""One match in a worker's memory: takes new rows of the log and says what a commit has to write and publish."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.db.pool import Connection, Pool
from app.db.sql import facts, query
from app.log.control import FINISHED
from app.log.read import LogRow, MatchRow, read_current
from app.scoring.checkpoints import Checkpoints
from app.scoring.difference import Corrector, Difference, Key, difference, finalised, newest, revised
from app.scoring.frames import Frame, Narrator
from app.scoring.refold import TURN_EVENTS, WHOLE, Edit, Part, add, edit_of, fold_part, known_now
from app.scoring.standing import Standing
from app.sports.base import Event, Sport, Summary, sports
from app.sports.fold import MatchFold, Point, position
from app.sports.loading import signals


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
        self.sport = sports()[match.sport]
        self._signals = signals(self.sport)
        self._models = models
        self.narrator = Narrator(match, self.sport, {n: s.spec for n, s in self._signals.items()})
        self.fold = self.new_fold()
        self.version = 0
        self._checkpoints = Checkpoints()
        self._standing = Standing()
        self._entities: dict[tuple[str, str], str | None] = {}
        self._dims: Any = None
        self._was_final = False

    def new_fold(self) -> MatchFold:
        """A fold that has seen nothing."""
        return MatchFold(self.sport, self._signals, self._models, time.perf_counter)

    async def restore(self, pool: Pool, version: int) -> None:
        """Come to where the cursor stands, from the log alone."""
        self.fold = self.new_fold()
        self._checkpoints = Checkpoints()
        events = await read_current(pool, self.match, until=version)
        self._standing = Standing(events)
        for count, event in enumerate(events, 1):
            self._add(event)
            self._meet(event)
            if count % TURN_EVENTS == 0:
                await asyncio.sleep(0)
        self.version = version
        summary = self.fold.summary()
        # Of a match that was never scored, the first commit writes the dimensions whatever they are.
        self._dims = _dims(summary) if version else None
        self._was_final = summary.status in FINISHED

    async def score(self, pool: Pool, rows: list[LogRow], until: int) -> Outcome:
        """Fold rows of the log: all effective ones with `version` < version ≤ until, in order of arrival.

        Rows in match order are folded one by one. Those that are not (late, amended, retracted) make a part of the
        match be folded anew once the batch is read, and only what differs is written and published.
        Raises PoisonousEvent naming the event that cannot be folded.
        """
        out = Outcome(version=until, summary=self.fold.summary())
        late: list[LogRow] = []
        rest: list[LogRow] = []
        tail = self.fold.tail
        for count, row in enumerate(rows, 1):
            if count % TURN_EVENTS == 0:
                # Others get their turn: a batch of an import is long.
                await asyncio.sleep(0)
            event = row.event
            out.entities.extend(self._meet(event, row.kind == "amended"))
            self._touch(out, event)
            in_order = row.kind == "recorded" and position(event) >= tail and event.type != "primary_stream"
            if in_order:
                tail = position(event)
            if not in_order:
                late.append(row)
                continue
            self._standing.add(event.period, event.order_key, event.version)
            if late:
                rest.append(row)
            else:
                self._fold_one(row, out)
        if late:
            edit = await edit_of(pool, self.match, late, until)
            if edit is not None:
                await self._correct(pool, out, edit, late, rest)
            else:
                # All of them retract what has not come: they are told of, and change nothing.
                self._tell(out, late, rest, {})
        out.summary = self.fold.summary()
        self._finish(out)
        self.version = out.version
        return out

    async def recompute(self, pool: Pool, decided: Sequence[int] = ()) -> Outcome:
        """The match computed anew at the version it stands at: what differs from the stored values.

        decided: versions that were skipped or taken back since; their events are told of as they are known now.
        """
        out = Outcome(version=self.version, summary=self.fold.summary())
        out.entities = [(kind, entity, name) for (kind, entity), name in self._entities.items()]
        await self._correct(pool, out, WHOLE, [], [])
        out.summary = self.fold.summary()
        self._finish(out)
        out.finality = "final" if self._was_final else "provisional"
        told = await known_now(pool, self.match, decided, self.version)
        said = [self.narrator.event(row, out.summary, was, self.version) for row, was in told]
        out.frames = [*said, *(f for f in out.frames if f.event != "end")]
        return out

    def _add(self, event: Event) -> list[Point]:
        self._checkpoints.before(self.fold, event)
        return add(self.fold, event)

    def _touch(self, out: Outcome, event: Event, any_type: bool = False) -> None:
        for fact in facts(self.match.sport):
            if any_type or event.type in fact.events:
                known = out.facts.setdefault(fact.name, [])
                if known is not None:
                    known.append(event.source_event_id)

    def _fold_one(self, row: LogRow, out: Outcome) -> None:
        points = self._add(row.event)
        summary = self.fold.summary()
        if summary.status in FINISHED:
            points = [finalised(p) for p in points]
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

    def _tell(self, out: Outcome, late: list[LogRow], rest: list[LogRow], were: Mapping[int, str]) -> None:
        """Tell all in order of arrival; those in match order (`rest`) are folded with it."""
        edits = {row.event.version for row in late}
        for row in sorted([*late, *rest], key=lambda row: row.event.version):
            if row.event.version in edits:
                out.frames.append(self.narrator.event(row, self.fold.summary(), were.get(row.event.version)))
            else:
                self._fold_one(row, out)

    async def _correct(self, pool: Pool, out: Outcome, edit: Edit, late: list[LogRow], rest: list[LogRow]) -> None:
        """Fold what the late rows touch anew and turn the difference to what is stored into corrections.

        The events that made it necessary are published first, with the picture as it is with them. rest: rows in
        order that came after the first late one.
        """
        part = await self._fold_part(pool, edit, out.version)
        if part.fold is None:
            # What came after the edit is folded as ever; the corrections below are of the part before it.
            self._tell(out, late, rest, edit.were)
        stored = await self._stored(pool, part)
        inside = [p for p in out.points if part.holds(p)]
        beyond = [p for p in out.points if not part.holds(p)]
        before = {**stored, **{p.key: p for p in inside}}
        summary = self.fold.summary()
        final = summary.status in FINISHED
        after = {k: finalised(p) for k, p in part.points.items()} if final else part.points
        change = difference(before, after, final)
        out.removed = [p for k, p in stored.items() if k in change.vanished or k in change.changed]
        # By what was told last: a value of this very batch may be corrected before it was ever stored.
        anew = (
            revised(p, before[k]) if k in change.changed else p
            for k, p in after.items()
            if k not in stored or k in change.changed
        )
        out.points = [*beyond, *anew]
        if part.fold is not None:
            told = sorted([*late, *rest], key=lambda row: row.event.version)
            out.frames.extend(self.narrator.event(row, summary, edit.were.get(row.event.version)) for row in told)
        recorded_at = late[-1].recorded_at if late else None
        corrector = Corrector(self.narrator, self.sport.clock_display, summary, out.version, recorded_at)
        outside = newest((*await self._outside(pool, part, change), *beyond))
        out.frames.extend(corrector.frames(before, after, outside, change))
        if part.is_whole:
            out.facts = {fact.name: None for fact in facts(self.match.sport)}
        for row in late:
            self._touch(out, row.event, any_type=True)
        for event in part.touched:
            self._touch(out, event)

    async def _fold_part(self, pool: Pool, edit: Edit, until: int) -> Part:
        if edit.told is None:
            self._standing = Standing(await read_current(pool, self.match, until=until))
        else:
            self._standing.edit(edit.told)
        part = await fold_part(pool, self.match, self._standing, self._checkpoints, edit, self.new_fold)
        self._checkpoints.replace(part.start, part.end, part.fresh)
        if part.fold is not None:
            part.fold.faults[:0] = self.fold.faults
            self.fold = part.fold
        return part

    async def _stored(self, pool: Pool, part: Part) -> dict[Key, Point]:
        high = (None, None) if part.high is None else part.high
        rows = await pool.fetch(query("points_between"), self.match.match_id, *part.low, *high)
        return {p.key: p for p in (_point(self.sport, r) for r in rows)}

    async def _outside(self, pool: Pool, part: Part, change: Difference) -> list[Point]:
        subjects = sorted(change.subjects)
        if part.is_whole or not subjects:
            return []
        columns = [list(column) for column in zip(*subjects, strict=True)]
        high = (None, None) if part.high is None else part.high
        rows = await pool.fetch(query("newest_outside"), self.match.match_id, *columns, *part.low, *high)
        return [_point(self.sport, r) for r in rows]

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
            out.points = [finalised(p) for p in out.points]


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


async def stored_points(pool: Pool | Connection, match: MatchRow) -> dict[Key, Point]:
    """Every stored point of a match, by key."""
    sport = sports()[match.sport]
    rows = await pool.fetch(query("stored_points"), match.match_id)
    return {p.key: p for p in (_point(sport, r) for r in rows)}


def _point(sport: Sport, row: Mapping[str, Any]) -> Point:
    return Point(offset_s=sport.wall_offset_s(row["period"], row["elapsed_s"]), **row)
