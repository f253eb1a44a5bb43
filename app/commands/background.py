"""`touchline background`: what may take its time: versions of signals beside the air, filled and followed."""

from __future__ import annotations

import asyncio
import os

from app.db.pool import open_pool
from app.scoring.beside import SESSION, run
from app.settings import Settings

# The live worker, the API and the database go first whenever they have something to do.
NICE = 10


async def background(settings: Settings, dsn: str, stopping: asyncio.Event) -> None:
    """Work until `stopping`."""
    os.nice(NICE)
    pool = await open_pool(dsn, size=2, application="touchline-background", session=SESSION)
    try:
        working = asyncio.create_task(run(pool, settings))
        ended = asyncio.create_task(stopping.wait())
        await asyncio.wait((working, ended), return_when=asyncio.FIRST_COMPLETED)
        for task in (working, ended):
            task.cancel()
        results = await asyncio.gather(working, ended, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result
    finally:
        await pool.close()
