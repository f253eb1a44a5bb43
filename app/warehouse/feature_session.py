"""One match in the feature pipeline's memory: takes new rows of the log and says what a commit has to write.

Rows in match order are folded one by one. One that comes late, or changes or takes back another, makes the fold go back:
to a mark of a minute or two ago where it touches nothing before, else to the first event of the match. What then differs
from the stored history becomes new rows with the same event_timestamp and a newer created_timestamp; none is changed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.log.read import LogRow, MatchRow, read
from app.sports.base import Event, sports
from app.sports.entity_features import Earlier, Numbers, declared
from app.sports.entity_fold import Entity, FeatureFold, Row
from app.sports.fold import Position, current, position
from app.warehouse.feature_layout import Array, Layout
from app.warehouse.feature_turn import Kept, Stored, Turn, difference

# Others of this process get their turn after so many events.
TURN_EVENTS = 20
READ_ROWS = 400
# How many of its last matches an entity's form is made of.
EARLIER_MATCHES = 10
MARKS = 2
MARK_EVENTS = 60
MARKED_EVENTS = 4 * MARK_EVENTS


class _Mark(msgspec.Struct, frozen=True):
    """The fold as it stood after `tail`. recent: how many of the kept events are up to it."""

    tail: Position
    dump: bytes
    recent: int


class FeatureSession:
    """The features of one match under one lease epoch. version: the log version they are folded to.

    spent_s: seconds of computing so far, waits left out.
    """

    def __init__(self, match: MatchRow, layout: Layout, epoch: int) -> None:
        self.match = match
        self.epoch = epoch
        self.layout = layout
        self.version = 0
        self.spent_s = 0.0
        self._sport = sports()[match.sport]
        self._declared = declared(self._sport)
        self._names = {kind: self._declared.names(kind) for kind in self._declared.groups}
        self._fold = self._new_fold()
        self._online: dict[Entity, Array] = {}
        self._earlier: dict[Entity, Earlier] = {}
        self._recorded: dict[int, datetime] = {}
        self._beyond: dict[Entity, list[datetime]] = {}
        self._recent: list[Event] = []
        self._marks: list[_Mark] = []

    def _new_fold(self) -> FeatureFold:
        return FeatureFold(self._sport, self._declared, self.match.match_id)

    async def restore(self, pool: Pool, version: int) -> None:
        """Come to where the cursor stands, from the log alone."""
        await self._fold_whole(pool, version)
        self.version = version
        self._set_beyond(await self._stored(pool, self._at(*self._clock())))
        # Written anew, whatever an older version of the code left there.
        self._online = {(row.kind, row.entity): () for row in self._fold.now() if row.numbers}

    async def take(self, pool: Pool, rows: Sequence[LogRow], until: int, anew: bool = False) -> Turn:
        """Fold rows of the log: all effective ones with `version` < version ≤ until, in order of arrival.

        anew: the match is folded from its first event in any case (a decision about what was folded already).
        """
        self._recorded.update((row.event.version, row.recorded_at) for row in rows)
        in_order = not anew and self._in_order(rows)
        if in_order:
            history = await self._go_on(pool, [row.event for row in rows])
        else:
            history = await self._go_back(pool, rows, until, anew)
        turn = Turn(self.version, until, history, self._now(until), self._gone())
        self.version = until
        self._forget()
        return turn

    def _in_order(self, rows: Sequence[LogRow]) -> bool:
        tail = self._fold.tail
        for row in rows:
            if row.kind != "recorded" or position(row.event) < tail or row.event.type == "primary_stream":
                return False
            tail = position(row.event)
        return True

    async def _go_on(self, pool: Pool, events: Sequence[Event]) -> list[Kept]:
        # A full minute and the end of a period may be one moment: the last word on it counts.
        kept: dict[tuple[Entity, datetime], Kept] = {}
        for row in await self._add(pool, events):
            made = self._kept(row, self._recorded[row.version])
            kept[made.entity, made.at] = made
            # Moments that the match had reached once, before a correction took them back.
            later = [at for at in self._beyond.get(made.entity, ()) if at > made.at]
            kept.update(((made.entity, at), msgspec.structs.replace(made, at=at)) for at in later)
            if made.entity in self._beyond:
                self._beyond[made.entity] = later
        return list(kept.values())

    async def _go_back(self, pool: Pool, rows: Sequence[LogRow], until: int, anew: bool) -> list[Kept]:
        """Fold what the rows touch anew; the difference to what is stored."""
        mark = None if anew else self._mark_before(rows)
        if mark is None:
            since, told = None, {}
            made = await self._fold_whole(pool, until)
        else:
            part = [(e, "recorded") for e in self._recent[mark.recent :]]
            self._fold.resume(mark.dump)
            told = dict(self._fold.told)
            since = self._at(*self._clock())
            self._marks = self._marks[: self._marks.index(mark) + 1]
            del self._recent[mark.recent :]
            made = await self._add(pool, current([*part, *((row.event, row.kind) for row in rows)]))
        stored = await self._stored(pool, since)
        newest = await self._newest_recorded(pool, until)
        began = time.perf_counter()
        holds = {entity: self._array(entity, numbers) for entity, numbers in told.items()}
        kept = difference(holds, [self._kept(row, newest) for row in made], stored, newest, until, self.layout)
        self._set_beyond(stored)
        self.spent_s += time.perf_counter() - began
        return kept

    def _mark_before(self, rows: Sequence[LogRow]) -> _Mark | None:
        """The latest mark that has seen none of what these rows touch; None where only the beginning has not."""
        if any(row.event.type == "primary_stream" for row in rows):
            return None
        for mark in reversed(self._marks):
            since = {(e.control, e.source_event_id) for e in self._recent[mark.recent :]}
            since |= {(row.event.control, row.event.source_event_id) for row in rows if row.kind == "recorded"}
            # What is amended or taken back must be found after the mark: it may stand elsewhere now.
            if all(
                (row.kind == "recorded" or (row.event.control, row.event.source_event_id) in since)
                and (row.kind == "retracted" or position(row.event) > mark.tail)
                for row in rows
            ):
                return mark
        return None

    async def _fold_whole(self, pool: Pool, until: int) -> list[Row]:
        self._fold, self._recent, self._marks = self._new_fold(), [], []
        rows: list[LogRow] = []
        after = 0
        while part := await read(pool, self.match, after, until, READ_ROWS):
            rows += part
            after = part[-1].event.version
        self._recorded.update((row.event.version, row.recorded_at) for row in rows)
        return await self._add(pool, current([(row.event, row.kind) for row in rows]))

    async def _add(self, pool: Pool, events: Sequence[Event]) -> list[Row]:
        rows: list[Row] = []
        for left, event in zip(range(len(events), 0, -1), events, strict=True):
            if left % TURN_EVENTS == 0:
                await asyncio.sleep(0)
            for entity in self._fold.new_entities(event):
                self._fold.expect(entity, await self._before(pool, entity, event))
            began = time.perf_counter()
            rows += self._fold.add(event)
            self._recent.append(event)
            # What is late is so by a little: marks are of use near the end alone.
            if left <= MARKED_EVENTS and self._since_mark() >= MARK_EVENTS:
                self._mark()
            self.spent_s += time.perf_counter() - began
        return rows

    def _since_mark(self) -> int:
        return len(self._recent) - (self._marks[-1].recent if self._marks else 0)

    def _mark(self) -> None:
        self._marks.append(_Mark(self._fold.tail, self._fold.dump(), len(self._recent)))
        if len(self._marks) > MARKS:
            first = self._marks[1].recent
            del self._recent[:first], self._marks[0]
            self._marks = [msgspec.structs.replace(m, recent=m.recent - first) for m in self._marks]

    async def _before(self, pool: Pool, entity: Entity, event: Event) -> Earlier:
        """How the entity ended its matches before this one, as it was known when this match named it."""
        if not any(group.meet for group in self._declared.groups[entity[0]]):
            return ()
        if entity not in self._earlier:
            found = await pool.fetch(
                query("feature_earlier"),
                self.match.sport,
                *entity,
                self.match.anchor_at,
                self._recorded[event.version],
                EARLIER_MATCHES,
            )
            self._earlier[entity] = [self.layout.named(entity[0], r["numbers"]) for r in found]
        return self._earlier[entity]

    def _now(self, until: int) -> list[Kept]:
        began = time.perf_counter()
        changed = []
        for row in self._fold.now():
            entity = (row.kind, row.entity)
            numbers = self._array(entity, row.numbers)
            if row.numbers and self._online.get(entity) != numbers:
                self._online[entity] = numbers
                at = self._at(row.period, row.elapsed_s)
                changed.append(Kept(entity, at, at, until, numbers))
        self.spent_s += time.perf_counter() - began
        return changed

    def _gone(self) -> list[Entity]:
        here = {*self._fold.entities, ("matchup", self._fold.matchup() or "")}
        gone = [entity for entity in self._online if entity not in here]
        for entity in gone:
            del self._online[entity]
        return gone

    def _kept(self, row: Row, created: datetime) -> Kept:
        entity = (row.kind, row.entity)
        at = self._at(row.period, row.elapsed_s)
        return Kept(entity, at, created, row.version, self._array(entity, row.numbers))

    def _array(self, entity: Entity, numbers: Numbers) -> Array:
        return self.layout.arrange(entity[0], self._names[entity[0]], numbers)

    def _clock(self) -> tuple[int, float]:
        picture = self._sport.summary(self._fold.state)
        return picture.period, picture.elapsed_s

    def _at(self, period: int, elapsed_s: float) -> datetime:
        return self.match.anchor_at + timedelta(seconds=self._sport.wall_offset_s(period, elapsed_s))

    async def _stored(self, pool: Pool, since: datetime | None) -> Stored:
        after = self.match.anchor_at - timedelta(days=1) if since is None else since
        rows = await pool.fetch(query("feature_stored"), self.match.match_id, after)
        return {
            ((r["entity_kind"], r["entity_id"]), r["event_timestamp"]): (
                self.layout.padded(r["entity_kind"], r["numbers"]),
                r["created_timestamp"],
            )
            for r in rows
        }

    async def _newest_recorded(self, pool: Pool, until: int) -> datetime:
        """When the log came to this version."""
        if until not in self._recorded:
            self._recorded[until] = await pool.fetchval(query("feature_recorded"), self.match.match_id, until)
        return self._recorded[until]

    def _set_beyond(self, stored: Stored) -> None:
        now = self._at(*self._clock())
        self._beyond = {}
        for entity, at in stored:
            if at > now:
                self._beyond.setdefault(entity, []).append(at)

    def _forget(self) -> None:
        """Times of messages are asked for of the newest version alone."""
        newest = {self._fold.version, self.version}
        self._recorded = {v: at for v, at in self._recorded.items() if v in newest}
