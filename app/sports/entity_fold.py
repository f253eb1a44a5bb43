"""One match, folded into features: events in, match order, rows out. Pure; the store, the export and the tests share it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import msgspec

from app.sports.base import Event, Sport
from app.sports.entity_features import Declared, Earlier, Numbers
from app.sports.fold import START, Position, position

Entity = tuple[str, str]


class Row(msgspec.Struct, frozen=True):
    """What an entity stood at, at one moment of a match.

    period, elapsed_s: the moment, on the match clock. version: the newest log version that was needed to know it.
    numbers: in the order of Declared.names(kind).
    """

    kind: str
    entity: str
    period: int
    elapsed_s: float
    version: int
    numbers: Numbers


class FeatureFold:
    """The running features of one match.

    tail: position of the last event. version: the newest log version so far. `add` gives the rows of the history: at
    each full minute of the match clock and after the events of Declared.after, of the entities that changed since. A row
    of a minute holds what came before it in match order: nothing that happened at that minute or later.
    """

    def __init__(self, sport: Sport, declared: Declared, match_id: str) -> None:
        self.sport = sport
        self.declared = declared
        self.match_id = match_id
        self.state = sport.new_state()
        self.tail: Position = START
        self.version = 0
        self.entities: dict[Entity, None] = {("match", match_id): None}
        self.told: dict[Entity, Numbers] = {}
        self._expected: dict[Entity, Earlier] = {}
        self._memories = {g.spec.name: g.init() for groups in declared.groups.values() for g in groups}
        self._bind()

    def _bind(self) -> None:
        groups = [g for groups in self.declared.groups.values() for g in groups]
        self._steps: list[tuple[Callable[[Any, Event, Any], None], Any]] = [
            (g.step, self._memories[g.spec.name]) for g in groups
        ]

    def new_entities(self, event: Event) -> list[Entity]:
        """Teams and players that this event names and no event before it did."""
        found = [(kind, entity) for kind, entity, _ in self.sport.entities(event)]
        return [e for e in dict.fromkeys(found) if e not in self.entities]

    def expect(self, entity: Entity, earlier: Earlier) -> None:
        """How an entity that the next event names ended its matches before, the latest first."""
        self._expected[entity] = earlier

    def _meet(self, entity: Entity) -> None:
        self.entities[entity] = None
        earlier = self._expected.pop(entity, ())
        for group in self.declared.groups[entity[0]]:
            if group.meet is not None:
                group.meet(self._memories[group.spec.name], entity[1], earlier)

    def add(self, event: Event) -> list[Row]:
        """Fold one more event (not before `tail`) and give the rows that it brings."""
        rows: list[Row] = []
        self.version = max(self.version, event.version)
        for period, _minute, elapsed_s in self.sport.minutes_passed(self.state, event):
            self.sport.tick(self.state, period, elapsed_s)
            rows += self._changed(period, elapsed_s)
        self.sport.apply(self.state, event)
        for entity in self.new_entities(event):
            self._meet(entity)
        for step, memory in self._steps:
            step(memory, event, self.state)
        self.tail = position(event)
        if event.type in self.declared.after:
            rows += self._changed(event.period, max(event.elapsed_s, self.sport.summary(self.state).elapsed_s))
        return rows

    def now(self) -> list[Row]:
        """Every entity as it stands after the last event."""
        picture = self.sport.summary(self.state)
        at = (picture.period, picture.elapsed_s, self.version)
        return [Row(kind, entity, *at, self.numbers((kind, entity))) for kind, entity in self._all()]

    def numbers(self, entity: Entity) -> Numbers:
        """What one entity stands at."""
        kind, name = entity
        found: Numbers = ()
        for group in self.declared.groups[kind]:
            found += group.values(self._memories[group.spec.name], name, self.state)
        return found

    def dump(self) -> bytes:
        """The whole state of the fold, to go on from later with `resume`."""
        kept = (self.state, self._memories, self.entities, self.told, self.tail, self.version)
        return pickle.dumps(kept, pickle.HIGHEST_PROTOCOL)

    def resume(self, dump: bytes) -> None:
        """Go on from where `dump` was taken, of a fold over the same declarations."""
        self.state, self._memories, self.entities, self.told, self.tail, self.version = pickle.loads(dump)
        self._bind()

    def _all(self) -> list[Entity]:
        matchup = self.matchup()
        return [*self.entities, *([("matchup", matchup)] if matchup else [])]

    def matchup(self) -> str | None:
        """`home~away`, once both are known."""
        picture = self.sport.summary(self.state)
        if picture.home.id is None or picture.away.id is None:
            return None
        return f"{picture.home.id}~{picture.away.id}"

    def _changed(self, period: int, elapsed_s: float) -> list[Row]:
        rows: list[Row] = []
        for entity in self._all():
            numbers = self.numbers(entity)
            if numbers and self.told.get(entity) != numbers:
                self.told[entity] = numbers
                rows.append(Row(*entity, period, elapsed_s, self.version, numbers))
        return rows
