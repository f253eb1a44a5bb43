"""Similar moments: sql/schema/110_similar.sql."""

from alembic import op

from app.db.migrate import run_files

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    for function in ("feature_prepare_soccer_moment", "feature_uuid_timestamp"):
        run_files(connection, "functions", f"{function}.sql")
    run_files(connection, "schema", "110*.sql")
    # Their rights to what is new.
    run_files(connection, "roles")


def downgrade() -> None:
    raise RuntimeError("this migration is not undone: go on from here, or restore a backup")
