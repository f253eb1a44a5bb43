"""Making the rollups, for the edition of TimescaleDB at hand. Everything here is part of the caller's transaction.

Of each: `_live` (computed from the hypertable as it is now), `_touched` (the same of some buckets of a match), `_aggregate`
or `_store` (as last refreshed), `_parts` (this one where it is right, the touched ones elsewhere), `_all` (what readers make
of them) and, without a suffix, real matches.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg import sql

from app.warehouse.rollup_files import Edition, Rollup, declared

# A bucket that is compressed may still be corrected; only dearer. Matches are hardly ever corrected after a month.
COMPRESS_AFTER, REFRESH_SINCE, REFRESH_UNTIL, REFRESH_EVERY = "45 days", "30 days", "1 hour", "1 hour"
_SUFFIXES = ("live", "store", "aggregate", "parts", "all")


def edition(connection: psycopg.Connection) -> Edition:
    """`community` where continuous aggregates are to be had, else `apache`."""
    row = connection.execute("SELECT current_setting('timescaledb.license')").fetchone()
    return "community" if row is not None and row[0] == "timescale" else "apache"


def install(connection: psycopg.Connection) -> None:
    """Create every declared rollup. A view of this name that readers use already is replaced, and keeps its grants."""
    for rollup in declared():
        live, parts, every, real = (_relation(rollup.name, suffix) for suffix in ("live", "parts", "all", ""))
        source = _table(rollup.source) if rollup.parent is None else _relation(rollup.parent, "live")
        _run(connection, "CREATE VIEW {} AS {}", live, _over(rollup, source))
        if edition(connection) == "community":
            _community(connection, rollup)
        else:
            _apache(connection, rollup)
        _read(connection, rollup)
        _run(connection, "CREATE OR REPLACE VIEW {} AS {}", every, sql.SQL(rollup.read_as).format(parts=parts))  # pyright: ignore[reportArgumentType]
        _run(
            connection,
            "CREATE OR REPLACE VIEW {} AS SELECT r.* FROM {} r JOIN log.match m USING (match_id) "
            "WHERE m.origin IN ('live', 'import')",
            real,
            every,
        )
        _describe(connection, rollup)


def read_anew(connection: psycopg.Connection) -> None:
    """Rollups that are there already are put together as this version does; what is stored stays."""
    for rollup in declared():
        _read(connection, rollup)


def fill(connection: psycopg.Connection) -> None:
    """Bring rollups that were just made over a log that is there already up to date: at once on the Apache edition; on the
    other, which refreshes only outside a transaction, by a mark on every minute, and readers compute them until then."""
    for rollup in declared():
        if rollup.closes:
            continue  # its first closing takes in all that is there
        if edition(connection) == "apache":
            store = _relation(rollup.name, "store")
            source = _table(rollup.source) if rollup.parent is None else _relation(rollup.parent, "store")
            _run(connection, "INSERT INTO {} {}", store, _over(rollup, source))
        elif rollup.parent is None:
            _run(
                connection,
                "INSERT INTO rollup.dirty (source, match_id, bucket) "
                "SELECT DISTINCT {}, match_id, time_bucket(INTERVAL '1 minute', {}) FROM {}",
                sql.Literal(rollup.source),
                sql.Identifier(rollup.time),
                _table(rollup.source),
            )


def _read(connection: psycopg.Connection, rollup: Rollup) -> None:
    _run(connection, *_touched(connection, rollup))
    # What is there, not the edition: a database may have come from the other one.
    is_table = next(_columns(connection, f"{rollup.name}_store"), None) is not None
    stored = _relation(rollup.name, "store") if is_table else _materialized(connection, rollup)
    _run(connection, "CREATE OR REPLACE VIEW {} AS {}", _relation(rollup.name, "parts"), _parts(rollup, stored))


def _community(connection: psycopg.Connection, rollup: Rollup) -> None:
    aggregate = _relation(rollup.name, "aggregate")
    source = _table(rollup.source) if rollup.parent is None else _relation(rollup.parent, "aggregate")
    _run(
        connection,
        "CREATE MATERIALIZED VIEW {} WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS {} "
        "WITH NO DATA",
        aggregate,
        _over(rollup, source),
    )
    name = sql.Literal(f"rollup.{rollup.name}_aggregate")
    # What nobody marked, should there be any: the worker refreshes what commits touch, long before.
    _run(
        connection,
        "SELECT add_continuous_aggregate_policy({}, start_offset => {}::interval, end_offset => {}::interval, "
        "schedule_interval => {}::interval)",
        name,
        *map(sql.Literal, (REFRESH_SINCE, REFRESH_UNTIL, REFRESH_EVERY)),
    )
    _run(
        connection,
        "ALTER MATERIALIZED VIEW {} SET (timescaledb.compress = true, timescaledb.compress_segmentby = 'match_id')",
        aggregate,
    )
    _run(connection, "SELECT add_compression_policy({}, {}::interval)", name, sql.Literal(COMPRESS_AFTER))
    if rollup.keep is not None:
        _run(connection, "SELECT add_retention_policy({}, {}::interval)", name, sql.Literal(rollup.keep))


def _apache(connection: psycopg.Connection, rollup: Rollup) -> None:
    store, step = _relation(rollup.name, "store"), _relation(rollup.name, "step")
    source = _table(rollup.source) if rollup.parent is None else _relation(rollup.parent, "store")
    _run(connection, "CREATE TABLE {} AS SELECT * FROM {} WITH NO DATA", store, _relation(rollup.name, "live"))
    index_store(connection, rollup)
    time = sql.Identifier(rollup.time)
    # What rollup.refresh puts into the store, of one match; and what rollup.close does, of all.
    for name, arguments, where in (
        (step, "p_match_id text, p_from timestamptz, p_to timestamptz", "s.match_id = p_match_id AND "),
        *(((_relation(rollup.name, "span"), "p_from timestamptz, p_to timestamptz", ""),) if rollup.closes else ()),
    ):
        part = sql.SQL("(SELECT * FROM {} s WHERE {where}s.{time} >= p_from AND s.{time} < p_to) s").format(
            source,
            where=sql.SQL(where),  # pyright: ignore[reportArgumentType]
            time=time,
        )
        _run(
            connection,
            "CREATE FUNCTION {}({}) RETURNS SETOF {} LANGUAGE sql STABLE AS {}",
            name,
            sql.SQL(arguments),  # pyright: ignore[reportArgumentType]
            store,
            sql.Literal(_over(rollup, part).as_string(connection)),
        )


def index_store(connection: psycopg.Connection, rollup: Rollup) -> None:
    """Rows of a store are found by match, and by signal where it has them: a match has a hundred times as many rows as one
    signal of it. Minutes of a match are looked for among all of its rows, which refreshes alone do."""
    columns = ("match_id", "signal", "bucket") if "signal" in rollup.columns else ("match_id", "bucket")
    _run(connection, "DROP INDEX IF EXISTS {}", _relation(rollup.name, "store_match_bucket"))
    _run(
        connection,
        "CREATE INDEX IF NOT EXISTS {} ON {} ({})",
        sql.Identifier(f"{rollup.name}_store_{'_'.join(columns).replace('_id', '')}"),
        _relation(rollup.name, "store"),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
    )


def index_stores_anew(connection: psycopg.Connection) -> None:
    """Indexes of stores that are there already become those of this version."""
    if edition(connection) == "apache":
        for rollup in declared():
            index_store(connection, rollup)


def _materialized(connection: psycopg.Connection, rollup: Rollup) -> sql.Composable:
    """What a continuous aggregate has stored. It computes the rest itself, and so would whoever reads it: minutes that wait
    are in rollup.dirty, all of them, and to plan that part again with every chunk of the source is most of a read."""
    row = connection.execute(
        "SELECT materialization_hypertable_schema, materialization_hypertable_name "
        "FROM timescaledb_information.continuous_aggregates WHERE view_schema = 'rollup' AND view_name = %s",
        [f"{rollup.name}_aggregate"],
    ).fetchone()
    if row is None:
        raise LookupError(f"TimescaleDB has no continuous aggregate rollup.{rollup.name}_aggregate")
    return sql.Identifier(*row)


# A function, as whoever reads a rollup would otherwise plan over every chunk of the source, for minutes that hardly ever wait.
# Who reads a view calls its functions: it reads for those who may not, and of real matches alone.
_TOUCHED = """
DECLARE
    v_since timestamptz := (SELECT min(b) FROM unnest(p_buckets) AS b);
    v_until timestamptz := (SELECT max(b) FROM unnest(p_buckets) AS b) + INTERVAL {width};
BEGIN
    IF has_table_privilege(session_user, 'rollup.dirty', 'SELECT') OR EXISTS (
           SELECT FROM log.match m WHERE m.match_id = p_match_id AND m.origin IN ('live', 'import')) THEN
        RETURN QUERY SELECT l.* FROM ({computed}) l WHERE l.bucket = ANY (p_buckets);
    END IF;
END
"""


def _touched(connection: psycopg.Connection, rollup: Rollup) -> tuple[str, *tuple[sql.Composable, ...]]:
    """Some buckets of one match, computed from the hypertable in one pass over its rows in between."""
    known = {r.name: r for r in declared()}
    way = [rollup]
    while (parent := way[-1].parent) is not None:
        way.append(known[parent])
    computed = sql.SQL(
        "(SELECT * FROM {} s WHERE s.match_id = p_match_id AND s.{time} >= v_since AND s.{time} < v_until) s"
    ).format(_table(way[-1].source), time=sql.Identifier(way[-1].time))
    for each in reversed(way):
        computed = sql.SQL("({}) s").format(_over(each, computed)) if each is not rollup else _over(each, computed)
    row = connection.execute(
        "SELECT nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = 'timescaledb'"
    ).fetchone()
    return (
        "CREATE OR REPLACE FUNCTION {}(p_match_id text, p_buckets timestamptz[]) RETURNS SETOF {} LANGUAGE plpgsql STABLE "
        "SECURITY DEFINER SET search_path = pg_catalog, {}, pg_temp ROWS 100 AS {}",
        _relation(rollup.name, "touched"),
        _relation(rollup.name, "live"),
        sql.Identifier(row[0] if row else "public"),
        sql.Literal(
            sql.SQL(_TOUCHED).format(width=sql.Literal(rollup.bucket), computed=computed).as_string(connection)
        ),
    )


def _parts(rollup: Rollup, stored: sql.Composable) -> sql.Composed:
    """What is stored where nothing has touched it since, and the rest computed."""
    found = sql.SQL(
        "SELECT r.* FROM {stored} r WHERE NOT EXISTS (SELECT FROM rollup.dirty d WHERE d.source = {root} "
        "AND d.match_id = r.match_id AND d.bucket >= r.bucket AND d.bucket < r.bucket + {width}::interval){stored_within} "
        "UNION ALL SELECT l.* FROM (SELECT match_id, array_agg(DISTINCT time_bucket({width}::interval, bucket)) AS buckets "
        "FROM rollup.dirty WHERE source = {root} GROUP BY match_id) t "
        "CROSS JOIN LATERAL {touched}(t.match_id, t.buckets) l WHERE l.match_id = t.match_id{touched_within}"
    ).format(
        stored=stored,
        touched=_relation(rollup.name, "touched"),
        root=sql.Literal(rollup.root),
        width=sql.Literal(rollup.bucket),
        stored_within=_within(rollup, "r"),
        touched_within=_within(rollup, "l"),
    )
    if not rollup.closes:
        return found
    tail = sql.SQL("(SELECT * FROM {} s WHERE s.{} >= {}) s").format(
        _table(rollup.source), sql.Identifier(rollup.time), _closed(rollup)
    )
    return found + sql.SQL(" UNION ALL ") + _over(rollup, tail)


def _within(rollup: Rollup, alias: str) -> sql.Composed:
    """Of the buckets that are closed, those that are kept; nothing where neither is of this rollup."""
    bucket, limits = sql.Identifier(alias, "bucket"), []
    if rollup.closes:
        limits.append(sql.SQL(" AND {} < {}").format(bucket, _closed(rollup)))
    if rollup.keep is not None:
        first = sql.SQL("time_bucket({}::interval, now() - {}::interval)")
        limits.append(
            sql.SQL(" AND {} >= {}").format(bucket, first.format(sql.Literal(rollup.bucket), sql.Literal(rollup.keep)))
        )
    return sql.Composed(limits)


def _closed(rollup: Rollup) -> sql.Composed:
    return sql.SQL("(SELECT c.upto FROM rollup.closed c WHERE c.rollup = {})").format(sql.Literal(rollup.name))


def _describe(connection: psycopg.Connection, rollup: Rollup) -> None:
    """Comments on every relation of a rollup, and on every column of it."""
    says = {
        "": f"{rollup.about}. Real matches",
        "all": f"{rollup.name}: every match, replays and simulations included",
        "parts": f"{rollup.name}: as it is kept, by {rollup.bucket}, right at every moment",
        "live": f"{rollup.name}: computed from {rollup.root} as it is now",
        "store": f"{rollup.name}: the buckets as last refreshed; rollup.dirty names those to come",
        "aggregate": f"{rollup.name}: real-time continuous aggregate over {rollup.source}",
    }
    for suffix, text in says.items():
        name = f"{rollup.name}_{suffix}" if suffix else rollup.name
        columns = list(_columns(connection, name))
        if not columns:
            continue  # of the other edition
        kind = sql.SQL("TABLE" if suffix == "store" else "VIEW")
        _run(connection, "COMMENT ON {} {} IS {}", kind, _relation(rollup.name, suffix), sql.Literal(text))
        for column in columns:
            _run(
                connection,
                "COMMENT ON COLUMN {}.{} IS {}",
                _relation(rollup.name, suffix),
                sql.Identifier(column),
                sql.Literal(rollup.columns[column]),
            )


def _columns(connection: psycopg.Connection, name: str) -> Iterator[str]:
    for (column,) in connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped "
        "ORDER BY attnum",
        [f"rollup.{name}"],
    ).fetchall():
        yield column


def _over(rollup: Rollup, source: sql.Composable) -> sql.Composed:
    return sql.SQL(rollup.definition).format(source=source)  # pyright: ignore[reportArgumentType]  (a file of ours)


def _relation(name: str, suffix: str = "") -> sql.Identifier:
    return sql.Identifier("rollup", f"{name}_{suffix}" if suffix else name)


def _table(name: str) -> sql.Identifier:
    return sql.Identifier(*name.split("."))


def _run(connection: psycopg.Connection, text: str, *parts: sql.Composable) -> None:
    connection.execute(sql.SQL(text).format(*parts))  # pyright: ignore[reportArgumentType]
