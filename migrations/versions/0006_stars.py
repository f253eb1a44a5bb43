"""The star schema, whole: sql/schema/09[5-8]*.sql, the facts of soccer and of every sport, functions, and roles."""

from alembic import op

from app.db.migrate import run_files

revision = "0006"
down_revision = "0005"

# In this order: each is made only of those before it. A fact that is added later comes with a migration of its own.
FACTS = (
    "event", "pass", "lineup_stint", "signal_match", "signal_team", "signal_moment", "forecast", "player_match", "team_match",
    "team_minute", "team_spell",
)  # fmt: skip


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    run_files(connection, "schema", "09[567]*.sql")
    run_files(connection, "functions")
    for fact in FACTS:
        run_files(connection, "marts", f"soccer/fact_{fact}.sql")
    run_files(connection, "marts/every")
    run_files(connection, "schema", "098*.sql")
    run_files(connection, "roles")


def downgrade() -> None:
    raise RuntimeError("this migration is not undone: go on from here, or restore a backup")
