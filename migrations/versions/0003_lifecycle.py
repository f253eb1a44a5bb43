"""What came after the engine: sql/schema/07*.sql, and every function as it is now."""

from alembic import op

from app.db.migrate import run_files

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    run_files(connection, "schema", "07*.sql")
    run_files(connection, "functions")


def downgrade() -> None:
    raise RuntimeError("this migration is not undone: go on from here, or restore a backup")
