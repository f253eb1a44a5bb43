"""`touchline work`: a scoring worker with its small companions: rollups and replays."""

from __future__ import annotations

import asyncio

import asyncpg
import structlog

from app.db.listener import Listener
from app.db.pool import UNREACHABLE, Pool, open_pool
from app.db.sql import query
from app.errors import UnknownMatch
from app.log.replay import Replay, claim, play
from app.scoring.leases import worker_id
from app.scoring.register import register
from app.scoring.worker import Worker
from app.settings import Settings
from app.waiting import happened
from app.warehouse.keeping import keep_facts
from app.warehouse.rollups import Refresher

log = structlog.get_logger()
REFRESH_S = 2.0
SETTLE_S = 3.0
LOOK_S = 2.0


async def work(settings: Settings, dsn: str, stopping: asyncio.Event) -> None:
    """Score, keep rollups and play replays until `stopping`."""
    pool = await open_pool(dsn, application="touchline-worker")
    try:
        await register(pool)
        tasks = [
            asyncio.create_task(Worker(pool, dsn, settings).run()),
            asyncio.create_task(_rollups(pool)),
            asyncio.create_task(_replays(pool, dsn)),
        ]
        ended = asyncio.create_task(stopping.wait())
        await asyncio.wait([*tasks, ended], return_when=asyncio.FIRST_COMPLETED)
        for task in (*tasks, ended):
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result
    finally:
        await pool.close()


async def _rollups(pool: Pool) -> None:
    refresher = Refresher(pool, SETTLE_S)
    while True:
        # Not one after the other even when much waits: what was not refreshed is computed by who reads it.
        await asyncio.sleep(REFRESH_S)
        try:
            await refresher.refresh()
            await keep_facts(pool)
        except (*UNREACHABLE, asyncpg.PostgresError) as exc:
            log.warning("rollups.failed", error=str(exc) or type(exc).__name__)


async def _replays(pool: Pool, dsn: str) -> None:
    """Play the replays that were asked for over HTTP, and those whose runner died."""
    runner = worker_id()
    asked = asyncio.Event()
    listening = asyncio.create_task(Listener(dsn, ["touchline_replay"], lambda _: asked.set()).run())
    playing: set[asyncio.Task[None]] = set()
    try:
        while True:
            asked.clear()
            try:
                for replay in await claim(pool, runner):
                    task = asyncio.create_task(_play(pool, replay, runner))
                    playing.add(task)
                    task.add_done_callback(playing.discard)
            except (*UNREACHABLE, asyncpg.PostgresError) as exc:
                log.warning("replays.failed", error=str(exc) or type(exc).__name__)
            await happened(asked, LOOK_S)
    finally:
        for task in (*playing, listening):
            task.cancel()
        await asyncio.gather(*playing, listening, return_exceptions=True)


async def _play(pool: Pool, replay: Replay, runner: str) -> None:
    try:
        await play(pool, replay, runner)
    except UnknownMatch:
        log.info("replay.purged", match=replay.match)
    except (*UNREACHABLE, asyncpg.PostgresConnectionError) as exc:
        # Not heard of for five seconds, it is taken up again where it stopped.
        log.warning("replay.interrupted", match=replay.match, error=str(exc) or type(exc).__name__)
    except Exception as exc:
        log.exception("replay.failed", match=replay.match)
        await pool.execute(query("replay_ended"), replay.replay_id, "failed", f"{type(exc).__name__}: {exc}")
