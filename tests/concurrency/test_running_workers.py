"""Workers at work: frames in commit order, and connections that are cut under them."""

import asyncio

from app.db.pool import Pool, open_pool
from app.db.sql import query
from app.scoring.worker import Worker
from tests.concurrency.running_workers import running, until_scored
from tests.engine_kit import SETTINGS, clean, new_worker, tiny, told


async def test_frames_are_read_in_commit_order_without_a_gap(pool: Pool, dsn: str) -> None:
    """A reader that asks for what comes after the last it saw sees every frame once, while eight scorers commit."""
    names = [f"m{i}" for i in range(8)]
    reader = await open_pool(dsn, size=1)
    seen: list[int] = []
    done = asyncio.Event()

    async def tail() -> None:
        while True:
            ended = done.is_set()
            rows = await reader.fetch(query("tail"), seen[-1] if seen else 0, 50)
            seen.extend(r["pub_seq"] for r in rows)
            if ended and not rows:
                return

    reading = asyncio.create_task(tail())
    wide = await open_pool(dsn, size=16)
    async with running(*(new_worker(wide, dsn, 3) for _ in range(4))):
        for start in range(0, 40, 5):
            await asyncio.gather(*(told(wide, tiny()[start : start + 5], n) for n in names))
        await until_scored(pool)
    done.set()
    await reading
    stored = await pool.fetch("SELECT pub_seq, published_at FROM signal.publication ORDER BY pub_seq")
    assert seen == [r["pub_seq"] for r in stored]
    assert [r["published_at"] for r in stored] == sorted(r["published_at"] for r in stored)
    wide.terminate()
    reader.terminate()


async def hang_up(pool: Pool, application: str) -> int:
    return await pool.fetchval(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE application_name = $1 AND datname = current_database() AND pid <> pg_backend_pid()",
        application,
    )


async def test_a_worker_outlives_its_connections(pool: Pool, dsn: str) -> None:
    own = await open_pool(dsn, size=4, application="killed-pool")
    settings = SETTINGS
    worker = Worker(own, dsn, settings)
    async with running(worker):
        for start in range(0, 40, 8):
            await told(pool, tiny()[start : start + 8])
            if start % 16 == 0:
                await hang_up(pool, "touchline-listener")
            await hang_up(pool, "killed-pool")
            await asyncio.sleep(0.05)
        await until_scored(pool)
    await clean(pool)
    own.terminate()


async def test_a_deaf_worker_still_finds_what_waits(pool: Pool, dsn: str) -> None:
    worker = new_worker(pool, dsn)

    async def deaf() -> None:
        await asyncio.Event().wait()

    worker._listener.run = deaf  # type: ignore[method-assign]
    async with running(worker):
        await asyncio.sleep(0.05)
        await told(pool, tiny())
        await until_scored(pool)
    await clean(pool)


async def test_a_worker_that_is_woken_as_it_is_stopped_stops(pool: Pool, dsn: str) -> None:
    """Wake-up and cancellation in one turn of the loop: the one must not eat the other (`asyncio.wait_for` lets it)."""
    worker = new_worker(pool, dsn)
    task = asyncio.create_task(worker.run())
    for _ in range(3):
        await told(pool, tiny())
        await until_scored(pool)
        await asyncio.sleep(0.05)
    worker._woken.set()
    task.cancel()
    _, pending = await asyncio.wait([task], timeout=10)
    assert not pending
