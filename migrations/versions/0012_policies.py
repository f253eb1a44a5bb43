"""Compression of the log and of what was published, and a job that refreshes the rollups, where the edition has them
(docs/decisions/0012). On the Apache edition nothing changes; `touchline db migrate` adds them later."""

from typing import Any

from alembic import op

from app.db.migrate import run_files
from app.warehouse.policies import add_policies

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    connection: Any = op.get_bind().connection.driver_connection
    run_files(connection, "functions", "rollup_drain.sql")
    add_policies(connection)
    run_files(connection, "roles")


def downgrade() -> None:
    raise RuntimeError("this migration is not undone: go on from here, or restore a backup")
