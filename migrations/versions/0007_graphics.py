"""Graphics engines: sql/schema/100_graphics.sql."""

from alembic import op

from app.db.migrate import run_files

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    run_files(connection, "schema", "100*.sql")
    # Their rights to what is new.
    run_files(connection, "roles")


def downgrade() -> None:
    raise RuntimeError("this migration is not undone: go on from here, or restore a backup")
