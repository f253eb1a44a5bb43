"""One match in a worker's memory: takes new rows of the log and says what a commit has to write and publish."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.db.pool import Pool
from app.db.sql import facts, query
from app.log.control import FINISHED
from app.log.read import LogRow, MatchRow, read_current
from app.scoring.checkpoints import Checkpoints
from app.scoring.difference import Corrector, Difference, Key, difference, finalised, newest, revised
from app.scoring.frames import Frame, Narrator
from app.scoring.outcome import Outcome
from app.scoring.refold import TURN_EVENTS, WHOLE, Edit, Part, edit_of, fold_part, known_now, take, told
from app.scoring.standing import Standing
from app.scoring.stored import columns, point_of, stored_points
from app.sports.base import Event, LoadedSignal, Summary, sports
from app.sports.fold import MatchFold, Point, position

# A row that was folded, and the picture after it where it is told.
Taken = tuple[LogRow, Summary | None]


class Session:
    """The fold of one match under one lease epoch. `version` is the log version it stands at.

    on_air: the signals that score it, by key; what they say is published. generation: of the catalogue that says so.
    silent: none of what it comes to is told, as of a version beside the air.
    """

    def __init__(
        self,
        match: MatchRow,
        on_air: Mapping[str, LoadedSignal],
        epoch: int,
        generation: int,
        *,
        silent: bool = False,
    ) -> None:
        self.match = match
        self.epoch = epoch
        self.generation = generation
        self.sport = sports()[match.sport]
        self.on_air = set(on_air)
        self.silent = silent
        self._signals = dict(on_air)
        self.narrator = Narrator(match, self.sport, {n: s.spec for n, s in self._signals.items()})
        self.fold = self.new_fold()
        self.version = 0
        # Of signals whose stored values may not be whole: all that the fold ever said.
        self.owed: dict[str, dict[Key, Point]] = {}
        # Of signals that are about to go on air: the same. Neither stored nor told.
        self.made_ready: dict[str, dict[Key, Point]] = {}
        self._checkpoints = Checkpoints()
        self._standing = Standing()
        self._entities: dict[tuple[str, str], str | None] = {}
        self._dims: Any = None
        self._was_final = False

    def new_fold(self) -> MatchFold:
        """A fold that has seen nothing."""
        return MatchFold(self.sport, self._signals, {}, time.perf_counter)

    async def restore(self, pool: Pool, version: int, owed: Collection[str] = ()) -> None:
        """Come to where the cursor stands, from the log alone. owed: signals whose stored values may not be whole."""
        self.fold = self.new_fold()
        self._checkpoints = Checkpoints()
        self.owed = {key: {} for key in owed if key in self.fold.runners}
        events = await read_current(pool, self.match, until=version)
        self._standing = Standing(events)
        for count, event in enumerate(events, 1):
            take(self.fold, event, self._checkpoints)
            self._meet(event)
            if count % TURN_EVENTS == 0 or count == len(events):
                for points in told(self.fold):
                    self._remember(points)
                await asyncio.sleep(0)
        self.version = version
        summary = self.fold.summary()
        # Of a match that was never scored, the first commit writes the dimensions whatever they are.
        self._dims = _dims(summary) if version else None
        self._was_final = summary.status in FINISHED

    def _remember(self, points: Sequence[Point]) -> None:
        for point in points:
            kept = self.owed.get(point.signal_key) if self.owed else None
            if kept is None:
                kept = self.made_ready.get(point.signal_key)
            if kept is not None:
                kept[point.key] = point

    def follows(self, on_air: Mapping[str, LoadedSignal], generation: int) -> bool:
        """The catalogue has changed. False where this session cannot score all of what is on the air now: it is to be
        made anew."""
        self.generation = generation
        if set(on_air) == self.on_air:
            return True
        if not set(on_air) <= set(self.fold.runners):
            return False
        for key in set(on_air) - self.on_air:
            self.owed[key] = self.made_ready.pop(key)
        gone = set(self.fold.runners) - set(on_air) - set(self.made_ready)
        self.on_air = set(on_air)
        self._arrange({k: s for k, s in self._signals.items() if k not in gone}, gone)
        return True

    def _arrange(self, signals: Mapping[str, LoadedSignal], gone: Collection[str] = ()) -> None:
        """Another set of signals from here on."""
        self._signals = dict(signals)
        self.narrator = Narrator(self.match, self.sport, {n: s.spec for n, s in self._signals.items()})
        self.fold.leave_out(gone)
        for key in gone:
            self.owed.pop(key, None)
            self.made_ready.pop(key, None)

    def make_ready(self, fold: MatchFold, points: Mapping[str, dict[Key, Point]]) -> bool:
        """Score the signals of another fold of this match, too, silently: they are about to go on air. points: all that
        it said, by signal. False where it does not stand where this one does."""
        if fold.tail != self.fold.tail or fold.state != self.fold.state:
            return False
        self.fold.take_in(fold)
        self.made_ready.update(points)
        # What was kept of the way to here knows nothing of them.
        self._checkpoints = Checkpoints()
        self._arrange({**self._signals, **{r.key: r.signal for r in fold.runners.values()}})
        return True

    def put_aside(self, keys: Collection[str]) -> None:
        """Score no longer what was made ready."""
        gone = set(keys) & set(self.made_ready)
        if gone:
            self._arrange({k: s for k, s in self._signals.items() if k not in gone}, gone)

    async def settle(self, pool: Pool, out: Outcome) -> None:
        """Put what the match owes into an outcome, silently: what is not stored as it should be of signals that came on
        the air while their values were not whole."""
        final = out.summary.status in FINISHED
        before = await stored_points(pool, self.match, self.owed)
        after = {k: finalised(p) if final else p for of in self.owed.values() for k, p in of.items()}
        change = difference(before, after, final)
        out.points = [p for p in out.points if p.signal_key not in self.owed]
        out.points += [p for k, p in after.items() if k in change.added or k in change.changed]
        out.removed = [p for p in out.removed if p.signal_key not in self.owed]
        out.removed += [before[k] for k in (*change.vanished, *change.changed)]
        # The values that were stored already take the status that they have now, whichever they were stored with.
        out.finality = "final" if final else "provisional"
        out.settled = True
        self.owed = {}

    async def settled(self, pool: Pool) -> Outcome:
        """What the match owes, where nothing else waits."""
        out = Outcome(version=self.version, summary=self.fold.summary(), scored=self.on_air)
        await self.settle(pool, out)
        return out

    def on_the_air(self, out: Outcome) -> Outcome:
        """What of an outcome is stored and told: all of what is on the air now, whatever was when it was scored."""
        if not self.made_ready and out.scored is self.on_air:
            return out
        return msgspec.structs.replace(
            out,
            points=[p for p in out.points if p.signal_key in self.on_air],
            removed=[p for p in out.removed if p.signal_key in self.on_air],
            frames=[f for f in out.frames if f.signal is None or f.signal_key in self.on_air],
            scored=self.on_air,
        )

    async def score(self, pool: Pool, rows: list[LogRow], until: int) -> Outcome:
        """Fold rows of the log: all effective ones with `version` < version ≤ until, in order of arrival.

        Rows in match order are folded one by one. Those that are not (late, amended, retracted) make a part of the
        match be folded anew once the batch is read, and only what differs is written and published.
        Raises PoisonousEvent naming the event that cannot be folded.
        """
        out = Outcome(version=until, summary=self.fold.summary(), scored=self.on_air)
        late: list[LogRow] = []
        rest: list[LogRow] = []
        taken: list[Taken] = []
        tail = self.fold.tail
        for count, row in enumerate(rows, 1):
            if count % TURN_EVENTS == 0:
                # Others get their turn: a batch of an import is long.
                self._say(taken, out)
                await asyncio.sleep(0)
            event = row.event
            if not self.silent:
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
                self._take(row, taken)
        self._say(taken, out)
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
        out = Outcome(version=self.version, summary=self.fold.summary(), scored=self.on_air)
        out.entities = [(kind, entity, name) for (kind, entity), name in self._entities.items()]
        await self._correct(pool, out, WHOLE, [], [])
        out.summary = self.fold.summary()
        self._finish(out)
        out.finality = "final" if self._was_final else "provisional"
        told = await known_now(pool, self.match, decided, self.version)
        said = [self.narrator.event(row, out.summary, was, self.version) for row, was in told]
        out.frames = [*said, *(f for f in out.frames if f.event != "end")]
        return out

    def _touch(self, out: Outcome, event: Event, any_type: bool = False) -> None:
        if self.silent:
            return
        for fact in facts(self.match.sport):
            if any_type or event.type in fact.events:
                known = out.facts.setdefault(fact.name, [])
                if known is not None:
                    known.append(event.source_event_id)

    def _take(self, row: LogRow, taken: list[Taken]) -> None:
        """Fold one row; `_say` says what it brings, with the picture as it is after it."""
        take(self.fold, row.event, self._checkpoints)
        taken.append((row, None if self.silent else self.fold.summary()))

    def _say(self, taken: list[Taken], out: Outcome) -> None:
        """What all rows that were taken bring, in order."""
        if not taken:
            return
        for (row, summary), points in zip(taken, told(self.fold), strict=True):
            if self.owed or self.made_ready:
                self._remember(points)
            if summary is None:
                out.points.extend(points)
            else:
                self._say_one(row, summary, points, out)
        taken.clear()

    def _say_one(self, row: LogRow, summary: Summary, points: list[Point], out: Outcome) -> None:
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
        taken: list[Taken] = []
        for row in sorted([*late, *rest], key=lambda row: row.event.version):
            if row.event.version in edits:
                if not self.silent:
                    self._say(taken, out)
                    out.frames.append(self.narrator.event(row, self.fold.summary(), were.get(row.event.version)))
            else:
                self._take(row, taken)
        self._say(taken, out)

    async def _correct(self, pool: Pool, out: Outcome, edit: Edit, late: list[LogRow], rest: list[LogRow]) -> None:
        """Fold what the late rows touch anew and turn the difference to what is stored into corrections.

        The events that made it necessary are published first, with the picture as it is with them. rest: rows in
        order that came after the first late one.
        """
        # What is not stored yet cannot be compared with what is: made ready once more, after this. What it said in this
        # batch goes with it.
        aside = set(self.made_ready)
        if aside:
            self.put_aside(aside)
            out.points = [p for p in out.points if p.signal_key not in aside]
            out.frames = [f for f in out.frames if f.signal is None or f.signal_key not in aside]
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
        if self.silent:
            return
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
        names = columns(self.on_air)
        rows = await pool.fetch(query("points_between"), self.match.match_id, *part.low, *high, *names)
        return {p.key: p for p in (point_of(self.sport, r) for r in rows)}

    async def _outside(self, pool: Pool, part: Part, change: Difference) -> list[Point]:
        subjects = sorted(change.subjects)
        if part.is_whole or not subjects:
            return []
        columns = [list(column) for column in zip(*subjects, strict=True)]
        high = (None, None) if part.high is None else part.high
        rows = await pool.fetch(query("newest_outside"), self.match.match_id, *columns, *part.low, *high)
        return [point_of(self.sport, r) for r in rows]

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
        out.dims_changed = not self.silent and (dims != self._dims or bool(out.entities))
        self._dims = dims
        final = out.summary.status in FINISHED
        if final != self._was_final:
            out.finality = "final" if final else "provisional"
            if final and not self.silent:
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
