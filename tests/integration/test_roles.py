"""What each role of the database may do, and what it may not, however it is tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import LiteralString

import asyncpg
import psycopg
import pytest
from psycopg.errors import (
    FeatureNotSupported,
    InsufficientPrivilege,
    InvalidSchemaName,
    ObjectNotInPrerequisiteState,
    QueryCanceled,
    ReadOnlySqlTransaction,
)

from app.db.migrate import grant_roles
from app.db.pool import open_pool
from app.scoring.register import register
from app.warehouse.keeping import keep_facts
from app.warehouse.kpi import answer, declared
from app.warehouse.rollups import Refresher
from app.warehouse.rollups import declared as rollups
from tests.conftest import Cluster
from tests.engine_kit import clean, scored, tiny, told
from tests.integration.test_policies import drained_by_job
from tests.star_kit import Star

READ_WRITE = "SET default_transaction_read_only = off; SET statement_timeout = 0; "
BREAK_OUTS: list[LiteralString] = [
    "SELECT * FROM log.feed_event",
    "SELECT * FROM log.match",
    "SELECT * FROM signal.point",
    "SELECT * FROM signal.match_state",
    "SELECT * FROM registry.signal_version",
    "SELECT * FROM ops.api_key",
    "SELECT * FROM feature.online",
    "SELECT * FROM mart.event",
    "SELECT * FROM mart.shot",
    "SELECT * FROM mart.kept",
    "SELECT * FROM rollup.signal_1m_all",
    "SELECT * FROM rollup.team_minute_parts",
    "SELECT * FROM rollup.dirty",
    "SELECT * FROM rollup.closed",
    "SELECT * FROM _timescaledb_internal._hyper_1_1_chunk",
    "INSERT INTO mart.dim_team (team_id) VALUES ('mine')",
    "UPDATE mart.dim_match SET home_score = 9",
    "DELETE FROM mart.dim_match",
    "TRUNCATE mart.dim_date CASCADE",
    "UPDATE mart.fact_shot SET is_goal = true",
    "CREATE TABLE mart.mine (a int)",
    "CREATE TABLE public.mine (a int)",
    "CREATE TEMPORARY TABLE mine (a int)",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION mart.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE VIEW mart.fact_shot AS SELECT 1",
    "SELECT mart.keep('cup-1', ARRAY['event'])",
    "SELECT mart.refresh_fact('fact_shot', 'cup-1', NULL)",
    "SELECT * FROM mart.match_events('cup-1', true)",
    "SELECT * FROM log.current_event('cup-1')",
    "SELECT log.purge_match('cup-1', 'me')",
    "SELECT rollup.refresh('signal_1m', '1 minute', '{}', '{}')",
    "SET ROLE touchline",
    "SET ROLE touchline_owner",
    "SET ROLE touchline_service",
    "SET SESSION AUTHORIZATION touchline",
    "GRANT touchline TO touchline_analyst",
    "ALTER ROLE touchline_analyst CREATEROLE",
    "COPY mart.dim_team TO PROGRAM 'cat'",
    "COPY mart.dim_team FROM '/etc/passwd'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT * FROM pg_authid",
    "SELECT drop_chunks('log.feed_event', now())",
    "ALTER TABLE log.feed_event DISABLE TRIGGER ALL",
    "DO $$ BEGIN EXECUTE 'DELETE FROM signal.point'; END $$",
]
REFUSED = (
    InsufficientPrivilege,
    ReadOnlySqlTransaction,
    InvalidSchemaName,
    FeatureNotSupported,
    ObjectNotInPrerequisiteState,
)


def as_role(dsn: str, role: str) -> str:
    """The same database as another role."""
    return dsn.replace("//touchline@", f"//{role}@")


@pytest.fixture
def analyst(star: Star) -> psycopg.Connection:
    """A connection of an analyst who has taken off what can be taken off: settings are no walls."""
    connection = psycopg.connect(as_role(star.dsn, "touchline_analyst"), autocommit=True)
    connection.execute(READ_WRITE)
    return connection


def test_every_way_out_is_shut(analyst: psycopg.Connection) -> None:
    for statement in BREAK_OUTS:
        with pytest.raises(REFUSED) as refused:
            analyst.execute(statement)
        assert "does not exist" not in str(refused.value) or "chunk" in statement, statement
    analyst.close()


def test_an_analyst_begins_in_the_marts_read_only_and_not_for_ever(star: Star) -> None:
    with psycopg.connect(as_role(star.dsn, "touchline_analyst"), autocommit=True) as fresh:
        assert fresh.execute("SELECT count(*) FROM dim_match").fetchone() == (
            star.one("SELECT count(*) FROM mart.dim_match"),
        )
        assert fresh.execute("SHOW default_transaction_read_only").fetchone() == ("on",)
        assert fresh.execute("SHOW statement_timeout").fetchone() == ("30s",)
        fresh.execute("SET statement_timeout = 50")
        with pytest.raises(QueryCanceled):
            fresh.execute("SELECT pg_sleep(20)")


async def test_an_analyst_can_ask_every_question_and_read_every_fact(star: Star) -> None:
    pool = await open_pool(as_role(star.dsn, "touchline_analyst"), size=1)
    for question in declared().values():
        given = {p.name: "cup-1" for p in question.parameters if p.required}
        assert await answer(pool, question, question.values(given)) != [], question.name
    readable = await pool.fetch(
        "SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname IN ('mart', 'rollup', 'log', 'signal', 'registry', 'ops', 'feature') AND c.relkind IN ('r', 'v', 'm') "
        "AND has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE')"
    )
    names = {r["name"] for r in readable}
    rolled = {r.name for r in rollups()}
    # Named with its schema where the marts, which come first, have a table of the same name that is not to be read.
    assert all(n.startswith(("dim_", "fact_")) or n.removeprefix("rollup.") in rolled for n in names)
    assert {"fact_event", "fact_team_minute", "dim_player_history"} <= names
    assert rolled <= {n.removeprefix("rollup.") for n in names}
    for name in names:
        await pool.fetch(f"SELECT * FROM {name} LIMIT 3")  # noqa: S608
    await pool.close()


async def test_a_match_that_is_played_is_read_by_analysts_too(make_database: Callable[[], str]) -> None:
    dsn = make_database()
    pool = await open_pool(dsn, size=4)
    await register(pool)
    await told(pool, tiny())
    await scored(pool, dsn)
    reader = await open_pool(as_role(dsn, "touchline_analyst"), size=1)
    for name in (
        "fact_event",
        "fact_pass",
        "fact_player_match",
        "fact_team_match",
        "fact_team_minute",
        "fact_lineup_stint",
        "fact_signal_team",
        "fact_signal_moment",
        "fact_forecast",
        "fact_team_spell",
        "fact_shot",
    ):
        assert await reader.fetchval(f"SELECT count(*) FROM {name}") > 0, name  # noqa: S608
    await reader.close()
    await pool.close()


async def test_the_service_scores_and_keeps_without_owning_anything(
    make_database: Callable[[], str], cluster: Cluster
) -> None:
    dsn = make_database()
    owner = await open_pool(dsn, size=1)
    await register(owner)
    await owner.close()
    served = f"{dsn}&role=touchline_service"
    pool = await open_pool(served, size=4)
    await register(pool)
    await told(pool, tiny())
    await scored(pool, served)
    taken = await Refresher(pool).refresh()
    waiting = await pool.fetchval("SELECT count(*) FROM rollup.dirty")
    if cluster.edition == "Apache":
        assert taken > 0 and waiting == 0
    else:
        # Only the owner may refresh; its job does it.
        assert taken == 0 and waiting > 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute("CALL rollup.drain(0, '{}')")
        await drained_by_job(dsn)
        assert await pool.fetchval("SELECT count(*) FROM rollup.dirty") == 0
    await pool.execute("UPDATE mart.dim_match SET status = 'finished'")
    assert await keep_facts(pool) == 1
    await clean(pool)
    for statement in ("TRUNCATE signal.match_state", "DROP TABLE mart.event", "CREATE TABLE mart.mine (a int)"):
        with pytest.raises(Exception, match=r"must be owner|permission denied"):
            await pool.execute(statement)
    await pool.close()


async def test_ingest_appends_and_reads_nothing_of_what_came_of_it(make_database: Callable[[], str]) -> None:
    dsn = make_database()
    pool = await open_pool(f"{dsn}&role=touchline_ingest", size=2)
    await told(pool, tiny())
    await told(pool, tiny())
    assert await pool.fetchval("SELECT count(*) FROM log.feed_event") == 40
    for statement in (
        "SELECT * FROM signal.point",
        "SELECT * FROM mart.fact_shot",
        "UPDATE log.feed_event SET period = 2",
        "DELETE FROM log.match",
        "SELECT log.purge_match('m1', 'me')",
        "SELECT * FROM ops.api_key",
    ):
        with pytest.raises(Exception, match=r"permission denied|append-only"):
            await pool.execute(statement)
    await pool.close()


def test_nobody_else_calls_a_function_of_ours(star: Star) -> None:
    rows = star.rows(
        "SELECT p.oid::regprocedure::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE n.nspname IN ('mart', 'rollup', 'log', 'signal', 'registry', 'ops', 'feature', 'club') "
        "AND (p.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(p.proacl) a WHERE a.grantee = 0))"
    )
    assert rows == []
    definers = star.rows("SELECT p.oid::regprocedure::text AS name, p.proconfig FROM pg_proc p WHERE p.prosecdef "
                         "AND p.pronamespace = 'mart'::regnamespace AND p.provolatile = 's'")  # fmt: skip
    assert len(definers) == 12
    assert all(d["proconfig"] == ["search_path=pg_catalog, pg_temp"] for d in definers)
    touched = star.rows("SELECT p.proname AS name, p.proconfig FROM pg_proc p WHERE p.prosecdef "
                        "AND p.pronamespace = 'rollup'::regnamespace ORDER BY 1")  # fmt: skip
    assert [t["name"] for t in touched] == sorted(f"{r.name}_touched" for r in rollups())
    assert all(t["proconfig"] == ["search_path=pg_catalog, public, pg_temp"] for t in touched)


async def test_minutes_that_wait_are_computed_for_an_analyst_of_real_matches_alone(
    star: Star, make_database: Callable[[], str]
) -> None:
    dsn = make_database()
    pool = await open_pool(dsn, size=3)
    await register(pool)
    await told(pool, tiny(), "real")
    await told(pool, tiny(), "played", origin="simulation")
    await scored(pool, dsn)
    assert grant_roles(dsn) == []
    asked = "SELECT match_id, count(*) FROM rollup.signal_1m{} GROUP BY 1 ORDER BY 1"
    mine = [tuple(r) for r in await pool.fetch(asked.format("_all"))]
    assert [m for m, _ in mine] == ["played", "real"], "minutes of both wait"
    computed = (
        "SELECT count(*) FROM rollup.signal_1m_touched(%s, ARRAY(SELECT generate_series(b - INTERVAL '3 hours', "
        "b + INTERVAL '3 hours', '1 minute') FROM (SELECT date_trunc('minute', %s::timestamptz)) t (b)))"
    )
    at = await pool.fetchval("SELECT min(anchor_at) FROM log.match")
    with psycopg.connect(as_role(dsn, "touchline_analyst"), autocommit=True) as connection:
        assert connection.execute(asked.format("")).fetchall() == [mine[1]]
        assert connection.execute(computed, ("real", at)).fetchone() == (
            await pool.fetchval("SELECT count(*) FROM rollup.signal_1m_parts WHERE match_id = 'real'"),
        )
        assert connection.execute(computed, ("played", at)).fetchone() == (0,)
    await pool.close()


def test_whoever_may_not_make_roles_is_told_and_goes_on(cluster: Cluster, make_database: Callable[[], str]) -> None:
    dsn = make_database()
    assert grant_roles(dsn) == [], "all are there: nothing to be told"
    with psycopg.connect(dsn.replace("//touchline@", "//postgres@"), autocommit=True) as admin:
        admin.execute("ALTER ROLE touchline_ingest RENAME TO touchline_elsewhere")
        try:
            said = grant_roles(dsn)
        finally:
            admin.execute("ALTER ROLE touchline_elsewhere RENAME TO touchline_ingest")
    assert len(said) == 1
    assert said[0].startswith("role touchline_ingest is not made: touchline may not make roles. As one who may, run")
