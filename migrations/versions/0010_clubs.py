"""What analysts of clubs see: sql/schema/130_club.sql, and roles."""

from alembic import op

from app.db.migrate import run_files

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    run_files(connection, "schema", "130*.sql")
    run_files(connection, "roles")


def downgrade() -> None:
    raise RuntimeError("this migration is not undone: go on from here, or restore a backup")
