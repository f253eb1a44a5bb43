"""The schema: log, signals, registry, operations, marts and the queue of rollups, as the files under sql/ say."""

from alembic import op

from app.db.migrate import run_files

revision = "0001"
down_revision = None


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    run_files(connection, "schema", "0[1-5]*.sql")
    run_files(connection, "functions")
    run_files(connection, "marts", "fact_shot.sql")


def downgrade() -> None:
    raise RuntimeError("the first migration is not undone: drop the database instead")
