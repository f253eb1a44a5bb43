"""What came of a feed by the minute: closed once a minute is over for everybody, and right before, while and after that."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.db.pool import Pool
from app.warehouse.rollups import Refresher
from tests.conftest import Cluster
from tests.engine_kit import gone, scored, tiny, told
from tests.integration.test_rollups import assert_equal, drained

# As if the messages of a match had come over the last two hours.
EARLIER = """
INSERT INTO log.feed_event
SELECT recorded_at - (1 + version * 3) * INTERVAL '1 minute', match_id, version + 1000, stream_id, control, source_event_id,
       revision, provider_revision, kind, effective, type, period, order_key, elapsed_s, occurred_at, team_id, player_id,
       fields, raw, principal
FROM log.feed_event
"""


async def closed(pool: Pool) -> datetime:
    return await pool.fetchval("SELECT upto FROM rollup.closed WHERE rollup = 'feed_health_1m'")


async def earlier(pool: Pool) -> datetime:
    """A match whose messages came over the last hours, none of which is closed. Says from when on."""
    await told(pool, tiny())
    await pool.execute(EARLIER)
    return await pool.fetchval(
        "UPDATE rollup.closed SET upto = date_trunc('hour', now()) - INTERVAL '1 day' RETURNING upto"
    )


async def stored(pool: Pool) -> int:
    """Rows that are kept of closed minutes."""
    community = await pool.fetchval("SELECT current_setting('timescaledb.license') = 'timescale'")
    kept = "aggregate" if community else "store"
    return await pool.fetchval(
        f"SELECT count(*) FROM rollup.feed_health_1m_{kept} WHERE bucket < (SELECT upto FROM rollup.closed)"  # noqa: S608
    )


async def test_minutes_close_when_they_are_over(pool: Pool) -> None:
    since = await earlier(pool)
    before = await assert_equal(pool)
    assert before["feed_health_1m"] > 40
    refresher = Refresher(pool)
    await refresher.refresh()
    assert await closed(pool) == since, "noted, and closed at the next turn"
    await assert_equal(pool)
    await refresher.refresh()
    upto = await closed(pool)
    assert timedelta(0) <= await pool.fetchval("SELECT now()") - upto < timedelta(minutes=2)
    assert await stored(pool) >= 40
    assert await assert_equal(pool) == before
    await told(pool, tiny(), "m2")
    assert (await assert_equal(pool))["feed_health_1m"] > before["feed_health_1m"]


async def test_whoever_may_still_write_into_a_minute_keeps_it_open(pool: Pool) -> None:
    since = await earlier(pool)
    refresher = Refresher(pool)
    async with pool.acquire() as slow:
        appending = slow.transaction()
        await appending.start()
        await slow.execute(EARLIER.replace("version + 1000", "version + 5000") + " WHERE version < 1000")
        for _ in range(3):
            await refresher.refresh()
            assert await closed(pool) == since
        await assert_equal(pool)
        await appending.commit()
    await assert_equal(pool)
    await refresher.refresh()
    assert await closed(pool) > since
    await assert_equal(pool)


async def test_a_clock_that_was_put_back_and_a_database_from_elsewhere(pool: Pool) -> None:
    await earlier(pool)
    refresher = Refresher(pool)
    await pool.execute("UPDATE rollup.closed SET upto = now() + INTERVAL '1 hour'")
    await refresher.refresh()
    assert await closed(pool) <= await pool.fetchval("SELECT now()")
    # Transactions of the server that it came from are beyond all that this one has seen.
    await pool.execute(
        "UPDATE rollup.closed SET upto = upto - INTERVAL '1 day', next_upto = upto - INTERVAL '1 hour', "
        "until_xid = '99999999999'"
    )
    since = await closed(pool)
    await refresher.refresh()
    await refresher.refresh()
    assert await closed(pool) > since
    await assert_equal(pool)


async def test_what_is_compressed_is_corrected_like_the_rest(pool: Pool, dsn: str, cluster: Cluster) -> None:
    """And every aggregate has its policies; the Apache edition has none of either. Sessions keep their plans meanwhile."""
    await told(pool, tiny())
    await scored(pool, dsn)
    await drained(pool)
    jobs = await pool.fetch(
        "SELECT j.proc_name, c.view_name FROM timescaledb_information.jobs j JOIN timescaledb_information.continuous_aggregates c "
        "ON j.hypertable_name IN (c.view_name, c.materialization_hypertable_name) WHERE c.view_schema = 'rollup'"
    )
    found = {(r["proc_name"].removeprefix("policy_"), r["view_name"].removesuffix("_aggregate")) for r in jobs}
    names = ("signal_1m", "signal_5m", "team_minute", "player_minute", "match_phase", "feed_health_1m")
    wanted = {(kind, name) for kind in ("refresh_continuous_aggregate", "compression") for name in names}
    assert found == (wanted | {("retention", "feed_health_1m")} if cluster.edition == "Community" else set())
    if cluster.edition == "Community":
        packed = await pool.fetchval(
            "SELECT count(compress_chunk(format('%I.%I', h.chunk_schema, h.chunk_name)::regclass)) "
            "FROM timescaledb_information.chunks h JOIN timescaledb_information.continuous_aggregates c "
            "ON c.materialization_hypertable_name = h.hypertable_name WHERE c.view_schema = 'rollup'"
        )
        assert packed >= 5
        await assert_equal(pool)
    await told(pool, [tiny()[20], *tiny()[5:9]], "m2")
    await told(pool, [gone(tiny()[n].source_event_id) for n in (10, 22)])
    await scored(pool, dsn)
    await assert_equal(pool)
    await drained(pool)
    await assert_equal(pool)
