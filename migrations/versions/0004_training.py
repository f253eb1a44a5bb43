"""What was trained, and a version of a signal that cannot be loaded: sql/schema/08*.sql, and every function as it is now."""

from alembic import op

from app.db.migrate import run_files

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    run_files(connection, "schema", "08*.sql")
    run_files(connection, "functions")


def downgrade() -> None:
    raise RuntimeError("this migration is not undone: go on from here, or restore a backup")
