"""`touchline doctor`: what this installation stands on, what is wrong with it, and what to do about that.

Looks and never changes anything; works without a database, too.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from app import settings as app_settings
from app.db import embedded, embedded_config
from app.db.embedded_files import CHOICES, installed
from app.db.sql import query
from app.errors import DatabaseUnavailable
from app.settings import Settings

_LEAST_DISK_BYTES = 2 * 1024**3
_SAFE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
_SHOWN = ("shared_buffers", "effective_cache_size", "work_mem", "maintenance_work_mem", "max_connections")


@dataclass(frozen=True)
class Finding:
    """One thing looked at. ok: True, False (advice says what to do), or None where there is no right or wrong."""

    area: str
    name: str
    value: str
    ok: bool | None = None
    advice: str = ""


def hide_password(url: str) -> str:
    """A database URL fit to be shown: passwords before the host and among the parameters become ***."""
    url = re.sub(r"(://[^/@:]*):.*@", r"\1:***@", url)
    return re.sub(r"(?i)((?:^|[?&\s])(?:ssl)?password=)[^&\s]*", r"\1***", url)


def report(settings: Settings) -> list[Finding]:
    """Everything the doctor looks at, in the order it is shown."""
    return [*_machine(settings), *_servers(settings), *_cluster(settings), *_database(settings), *_settings(settings)]


def _machine(settings: Settings) -> Iterator[Finding]:
    fits = sys.version_info >= (3, 11)
    yield Finding("machine", "python", platform.python_version(), fits, "" if fits else "Install Python 3.11 or newer.")
    try:
        system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    except OSError:
        system = platform.platform()
    yield Finding("machine", "system", f"{system}, {platform.machine()}, {os.cpu_count()} cores")
    yield Finding("machine", "memory", _size(embedded_config.memory_bytes()))
    home = app_settings.home(settings)
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    roomy = free >= _LEAST_DISK_BYTES
    advice = (
        ""
        if roomy
        else f"Make room on the disk of {there}, or point TOUCHLINE_HOME to another; a full disk stops ingestion."
    )
    yield Finding("machine", "disk free", f"{_size(free)} at {there}", roomy, advice)
    yield _listening(settings)


def _listening(settings: Settings) -> Finding:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    try:
        socket.create_connection((host, settings.port), timeout=1).close()
    except socket.gaierror as exc:
        advice = "Set TOUCHLINE_HOST to an address of this machine."
        return Finding("machine", "API port", f"{host}: {exc.strerror}", False, advice)
    except OSError:
        return Finding("machine", "API port", f"{host}:{settings.port} is free", True)
    advice = "If that is not Touchline itself, set TOUCHLINE_PORT to a free one."
    return Finding("machine", "API port", f"{host}:{settings.port} is in use", None, advice)


def _servers(settings: Settings) -> Iterator[Finding]:
    if settings.database_url:
        yield Finding("server", "used", f"DATABASE_URL ({hide_password(settings.database_url)})")
        return
    servers = list(installed())
    for server in servers:
        edition = "Community" if server.is_community else "Apache"
        has = f"TimescaleDB ({edition})" if server.has_timescaledb else "no TimescaleDB"
        has += ", pgvector" if server.has_vector else ", no pgvector"
        yield Finding("server", f"PostgreSQL {server.version}", f"{server.bin_dir}: {has}")
    try:
        chosen = embedded.find_server()
    except DatabaseUnavailable as exc:
        yield Finding("server", "used", "none", False, str(exc))
        return
    whole = chosen.has_vector
    advice = "" if whole else "pgvector is missing beside TimescaleDB: scripts/run adds it on Debian."
    yield Finding("server", "used", f"PostgreSQL {chosen.version} in {chosen.bin_dir}", whole, advice)


def _cluster(settings: Settings) -> Iterator[Finding]:
    if settings.database_url:
        return
    try:
        found = embedded.status(settings)
    except DatabaseUnavailable as exc:
        yield Finding("cluster", "state", "unusable", False, str(exc))
        return
    if found.data_folder is None:
        yield Finding("cluster", "state", "not created yet", None, "`touchline db start` or `touchline up` creates it.")
        return
    yield Finding("cluster", "data", f"{found.data_folder}, as the user {found.system_user}")
    yield Finding("cluster", "logs", str(found.log_folder))
    if not found.running:
        yield Finding("cluster", "state", "stopped", None, "`touchline db start` or `touchline up` starts it.")
        return
    yield Finding("cluster", "state", f"running, process {found.pid}, 127.0.0.1:{found.port}", True)
    yield Finding("cluster", "open it with", found.psql or "")
    yield Finding("cluster", "password (TCP)", f"in {found.password_file}")


def _database(settings: Settings) -> Iterator[Finding]:
    import psycopg

    try:
        dsn = settings.database_url or embedded.status(settings).dsn
    except DatabaseUnavailable:
        return  # said above
    if dsn is None:
        return
    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=5) as connection:
            yield from _inside(connection)
    except psycopg.Error as exc:
        reason = hide_password((str(exc).strip().splitlines() or [type(exc).__name__])[0])
        what = (
            "Check DATABASE_URL and that its server runs"
            if settings.database_url
            else "`touchline db stop`, then `touchline db start`"
        )
        yield Finding("database", "connection", reason, False, f"{what}.")


def _inside(connection: Any) -> Iterator[Finding]:
    def one(query: str, *values: object) -> Any:
        row = connection.execute(query, values).fetchone()
        return row[0] if row else None

    yield Finding("database", "connection", f"PostgreSQL {one('SHOW server_version')}", True)
    superuser = one("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    advice = (
        "The service needs no superuser: give it a role that owns the database and nothing else." if superuser else ""
    )
    yield Finding("database", "role", str(one("SELECT current_user")), not superuser, advice)
    for name, needed in (("timescaledb", True), ("vector", False)):
        yield _extension(connection, name, needed)
    licence = one("SELECT current_setting('timescaledb.license', true)")
    if licence:
        edition = {"apache": "Apache", "timescale": "Community"}.get(licence, licence)
        yield Finding("database", "edition", f"{edition} (timescaledb.license = {licence})")
    for name, safe in _SAFE.items():
        value = one("SELECT current_setting(%s)", name)
        ok = value == safe or (name == "synchronous_commit" and value in ("remote_write", "remote_apply"))
        yield Finding(
            "durability",
            name,
            value,
            ok,
            "" if ok else f"Set {name} = {safe}: a crash could lose what was acknowledged.",
        )
    for name in _SHOWN:
        yield Finding("memory", name, one("SELECT current_setting(%s)", name))
    yield _migrations(one)
    yield from _stream_ids(one)


def _stream_ids(one: Any) -> Iterator[Finding]:
    """Were the numbers that clients have given out by this very database?"""
    if one("SELECT to_regprocedure('ops.here()')") is None or one("SELECT pg_is_in_recovery()"):
        return
    epoch, holds = one("SELECT epoch FROM ops.instance"), one(query("epoch_holds"))
    if epoch is None or epoch == holds:
        yield Finding("database", "stream ids", "no epoch yet" if epoch is None else f"epoch {epoch}")
        return
    advice = "The next API that connects makes a new epoch, and every client gets one resync. Nothing has to be done."
    yield Finding(
        "database", "stream ids", f"epoch {epoch}, of another database or from before a restore", None, advice
    )


def _extension(connection: Any, name: str, needed: bool) -> Finding:
    row = connection.execute(
        "SELECT default_version, installed_version FROM pg_available_extensions WHERE name = %s", [name]
    ).fetchone()
    if row is None:
        return Finding(
            "database", name, "not installed on the server", False, f"Install it on the database server. {CHOICES}."
        )
    available, present = row
    if present is None:
        return Finding(
            "database",
            name,
            f"{available} available, not in this database",
            not needed or None,
            f"As a superuser: CREATE EXTENSION {name};",
        )
    current = present == available
    advice = (
        "" if current else f"Reconnect as the superuser and, as the first statement: ALTER EXTENSION {name} UPDATE;"
    )
    return Finding("database", name, present if current else f"{present}, {available} available", current, advice)


def _migrations(one: Any) -> Finding:
    from alembic.util import CommandError

    try:
        from app.db.migrate import head

        newest = head()
    except (
        CommandError,
        ImportError,
        OSError,
        SyntaxError,
    ) as exc:  # a broken folder is a finding, not the doctor's end
        return Finding(
            "database",
            "schema",
            f"the migrations cannot be read: {exc}",
            False,
            "Restore the folder migrations/ of this version.",
        )
    has_table = one("SELECT to_regclass('public.alembic_version')")
    at = one("SELECT version_num FROM public.alembic_version") if has_table else None
    ok = at == newest
    advice = "" if ok else "`touchline db migrate` brings it up to date."
    return Finding("database", "schema", f"{at or 'empty'} (newest: {newest or 'none'})", ok, advice)


def _settings(settings: Settings) -> Iterator[Finding]:
    fields = {app_settings.variable(field): field for field in Settings.__struct_fields__}
    values = msgspec.structs.asdict(settings)
    for name, default, meaning in app_settings.described():
        value = values[fields[name]]
        text = "" if value is None else hide_password(str(value))
        yield Finding("settings", name, text if text != default else f"{text or '(not set)'} (default)", None, meaning)


def _size(number: int) -> str:
    return f"{number / 1024**3:.1f} GiB"
