"""Rebuild mends what differs from a clean run, says so once, and otherwise changes nothing."""

import pytest

from app.db.pool import Pool
from app.log.control import append_control
from app.scoring.rebuild import rebuild, verify
from tests.engine_kit import clean, frames, free, last_seq, scored, tiny, told


async def verify_now(pool: Pool) -> list[str]:
    return (await verify(pool, "m1")).differences


async def test_rebuild_mends_what_somebody_spoilt(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await scored(pool, dsn)
    values = (await clean(pool)).digest
    seq = await last_seq(pool)
    await pool.execute("UPDATE signal.point SET value = 0.99 WHERE signal = 'xg' AND anchor = 'event:t-013'")
    await pool.execute("DELETE FROM signal.point WHERE signal = 'momentum' AND anchor = 'minute:1:12'")
    await pool.execute("DELETE FROM mart.shot WHERE source_event_id = 't-010'")
    await pool.execute("UPDATE signal.match_state SET home_score = 7")
    assert len(await verify_now(pool)) >= 4
    assert await rebuild(pool, "m1", 1.0) >= 1
    assert (await clean(pool)).digest == values
    assert {(f["frame"], f["signal"]) for f in await frames(pool, after=seq)} >= {("correction", "xg")}
    seq = await last_seq(pool)
    assert await rebuild(pool, "m1", 1.0) == 0
    assert await frames(pool, after=seq) == []


@pytest.mark.parametrize(("finished", "spoilt"), [(True, "provisional"), (False, "final")])
async def test_rebuild_mends_statuses(pool: Pool, dsn: str, finished: bool, spoilt: str) -> None:
    await told(pool, tiny())
    if finished:
        await append_control(pool, "m1", "soccer", "status", {"status": "finished"})
    await scored(pool, dsn)
    await pool.execute("UPDATE signal.point SET status = $1", spoilt)
    assert await verify_now(pool) != []
    await free(pool)
    await rebuild(pool, "m1", 1.0)
    await clean(pool)
