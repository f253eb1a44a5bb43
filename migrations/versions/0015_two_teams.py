"""Signals of a player whom a feed puts into both teams of a match count once: sql/schema/170_two_teams.sql."""

from alembic import op

from app.db.migrate import run_files

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    run_files(connection, "schema", "170*.sql")
    run_files(connection, "roles")


def downgrade() -> None:
    raise RuntimeError("this migration is not undone: go on from here, or restore a backup")
