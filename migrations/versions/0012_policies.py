"""Compression of the log, of what was published and of values, and a job that refreshes the rollups, where the edition has them
(docs/decisions/0012); `touchline db migrate` adds them to a database that comes to that edition later."""

from typing import Any

from alembic import op

from app.db.migrate import run_files
from app.warehouse.policies import add_policies

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    connection: Any = op.get_bind().connection.driver_connection
    run_files(connection, "schema", "150*.sql")
    for function in ("rollup_drain", "signal_commit"):
        run_files(connection, "functions", f"{function}.sql")
    add_policies(connection)
    run_files(connection, "roles")


def downgrade() -> None:
    raise RuntimeError("this migration is not undone: go on from here, or restore a backup")
