"""What is committed is what the log holds: heads that are gone, connections that broke, values that a skip left behind."""

from typing import Any

import msgspec
import pytest

from app.db.pool import Pool
from app.log.skip import skip, unskip
from app.scoring.commit import Batch, Outdated, commit, commit_all
from app.scoring.leases import PIPELINE
from app.scoring.session import Session
from tests.concurrency.running_workers import running, until_scored
from tests.engine_kit import clean, drain, feed, frames, new_worker, state, tiny, told


async def test_a_head_that_is_gone_is_not_passed_over(pool: Pool, dsn: str) -> None:
    """A server that crashed has lost an append that nobody was told of, and its notification was heard."""
    await told(pool, tiny()[:10])
    worker = new_worker(pool, dsn)
    await drain(worker)
    worker._queue.add("m1", 11, 0)
    found = worker._queue.next((), 0.0)
    assert found is not None
    await worker._score(*found)
    assert await pool.fetchval("SELECT version FROM ops.cursor") == 10
    await told(pool, tiny()[10:])
    await drain(worker)
    await clean(pool)


async def test_several_heads_that_are_gone_take_nobody_along(pool: Pool, dsn: str) -> None:
    for name in ("m1", "m2"):
        await told(pool, tiny()[:10], name)
    worker = new_worker(pool, dsn)
    await worker._leases.claim(())
    batches = []
    for name, until in (("m1", 11), ("m2", 10)):
        session = await worker._session(name, worker._leases.held[name])
        out = msgspec.structs.replace(await session.score(pool, [], 10), version=until)
        batches.append(Batch(name, session.epoch, 0, out, session.generation))
    written = await commit_all(pool, batches, PIPELINE, 1.0)
    assert [b.match_id for b in written] == ["m2"]


async def test_a_batch_is_read_anew_after_a_connection_broke(
    pool: Pool, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server may have crashed between reading and committing, and the same versions hold something else now."""
    worker = new_worker(pool, dsn)
    score, breaks = Session.score, [True, True, False]

    async def broken(self: Session, *given: Any) -> Any:
        out = await score(self, *given)
        if breaks and breaks.pop(0):
            worker._listener.losses += 1
        return out

    monkeypatch.setattr(Session, "score", broken)
    await told(pool, tiny())
    await worker.score_waiting()
    assert await pool.fetchval("SELECT version FROM ops.cursor") == 0
    assert await frames(pool) == []
    await drain(worker)
    assert breaks == []
    await clean(pool)


async def test_outdated_ones_are_not_written_together_either(pool: Pool, dsn: str) -> None:
    await told(pool, tiny()[:10])
    worker = new_worker(pool, dsn)
    await worker._leases.claim(())
    session = await worker._session("m1", worker._leases.held["m1"])
    out = await session.score(pool, [], 10)
    old = Batch("m1", session.epoch, 0, out, session.generation, lambda: False)
    with pytest.raises(Outdated):
        await commit_all(pool, [old, old], PIPELINE, 1.0)
    with pytest.raises(Outdated):
        await commit(pool, old, PIPELINE, 1.0)
    assert await pool.fetchval("SELECT version FROM ops.cursor") == 0


async def test_who_skips_and_dies_leaves_the_correction_to_a_worker(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    worker = new_worker(pool, dsn)
    await drain(worker)
    goal = await pool.fetchrow(
        "SELECT version FROM log.feed_event WHERE type = 'shot' AND fields ->> 'outcome' = 'goal' ORDER BY version LIMIT 1"
    )
    before = await state(pool)
    for decide in (skip, unskip):
        decided = await decide(pool, "m1", goal["version"], "a test", "tester")
        assert decided.was_folded
        # As long as whoever has decided may still correct it himself, nobody else does.
        await drain(worker)
        assert await pool.fetchval("SELECT recompute_at IS NOT NULL FROM ops.cursor")
        await pool.execute("UPDATE ops.cursor SET recompute_at = clock_timestamp()")
        await drain(worker)
        assert await pool.fetchval("SELECT recompute_at IS NULL FROM ops.cursor")
        await clean(pool)
        now = await state(pool)
        assert (now["home_score"] + now["away_score"] < before["home_score"] + before["away_score"]) == (decide is skip)
    assert "correction" in {f["frame"] for f in await frames(pool)}


async def test_new_events_do_not_wait_for_a_correction_and_do_not_take_its_place(pool: Pool, dsn: str) -> None:
    await told(pool, tiny()[:20])
    worker = new_worker(pool, dsn)
    await drain(worker)
    await skip(pool, "m1", 12, "a test", "tester")
    await told(pool, tiny()[20:])
    async with running(worker):
        await until_scored(pool)
        assert await pool.fetchval("SELECT recompute_at IS NOT NULL FROM ops.cursor")
        await pool.execute("UPDATE ops.cursor SET recompute_at = clock_timestamp()")
        await told(pool, [feed("after", 4000.0, period=2, clock_s=5300.0)])
        await until_scored(pool)
        while await pool.fetchval("SELECT recompute_at IS NOT NULL FROM ops.cursor"):
            await worker._leases.claim(worker._busy)
            worker._woken.set()
            await pool.fetchval("SELECT pg_sleep(0.02)")
    await clean(pool)
