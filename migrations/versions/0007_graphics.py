"""Graphics engines: sql/schema/095_graphics.sql."""

from alembic import op

from app.db.migrate import run_files

revision = "0007"
down_revision = "0005"


def upgrade() -> None:
    run_files(op.get_bind().connection.driver_connection, "schema", "095*.sql")


def downgrade() -> None:
    raise RuntimeError("this migration is not undone: go on from here, or restore a backup")
