"""Several workers, killed workers, zombies and a database that hangs up: nothing is lost, doubled or held up."""

import asyncio
import contextlib
from typing import Any

import pytest

from app.db.pool import Pool
from app.db.sql import query
from app.log.append import append, open_stream
from app.log.purge import purge
from app.log.read import read
from app.scoring import committer
from app.scoring.commit import Batch, LeaseLost, commit
from app.scoring.leases import PIPELINE
from app.scoring.outcome import Outcome
from app.scoring.session import Session
from app.sports.fold import MatchFold
from tests.concurrency.running_workers import running, until_scored
from tests.engine_kit import (
    clean,
    drain,
    frames,
    free,
    gone,
    new_worker,
    scored,
    session_of,
    shot,
    state,
    tiny,
    told,
)


async def everything(pool: Pool) -> tuple[Any, ...]:
    tables = ("signal.point", "signal.publication", "signal.match_state", "mart.fact_shot", "mart.dim_match")
    return tuple([await pool.fetchval(f"SELECT count(*) FROM {t}") for t in tables])  # noqa: S608


async def claimed(pool: Pool, owner: str) -> Session:
    """What a worker holds after it claimed the match and scored a batch, before its commit."""
    row = await pool.fetchrow(query("claim"), PIPELINE, owner, 1.0, 1, None)
    session = await session_of(pool, "m1", row["lease_epoch"])
    await session.restore(pool, row["version"])
    return session


def batch(session: Session, out: Outcome) -> Batch:
    return Batch(session.match.match_id, session.epoch, 0, out, session.generation)


async def test_a_zombie_cannot_commit(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    zombie = await claimed(pool, "zombie")
    out = await zombie.score(pool, await read(pool, zombie.match), 40)
    await free(pool)
    other = await claimed(pool, "other")
    assert other.epoch > zombie.epoch
    before = await everything(pool)
    with pytest.raises(LeaseLost):
        await commit(pool, batch(zombie, out), PIPELINE, 1.0)
    assert await everything(pool) == before == (0, 0, 0, 0, 0)
    await commit(pool, batch(other, await other.score(pool, await read(pool, other.match), 40)), PIPELINE, 1.0)
    with pytest.raises(LeaseLost):
        await commit(pool, batch(other, out), PIPELINE, 1.0)
    await clean(pool)


async def test_a_commit_of_a_purged_match_writes_nothing(pool: Pool, dsn: str) -> None:
    await told(pool, tiny(), origin="simulation")
    late = await claimed(pool, "late")
    out = await late.score(pool, await read(pool, late.match), 40)
    assert await purge(pool, "m1")
    with pytest.raises(LeaseLost):
        await commit(pool, batch(late, out), PIPELINE, 1.0)
    assert await everything(pool) == (0, 0, 0, 0, 0)


async def test_a_purge_waits_for_the_commit_under_way(pool: Pool, dsn: str) -> None:
    await told(pool, tiny(), origin="simulation")
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("UPDATE ops.cursor SET version = version WHERE match_id = 'm1'")
        purging = asyncio.create_task(purge(pool, "m1"))
        while not await pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)
        await connection.execute(
            "INSERT INTO signal.point (occurred_at, match_id, signal, signal_version, subject, anchor, status, period, "
            "elapsed_s, order_key, version) VALUES (now(), 'm1', 's', 1, 'match', 'a', 'final', 1, 0, 0, 1)"
        )
        await connection.execute(
            "INSERT INTO signal.match_state VALUES ('m1', 1, null, null, null, null, 0, 0, 0, 0, '', 'live', '{}', now())"
        )
        await transaction.commit()
    assert await purging
    assert await everything(pool) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("where", ["score", "commit"])
async def test_a_worker_killed_on_its_way_loses_nothing(
    pool: Pool, dsn: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await told(pool, tiny(), "m1")
    reached = asyncio.Event()

    async def hang(*_args: Any) -> None:
        reached.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        if where == "score":
            patched.setattr(Session, "score", hang)
        else:
            patched.setattr(committer, "commit", hang)
        killed = asyncio.create_task(new_worker(pool, dsn, 7).score_waiting())
        await reached.wait()
        killed.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await killed
    assert await everything(pool) == (0, 0, 0, 0, 0)
    await scored(pool, dsn, 7)
    await clean(pool)
    await told(pool, tiny(), "m2")
    await scored(pool, dsn, 7)
    assert [_said(f) for f in await frames(pool, "m1")] == [_said(f) for f in await frames(pool, "m2")]


def _said(frame: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(frame.get(k) for k in ("frame", "signal", "subject", "anchor", "value"))


@pytest.mark.parametrize("late", [False, True])
async def test_a_worker_whose_scoring_broke_off_begins_anew(
    pool: Pool, dsn: str, late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fold in memory has gone on while the cursor has not: it must not be gone on with."""
    await told(pool, tiny()[:20])
    worker = await scored(pool, dsn)
    await told(pool, [*tiny()[20:], *([gone("t-013")] if late else [])])

    async def lost(*_args: Any) -> None:
        raise ConnectionResetError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(committer, "commit", lost)
        with pytest.raises(ConnectionResetError):
            await worker.score_waiting()
    await drain(worker)
    await clean(pool)


async def test_a_poisoned_match_waits_alone_and_recovers(pool: Pool, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = MatchFold._fold

    def poisoned(self: MatchFold, event: Any, *more: Any) -> None:
        if event.source_event_id == "poison":
            raise RuntimeError("cannot fold this")
        real(self, event, *more)

    await told(pool, [*tiny()[:10], shot("poison", 11, "goal", clock_s=12.0), *tiny()[11:]], "bad")
    await told(pool, tiny(), "good")
    with monkeypatch.context() as patched:
        patched.setattr(MatchFold, "_fold", poisoned)
        await drain(new_worker(pool, dsn))
        await clean(pool, "good")
        row = await pool.fetchrow("SELECT * FROM ops.cursor WHERE match_id = 'bad'")
        reason = "event poison (shot, version 11) cannot be folded: RuntimeError: cannot fold this"
        assert (row["version"], row["attempts"], row["parked_reason"]) == (0, 1, reason)
        assert row["retry_at"] > row["parked_at"]
        await scored(pool, dsn)
        again = await pool.fetchrow("SELECT * FROM ops.cursor WHERE match_id = 'bad'")
        assert (again["attempts"], again["parked_at"]) == (2, row["parked_at"])
    await scored(pool, dsn)
    await clean(pool, "bad")
    row = await pool.fetchrow("SELECT * FROM ops.cursor WHERE match_id = 'bad'")
    assert (row["attempts"], row["parked_at"], row["parked_reason"]) == (0, None, None)
    assert (await state(pool, "bad"))["home_score"] == 3


async def test_a_match_that_has_failed_for_months_still_parks(
    pool: Pool, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await told(pool, tiny(), "bad")
    await pool.execute("UPDATE ops.cursor SET attempts = 100000")

    def poisoned(*_args: Any) -> Any:
        raise RuntimeError("cannot fold anything")

    with monkeypatch.context() as patched:
        patched.setattr(MatchFold, "_fold", poisoned)
        await drain(new_worker(pool, dsn))
    row = await pool.fetchrow(
        "SELECT attempts, retry_at - clock_timestamp() AS wait FROM ops.cursor WHERE match_id = 'bad'"
    )
    assert row["attempts"] == 100_001
    assert 200 < row["wait"].total_seconds() <= 300


async def test_two_workers_score_many_matches_once_each(pool: Pool, dsn: str) -> None:
    names = [f"m{i}" for i in range(12)]
    async with running(new_worker(pool, dsn, 9), new_worker(pool, dsn, 9)):
        for part in (tiny()[:15], tiny()[15:30], [gone("t-013"), *tiny()[30:]]):
            await asyncio.gather(*(told(pool, part, name) for name in names))
        await until_scored(pool)
    for name in names:
        await clean(pool, name)
        assert (await state(pool, name))["home_score"] == 1
        said = await frames(pool, name)
        firsts = [(f["signal"], f["subject"], f["anchor"]) for f in said if f["frame"] == "signal"]
        assert len(firsts) == len(set(firsts))
        events = [f["event"]["version"] for f in said if f["frame"] == "event"]
        assert events == list(range(1, 42))
    assert await pool.fetchval("SELECT bool_and(version = 41) FROM ops.cursor")


async def test_workers_come_and_go(pool: Pool, dsn: str) -> None:
    names = [f"m{i}" for i in range(4)]
    streams = [await open_stream(pool, n, sport="soccer", provider="touchline") for n in names]
    for start in range(0, 40, 4):
        async with running(new_worker(pool, dsn, 3), new_worker(pool, dsn, 3)):
            await asyncio.gather(*(append(pool, s, tiny()[start : start + 4], "push") for s in streams))
            await asyncio.sleep(0.01 * (start % 3))
    await scored(pool, dsn)
    digests = {(await clean(pool, n)).digest for n in names}
    assert len(digests) == 1
