"""Reads that take as many rows as they show: the log in match order (sql/schema/160_match_order.sql), and rollups by signal."""

from alembic import op

from app.db.migrate import run_files
from app.warehouse.rollup_install import index_stores_anew

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    run_files(connection, "schema", "160*.sql")
    for function in ("log_event_page", "rollup_refresh"):
        run_files(connection, "functions", f"{function}.sql")
    index_stores_anew(connection)
    run_files(connection, "roles")


def downgrade() -> None:
    raise RuntimeError("this migration is not undone: go on from here, or restore a backup")
