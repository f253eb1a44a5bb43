"""Rollups: declared once as a file, served under the same names and columns by both editions of TimescaleDB.

Community: a real-time continuous aggregate, `rollup.<name>_aggregate`. Apache: a table, `rollup.<name>_store`. On both
the worker refreshes the minutes that wait in `rollup.dirty`, and until then the view `rollup.<name>_all` computes them
from the source: it is right at every moment. `rollup.<name>` is the same without replays and simulations.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cache

import msgspec
import psycopg
from psycopg import sql

from app.db.pool import Pool
from app.db.sql import files, query

_HEAD = re.compile(r"^-- (\w+): (.+)$", re.MULTILINE)
REFRESH_LIMIT = 5000


class Rollup(msgspec.Struct, frozen=True):
    """One file of sql/rollups."""

    name: str
    source: str
    bucket: str
    definition: str


@cache
def declared() -> tuple[Rollup, ...]:
    """Every rollup there is."""
    found = []
    for path in files("rollups"):
        text = path.read_text(encoding="utf-8")
        head = dict(_HEAD.findall(text))
        definition = "\n".join(line for line in text.splitlines() if not line.startswith("--")).strip()
        found.append(Rollup(head["rollup"], head["source"], head["bucket"], definition))
    return tuple(found)


def edition(connection: psycopg.Connection) -> str:
    """`community` where continuous aggregates are to be had, else `apache`."""
    row = connection.execute("SELECT current_setting('timescaledb.license')").fetchone()
    return "community" if row is not None and row[0] == "timescale" else "apache"


def install(connection: psycopg.Connection) -> None:
    """Create every declared rollup for the edition at hand. Part of the caller's transaction."""
    make = _community if edition(connection) == "community" else _apache
    for rollup in declared():
        definition = sql.SQL(rollup.definition)  # pyright: ignore[reportArgumentType]  (a file of ours)
        name = sql.Identifier("rollup", rollup.name)
        every = sql.Identifier("rollup", f"{rollup.name}_all")
        live = sql.Identifier("rollup", f"{rollup.name}_live")
        connection.execute(sql.SQL("CREATE VIEW {} AS {}").format(live, definition))
        stored = make(connection, rollup, definition, live)
        # LATERAL hands match and bucket down into the grouping, so that only the touched minutes are computed.
        connection.execute(
            sql.SQL(
                "CREATE VIEW {every} AS "
                "SELECT r.* FROM {stored} r WHERE NOT EXISTS (SELECT 1 FROM rollup.dirty d WHERE d.source = {source} "
                "AND d.match_id = r.match_id AND d.bucket >= r.bucket AND d.bucket < r.bucket + {width}::interval) "
                "UNION ALL SELECT l.* FROM (SELECT DISTINCT match_id, time_bucket({width}::interval, bucket) AS bucket "
                "FROM rollup.dirty WHERE source = {source}) t "
                "CROSS JOIN LATERAL (SELECT * FROM {live} v WHERE v.match_id = t.match_id AND v.bucket = t.bucket) l"
            ).format(
                every=every,
                stored=stored,
                live=live,
                source=sql.Literal(rollup.source),
                width=sql.Literal(rollup.bucket),
            )
        )
        connection.execute(
            sql.SQL(
                "CREATE VIEW {} AS SELECT r.* FROM {} r JOIN log.match m USING (match_id) "
                "WHERE m.origin IN ('live', 'import')"
            ).format(name, every)
        )
        _comment(connection, name, f"{rollup.name}: real matches, by {rollup.bucket}")
        _comment(connection, every, f"{rollup.name}: every match, replays and simulations included")
        _comment(connection, live, f"{rollup.name}: computed from {rollup.source} as it is now")


def _comment(connection: psycopg.Connection, name: sql.Identifier, text: str, kind: str = "VIEW") -> None:
    connection.execute(sql.SQL("COMMENT ON {} {} IS {}").format(sql.SQL(kind), name, sql.Literal(text)))  # pyright: ignore[reportArgumentType]


def _community(
    connection: psycopg.Connection, rollup: Rollup, definition: sql.SQL, live: sql.Identifier
) -> sql.Identifier:
    aggregate = sql.Identifier("rollup", f"{rollup.name}_aggregate")
    connection.execute(
        sql.SQL(
            "CREATE MATERIALIZED VIEW {} WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS {} "
            "WITH NO DATA"
        ).format(aggregate, definition)
    )
    _comment(connection, aggregate, f"{rollup.name}: real-time continuous aggregate over {rollup.source}")
    return aggregate


def _apache(
    connection: psycopg.Connection, rollup: Rollup, definition: sql.SQL, live: sql.Identifier
) -> sql.Identifier:
    store = sql.Identifier("rollup", f"{rollup.name}_store")
    connection.execute(sql.SQL("CREATE TABLE {} AS SELECT * FROM {} WITH NO DATA").format(store, live))
    connection.execute(
        sql.SQL("CREATE INDEX {} ON {} (match_id, bucket)").format(
            sql.Identifier(f"{rollup.name}_store_match_bucket"), store
        )
    )
    _comment(
        connection, store, f"{rollup.name}: the buckets as last refreshed; rollup.dirty names those to come", "TABLE"
    )
    return store


class Refresher:
    """Empties the queue of touched minutes; one worker at a time does it, the others find nothing to do.

    settle_s: a minute that is being played is left until it was quiet for so long: the views compute it meanwhile.
    """

    def __init__(self, pool: Pool, settle_s: float = 0.0) -> None:
        self._pool = pool
        self._settle_s = settle_s
        self._edition: str | None = None

    async def refresh(self) -> int:
        """Bring the rollups up to date with a part of the queue. Returns how many touches were taken."""
        if self._edition is None:
            licence = await self._pool.fetchval(query("timescaledb_licence"))
            self._edition = "community" if licence == "timescale" else "apache"
        if self._edition == "apache":
            return await self._apache()
        return await self._community()

    async def _apache(self) -> int:
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(query("take_dirty"), REFRESH_LIMIT, self._settle_s)
            for rollup in declared():
                mine = [r for r in rows if r["source"] == rollup.source]
                if mine:
                    await connection.execute(
                        query("refresh_rollup"),
                        rollup.name,
                        timedelta(minutes=_minutes(rollup.bucket)),
                        [r["match_id"] for r in mine],
                        [r["bucket"] for r in mine],
                    )
            return len(rows)

    async def _community(self) -> int:
        # Refreshing cannot run inside a transaction: what was refreshed is cleared after it, unless touched again.
        rows = await self._pool.fetch(query("peek_dirty"), REFRESH_LIMIT, self._settle_s)
        for rollup in declared():
            width = timedelta(minutes=_minutes(rollup.bucket))
            for start, end in _windows(sorted({r["bucket"] for r in rows if r["source"] == rollup.source}), width):
                await self._pool.execute(query("refresh_aggregate"), f"rollup.{rollup.name}_aggregate", start, end)
        if rows:
            await self._pool.execute(query("clear_dirty"), [r["queue_id"] for r in rows])
        return len(rows)


def _minutes(bucket: str) -> int:
    number, unit = bucket.split()
    return int(number) * {"minute": 1, "minutes": 1, "hour": 60, "hours": 60}[unit]


def _windows(buckets: list[datetime], width: timedelta) -> list[tuple[datetime, datetime]]:
    """Touched minutes as few whole windows: neighbours within an hour share one refresh."""
    windows: list[tuple[datetime, datetime]] = []
    for bucket in buckets:
        start = datetime.fromtimestamp(
            bucket.timestamp() // width.total_seconds() * width.total_seconds(), bucket.tzinfo
        )
        if windows and start - windows[-1][1] <= timedelta(hours=1):
            windows[-1] = (windows[-1][0], max(windows[-1][1], start + width))
        else:
            windows.append((start, start + width))
    return windows
