"""Workers share the matches: fairly, again when one joins, and without being told of each other."""

import asyncio
import time
from collections import Counter

import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.log.append import append
from app.scoring.leases import CLAIM_LIMIT, FREED, PIPELINE
from app.scoring.rebuild import rebuild
from app.scoring.worker import Worker
from tests.concurrency.running_workers import running, until_scored
from tests.engine_kit import SETTINGS, clean, drain, feed, frames, new_worker, opened, scored, shot, tiny, told

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
                while (await owners(pool))[first._leases.id] < len(NAMES):
                    await asyncio.sleep(0.05)
                async with running(second):
                    while (held := await owners(pool))[second._leases.id] < 3 or held[first._leases.id] < 3:
                        await asyncio.sleep(0.05)
                # It leaves in order, and the first has them all again.
                while (await owners(pool))[first._leases.id] < len(NAMES):
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
        while (await owners(pool))[worker._leases.id] < len(NAMES):
            await asyncio.sleep(0.05)
        assert await rebuild(pool, "m1", 1.0) == 0
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
        await worker._leases.claim(())
    assert "quiet" in worker._leases.held
    assert worker._leases.look_at > time.monotonic()


async def test_the_lease_of_a_first_batch_is_kept(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    worker = new_worker(pool, dsn, lease_s=30.0)
    await worker._leases.claim(())
    found = worker._queue.next((), 0.0)
    assert found is not None
    before = await pool.fetchval("SELECT lease_expires_at FROM ops.cursor")
    working = asyncio.create_task(asyncio.sleep(60))
    worker._busy[found[0]] = working
    await worker._leases.beat(worker._busy, worker._report)
    assert await pool.fetchval("SELECT lease_expires_at FROM ops.cursor") > before
    working.cancel()


async def test_a_match_that_is_handed_over_is_not_gone_on_with(pool: Pool, dsn: str) -> None:
    """The worker's own claim comes between its decision and the statement."""
    await told(pool, tiny()[:20])
    worker = new_worker(pool, dsn)
    await worker.score_waiting()
    await told(pool, tiny()[20:])
    worker._forget("m1")
    await worker._leases.claim(())
    await pool.execute(query("hand_over"), PIPELINE, worker._leases.id, ["m1"], FREED)
    found = worker._queue.next((), 0.0)
    assert found is not None
    await worker._score(*found)
    row = await pool.fetchrow("SELECT lease_owner, lease_expires_at > clock_timestamp() AS held FROM ops.cursor")
    assert not (row["held"] and row["lease_owner"] is None)
    await scored(pool, dsn)
    await clean(pool)


async def test_an_import_stays_an_import_as_more_of_it_comes(pool: Pool, dsn: str) -> None:
    await append(pool, await opened(pool, "file", origin="import"), [feed("a", 1)], "push")
    worker = new_worker(pool, dsn, lease_s=30.0)
    await worker.score_waiting()
    worker._hear("file,2,2,3")
    task = worker._busy.pop("file")
    task.cancel()
    worker._leases.hears("file", 2, 3)
    found = worker._queue.next((), 0.0)
    assert found is not None
    assert found[1].is_import


async def test_a_lease_from_before_the_clock_was_put_back_does_not_hold(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await pool.execute(
        "UPDATE ops.cursor SET lease_owner = 'dead', lease_renewed_at = clock_timestamp() + INTERVAL '20 seconds', "
        "lease_expires_at = clock_timestamp() + INTERVAL '22.5 seconds'"
    )
    await new_worker(pool, dsn).score_waiting()
    await clean(pool)


async def test_a_match_that_two_reach_for_is_asked_for_again_soon(pool: Pool, dsn: str) -> None:
    """Another worker is about to take one of two matches: whoever gets nothing does not wait for its next regular look."""
    await told(pool, tiny(), "m1")
    worker = new_worker(pool, dsn)
    worker._settings = msgspec.structs.replace(worker._settings, poll_s=60.0)
    worker._leases._settings = worker._settings
    async with pool.acquire() as other, other.transaction():
        await other.execute("SELECT FROM ops.cursor WHERE match_id = 'm1' FOR UPDATE")
        worker._hear("m1,1,1,0")
        await worker._leases.claim(())
        assert worker._leases.held == {}
        assert worker._leases.look_at < time.monotonic() + 30
    async with running(worker):
        await until_scored(pool)


async def test_what_another_worker_holds_is_not_claimed_at_every_event(pool: Pool, dsn: str) -> None:
    await told(pool, tiny()[:10])
    owner, other = new_worker(pool, dsn, lease_s=30.0), new_worker(pool, dsn, lease_s=30.0)
    await owner.score_waiting()
    await told(pool, tiny()[10:])
    for _ in range(2):
        other._hear("m1,11,40,0")
        if other._leases.look_at == 0.0:
            await other._leases.claim(())
    assert other._leases.look_at > 0.0
    # Given back, it is claimed at once.
    other._hear(f"m1,11,40,{FREED}")
    assert other._leases.look_at == 0.0


async def test_what_is_given_back_is_taken_without_waiting_for_a_regular_look(pool: Pool, dsn: str) -> None:
    await told(pool, tiny()[:10])
    owner, other = new_worker(pool, dsn, lease_s=30.0), new_worker(pool, dsn, lease_s=30.0)
    await owner.score_waiting()
    other._leases._settings = msgspec.structs.replace(other._settings, poll_s=3600.0)
    async with running(other):
        await other._listener.connected.wait()
        await asyncio.sleep(0)
        await told(pool, tiny()[10:])
        while not other._leases._of_others:
            await asyncio.sleep(0.01)
        await owner.leave()
        await until_scored(pool)
    await clean(pool)


async def test_who_scores_one_match_leaves_the_others_alone(pool: Pool, dsn: str) -> None:
    for name in ("m1", "m2"):
        await told(pool, tiny(), name)
    await drain(Worker(pool, dsn, SETTINGS, only=["m2"]))
    rows = await pool.fetch("SELECT match_id, version, lease_owner IS NULL AS untouched FROM ops.cursor ORDER BY 1")
    assert [tuple(r) for r in rows] == [("m1", 0, True), ("m2", 40, False)]
