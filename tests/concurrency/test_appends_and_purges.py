"""An append that waits for a purge finds no match: whoever sent it begins it anew."""

import asyncio

import pytest

from app.db.pool import Pool
from app.errors import UnknownMatch
from app.live.scored import Scored
from app.log.append import append
from tests.engine_kit import feed, opened, told


@pytest.mark.parametrize("count", [1, 2])
async def test_an_append_waits_for_a_purge(pool: Pool, dsn: str, count: int) -> None:
    stream = await opened(pool, origin="simulation")
    await told(pool, [feed("a", 1)], origin="simulation")
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SELECT log.purge_match('m1', 'me')")
        waiting = asyncio.create_task(append(pool, stream, [feed(f"n{i}", 5.0 + i) for i in range(count)], "push"))
        while not await pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)
        await transaction.commit()
    with pytest.raises(UnknownMatch):
        await waiting
    assert await pool.fetchval("SELECT count(*) FROM log.feed_event") == 0


async def test_what_was_read_of_a_match_says_nothing_of_the_next_one_of_its_name() -> None:
    scored = Scored()
    scored.note([{"match_id": "sim", "version": 4000}])
    assert await scored.reached("sim", 4000, 0.0)
    scored.forget("sim")
    assert not await scored.reached("sim", 1, 0.005)
