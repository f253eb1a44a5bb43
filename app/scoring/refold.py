"""Folding a part of a match anew: from the last checkpoint before an edit to where nothing differs any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import msgspec

from app.db.pool import Connection, Pool
from app.db.sql import query
from app.log.read import LogRow, MatchRow, fields_decoder, read_versions
from app.scoring.checkpoints import Checkpoint, Checkpoints
from app.scoring.standing import Standing
from app.sports.base import Event
from app.sports.fold import START, Clock, MatchFold, Point, Position, position

# Other matches of this worker get their turn after so many events.
TURN_EVENTS = 200


class PoisonousEvent(Exception):
    """One event of the log cannot be folded: its match waits for an operator (or for better code)."""

    def __init__(self, event: Event, cause: Exception) -> None:
        super().__init__(
            f"event {event.source_event_id} ({event.type}, version {event.version}) cannot be folded: "
            f"{type(cause).__name__}: {cause}"
        )
        self.version = event.version


def take(fold: MatchFold, event: Event, checkpoints: Checkpoints | None = None) -> None:
    """Fold one more event, after a checkpoint where one is due; `told` gives its points. Raises PoisonousEvent naming the
    event that cannot be folded, the first where there are several."""
    try:
        if checkpoints is not None:
            checkpoints.before(fold, event)
        fold.take(event)
    except Exception as exc:
        raise PoisonousEvent(fold.at or event, exc) from exc


def told(fold: MatchFold) -> list[list[Point]]:
    """The points of each event that was taken since the last call. Raises PoisonousEvent."""
    try:
        return fold.told()
    except Exception as exc:
        if fold.at is None:
            raise
        raise PoisonousEvent(fold.at, exc) from exc


class Part(msgspec.Struct):
    """What came of folding a part anew: the values with low < clock ≤ high (high None: to the end of the match).

    fold: stands at the end of the match; None where the old one still does. touched: every event that was folded.
    """

    low: Clock
    high: Clock | None
    points: dict[tuple[str, int, str, str], Point]
    touched: list[Event]
    fold: MatchFold | None
    start: Position
    end: Position | None
    fresh: Checkpoints

    @property
    def is_whole(self) -> bool:
        """Is it the whole match?"""
        return self.start == START and self.fold is not None

    def keep(self, told: list[list[Point]]) -> None:
        """Points of events that were folded, in order."""
        for points in told:
            for point in points:
                self.points[point.key] = point

    def holds(self, point: Point) -> bool:
        """Is this point's place inside the part?"""
        clock = (point.period, point.elapsed_s)
        return clock > self.low and (self.high is None or clock <= self.high)


class Edit(msgspec.Struct):
    """From where to where in the match a batch of late rows may have touched it.

    were: of rows that make another type of an event, or take it back, the type that it was before, by version. told: all
    that was ever said of the edited events (see Standing.edit); None where that is everything.
    """

    first: Position
    last: Position
    were: dict[int, str] = {}
    told: Sequence[Mapping[str, Any]] | None = None


WHOLE = Edit(START, (2**31, 0.0, True, ""))


async def edit_of(pool: Pool | Connection, match: MatchRow, late: list[LogRow], until: int) -> Edit | None:
    """Every place at which the edited events stand or ever stood. A change of the folded stream touches all.

    None where nothing is touched: what is retracted has not come yet.
    """
    if any(row.event.type == "primary_stream" for row in late):
        return WHOLE
    names = list({row.event.source_event_id for row in late})
    told = await pool.fetch(query("places_told"), match.match_id, names, until)
    places = [
        (r["period"], r["order_key"], r["control"], r["source_event_id"]) for r in told if r["kind"] != "retracted"
    ]
    places += [position(row.event) for row in late if row.kind != "retracted"]
    return Edit(min(places), max(places), _types_before(late, told), told) if places else None


def _types_before(late: list[LogRow], told: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    types = {row.event.version: row.event.type for row in late}
    held: dict[tuple[bool, str], str | None] = {}
    were: dict[int, str] = {}
    for r in told:
        event = (r["control"], r["source_event_id"])
        before = held.get(event)
        if r["version"] in types and before is not None and before != types[r["version"]]:
            were[r["version"]] = before
        held[event] = None if r["kind"] == "retracted" else r["type"]
    return were


async def known_now(
    pool: Pool | Connection, match: MatchRow, versions: Sequence[int], until: int
) -> list[tuple[LogRow, str | None]]:
    """The events of some versions as they are known at `until`: amended where one holds, else retracted; with the type
    that each had in that version, where it has another now."""
    if not versions:
        return []
    rows = await pool.fetch(query("rows_of_versions"), match.match_id, list(versions), until)
    held = {
        e.version: e for e in await read_versions(pool, match, [r["holds"] for r in rows if r["holds"] is not None])
    }
    decode = fields_decoder(match.sport).decode
    told = []
    for r in rows:
        event = held.get(r["holds"])
        kind, was = ("amended", r["type"]) if event is not None else ("retracted", None)
        if event is None:
            event = Event(r["version"], *r[:8], fields=decode(r["fields"]))
        told.append((LogRow(event, kind, r["recorded_at"], r["provider"]), None if was == event.type else was))
    return told


async def fold_part(
    pool: Pool | Connection,
    match: MatchRow,
    standing: Standing,
    checkpoints: Checkpoints,
    edit: Edit,
    new_fold: Callable[[], MatchFold],
) -> Part:
    """Fold from the last checkpoint before the edit; stop at the first one after it where the fold stands as before.

    standing: with the edit.
    """
    begin = checkpoints.last_before(edit.first)
    goals = checkpoints.after(edit.last) if edit.first > START else []
    fold = new_fold()
    if begin is not None:
        fold.resume(begin.dump)
    part = Part(
        low=(-1, 0.0) if begin is None else begin.reached,
        high=None,
        points={},
        touched=[],
        fold=fold,
        start=START if begin is None else begin.tail,
        end=None,
        fresh=Checkpoints(),
    )
    async for events, goal in _windows(pool, match, standing, part.start, goals):
        if begin is not None and not part.touched and _closed_up(begin, events, goal):
            checkpoints.drop(begin)
            return await fold_part(pool, match, standing, checkpoints, edit, new_fold)
        for count, event in enumerate(events, 1):
            take(fold, event, part.fresh)
            part.touched.append(event)
            if count % TURN_EVENTS == 0:
                part.keep(told(fold))
                await asyncio.sleep(0)
        part.keep(told(fold))
        if goal is not None and fold.stands_as(goal.dump):
            part.fold, part.high, part.end = None, goal.reached, goal.tail
            break
    return part


def _closed_up(begin: Checkpoint, events: list[Event], goal: Checkpoint | None) -> bool:
    """Does the clock no longer move on where the checkpoint was taken (or may it not, as nothing follows yet)?"""
    if not events:
        return goal is None
    return (events[0].period, events[0].elapsed_s) <= begin.reached


async def _windows(
    pool: Pool | Connection, match: MatchRow, standing: Standing, start: Position, goals: list[Checkpoint]
) -> AsyncIterator[tuple[list[Event], Checkpoint | None]]:
    """The events after `start`, up to each goal in turn; read in windows that double, as most edits end soon."""
    ahead = 1
    while goals:
        window, goals = goals[:ahead], goals[ahead:]
        ahead *= 2
        events = await _read(pool, match, standing, start, window[-1].tail)
        at = 0
        for goal in window:
            upto = at
            while upto < len(events) and position(events[upto]) <= goal.tail:
                upto += 1
            yield events[at:upto], goal
            at = upto
        start = window[-1].tail
    yield await _read(pool, match, standing, start, None), None


async def _read(
    pool: Pool | Connection, match: MatchRow, standing: Standing, after: Position, upto: Position | None
) -> list[Event]:
    """The events of a part of a match: after < position ≤ upto, in match order."""
    events = await read_versions(pool, match, standing.between(after, upto))
    return sorted((e for e in events if position(e) > after and (upto is None or position(e) <= upto)), key=position)
