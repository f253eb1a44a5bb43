"""American football: its facts, sql/marts/gridiron and sql/schema/090_fact_drive.sql."""

from alembic import op

from app.db.migrate import run_files

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    run_files(connection, "marts/gridiron")
    run_files(connection, "schema", "090*.sql")


def downgrade() -> None:
    raise RuntimeError("this migration is not undone: go on from here, or restore a backup")
