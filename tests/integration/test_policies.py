"""Chunks that are compressed (Community edition) are read, corrected and purged like others; a job of the owner refreshes the
rollups. On the Apache edition nothing is compressed, no job is there, and the same holds."""

from __future__ import annotations

import random

import psycopg
import pytest

from app.db.pool import Pool
from app.db.sql import query
from app.log.replay import new_replay, play
from app.warehouse.policies import COMPRESSED, add_policies, bring_policies
from app.warehouse.rollups import Refresher
from tests.conftest import Cluster
from tests.engine_kit import clean, scored, tiny, told
from tests.integration.test_rollups import assert_equal, drained, random_changes

PAGE = 200


async def packed(pool: Pool, cluster: Cluster) -> int:
    """Compress every chunk there is of what is ever compressed, however young. Returns how many are now."""
    for table in (p.table for p in COMPRESSED if cluster.edition == "Community"):
        await pool.fetch("SELECT compress_chunk(c, true) FROM show_chunks($1::regclass) c ORDER BY c", table)
    return await pool.fetchval(
        "SELECT count(*) FROM timescaledb_information.chunks WHERE is_compressed AND hypertable_schema IN ('log', 'signal')"
    )


async def drained_by_job(dsn: str) -> None:
    """What the scheduler does, without waiting for marks to settle."""
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("DO $$ BEGIN PERFORM alter_job(job_id, config => config || '{\"settle_s\": 0}') "
                      "FROM timescaledb_information.jobs WHERE proc_name = 'drain'; END $$")  # fmt: skip
        row = owner.execute("SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = 'drain'").fetchone()
        assert row is not None
        owner.execute(f"CALL run_job({int(row[0])})")  # pyright: ignore


async def test_compressed_matches_are_corrected_like_others(pool: Pool, dsn: str, cluster: Cluster) -> None:
    dice = random.Random(20190511)
    for name in ("m1", "m2"):
        await told(pool, tiny(), name)
    await scored(pool, dsn)
    for turn in range(4):
        chunks = await packed(pool, cluster)
        assert chunks == 0 if cluster.edition == "Apache" else chunks >= 3
        # Plans that are kept from before must hold after it, too: each connection has asked all of this by now.
        page = await pool.fetch(query("list_events"), "m1", None, None, None, None, PAGE)
        known = await pool.fetch(
            "SELECT version FROM log.current_event('m1') WHERE NOT control ORDER BY period, order_key, source_event_id"
        )
        assert [r["version"] for r in page] == [r["version"] for r in known]
        if turn == 0:
            count = "SELECT count(*) FROM log.feed_event"
            before = await pool.fetchval(count)
            await told(pool, tiny(), "m2")
            assert await pool.fetchval(count) == before, "what came again is a repeat"
        await told(pool, random_changes(dice), dice.choice(["m1", "m2"]))
        await scored(pool, dsn)
        await clean(pool, "m1")
        await clean(pool, "m2")
        await assert_equal(pool)
        if turn % 2:
            await drained(pool)
            await assert_equal(pool)


async def test_a_compressed_match_is_purged_alone(pool: Pool, dsn: str, cluster: Cluster) -> None:
    await told(pool, tiny())
    await scored(pool, dsn)
    await play(pool, await new_replay(pool, "m1", 10_000.0, "again", claimed_by="me"), "me")
    await scored(pool, dsn)
    of_both = {p.table: f"SELECT match_id, count(*) FROM {p.table} GROUP BY 1 ORDER BY 1" for p in COMPRESSED}  # noqa: S608
    before = {table: dict(await pool.fetch(text)) for table, text in of_both.items()}
    assert before["log.feed_event"].keys() == {"m1", "again"}
    await packed(pool, cluster)
    assert await pool.fetchval(query("purge_match"), "again", "me")
    for table, text in of_both.items():
        assert dict(await pool.fetch(text)) == {m: n for m, n in before[table].items() if m == "m1"}, table
    await drained(pool)
    await assert_equal(pool)


async def test_the_log_stays_append_only_when_it_is_compressed(pool: Pool, cluster: Cluster) -> None:
    await told(pool, tiny())
    await packed(pool, cluster)
    for statement in ("UPDATE log.feed_event SET period = 2", "DELETE FROM log.feed_event", "TRUNCATE log.feed_event"):
        with pytest.raises(Exception, match="append-only"):
            await pool.execute(statement)
    assert await pool.fetchval("SELECT count(*) FROM log.feed_event") == 40


async def test_the_job_stores_what_a_worker_would(pool: Pool, dsn: str, cluster: Cluster) -> None:
    dice = random.Random(11)
    await told(pool, tiny())
    await scored(pool, dsn)
    for _ in range(3):
        if cluster.edition == "Community":
            await pool.fetch(
                "SELECT compress_chunk(format('%I.%I', h.chunk_schema, h.chunk_name)::regclass, true) "
                "FROM timescaledb_information.chunks h JOIN timescaledb_information.continuous_aggregates a "
                "ON a.materialization_hypertable_name = h.hypertable_name"
            )
            await drained_by_job(dsn)
        else:
            assert (
                await pool.fetchval("SELECT count(*) FROM timescaledb_information.jobs WHERE proc_name = 'drain'") == 0
            )
            await Refresher(pool).refresh()
        assert await pool.fetchval("SELECT count(*) FROM rollup.dirty") == 0
        await assert_equal(pool)
        await told(pool, random_changes(dice))
        await scored(pool, dsn)


def test_policies_are_added_once_where_the_edition_has_them(dsn: str, cluster: Cluster) -> None:
    assert bring_policies(dsn) == [], "the migration has added them, or there are none"
    with psycopg.connect(dsn) as owner:
        if cluster.edition == "Community":
            owner.execute("SELECT remove_compression_policy('log.feed_event')")
            owner.execute("SELECT delete_job(job_id) FROM timescaledb_information.jobs WHERE proc_name = 'drain'")
            assert add_policies(owner) == ["compression of log.feed_event", "refresh of the rollups as a job"]
        assert add_policies(owner) == []
