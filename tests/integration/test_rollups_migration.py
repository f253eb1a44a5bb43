"""The way from the release that had one rollup: it is made anew of finer parts, and what reads it goes on reading it."""

# ruff: noqa: S608  (texts of this file)

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import psycopg
from alembic import command
from sqlalchemy import create_engine

from app.db.migrate import config, migrate, sqlalchemy_url
from app.db.pool import open_pool
from tests.conftest import Cluster
from tests.integration.test_rollups import assert_equal, drained

# As the release before made it.
DEFINITION = """
SELECT time_bucket(INTERVAL '1 minute', occurred_at) AS bucket, match_id, signal, signal_version, subject,
       sum(value) AS value_sum, count(value) AS value_count, min(value) AS value_min, max(value) AS value_max
FROM signal.point GROUP BY 1, 2, 3, 4, 5
"""
STORED = {
    "Apache": f"""CREATE TABLE rollup.signal_1m_store AS {DEFINITION} WITH NO DATA;
        CREATE INDEX signal_1m_store_match_bucket ON rollup.signal_1m_store (match_id, bucket);""",
    "Community": f"""CREATE MATERIALIZED VIEW rollup.signal_1m_aggregate
        WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS {DEFINITION} WITH NO DATA""",
}
VIEWS = f"""
CREATE VIEW rollup.signal_1m_live AS {DEFINITION};
CREATE VIEW rollup.signal_1m_all AS
    SELECT r.* FROM rollup.stored r WHERE NOT EXISTS (SELECT 1 FROM rollup.dirty d WHERE d.source = 'signal.point'
        AND d.match_id = r.match_id AND d.bucket >= r.bucket AND d.bucket < r.bucket + INTERVAL '1 minute')
    UNION ALL SELECT l.* FROM (SELECT DISTINCT match_id, bucket FROM rollup.dirty WHERE source = 'signal.point') t
    CROSS JOIN LATERAL (SELECT * FROM rollup.signal_1m_live v WHERE v.match_id = t.match_id AND v.bucket = t.bucket) l;
CREATE VIEW rollup.signal_1m AS SELECT r.* FROM rollup.signal_1m_all r JOIN log.match m USING (match_id)
    WHERE m.origin IN ('live', 'import');
CREATE VIEW public.mine AS SELECT match_id, sum(value_sum) FROM rollup.signal_1m GROUP BY 1;
"""
MATCHES = """
INSERT INTO log.match (match_id, sport, origin, anchor_at, anchor_source) VALUES
    ('old', 'soccer', 'import', '2018-08-18 20:15+00', 'kickoff'), ('new', 'soccer', 'live', '2019-08-18 20:15+00', 'kickoff');
INSERT INTO mart.dim_team (team_id) VALUES ('x:team:0'), ('x:team:1');
INSERT INTO mart.dim_player (player_id) SELECT 'x:player:' || n FROM generate_series(0, 2) AS n;
INSERT INTO signal.point (occurred_at, match_id, signal, signal_version, subject, anchor, team_id, value, status, period,
                          elapsed_s, order_key, version)
    SELECT anchor_at + n * INTERVAL '7 seconds', match_id, 'xt', 1, 'x:player:' || n % 3, 'event:' || n, 'x:team:' || n % 2,
           n * 0.1, 'final', 1, n * 7, n, n FROM log.match, generate_series(1, 200) AS n;
"""
# One of the two matches is refreshed, the other still waits.
REFRESHED = {
    "Apache": "INSERT INTO rollup.signal_1m_store SELECT * FROM rollup.signal_1m_live WHERE match_id = 'old'",
    "Community": "CALL refresh_continuous_aggregate('rollup.signal_1m_aggregate', '2018-01-01', '2019-01-01')",
}
WAITING = """
INSERT INTO rollup.dirty (source, match_id, bucket) SELECT DISTINCT 'signal.point', match_id,
    time_bucket(INTERVAL '1 minute', occurred_at) FROM signal.point WHERE match_id = 'new'
"""
MINE = "SELECT match_id, round(sum::numeric, 6) FROM public.mine ORDER BY 1"


def _as_before(dsn: str, edition: str) -> list[Any]:
    """A database of the release before, and what somebody's own view says of the rollup."""
    engine = create_engine(sqlalchemy_url(dsn))
    with engine.connect() as connection:
        alembic = config()
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, "0006")
        connection.commit()
    engine.dispose()
    views = VIEWS.replace("rollup.stored", f"rollup.signal_1m_{'aggregate' if edition == 'Community' else 'store'}")
    with psycopg.connect(dsn, autocommit=True) as old:
        for text in (STORED[edition], views, MATCHES, REFRESHED[edition], WAITING):
            old.execute(text)  # pyright: ignore
        return old.execute(MINE).fetchall()


async def test_signal_1m_of_the_release_before_comes_along(cluster: Cluster, make_database: Callable[[], str]) -> None:
    name = f"t_{uuid4().hex[:12]}"
    with psycopg.connect(make_database().replace("//touchline@", "//postgres@"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} OWNER touchline")  # pyright: ignore
        with psycopg.connect(cluster.dsn_of(name).replace("//touchline@", "//postgres@"), autocommit=True) as fresh:
            fresh.execute("CREATE EXTENSION timescaledb")
            fresh.execute("GRANT CREATE ON SCHEMA public TO touchline")
        dsn = cluster.dsn_of(name)
        try:
            before = _as_before(dsn, cluster.edition)
            assert [m for m, _ in before] == ["new", "old"]
            assert migrate(dsn) is True
            with psycopg.connect(dsn, autocommit=True) as new:
                assert new.execute(MINE).fetchall() == before
                assert new.execute("SELECT relname FROM pg_class WHERE relname LIKE '%0006%'").fetchall() == []
            pool = await open_pool(dsn, size=3)
            try:
                counted = await assert_equal(pool)
                assert min(n for r, n in counted.items() if r != "feed_health_1m") > 3
                await drained(pool)
                await assert_equal(pool)
            finally:
                await pool.close()
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")  # pyright: ignore
