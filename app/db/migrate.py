"""Bringing a database up to this version's schema.

Alembic and SQLAlchemy are imported where they are used: a service that starts on a database that is up to date, as it
mostly is, needs neither, and they take longer to import than the rest of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from app.db.schema_version import is_newest
from app.db.sql import ROOT, files
from app.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

# Two services that start at once must not migrate at once.
_LOCK = 7355607


def sqlalchemy_url(dsn: str) -> str:
    """The same database, said for SQLAlchemy with psycopg 3."""
    for scheme in ("postgresql://", "postgres://"):
        if dsn.startswith(scheme):
            return "postgresql+psycopg://" + dsn.removeprefix(scheme)
    return dsn


def run_files(connection: psycopg.Connection, folder: str, named: str = "*.sql") -> None:
    """Run the SQL files of a folder, whole, through psycopg's own connection (which takes many statements at once)."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL check_function_bodies = off")
        for path in files(folder):
            if path.match(named):
                cursor.execute(path.read_bytes())


def config() -> Config:
    """Alembic's configuration, wherever the process was started."""
    from alembic.config import Config

    found = Config(str(ROOT / "alembic.ini"))
    found.set_main_option("script_location", str(ROOT / "migrations"))
    return found


def head() -> str | None:
    """The newest migration there is."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(config()).get_current_head()


def current(connection: Connection) -> str | None:
    """The migration that a database stands at; None for an empty one."""
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection, opts={"version_table_schema": "public"}).get_current_revision()


def migrate(dsn: str) -> bool:
    """Bring the database up to date. Returns whether anything was done. Raises DatabaseUnavailable."""
    if is_newest(dsn):
        return False
    from alembic import command
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import OperationalError

    engine = create_engine(sqlalchemy_url(dsn))
    try:
        with engine.connect() as connection:
            if current(connection) == head():
                return False
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
            connection.commit()
            if current(connection) == head():
                return False
            _need_timescale(connection)
            alembic = config()
            alembic.attributes["connection"] = connection
            command.upgrade(alembic, "head")
            connection.commit()
            return True
    except OperationalError as exc:
        reason = str(exc.orig).strip().splitlines()[0]
        raise DatabaseUnavailable(f"The database cannot be migrated: {reason}. `touchline doctor` tells more.") from exc
    finally:
        engine.dispose()


def grant_roles(dsn: str) -> list[str]:
    """Make the roles and say again what each may do (sql/roles): whoever may make roles has come since, perhaps. Returns
    what could not be done, in words for people."""
    told: list[str] = []
    with psycopg.connect(dsn) as connection:
        connection.add_notice_handler(lambda notice: told.append(notice.message_primary or ""))
        run_files(connection, "roles")
    return told


def _need_timescale(connection: Connection) -> None:
    from sqlalchemy import text

    present = connection.execute(text("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'")).scalar()
    if present:
        return
    try:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS timescaledb"))
        connection.commit()
    except Exception as exc:
        raise DatabaseUnavailable(
            "The database has no TimescaleDB and this role cannot add it. As a superuser run: CREATE EXTENSION timescaledb;"
        ) from exc
