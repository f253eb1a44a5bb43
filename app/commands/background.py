"""`touchline background`: what may take its time: versions of signals beside the air, features of entities, similar moments,
finished matches in columns for exports."""

from __future__ import annotations

import asyncio
import os

from app.db.pool import open_pool
from app.scoring.beside import SESSION, run
from app.scoring.leases import worker_id
from app.settings import Settings
from app.warehouse.feature_pipeline import FeaturePipeline
from app.warehouse.packing import Packing
from app.warehouse.similar_pipeline import SimilarPipeline

# The live worker, the API and the database go first whenever they have something to do.
NICE = 10


async def background(settings: Settings, dsn: str, stopping: asyncio.Event) -> None:
    """Work until `stopping`."""
    os.nice(NICE)
    pool = await open_pool(dsn, size=3, application="touchline-background", session=SESSION)
    try:
        tasks = [
            asyncio.create_task(run(pool, settings)),
            asyncio.create_task(FeaturePipeline(pool, worker_id()).run()),
            asyncio.create_task(SimilarPipeline(pool, dsn, worker_id()).run()),
            asyncio.create_task(Packing(pool, dsn).run()),
            asyncio.create_task(stopping.wait()),
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result
    finally:
        await pool.close()
