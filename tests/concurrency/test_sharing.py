"""Workers share the matches: fairly, again when one joins, and without being told of each other."""

import asyncio
import time
from collections import Counter

import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.log.append import append
from app.scoring.rebuild import rebuild
from app.scoring.worker import CLAIM_LIMIT, PIPELINE, Worker
from tests.concurrency.running_workers import running, until_scored
from tests.engine_kit import clean, feed, frames, new_worker, opened, scored, shot, tiny, told

NAMES = [f"m{i}" for i in range(8)]


async def owners(pool: Pool) -> Counter[str]:
    """How many matches each worker holds now."""
    rows = await pool.fetch(
        "SELECT lease_owner FROM ops.cursor WHERE lease_expires_at > clock_timestamp() AND lease_owner IS NOT NULL"
    )
    return Counter(r["lease_owner"] for r in rows)


async def keep_playing(pool: Pool, ended: asyncio.Event) -> int:
    """One more pass in every match, again and again."""
    number = 0
    while not ended.is_set():
        number += 1
        for name in NAMES:
            await told(pool, [feed(f"more-{number}", 100 + number, clock_s=2000.0 + number)], name)
        await asyncio.sleep(0.02)
    return number


async def test_a_worker_that_joins_gets_its_share_of_matches_that_never_rest(pool: Pool, dsn: str) -> None:
    for name in NAMES:
        await told(pool, tiny(), name)
    first, second = new_worker(pool, dsn), new_worker(pool, dsn)
    ended = asyncio.Event()
    playing = asyncio.create_task(keep_playing(pool, ended))
    try:
        async with asyncio.timeout(30):
            async with running(first):
                while (await owners(pool))[first._id] < len(NAMES):
                    await asyncio.sleep(0.05)
                async with running(second):
                    while (held := await owners(pool))[second._id] < 3 or held[first._id] < 3:
                        await asyncio.sleep(0.05)
                # It leaves in order, and the first has them all again.
                while (await owners(pool))[first._id] < len(NAMES):
                    await asyncio.sleep(0.05)
                ended.set()
                number = await playing
                await until_scored(pool)
    finally:
        ended.set()
    for name in NAMES:
        await clean(pool, name)
        told_of = [f["event"]["source_event_id"] for f in await frames(pool, name) if f["frame"] == "event"]
        assert told_of == [*(e.source_event_id for e in tiny()), *(f"more-{i}" for i in range(1, number + 1))]


async def test_a_rebuild_takes_a_match_that_is_being_played_and_gives_it_back(pool: Pool, dsn: str) -> None:
    worker: Worker = new_worker(pool, dsn)
    for name in NAMES:
        await told(pool, tiny(), name)
    ended = asyncio.Event()
    async with running(worker), asyncio.timeout(30):
        playing = asyncio.create_task(keep_playing(pool, ended))
        while (await owners(pool))[worker._id] < len(NAMES):
            await asyncio.sleep(0.05)
        assert await rebuild(pool, "m1", worker._models, 1.0) == 0
        ended.set()
        await playing
        await until_scored(pool)
    await clean(pool, "m1")


async def test_what_matters_most_is_leased_first(pool: Pool, dsn: str) -> None:
    for name in NAMES:
        stream = await opened(pool, name, origin="import" if name == "m7" else "live")
        await append(pool, stream, [feed("a", 1)], "push")
    await told(pool, [feed("b", 2, "card", card="yellow", player="touchline:player:1")], "m3")
    await told(pool, [shot("b", 2)], "m5")
    await told(pool, [shot("b", 2, "goal")], "m6")
    await append(pool, await opened(pool, "m7"), [shot("b", 2, "goal")], "push")
    worker = new_worker(pool, dsn)
    worker._settings = msgspec.structs.replace(worker._settings, batch_limit=10)
    await worker.score_waiting()
    rows = await pool.fetch(
        "SELECT DISTINCT match_id, min(pub_seq) OVER (PARTITION BY match_id) AS at FROM signal.publication"
    )
    told_in = [r["match_id"] for r in sorted(rows, key=lambda r: r["at"])]
    assert told_in[:3] == ["m6", "m3", "m5"]
    assert told_in[-1] == "m7"


async def test_a_quiet_match_is_leased_however_many_matter_more(pool: Pool, dsn: str) -> None:
    for number in range(CLAIM_LIMIT + 6):
        await told(pool, [shot("g", 5.0, "goal")], f"busy-{number}")
    await told(pool, [feed("a", 1)], "quiet")
    worker = new_worker(pool, dsn, lease_s=30.0)
    for _ in range(3):
        await worker._claim()
    assert "quiet" in worker._leases
    assert worker._look_at > time.monotonic()


async def test_the_lease_of_a_first_batch_is_kept(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    worker = new_worker(pool, dsn, lease_s=30.0)
    await worker._claim()
    found = worker._queue.next((), 0.0)
    assert found is not None
    before = await pool.fetchval("SELECT lease_expires_at FROM ops.cursor")
    working = asyncio.create_task(asyncio.sleep(60))
    worker._busy[found[0]] = working
    await worker._beat_once()
    assert await pool.fetchval("SELECT lease_expires_at FROM ops.cursor") > before
    working.cancel()


async def test_a_match_that_is_handed_over_is_not_gone_on_with(pool: Pool, dsn: str) -> None:
    """The worker's own claim comes between its decision and the statement."""
    await told(pool, tiny()[:20])
    worker = new_worker(pool, dsn)
    await worker.score_waiting()
    await told(pool, tiny()[20:])
    worker._forget("m1")
    await worker._claim()
    await pool.execute(query("hand_over"), PIPELINE, worker._id, ["m1"])
    found = worker._queue.next((), 0.0)
    assert found is not None
    await worker._score(*found)
    row = await pool.fetchrow("SELECT lease_owner, lease_expires_at > clock_timestamp() AS held FROM ops.cursor")
    assert not (row["held"] and row["lease_owner"] is None)
    await scored(pool, dsn)
    await clean(pool)
