"""What the Community edition of TimescaleDB does in the background, besides the policies of each rollup (`rollup_install`):
it compresses what is of a time that is over, and refreshes the rollups where no worker may. docs/decisions/0012.

The Apache edition has neither. A database that was made there and is served by the other edition now gets compression from
`touchline db migrate`; its rollups stay the tables they are, kept up by the worker.
"""

from __future__ import annotations

import msgspec
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from app.warehouse.rollup_files import declared
from app.warehouse.rollup_install import edition

DRAIN_EVERY, DRAIN_RETRY, DRAIN_AT_MOST = "10 seconds", "30 seconds", "30 minutes"
# Longer than a worker leaves a minute that was touched: where one refreshes, the job finds nothing.
DRAIN_SETTLE_S, DRAIN_LIMIT = 10.0, 5000


class Compressed(msgspec.Struct, frozen=True):
    """A hypertable and how its chunks are compressed.

    segment_by: what reads of it say; rows of the same lie together. order_by: their order within. after: age of a chunk at
    which it is compressed, merged: how long the chunks are that compressed ones are put together into (None: left as they
    are); as SQL writes an interval.
    """

    table: str
    segment_by: str
    order_by: str
    after: str
    merged: str | None = None


# All but signal.point are only ever appended to, with the time of now: nothing comes into a chunk of theirs that is compressed.
COMPRESSED = (
    Compressed("log.feed_event", "match_id", "recorded_at, version", "14 days", "28 days"),
    Compressed("log.tracking_frame", "match_id", "recorded_at, version", "14 days", "7 days"),
    Compressed("log.odds_tick", "match_id", "recorded_at, version", "14 days", "28 days"),
    # By the number alone: the stream reads it in this order.
    Compressed("signal.publication", "match_id", "pub_seq", "14 days", "28 days"),
    Compressed("signal.point", "match_id, signal, signal_version", "period, elapsed_s, order_key", "45 days"),
)


def add_policies(connection: psycopg.Connection) -> list[str]:
    """Compression with its policy for each of COMPRESSED, and the job that refreshes the rollups: what of it is not there yet, where
    the edition has it. Part of the caller's transaction, which must be the owner's. Returns what was added, in words."""
    if edition(connection) != "community":
        return []
    added = [f"compression of {each.table}" for each in COMPRESSED if _compress(connection, each)]
    return added + (["refresh of the rollups as a job"] if _drain(connection) else [])


def bring_policies(dsn: str) -> list[str]:
    """The same of a database that is up to date, which may have come from the other edition. Says it, too, when this role may
    not."""
    with psycopg.connect(dsn) as connection:
        try:
            return [f"Added: {name}." for name in add_policies(connection)]
        except psycopg.errors.InsufficientPrivilege as exc:
            return [
                f"A policy of TimescaleDB is missing, and only the owner of the schema may add it: {exc.diag.message_primary}"
            ]


def _compress(connection: psycopg.Connection, wanted: Compressed) -> bool:
    known = connection.execute(
        "SELECT h.compression_enabled, EXISTS (SELECT FROM timescaledb_information.jobs j WHERE j.proc_name = 'policy_compression' "
        "AND j.hypertable_schema = h.hypertable_schema AND j.hypertable_name = h.hypertable_name) "
        "FROM timescaledb_information.hypertables h WHERE format('%%I.%%I', h.hypertable_schema, h.hypertable_name) = %s",
        [wanted.table],
    ).fetchone()
    if known is None or known == (True, True):
        return False
    table = sql.Identifier(*wanted.table.split("."))
    if not known[0]:
        merged = sql.SQL("")
        if wanted.merged is not None:
            merged = sql.SQL(", timescaledb.compress_chunk_time_interval = {}").format(sql.Literal(wanted.merged))
        connection.execute(
            sql.SQL(
                "ALTER TABLE {} SET (timescaledb.compress, timescaledb.compress_segmentby = {}, "
                "timescaledb.compress_orderby = {}{})"
            ).format(table, sql.Literal(wanted.segment_by), sql.Literal(wanted.order_by), merged)
        )
    connection.execute("SELECT add_compression_policy(%s::regclass, %s::interval)", [wanted.table, wanted.after])
    return True


def _drain(connection: psycopg.Connection) -> bool:
    """The job of rollup.drain, told of every rollup there is; nothing where rollups are tables."""
    if not connection.execute(
        "SELECT 1 FROM timescaledb_information.continuous_aggregates WHERE view_schema = 'rollup' LIMIT 1"
    ).fetchone():
        return False
    told = Jsonb(
        {
            "settle_s": DRAIN_SETTLE_S,
            "limit": DRAIN_LIMIT,
            "rollups": [
                {
                    "name": rollup.name,
                    "aggregate": f"rollup.{rollup.name}_aggregate",
                    "source": rollup.root,
                    "bucket": rollup.bucket,
                    "closes": rollup.closes,
                }
                for rollup in declared()
            ],
        }
    )
    job = connection.execute(
        "SELECT job_id, config FROM timescaledb_information.jobs WHERE proc_schema = 'rollup' AND proc_name = 'drain'"
    ).fetchone()
    if job is not None:
        if job[1] == told.obj:
            return False
        connection.execute("SELECT alter_job(%s, config => %s)", [job[0], told])
        return True
    connection.execute(
        "SELECT alter_job(add_job('rollup.drain', %s::interval, config => %s, fixed_schedule => false), "
        "retry_period => %s::interval, max_runtime => %s::interval)",
        [DRAIN_EVERY, told, DRAIN_RETRY, DRAIN_AT_MOST],
    )
    return True
