"""The rollups, all of them: sql/schema/120_rollups.sql, functions, and sql/rollups. `signal_1m` of a database that has it
is made anew of finer parts; what reads it goes on reading it."""

from typing import Any, LiteralString

from alembic import op
from psycopg import sql

from app.db.migrate import run_files
from app.warehouse.rollup_files import declared
from app.warehouse.rollup_install import fill, install

revision = "0009"
down_revision = "0008"

# What the release before made of signal_1m, besides the two views that readers use.
BEFORE: tuple[tuple[LiteralString, str], ...] = (
    ("MATERIALIZED VIEW", "aggregate"),
    ("TABLE", "store"),
    ("VIEW", "live"),
)


def upgrade() -> None:
    connection: Any = op.get_bind().connection.driver_connection
    there: list[tuple[LiteralString, str]] = [
        (kind, suffix) for kind, suffix in BEFORE if _there(connection, f"signal_1m_{suffix}")
    ]
    for kind, suffix in there:
        _run(
            connection,
            "ALTER {} {} RENAME TO {}",
            sql.SQL(kind),
            _old(suffix),
            sql.Identifier(f"signal_1m_{suffix}_0006"),
        )
    if _there(connection, "signal_1m_store_match_bucket"):
        _run(connection, "ALTER INDEX rollup.signal_1m_store_match_bucket RENAME TO signal_1m_store_match_bucket_0006")
    run_files(connection, "schema", "120*.sql")
    run_files(connection, "functions")
    for rollup in declared():
        if rollup.closes:
            # All that is there is computed from the log until the worker has stored it.
            _run(
                connection,
                "INSERT INTO rollup.closed (rollup, upto) SELECT {}, "
                "time_bucket(INTERVAL '1 minute', coalesce(min({}), clock_timestamp())) FROM {}",
                sql.Literal(rollup.name), sql.Identifier(rollup.time), sql.Identifier(*rollup.source.split(".")),
            )  # fmt: skip
    install(connection)
    fill(connection)
    for kind, suffix in there:
        _run(connection, "DROP {} {}", sql.SQL(kind), sql.Identifier("rollup", f"signal_1m_{suffix}_0006"))
    run_files(connection, "roles")


def _old(suffix: str) -> sql.Identifier:
    return sql.Identifier("rollup", f"signal_1m_{suffix}")


def _there(connection: Any, name: str) -> bool:
    return connection.execute("SELECT to_regclass(%s) IS NOT NULL", [f"rollup.{name}"]).fetchone()[0]


def _run(connection: Any, text: LiteralString, *parts: sql.Composable) -> None:
    connection.execute(sql.SQL(text).format(*parts))


def downgrade() -> None:
    raise RuntimeError("this migration is not undone: go on from here, or restore a backup")
