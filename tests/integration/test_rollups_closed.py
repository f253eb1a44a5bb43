"""What came of a feed by the minute: closed once a minute is over for everybody, and right before, while and after that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import psycopg
from alembic import command
from sqlalchemy import create_engine

from app.db.migrate import config, migrate, sqlalchemy_url
from app.db.pool import Pool, open_pool
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


OLD = """
CREATE VIEW rollup.signal_1m_live AS {definition};
CREATE VIEW rollup.signal_1m_all AS
    SELECT r.* FROM rollup.{stored} r WHERE NOT EXISTS (SELECT 1 FROM rollup.dirty d WHERE d.source = 'signal.point'
        AND d.match_id = r.match_id AND d.bucket >= r.bucket AND d.bucket < r.bucket + INTERVAL '1 minute')
    UNION ALL SELECT l.* FROM (SELECT DISTINCT match_id, bucket FROM rollup.dirty WHERE source = 'signal.point') t
    CROSS JOIN LATERAL (SELECT * FROM rollup.signal_1m_live v WHERE v.match_id = t.match_id AND v.bucket = t.bucket) l;
CREATE VIEW rollup.signal_1m AS SELECT r.* FROM rollup.signal_1m_all r JOIN log.match m USING (match_id)
    WHERE m.origin IN ('live', 'import');
CREATE VIEW public.mine AS SELECT match_id, sum(value_sum) FROM rollup.signal_1m GROUP BY 1;
INSERT INTO log.match (match_id, sport, origin, anchor_at, anchor_source) VALUES
    ('old', 'soccer', 'import', '2018-08-18 20:15+00', 'kickoff'), ('new', 'soccer', 'live', '2019-08-18 20:15+00', 'kickoff');
INSERT INTO signal.point (occurred_at, match_id, signal, signal_version, subject, anchor, team_id, value, status, period,
                          elapsed_s, order_key, version)
    SELECT anchor_at + n * INTERVAL '7 seconds', match_id, 'xt', 1, 'x:player:' || n % 3, 'event:' || n, 'x:team:' || n % 2,
           n * 0.1, 'final', 1, n * 7, n, n FROM log.match, generate_series(1, 200) AS n;
"""
DEFINITION = """
SELECT time_bucket(INTERVAL '1 minute', occurred_at) AS bucket, match_id, signal, signal_version, subject,
       sum(value) AS value_sum, count(value) AS value_count, min(value) AS value_min, max(value) AS value_max
FROM signal.point GROUP BY 1, 2, 3, 4, 5
"""
APACHE = """
CREATE TABLE rollup.signal_1m_store AS SELECT * FROM rollup.signal_1m_live;
CREATE INDEX signal_1m_store_match_bucket ON rollup.signal_1m_store (match_id, bucket);
"""


async def test_signal_1m_of_the_release_before_comes_along(cluster: Cluster, make_database: Callable[[], str]) -> None:
    name = f"t_{uuid4().hex[:12]}"
    community = cluster.edition == "Community"
    with psycopg.connect(make_database().replace("//touchline@", "//postgres@"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} OWNER touchline")  # pyright: ignore
        with psycopg.connect(cluster.dsn_of(name).replace("//touchline@", "//postgres@"), autocommit=True) as fresh:
            fresh.execute("CREATE EXTENSION timescaledb")
            fresh.execute("GRANT CREATE ON SCHEMA public TO touchline")
        dsn = cluster.dsn_of(name)
        try:
            engine = create_engine(sqlalchemy_url(dsn))
            with engine.connect() as connection:
                alembic = config()
                alembic.attributes["connection"] = connection
                command.upgrade(alembic, "0006")
                connection.commit()
            engine.dispose()
            made = OLD.format(definition=DEFINITION, stored="signal_1m_aggregate" if community else "signal_1m_store")
            live, rest = made.split(";", 1)
            with psycopg.connect(dsn, autocommit=True) as old:
                old.execute(live)  # pyright: ignore
                if community:
                    old.execute(
                        "CREATE MATERIALIZED VIEW rollup.signal_1m_aggregate WITH (timescaledb.continuous, "  # pyright: ignore
                        f"timescaledb.materialized_only = false) AS {DEFINITION} WITH NO DATA"
                    )
                else:
                    old.execute(APACHE)
                old.execute(rest)  # pyright: ignore
                # One of the two matches is refreshed, the other still waits.
                if community:
                    old.execute(
                        "CALL refresh_continuous_aggregate('rollup.signal_1m_aggregate', '2018-01-01', '2019-01-01')"
                    )
                else:
                    old.execute("INSERT INTO rollup.signal_1m_store SELECT * FROM rollup.signal_1m_live WHERE match_id = 'old'")
                old.execute(
                    "INSERT INTO rollup.dirty (source, match_id, bucket) SELECT DISTINCT 'signal.point', match_id, "
                    "time_bucket(INTERVAL '1 minute', occurred_at) FROM signal.point WHERE match_id = 'new'"
                )
                before = old.execute("SELECT * FROM public.mine ORDER BY 1").fetchall()
                assert [m for m, _ in before] == ["new", "old"]
            assert migrate(dsn) is True
            with psycopg.connect(dsn, autocommit=True) as new:
                after = new.execute("SELECT * FROM public.mine ORDER BY 1").fetchall()
                assert [(m, round(s, 6)) for m, s in after] == [(m, round(s, 6)) for m, s in before]
                left = new.execute("SELECT relname FROM pg_class WHERE relname LIKE '%0006%'").fetchall()
                assert left == []
            pool = await open_pool(dsn, size=3)
            try:
                await pool.execute("INSERT INTO mart.dim_team (team_id) VALUES ('x:team:0'), ('x:team:1')")
                await pool.execute("INSERT INTO mart.dim_player (player_id) SELECT 'x:player:' || n FROM generate_series(0, 2) AS n")
                counted = await assert_equal(pool)
                assert min(n for r, n in counted.items() if r != "feed_health_1m") > 3
                await drained(pool)
                await assert_equal(pool)
            finally:
                await pool.close()
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")  # pyright: ignore


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
