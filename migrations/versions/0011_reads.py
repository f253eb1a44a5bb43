"""Reads of finished seasons: sql/schema/140_reads.sql, the page of a match's events, and rollups that are put together without a
look at every chunk of their source."""

from alembic import op

from app.db.migrate import run_files
from app.warehouse.rollup_install import read_anew

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    run_files(connection, "schema", "140*.sql")
    for function in ("log_append", "log_append_one", "log_primary_provider", "log_event_page"):
        run_files(connection, "functions", f"{function}.sql")
    read_anew(connection)
    run_files(connection, "roles")


def downgrade() -> None:
    raise RuntimeError("this migration is not undone: go on from here, or restore a backup")
