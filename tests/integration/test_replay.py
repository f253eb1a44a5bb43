"""Replays come to the values of what they replay, survive their runner, and can be purged without a trace."""

import asyncio
import contextlib

import pytest

from app.db.pool import Pool
from app.errors import DecodeError, UnknownMatch, UsageError
from app.log.control import append_control
from app.log.ingest import quarantine
from app.log.purge import NotPurgeable, purge
from app.log.replay import Replay, claim, new_replay, play
from tests.engine_kit import clean, feed, free, opened, scored, shot, tiny, told

FAST = 10_000.0


async def source(pool: Pool, dsn: str) -> None:
    """The fixture match with a late event and a correction, finished."""
    await append_control(pool, "m1", "soccer", "match_info", {"venue": "Quay"})
    await told(pool, [*tiny()[:10], *tiny()[11:], tiny()[10]], origin="import")
    await told(pool, [shot("t-022", 22, "post", clock_s=1502.0), feed("t-039", 0, period=0, kind="retracted")])
    for status in ("suspended", "live", "finished"):
        await append_control(pool, "m1", "soccer", "status", {"status": status})
    await scored(pool, dsn)


async def values(pool: Pool, match: str) -> list[tuple[object, ...]]:
    rows = await pool.fetch(
        "SELECT signal, subject, anchor, value, status FROM signal.point WHERE match_id = $1 ORDER BY 1, 2, 3", match
    )
    return [tuple(r) for r in rows]


async def test_a_replay_comes_to_the_same_values(pool: Pool, dsn: str) -> None:
    await source(pool, dsn)
    replay = await new_replay(pool, "m1", FAST, "again", claimed_by="me")
    assert await play(pool, replay, "me")
    await scored(pool, dsn)
    assert (await clean(pool, "again")).digest == (await clean(pool, "m1")).digest
    assert await values(pool, "again") == await values(pool, "m1") != []
    row = await pool.fetchrow("SELECT origin, replay_of FROM log.match WHERE match_id = 'again'")
    assert tuple(row) == ("replay", "m1")
    assert await pool.fetchval("SELECT status FROM ops.replay") == "finished"


async def interrupted(pool: Pool, at: int) -> Replay:
    """A replay whose runner died after so many events."""
    replay = await new_replay(pool, "m1", FAST, "again", claimed_by="first")
    stopped = asyncio.Event()

    def look(done: int, every: int, elapsed_s: float) -> None:
        if done >= at:
            stopped.set()

    running = asyncio.create_task(play(pool, replay, "first", look))
    await stopped.wait()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    return replay


async def taken_up(pool: Pool) -> Replay:
    await pool.execute("UPDATE ops.replay SET seen_at = clock_timestamp() - INTERVAL '6 seconds', status = 'running'")
    [replay] = await claim(pool, "second")
    return replay


@pytest.mark.parametrize("at", [1, 12, 25])
async def test_an_interrupted_replay_goes_on_without_loss_or_repeat(pool: Pool, dsn: str, at: int) -> None:
    await source(pool, dsn)
    await interrupted(pool, at)
    before = await pool.fetchval("SELECT version FROM log.match WHERE match_id = 'again'")
    assert await play(pool, await taken_up(pool), "second")
    rows = await pool.fetch("SELECT version, revision FROM log.feed_event WHERE match_id = 'again' ORDER BY version")
    assert [r["version"] for r in rows] == list(range(1, 44))
    assert {r["revision"] for r in rows} == {1}
    assert before >= at
    await scored(pool, dsn)
    assert await values(pool, "again") == await values(pool, "m1")
    await clean(pool, "again")


async def test_what_the_source_got_meanwhile_is_not_lost(pool: Pool, dsn: str) -> None:
    await source(pool, dsn)
    await interrupted(pool, 25)
    await told(pool, [shot("late", 5.5, "goal", clock_s=3.0), shot("t-010", 10, "goal", clock_s=9.8)])
    assert await play(pool, await taken_up(pool), "second")
    await scored(pool, dsn)
    assert await values(pool, "again") == await values(pool, "m1")


async def test_a_runner_that_was_taken_over_stops(pool: Pool, dsn: str) -> None:
    await source(pool, dsn)
    replay = await new_replay(pool, "m1", FAST, "again", claimed_by="first")
    await taken_up(pool)
    assert not await play(pool, replay, "first")
    assert await pool.fetchval("SELECT version FROM log.match WHERE match_id = 'again'") == 0


async def test_a_purge_ends_a_running_replay(pool: Pool, dsn: str) -> None:
    await source(pool, dsn)
    replay = await new_replay(pool, "m1", 2000.0, "again", claimed_by="me")
    begun = asyncio.Event()
    running = asyncio.create_task(play(pool, replay, "me", lambda *_: begun.set()))
    await begun.wait()
    assert await purge(pool, "again")
    assert await asyncio.wait_for(running, 10) is False
    assert await pool.fetchval("SELECT count(*) FROM log.match WHERE match_id = 'again'") == 0
    with pytest.raises(UnknownMatch):
        await play(pool, replay, "me")
    assert await pool.fetchval("SELECT count(*) FROM log.match WHERE match_id = 'again'") == 0


async def test_a_replay_of_what_was_purged_fails_and_says_so(pool: Pool, dsn: str) -> None:
    await source(pool, dsn)
    await play(pool, await new_replay(pool, "m1", FAST, "first", claimed_by="me"), "me")
    second = await new_replay(pool, "first", FAST, "second", claimed_by="me")
    await purge(pool, "first")
    assert not await play(pool, second, "me")
    row = await pool.fetchrow("SELECT status, reason FROM ops.replay WHERE match_id = 'second'")
    assert row["status"] == "failed"
    assert "first" in row["reason"]


async def test_a_real_match_stays(pool: Pool, dsn: str) -> None:
    await source(pool, dsn)
    with pytest.raises(NotPurgeable):
        await purge(pool, "m1")
    await clean(pool)
    assert not await purge(pool, "nobody")


async def test_what_cannot_be_replayed_is_said(pool: Pool) -> None:
    await opened(pool)
    for speed in (0.0, -1.0, 10_001.0, float("nan")):
        with pytest.raises(UsageError, match="speed"):
            await new_replay(pool, "m1", speed, None)
    with pytest.raises(UnknownMatch):
        await new_replay(pool, "nobody", 1.0, None)
    with pytest.raises(UsageError, match="already"):
        await new_replay(pool, "m1", 1.0, "m1")


async def test_a_purged_replay_leaves_no_trace(pool: Pool, dsn: str) -> None:
    from app.warehouse.rollups import Refresher

    await source(pool, dsn)
    await play(pool, await new_replay(pool, "m1", FAST, "again", claimed_by="me"), "me")
    await scored(pool, dsn)
    await quarantine(pool, "again", "touchline", [(b"?", DecodeError("broken"))])
    refresher = Refresher(pool)
    while await refresher.refresh():
        pass
    assert await pool.fetchval("SELECT count(*) FROM rollup.signal_1m_all WHERE match_id = 'again'") > 0
    await free(pool)
    assert await purge(pool, "again")
    assert await pool.fetchval("SELECT count(*) FROM rollup.signal_1m_all WHERE match_id = 'again'") == 0
    while await refresher.refresh():
        pass
    assert await traces(pool, "again") == {"ops.audit": 1}
    await clean(pool)


async def traces(pool: Pool, match_id: str) -> dict[str, int]:
    """Where a match is still named, by table: every column of every table of ours that could hold its id or key."""
    columns = await pool.fetch(
        "SELECT format('%I.%I', c.table_schema, c.table_name) AS name, c.column_name "
        "FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) "
        "WHERE t.table_type = 'BASE TABLE' AND c.table_schema = ANY (ARRAY['log','signal','rollup','mart','registry','ops']) "
        "AND c.column_name IN ('match_id', 'match_key', 'replay_of', 'stream_id')"
    )
    assert len(columns) > 10
    orphan = {
        "match_key": "NOT IN (SELECT match_key FROM mart.dim_match)",
        "stream_id": "NOT IN (SELECT stream_id FROM log.stream)",
    }
    found = {}
    for name, column in columns:
        test = orphan.get(column, f"= '{match_id}'")
        count = await pool.fetchval(f"SELECT count(*) FROM {name} WHERE {column} {test}")  # noqa: S608
        if count:
            found[name] = count
    return found
