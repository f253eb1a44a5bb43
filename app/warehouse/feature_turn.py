"""What a turn of the feature pipeline writes, and how a fold that was corrected becomes rows that set the history right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from app.sports.entity_fold import Entity
from app.warehouse.feature_layout import Array, Layout, literal

_TICK = timedelta(microseconds=1)
# The newest row of each entity and moment: its numbers, and when it was created.
Stored = Mapping[tuple[Entity, datetime], tuple[Array, datetime]]


class Kept(msgspec.Struct, frozen=True):
    """A row as the history keeps it."""

    entity: Entity
    at: datetime
    created: datetime
    version: int
    numbers: Array


class Turn(msgspec.Struct):
    """What one turn came to: from version `since` to `version`.

    online: entities whose current values changed. gone: entities that a correction took out of the match.
    """

    since: int
    version: int
    history: list[Kept]
    online: list[Kept]
    gone: list[Entity]

    def values(self, match_id: str, epoch: int, lease_s: float) -> tuple[Any, ...]:
        """What feature.commit takes, in its order."""
        return (
            *(match_id, epoch, self.since, self.version, lease_s),
            *([k.entity[0] for k in self.history], [k.entity[1] for k in self.history]),
            *([k.at for k in self.history], [k.created for k in self.history]),
            *([k.version for k in self.history], [literal(k.numbers) for k in self.history]),
            *([k.entity[0] for k in self.online], [k.entity[1] for k in self.online]),
            *([k.at for k in self.online], [literal(k.numbers) for k in self.online]),
            *([kind for kind, _ in self.gone], [entity for _, entity in self.gone]),
        )


def difference(
    before: Mapping[Entity, Array], made: Sequence[Kept], stored: Stored, newest: datetime, until: int, layout: Layout
) -> list[Kept]:
    """Rows that make the stored history what the new fold says.

    before: what was true where the part that was folded anew begins. made: what the new fold says of it. newest, until: when
    the newest message was recorded, and its version. Between two rows of an entity the earlier one holds, so a stored
    moment of which the new fold says nothing gets what holds there.
    """
    after = {(row.entity, row.at): row.numbers for row in made}
    holds = dict(before)
    kept: list[Kept] = []
    for entity, at in sorted({*after, *stored}):
        nothing = (None,) * layout.widths[entity[0]]
        holds[entity] = numbers = after.get((entity, at), holds.get(entity, nothing))
        there = stored.get((entity, at))
        if there is None:
            kept.append(Kept(entity, at, newest, until, numbers))
        elif there[0] != numbers:
            # Of two rows of a moment the one created later holds, also where both are of one append.
            kept.append(Kept(entity, at, max(newest, there[1] + _TICK), until, numbers))
    return kept
