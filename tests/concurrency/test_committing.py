"""Several matches in one commit: each as if it were alone, whoever else is in it."""

import asyncio
from typing import Any

import pytest

from app.db.pool import Pool
from app.db.sql import query
from app.log.read import read
from app.scoring import committer as committers
from app.scoring.commit import Batch, LeaseLost, commit_all
from app.scoring.committer import Committer
from app.scoring.leases import PIPELINE
from tests.engine_kit import clean, drain, feed, frames, free, new_worker, scored, session_of, shot, told

NAMES = ["m1", "m2", "m3", "m4"]


async def outcomes(pool: Pool, dsn: str) -> list[Batch]:
    """What four matches came to whose next passes wait, none of which changes a dimension."""
    for name in NAMES:
        await told(pool, [feed("a", 1), shot("s", 2, clock_s=10.0)], name)
    await drain(new_worker(pool, dsn))
    await free(pool)
    for name in NAMES:
        await told(pool, [feed("b", 3, clock_s=30.0), shot("t", 4, clock_s=70.0)], name)
    found = []
    for row in await pool.fetch(query("claim"), PIPELINE, "me", 30.0, 10, None):
        session = await session_of(pool, row["match_id"], row["lease_epoch"])
        await session.restore(pool, row["version"])
        out = await session.score(pool, await read(pool, session.match, after=row["version"]), row["head"])
        assert not out.dims_changed
        found.append(Batch(row["match_id"], row["lease_epoch"], row["version"], out, session.generation))
    assert sorted(b.match_id for b in found) == NAMES
    return found


async def test_matches_committed_together_are_as_if_each_was_alone(pool: Pool, dsn: str) -> None:
    assert len(await commit_all(pool, await outcomes(pool, dsn), PIPELINE, 1.0)) == len(NAMES)
    told_of = []
    for name in NAMES:
        await clean(pool, name)
        told_of.append([(f["frame"], f.get("signal"), f.get("value")) for f in await frames(pool, name)])
    assert told_of[0] == told_of[1] == told_of[2] == told_of[3] != []


async def test_who_has_lost_the_match_takes_nobody_along(pool: Pool, dsn: str) -> None:
    batches = await outcomes(pool, dsn)
    await pool.execute("UPDATE ops.cursor SET lease_epoch = lease_epoch + 1 WHERE match_id = 'm2'")
    written = await commit_all(pool, batches, PIPELINE, 1.0)
    assert sorted(b.match_id for b in written) == ["m1", "m3", "m4"]
    assert [f for f in await frames(pool, "m2") if f.get("source_event_id") == "t"] == []
    await scored(pool, dsn)
    for name in NAMES:
        await clean(pool, name)


async def settled(committer: Committer, batches: list[Batch]) -> list[Any]:
    """What each of them is told, when all are handed over at once."""
    return await asyncio.gather(*(committer.commit(b) for b in batches), return_exceptions=True)


async def test_what_the_database_refuses_of_one_is_written_of_the_others(pool: Pool, dsn: str) -> None:
    batches = await outcomes(pool, dsn)
    batches[2].out.frames[0].event = "no such frame"
    told_each = await settled(Committer(pool, PIPELINE, 1.0), batches)
    assert [type(e).__name__ for e in told_each] == ["NoneType", "NoneType", "CheckViolationError", "NoneType"]
    await scored(pool, dsn)
    for name in NAMES:
        await clean(pool, name)


async def test_what_waits_goes_together(pool: Pool, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = await outcomes(pool, dsn)
    batches[1].epoch -= 1
    groups: list[int] = []

    async def noted(pool: Pool, part: list[Batch], *more: Any) -> list[Batch]:
        groups.append(len(part))
        return await commit_all(pool, part, *more)

    monkeypatch.setattr(committers, "commit_all", noted)
    told_each = await settled(Committer(pool, PIPELINE, 1.0), batches)
    assert groups == [4]
    assert [type(e) for e in told_each] == [type(None), LeaseLost, type(None), type(None)]
