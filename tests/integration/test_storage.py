"""What takes how much room, and whether the rollups are looked after."""

from __future__ import annotations

import json

import psycopg

from app.commands.storage import render
from app.db.doctor import Finding
from app.db.pool import Pool
from app.settings import Settings
from app.warehouse.rollup_health import _policies, rollups
from app.warehouse.storage import storage
from tests.conftest import Cluster
from tests.engine_kit import scored, tiny, told
from tests.integration.test_rollups import drained
from tests.running import touchline


async def test_what_takes_how_much_room(pool: Pool, dsn: str, cluster: Cluster) -> None:
    empty = await storage(pool)
    assert (empty.events, empty.bytes_per_event) == (0, None)
    await told(pool, tiny())
    await scored(pool, dsn)
    await drained(pool)
    found = await storage(pool)
    by_name = {r.name: r for r in found.relations}
    log = by_name["log.feed_event"]
    assert (log.kind, log.rows, log.chunks, log.packed_chunks) == ("hypertable", 40, 1, 0)
    assert log.bytes == await pool.fetchval("SELECT hypertable_size('log.feed_event')")
    assert log.table_bytes + log.index_bytes == log.bytes and log.bytes_per_row == log.bytes / 40
    assert by_name["signal.point"].rows == await pool.fetchval("SELECT count(*) FROM signal.point")
    identity = by_name["log.identity"]
    assert (identity.kind, identity.chunks) == ("table", None)
    assert identity.bytes == await pool.fetchval("SELECT pg_total_relation_size('log.identity')")
    assert found.bytes_per_event is not None and found.bytes_per_event == found.bytes_per_event_unpacked
    of_log = sum(r.bytes for r in found.relations if r.name.startswith("log."))
    assert found.bytes_per_event["log"] == round(of_log / 40, 1)
    assert found.bytes_per_event["rollup"] > 0
    assert all(r.ratio is None for r in found.relations)
    assert found.edition == cluster.edition
    kept = by_name["rollup.signal_1m_aggregate" if found.edition == "Community" else "rollup.signal_1m_store"]
    assert kept.kind == ("aggregate" if found.edition == "Community" else "table") and kept.rows > 100
    if found.edition == "Community":
        await pool.fetch(
            "SELECT compress_chunk(format('%I.%I', h.chunk_schema, h.chunk_name)::regclass) "
            "FROM timescaledb_information.chunks h JOIN timescaledb_information.continuous_aggregates a "
            "ON a.materialization_hypertable_name = h.hypertable_name WHERE a.view_name = 'signal_1m_aggregate'"
        )
        packed = await storage(pool)
        (one,) = [r for r in packed.relations if r.packed_chunks]
        assert (one.name, one.rows, one.packed_chunks) == ("rollup.signal_1m_aggregate", kept.rows, 1)
        assert one.packed_before_bytes is not None and one.packed_after_bytes is not None
        assert 0 < one.packed_before_bytes <= kept.bytes
        assert one.ratio == one.packed_before_bytes / one.packed_after_bytes > 1
        assert packed.bytes_per_event is not None and packed.bytes_per_event_unpacked is not None
        assert packed.bytes_per_event["all"] < packed.bytes_per_event_unpacked["all"]
        assert "without compression" in render(packed)


async def test_the_command(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    done = touchline("storage", "--json", database_url=dsn)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["events"] == 40
    shown = touchline("storage", database_url=dsn).stdout
    assert "log.feed_event" in shown and "bytes per event stored, indexes included: log " in shown


def look(dsn: str) -> dict[str, Finding]:
    return {f.name: f for f in rollups(Settings(database_url=dsn))}


async def test_the_doctor_sees_what_waits(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await scored(pool, dsn)
    assert look(dsn)["waiting"].ok
    await pool.execute("UPDATE rollup.dirty SET queued_at = now() - INTERVAL '1 hour'")
    alone = look(dsn)["waiting"]
    assert alone.ok is None and "touchline work" in alone.advice and "3600 s" in alone.value
    await pool.execute("INSERT INTO ops.worker (worker_id) VALUES ('one')")
    assert look(dsn)["waiting"].ok is False
    await drained(pool)
    assert look(dsn)["waiting"].value == "0 touched minutes"


async def test_the_doctor_sees_minutes_that_do_not_close(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    assert look(dsn)["feed_health_1m"].ok
    await pool.execute(
        "INSERT INTO log.feed_event SELECT recorded_at - INTERVAL '1 hour', match_id, version + 100, stream_id, control, "
        "source_event_id, revision, provider_revision, kind, effective, type, period, order_key, elapsed_s, occurred_at, "
        "team_id, player_id, fields, raw, principal FROM log.feed_event LIMIT 1"
    )
    await pool.execute("UPDATE rollup.closed SET upto = now() - INTERVAL '2 hours'")
    assert look(dsn)["feed_health_1m"].ok is None
    await pool.execute("INSERT INTO ops.worker (worker_id) VALUES ('one')")
    late = look(dsn)["feed_health_1m"]
    assert late.ok is False and "pg_stat_activity" in late.advice


async def test_the_doctor_sees_policies(dsn: str, cluster: Cluster) -> None:
    if cluster.edition == "Apache":
        assert look(dsn)["policies"].value.startswith("none: on the Apache edition")
        return
    with psycopg.connect(dsn, autocommit=True) as own:
        # Servers of tests run no jobs: after ten minutes their turn has passed.
        own.execute(
            "SELECT (alter_job(job_id, next_start => now())).job_id FROM timescaledb_information.jobs WHERE job_id >= 1000"
        )
    before = look(dsn)
    assert before["policies"].value == "19 of 19 in order"
    with psycopg.connect(dsn, autocommit=True) as own:
        jobs = dict(own.execute(
            "SELECT a.view_name, j.job_id FROM timescaledb_information.jobs j "
            "JOIN timescaledb_information.continuous_aggregates a ON j.hypertable_name IN "
            "(a.view_name, a.materialization_hypertable_name) WHERE j.proc_name = 'policy_compression'").fetchall())  # fmt: skip
        own.execute("SELECT alter_job(%s, scheduled => false)", [jobs["team_minute_aggregate"]])
        own.execute("SELECT remove_compression_policy('rollup.match_phase_aggregate')")
    found = look(dsn)
    off = found["compression of team_minute_aggregate"]
    assert off.ok is False and off.advice == f"SELECT alter_job({jobs['team_minute_aggregate']}, scheduled => true);"
    assert found["compression of match_phase_aggregate"].value == "no policy"
    assert found["policies"].value == "17 of 18 in order"


def test_a_job_that_failed_or_does_not_run_is_told() -> None:
    job = {
        "job_id": 7, "proc_name": "policy_refresh_continuous_aggregate", "scheduled": True, "name": "signal_1m_aggregate",
        "last_run_status": "Success", "last_run_started_at": None, "last_successful_finish": None, "is_late": False,
        "due": 0, "is_behind": True,
    }  # fmt: skip
    packing = {**job, "job_id": 8, "proc_name": "policy_compression"}
    drain = {**job, "job_id": 9, "proc_name": "drain", "name": "the rollups"}
    names = ["signal_1m_aggregate"]
    assert [f.ok for f in _policies([job, packing, drain], names)] == [True]
    assert [f.value for f in _policies([job, packing], names)] == ["no job", "2 of 2 in order"]
    behind, _ = _policies([job, {**packing, "due": 3}, drain], names)
    assert behind.ok is False and "3 chunks are due" in behind.value and "run_job(8)" in behind.advice
    failed, summary = _policies([{**job, "last_run_status": "Failed"}, packing, drain], names)
    assert failed.ok is False and "failed; last done well: never" in failed.value and "run_job(7)" in failed.advice
    assert summary.value == "2 of 3 in order"
    late, _ = _policies([{**job, "is_late": True}, packing, drain], names)
    assert late.ok is False and "has not run in time" in late.value and "max_background_workers" in late.advice
