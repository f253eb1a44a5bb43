"""Training rows beside a naive computation over a made-up history: several chunks, corrections, ends of times to live."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from app.db.pool import Pool
from app.errors import UsageError
from app.warehouse import feature_training
from app.warehouse.feature_layout import Layout, declare
from app.warehouse.feature_training import training_rows

FIRST = datetime(2023, 3, 1, 12, 0, tzinfo=UTC)
DAYS = 300
PLAYERS = ("touchline:player:a", 'touchline:player:b, {"it\'s"}', "touchline:player:ç")
COLUMNS = (
    "event_timestamp", "created_timestamp", "sport", "entity_kind", "entity_id", "match_id", "version", "numbers",
)  # fmt: skip


class Row(NamedTuple):
    """One row of the history, in the order of COLUMNS."""

    at: datetime
    created: datetime
    sport: str
    kind: str
    entity: str
    match: str
    version: int
    numbers: tuple[float | None, ...]


def history(chance: random.Random, width: int) -> list[Row]:
    """Moments that corrections told again, some of them long after; among rows of other kinds and sports."""
    found = []
    for number in range(400):
        at = FIRST + timedelta(days=chance.randrange(DAYS), minutes=chance.randrange(3))
        entity = chance.choice(PLAYERS)
        kind, sport = chance.choice(("player", "player", "player", "team")), chance.choice(("soccer",) * 5 + ("chess",))
        for again in range(chance.choice((1, 1, 2, 3))):
            created = at + timedelta(seconds=chance.choice((0, 2, 60, 86_400 * 70)))
            # Some are from before the newest features were declared, and some know nothing.
            numbers = tuple(
                chance.choice((None, float(number), -0.5)) for _ in range(chance.choice((width, width - 2)))
            )
            found.append(Row(at, created, sport, kind, entity, f"m{number}", 3 * number + again, numbers))
    return found


def spine(chance: random.Random, rows: list[Row], ends_s: list[float]) -> list[tuple[str, datetime]]:
    """Just on, before and after rows, when they were told, and where a time to live ends; some of them twice."""
    steps = [timedelta(microseconds=us) for us in (-1, 0, 1)]
    found = []
    for row in chance.sample(rows, 150):
        since = chance.choice((row.at, row.created, row.at + timedelta(seconds=chance.choice(ends_s))))
        found.append((row.entity, since + chance.choice(steps)))
    found += [
        (p, FIRST + timedelta(days=d)) for p in (*PLAYERS, "touchline:player:nobody") for d in (-1, 40, DAYS + 500)
    ]
    found += [(PLAYERS[0], datetime(1, 1, 1, tzinfo=UTC)), *found[:20]]
    chance.shuffle(found)
    return found


def naive(layout: Layout, rows: list[Row], entity: str, at: datetime, as_seen: bool) -> dict[str, Any]:
    """What a training row is, by its definition."""
    longest = timedelta(seconds=layout.longest_ttl_s("player"))
    good = [
        r
        for r in rows
        if (r.sport, r.kind, r.entity) == ("soccer", "player", entity)
        and r.at <= at <= r.at + longest
        and (not as_seen or r.created <= at)
    ]
    newest = max(good, key=lambda r: (r.at, r.created, r.version), default=None)
    told: dict[str, Any] = {"player_id": entity, "event_timestamp": at}
    for column in layout.columns["player"]:
        value = None
        if newest is not None and at - newest.at <= timedelta(seconds=column.ttl_s):
            value = layout.padded("player", newest.numbers)[column.place]
        cast = {"int": int, "float": float, "bool": bool}[column.dtype]
        told[column.name] = None if value is None else cast(value)
    known = (None, None, None) if newest is None else (newest.at, newest.created, newest.match)
    return told | dict(zip(("feature_timestamp", "feature_created", "match_id"), known, strict=True))


@pytest.mark.parametrize(("seed", "part_rows"), [(1, 20_000), (2, 7)])
async def test_training_rows_are_what_a_naive_computation_says(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, seed: int, part_rows: int
) -> None:
    monkeypatch.setattr(feature_training, "PART_ROWS", part_rows)
    chance = random.Random(seed)
    layout = (await declare(pool))["soccer"]
    rows = history(chance, layout.widths["player"])
    async with pool.acquire() as connection:
        await connection.copy_records_to_table("history", schema_name="feature", columns=COLUMNS, records=rows)
    assert await pool.fetchval("SELECT count(*) FROM show_chunks('feature.history')") > 2
    asked = spine(chance, rows, sorted({c.ttl_s for c in layout.columns["player"]}))
    ids, moments = zip(*asked, strict=True)
    said = {}
    for as_seen in (False, True):
        frame = await training_rows(pool, layout, "player", ids, moments, as_seen=as_seen)
        said[as_seen] = frame.to_dicts()
        expected = [naive(layout, rows, entity, at, as_seen) for entity, at in asked]
        for got, want in zip(said[as_seen], expected, strict=True):
            assert got == want
    found = [r["match_id"] is not None for r in said[False]]
    assert 50 < sum(found) < len(found)
    assert said[True] != said[False]
    # The setting of the planner is of the transaction alone.
    assert await pool.fetchval("SHOW timescaledb.enable_runtime_exclusion") == "on"


async def test_a_moment_without_a_time_zone_is_refused(pool: Pool) -> None:
    layout = (await declare(pool))["soccer"]
    with pytest.raises(UsageError, match="time zone"):
        await training_rows(pool, layout, "player", [PLAYERS[0]], [datetime(2023, 3, 1)])  # noqa: DTZ001
