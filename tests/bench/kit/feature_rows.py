"""A history of players for the feature bench: real matches, folded, and told again week after week."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from app.db.pool import Pool
from app.feeds.base import provider
from app.sports.base import Event, sports
from app.sports.entity_features import declared
from app.sports.entity_fold import FeatureFold
from app.sports.fold import current
from app.warehouse.feature_layout import Array, Layout
from tests.bench.kit.workload import Match, matches

SPORT = "soccer"
FIRST = datetime(2020, 8, 1, 14, 0, tzinfo=UTC)
LOOKED_AT = 12
# On a machine that has other things to do.
FILL_S = 900.0
COLUMNS = (
    "event_timestamp", "created_timestamp", "sport", "entity_kind", "entity_id", "match_id", "version", "numbers",
)  # fmt: skip


class Played(NamedTuple):
    """One row of a player: seconds from kick-off, who, and what he stood at."""

    offset_s: float
    player: str
    version: int
    numbers: Array


class Stored(NamedTuple):
    """One row as it is in the history."""

    player: str
    at: datetime


def folded(match: Match, layout: Layout) -> list[Played]:
    """Every row of a player that the history of a match has."""
    sport = sports()[SPORT]
    fold = FeatureFold(sport, declared(sport), match.id)
    decode = provider(match.provider).decode
    told = [_event(version, decode(message, {})) for version, message in enumerate(match.messages, 1)]
    names = declared(sport).names("player")
    rows = [
        row for event in current([(e, "recorded") for e in told]) for row in fold.add(event) if row.kind == "player"
    ]
    # A moment that is a full minute and the end of a half has one row: the later word.
    last = {(row.entity, row.period, row.elapsed_s): row for row in rows}
    return [
        Played(
            sport.wall_offset_s(row.period, row.elapsed_s),
            row.entity,
            row.version,
            layout.arrange("player", names, row.numbers),
        )
        for row in last.values()
    ]


def _event(version: int, given: object) -> Event:
    names = ("source_event_id", "type", "period", "order_key", "elapsed_s", "team", "player", "fields")
    return Event(version=version, control=False, **{name: getattr(given, name) for name in names})


async def fill(pool: Pool, layout: Layout, count: int) -> tuple[list[Stored], str]:
    """Fill the history with so many rows of players, one match a day, and the online store with the newest of each.

    Gives what is stored, and a sentence that says what it is.
    """
    found, told = matches(LOOKED_AT)
    played = [folded(match, layout) for match in found]
    stored: list[Stored] = []

    def records() -> Iterator[tuple[object, ...]]:
        day = 0
        while True:
            rows, match = played[day % len(played)], f"{found[day % len(found)].id}-{day}"
            kick_off = FIRST + timedelta(days=day)
            for row in rows:
                if len(stored) == count:
                    return
                at = kick_off + timedelta(seconds=row.offset_s)
                stored.append(Stored(row.player, at))
                yield (at, at + timedelta(seconds=2), SPORT, "player", row.player, match, row.version, row.numbers)
            day += 1

    async with pool.acquire() as connection:
        await connection.copy_records_to_table(
            "history", schema_name="feature", columns=COLUMNS, records=records(), timeout=FILL_S
        )
    await pool.execute(
        "INSERT INTO feature.online (sport, entity_kind, entity_id, match_id, event_timestamp, version, numbers, updated_at) "
        "SELECT DISTINCT ON (entity_id) sport, entity_kind, entity_id, match_id, event_timestamp, version, numbers, now() "
        "FROM feature.history ORDER BY entity_id, event_timestamp DESC, created_timestamp DESC"
    )
    await pool.execute("VACUUM ANALYZE feature.history")
    await pool.execute("VACUUM ANALYZE feature.online")
    return stored, f"{told}; folded and told again, a match a day: {count:,} rows of players"
