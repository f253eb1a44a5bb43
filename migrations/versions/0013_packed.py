"""Rows of finished matches in columns, for exports: sql/schema/155_packed.sql."""

from alembic import op

from app.db.migrate import run_files

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    run_files(connection, "schema", "155*.sql")
    run_files(connection, "roles")


def downgrade() -> None:
    raise RuntimeError("this migration is not undone: go on from here, or restore a backup")
