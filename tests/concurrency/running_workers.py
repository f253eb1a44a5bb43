"""Workers that run by themselves while a test goes on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from app.db.pool import Pool
from app.db.sql import query
from app.scoring.leases import PIPELINE
from app.scoring.worker import Worker


@contextlib.asynccontextmanager
async def running(*workers: Worker) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(w.run()) for w in workers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until_scored(pool: Pool) -> None:
    """Wait until no match waits. The suite's own limit on a hang, not a measurement."""
    async with asyncio.timeout(60):
        while (await pool.fetchrow(query("backlog"), PIPELINE))["waiting_matches"]:
            await asyncio.sleep(0.02)
