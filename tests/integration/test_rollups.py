"""The rollup is the plain GROUP BY, at every moment, on whichever edition of TimescaleDB is found."""

import asyncio
import math
import random

from app.db.pool import Pool
from app.feeds.base import FeedEvent
from app.warehouse.rollups import Refresher, declared
from tests.engine_kit import feed, gone, scored, shot, tiny, told

PLAIN = """
SELECT time_bucket(INTERVAL '1 minute', occurred_at) AS bucket, match_id, signal, signal_version, subject,
       sum(value) AS value_sum, count(value) AS value_count, min(value) AS value_min, max(value) AS value_max
FROM signal.point GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""
ROLLED = "SELECT * FROM rollup.signal_1m_all ORDER BY bucket, match_id, signal, signal_version, subject"


async def assert_equal(pool: Pool) -> int:
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
        plain, rolled = await connection.fetch(PLAIN), await connection.fetch(ROLLED)
    assert len(rolled) == len(plain)
    for mine, theirs in zip(rolled, plain, strict=True):
        for name in theirs.keys():  # noqa: SIM118  (a Record iterates over values)
            a, b = mine[name], theirs[name]
            same = math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12) if isinstance(b, float) else a == b
            assert same, (name, mine, theirs)
    return len(plain)


async def drained(pool: Pool) -> None:
    refresher = Refresher(pool)
    while await refresher.refresh():
        pass
    assert await pool.fetchval("SELECT count(*) FROM rollup.dirty") == 0


def random_changes(dice: random.Random) -> list[FeedEvent]:
    changes: list[FeedEvent] = []
    for number in range(dice.randint(1, 6)):
        event = dice.choice(tiny())
        kind = dice.choice(["gone", "moved", "new", "late"])
        if kind == "gone":
            changes.append(gone(event.source_event_id))
        elif kind == "moved":
            changes.append(shot(event.source_event_id, event.order_key, clock_s=dice.uniform(0, 2700.0)))
        else:
            name = f"{kind}-{dice.random()}-{number}"
            changes.append(
                shot(name, dice.uniform(0, 40), dice.choice(["goal", "saved"]), clock_s=dice.uniform(0, 2700))
            )
    return changes


async def test_the_rollup_is_right_before_and_after_each_refresh(pool: Pool, dsn: str) -> None:
    dice = random.Random(20180818)
    for name in ("m1", "m2"):
        await told(pool, tiny(), name)
    await scored(pool, dsn)
    assert await assert_equal(pool) > 100
    await drained(pool)
    await assert_equal(pool)
    for turn in range(8):
        await told(pool, random_changes(dice), dice.choice(["m1", "m2"]))
        await scored(pool, dsn)
        await assert_equal(pool)
        if turn % 2:
            await drained(pool)
            await assert_equal(pool)


async def test_two_refreshers_and_a_scorer_at_once(pool: Pool, dsn: str) -> None:
    dice = random.Random(7)
    await told(pool, tiny())
    await scored(pool, dsn)
    done = asyncio.Event()

    async def refresh() -> None:
        refresher = Refresher(pool)
        while not done.is_set():
            await refresher.refresh()
            await asyncio.sleep(0)

    refreshing = [asyncio.create_task(refresh()) for _ in range(2)]
    for _ in range(8):
        await told(pool, random_changes(dice))
        await scored(pool, dsn)
        await assert_equal(pool)
    done.set()
    await asyncio.gather(*refreshing)
    await drained(pool)
    await assert_equal(pool)


async def test_a_value_that_goes_away_takes_its_minute_along(pool: Pool, dsn: str) -> None:
    await told(pool, [feed("l", 1, "lineup"), shot("a", 2, clock_s=605.0)])
    await scored(pool, dsn)
    await drained(pool)
    assert await pool.fetchval("SELECT sum(value_count) FROM rollup.signal_1m WHERE signal = 'xg'") == 1
    await told(pool, [gone("a")])
    await scored(pool, dsn)
    assert await pool.fetchval("SELECT count(*) FROM rollup.signal_1m WHERE signal = 'xg'") == 0
    await drained(pool)
    assert await pool.fetchval("SELECT count(*) FROM rollup.signal_1m WHERE signal = 'xg'") == 0


def test_rollups_are_found_by_their_files() -> None:
    assert {(r.name, r.source, r.bucket) for r in declared()} >= {("signal_1m", "signal.point", "1 minute")}
