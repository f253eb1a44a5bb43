"""The private PostgreSQL of a clone: made, started, found again, stopped.

The cluster lives under TOUCHLINE_HOME, listens on a socket only its owner and root can reach and on
127.0.0.1 (by password), and never runs as root. The service connects as `touchline`, which owns the
database and is no superuser; the superuser serves the bootstrap here and is reachable over the socket only.

`python -m app.db.embedded start|stop|status|remove` is the same by hand.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from app import settings as app_settings
from app.db import embedded_place, embedded_server
from app.db.embedded_config import ROLE, SUPERUSER
from app.db.embedded_files import ServerFiles, find_server
from app.db.embedded_place import Place
from app.db.embedded_server import Postmaster, Say, say_on_stderr
from app.db.sql import SQL
from app.errors import DatabaseUnavailable
from app.settings import Settings

if TYPE_CHECKING:
    import psycopg

__all__ = [
    "ClusterStatus",
    "ServerFiles",
    "create_database",
    "drop_database",
    "find_server",
    "remove",
    "start",
    "status",
    "stop",
]

DATABASE = "touchline"
EXTENSIONS = ("timescaledb", "vector")


@dataclass(frozen=True)
class ClusterStatus:
    """What is known of the embedded cluster without connecting to it. Empty fields: it does not run."""

    running: bool
    data_folder: Path | None = None
    log_folder: Path | None = None
    system_user: str | None = None
    pid: int | None = None
    port: int | None = None
    dsn: str | None = None
    password_file: Path | None = None

    @property
    def psql(self) -> str | None:
        """The command that opens the database, for a person."""
        return f"psql '{self.dsn}'" if self.dsn else None


def _dsn(found: Postmaster, database: str = DATABASE, role: str = ROLE) -> str:
    return f"postgresql://{role}@/{quote(database)}?host={found.sockets}&port={found.port}"


def _bootstrapped(place: Place) -> Path:
    return place.folder / "bootstrapped"


@contextmanager
def _one_at_a_time(home: Path) -> Iterator[None]:
    """Starting and stopping exclude each other, over processes."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        handle = os.open(home / "cluster.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as exc:
        raise DatabaseUnavailable(
            f"TOUCHLINE_HOME={home} cannot be written ({exc.strerror}): run as its owner, or choose another folder."
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def start(settings: Settings, extra_options: Mapping[str, str] | None = None, *, say: Say = say_on_stderr) -> str:
    """Start the cluster unless it runs, creating it at first, and return its DSN (asyncpg and psycopg take it).

    Safe to call from several processes at once, and after a kill -9 of anything. `extra_options` are server
    options that win over Touchline's own; they count when this call is the one that starts the server.
    `say` gets the few lines a person should see. Raises DatabaseUnavailable, saying what to do.
    """
    home = app_settings.home(settings)
    place = embedded_place.find(home)
    if place and (found := embedded_server.running(place)) and found.ready and _bootstrapped(place).exists():
        return _dsn(found)
    with _one_at_a_time(home):
        place, line = embedded_place.make(home)
        if line:
            say(line)
        found = embedded_server.running(place)
        if found is None:
            server = find_server(_made_by(place))
            if place.data.exists():
                embedded_server.clear_left_overs(place)
            else:
                say(f"creating a database with PostgreSQL {server.version} in {place.folder}")
                embedded_server.init(place, server)
            _bootstrapped(place).unlink(missing_ok=True)
            found = embedded_server.launch(
                place, server, port=settings.db_port, extra_options=extra_options or {}, say=say
            )
        elif not found.ready:
            found = embedded_server.wait_ready(place)
        if not _bootstrapped(place).exists():
            _bootstrap(place, found)
            _bootstrapped(place).touch()
        return _dsn(found)


def _made_by(place: Place) -> int | None:
    try:
        return int((place.data / "PG_VERSION").read_text())
    except (FileNotFoundError, ValueError):
        return None


def stop(settings: Settings, *, timeout_s: float = 10.0) -> bool:
    """Stop the cluster; False when it did not run. Fast for up to `timeout_s`, then at once; no commit is lost."""
    home = app_settings.home(settings)
    if embedded_place.find(home) is None:
        return False
    with _one_at_a_time(home):
        place = embedded_place.find(home)
        found = embedded_server.running(place) if place else None
        if place is None or found is None:
            return False
        embedded_server.halt(place, found, timeout_s)
        return True


def status(settings: Settings) -> ClusterStatus:
    """What is known of the cluster without connecting to it."""
    place = embedded_place.find(app_settings.home(settings))
    if place is None:
        return ClusterStatus(running=False)
    folders: dict[str, Any] = {"data_folder": place.data, "log_folder": place.log, "system_user": place.user.pw_name}
    found = embedded_server.running(place)
    if found is None:
        return ClusterStatus(running=False, **folders)
    return ClusterStatus(
        running=True,
        pid=found.pid,
        port=found.port,
        dsn=_dsn(found),
        password_file=place.folder / "password",
        **folders,
    )


def remove(settings: Settings) -> None:
    """Stop the cluster and delete its data for good. For the clusters of tests and benches."""
    stop(settings)
    home = app_settings.home(settings)
    if place := embedded_place.find(home):
        with _one_at_a_time(home):
            shutil.rmtree(place.folder)
            (home / embedded_place.POINTER).unlink(missing_ok=True)


@contextmanager
def _connect(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection in autocommit mode, its failure told as DatabaseUnavailable."""
    import psycopg  # here, as the way of a running cluster must stay short

    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=10) as connection:
            yield connection
    except psycopg.Error as exc:
        raise DatabaseUnavailable(f"The database refused what its set-up needs: {str(exc).strip()}") from exc


def _password(place: Place) -> str:
    file = place.folder / "password"
    if not file.exists():
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(secrets.token_urlsafe(24))
        place.own(file)
    return file.read_text()


def _bootstrap(place: Place, found: Postmaster) -> None:
    """Role, database and extensions. Each is looked for first, so an interrupted one is completed."""
    from psycopg import sql

    with _connect(_dsn(found, "postgres", SUPERUSER)) as connection:
        role, password = sql.Identifier(ROLE), sql.Literal(_password(place))
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, password))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), role))
    _update_extensions(_dsn(found, DATABASE, SUPERUSER))
    _create_extensions(_dsn(found, DATABASE, SUPERUSER))
    # The service's own role may not make roles.
    with _connect(_dsn(found, DATABASE, SUPERUSER)) as connection:
        connection.execute((SQL / "roles" / "010_roles.sql").read_bytes())


def _create_extensions(dsn: str) -> None:
    """TimescaleDB, and pgvector where it is installed (`touchline doctor` says when it is not)."""
    from psycopg import sql

    with _connect(dsn) as connection:
        present = "SELECT name FROM pg_available_extensions WHERE name = ANY(%s) ORDER BY name"
        for (name,) in connection.execute(present, [list(EXTENSIONS)]).fetchall():
            connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))


def _update_extensions(dsn: str) -> None:
    """Bring the extensions a database has to the version of the installed libraries.

    A connection each, with nothing before it: any other statement loads the old library, which may be gone.
    """
    import psycopg
    from psycopg import sql

    for name in EXTENSIONS:
        # A fresh database has none yet.
        with _connect(dsn) as connection, suppress(psycopg.errors.UndefinedObject):
            connection.execute(sql.SQL("ALTER EXTENSION {} UPDATE").format(sql.Identifier(name)))


def _administration(settings: Settings) -> tuple[str, str | None]:
    """A DSN that may create databases, and the role that shall own them (None: whoever connects)."""
    if settings.database_url:
        return settings.database_url, None
    start(settings)
    place = embedded_place.find(app_settings.home(settings))
    found = embedded_server.running(place) if place else None
    if found is None:
        raise DatabaseUnavailable("The embedded database ended right after its start: see `touchline doctor`.")
    return _dsn(found, "postgres", SUPERUSER), ROLE


def _of_database(dsn: str, name: str, role: str | None) -> str:
    """The same DSN for another database, and for another role where one is given (embedded cluster)."""
    parts = urlsplit(dsn)
    netloc = f"{role}@" if role else parts.netloc
    return f"{parts.scheme}://{netloc}/{quote(name)}" + (f"?{parts.query}" if parts.query else "")


def create_database(settings: Settings, name: str, *, template: str | None = None) -> str:
    """Create a fresh database with both extensions and return its DSN. For tests and benches.

    In the embedded cluster (started if need be) it belongs to `touchline`; with DATABASE_URL, to its user, who
    must be allowed to create databases. `template`: a database to copy instead, which nobody may be connected to.
    Raises DatabaseUnavailable, also when the name is taken.
    """
    from psycopg import sql

    admin, owner = _administration(settings)
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if owner:
        statement += sql.SQL(" OWNER {}").format(sql.Identifier(owner))
    if template:
        statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    with _connect(admin) as connection:
        connection.execute(statement)
    if not template:
        _create_extensions(_of_database(admin, name, SUPERUSER if owner else None))
    return _of_database(admin, name, owner)


def drop_database(settings: Settings, name: str) -> None:
    """Drop a database that create_database made, its connections ended. Nothing happens when it is not there."""
    from psycopg import sql

    admin, _ = _administration(settings)
    with _connect(admin) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def main(arguments: list[str]) -> int:
    """start, stop, status or remove, by hand."""
    settings = app_settings.load()
    actions = {"start": start, "stop": stop, "status": status, "remove": remove}
    if len(arguments) != 1 or arguments[0] not in actions:
        print(f"usage: python -m app.db.embedded {'|'.join(actions)}", file=sys.stderr)
        return 2
    try:
        print(actions[arguments[0]](settings))
    except DatabaseUnavailable as exc:
        print(exc, file=sys.stderr)
        return exc.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
