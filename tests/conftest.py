"""The suite's database: a private cluster, made for the run, with a migrated template that every test copies.

The edition of TimescaleDB is whichever the machine has; the header of the run says which.
"""

from __future__ import annotations

import asyncio
import gc
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, LiteralString
from uuid import uuid4

import psutil
import psycopg
import pytest
import pytest_asyncio
import structlog
from pytest_postgresql import factories
from pytest_postgresql.executors import NoopExecutor

from app.db import embedded, embedded_config
from app.db.migrate import migrate
from app.db.pool import Pool, open_pool
from app.settings import Settings

from . import running

# Durability is tested by the tests that kill; everywhere else it would only cost time. Background workers of
# TimescaleDB would sit in the template and keep it from being copied.
# Where files in memory are to be had, the databases lie there: making one costs a tenth of what it does on a disk.
IN_MEMORY = Path("/dev/shm")
ROOM_BYTES = 4 << 30
# Whoever makes or drops a database looks through the shared buffers, so there are few.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "timescaledb.max_background_workers": "0",
}


class Cluster:
    """The run's PostgreSQL."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home=str(home))
        self.dsn = embedded.start(self.settings, FAST, say=lambda line: None)
        with psycopg.connect(self.dsn) as connection:
            licence = connection.execute("SELECT current_setting('timescaledb.license')").fetchone()
            versions = connection.execute("SHOW server_version").fetchone()
        assert licence is not None and versions is not None
        self.edition = "Community" if licence[0] == "timescale" else "Apache"
        self.version = versions[0]
        self.address = psycopg.conninfo.conninfo_to_dict(self.dsn)
        self._superuser: psycopg.Connection[Any] | None = None

    def dsn_of(self, database: str) -> str:
        """A database of this cluster, as the service's own role."""
        return f"postgresql://touchline@/{database}?host={self.address['host']}&port={self.address['port']}"

    def copy(self, template: str) -> str:
        """A new database, the copy of one that nobody is connected to; its name."""
        name = f"t_{uuid4().hex[:12]}"
        # File by file: through the log of changes, as it is done by default, it takes three times as long.
        self._told("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template)
        return name

    def drop(self, name: str) -> None:
        """A database and whoever is connected to it."""
        self._told("DROP DATABASE {} WITH (FORCE)", name)

    def _told(self, statement: LiteralString, *names: str) -> None:
        if self._superuser is None:
            self._superuser = psycopg.connect(
                host=self.address["host"],
                port=self.address["port"],
                user=embedded_config.SUPERUSER,
                dbname="postgres",
                autocommit=True,
            )
        self._superuser.execute(psycopg.sql.SQL(statement).format(*map(psycopg.sql.Identifier, names)))

    def close(self) -> None:
        """Stop it and take its data away."""
        if self._superuser is not None:
            self._superuser.close()
        embedded.remove(self.settings)


_cluster: Cluster | None = None
_home: Path | None = None
_servers: set[str] = set()


def pytest_configure(config: pytest.Config) -> None:
    global _cluster, _home
    config.pluginmanager.register(_Gathers())
    # As the service writes them. structlog's own way prints the locals of every frame, a match's whole log among them.
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    )
    if config.option.collectonly or config.option.help:
        return
    if IN_MEMORY.is_dir() and min(shutil.disk_usage(IN_MEMORY).free, psutil.virtual_memory().available) > ROOM_BYTES:
        # Also what the tests put into a temporary folder: clusters of their own, among others.
        tempfile.tempdir = str(IN_MEMORY)
    _home = Path(tempfile.mkdtemp(prefix="touchline-tests-"))
    _home.chmod(0o755)
    if not hasattr(config, "workerinput"):
        # Of this run alone: pytest takes the folders of older runs away, also under one that goes on.
        config.option.basetemp = config.option.basetemp or str(_home / "tmp")
        if getattr(config.option, "numprocesses", None):
            # The tests run in processes of their own, each on a cluster of its own.
            return
    _cluster = Cluster(_home)
    config.option.postgresql_host = _cluster.address["host"]
    config.option.postgresql_port = _cluster.address["port"]
    config.option.postgresql_user = embedded_config.SUPERUSER
    _servers.add(f"PostgreSQL {_cluster.version}, TimescaleDB {_cluster.edition} edition")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    # Millions of objects come and stay, and to look through them again and again is a third of it.
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
        # As in every process of the service (app/commands/terminal.py).
        gc.set_threshold(50_000, 20, 50)


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["servers"] = sorted(_servers)


class _Gathers:
    """What the processes of the tests have run on."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        _servers.update(getattr(node, "workeroutput", {}).get("servers", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for server in sorted(_servers):
        terminalreporter.write_line(f"database: {server}")


def pytest_unconfigure() -> None:
    if _cluster is not None:
        _cluster.close()
    if _home is not None:
        shutil.rmtree(_home, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The run's PostgreSQL."""
    assert _cluster is not None
    return _cluster


def migrated(host: str, port: int, user: str, dbname: str, **_rest: Any) -> None:
    """Fill the template: extensions by the superuser, the schema by the service's own role, as in a service."""
    with psycopg.connect(host=host, port=port, user=user, dbname=dbname, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION timescaledb")
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        connection.execute(
            psycopg.sql.SQL("ALTER DATABASE {} OWNER TO touchline").format(psycopg.sql.Identifier(dbname))
        )
    assert _cluster is not None
    migrate(_cluster.dsn_of(dbname))


postgresql_noproc = factories.postgresql_noproc(load=[migrated])


@pytest.fixture(scope="session")
def registered(cluster: Cluster, postgresql_noproc: NoopExecutor) -> Iterator[str]:
    """The template once more, signals registered: the name of that database."""
    for make in _databases(cluster, postgresql_noproc.template_dbname):
        dsn = make()
        # In a thread of its own: a fixture leaves the event loop of its thread alone.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _register(dsn)).result()
        yield psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]


async def _register(dsn: str) -> None:
    from app.scoring.register import register

    opened = await open_pool(dsn, size=1)
    await register(opened)
    await opened.close()


@pytest.fixture
def make_database(cluster: Cluster, postgresql_noproc: NoopExecutor) -> Iterator[Callable[[], str]]:
    """Gives the DSN of a fresh migrated database at each call."""
    yield from _databases(cluster, postgresql_noproc.template_dbname)


@pytest.fixture(scope="session")
def service(cluster: Cluster, postgresql_noproc: NoopExecutor) -> Iterator[running.Running]:
    """The real service on a database of its own, one for the whole run: tests use match ids of their own."""
    for make in _databases(cluster, postgresql_noproc.template_dbname):
        with running.service(database_url=make(), heartbeat_s=0.5, poll_s=0.5, max_body_mb=8) as found:
            yield found


def _databases(cluster: Cluster, template: str) -> Iterator[Callable[[], str]]:
    with ExitStack() as made:

        def make() -> str:
            name = cluster.copy(template)
            made.callback(cluster.drop, name)
            return cluster.dsn_of(name)

        yield make


@pytest.fixture
def dsn(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[str]:
    """A fresh migrated database. Where the test has a pool on it, its signals are registered."""
    if "pool" in request.fixturenames:
        template = request.getfixturevalue("registered")
    else:
        template = request.getfixturevalue("postgresql_noproc").template_dbname
    for make in _databases(cluster, template):
        yield make()


@pytest_asyncio.fixture
async def pool(dsn: str) -> AsyncIterator[Pool]:
    """A pool on a fresh migrated database, signals registered."""
    from app.scoring.register import register

    opened = await open_pool(dsn, size=6)
    # What the template does not know: signals that a test has put there.
    await register(opened)
    yield opened
    opened.terminate()


@pytest.fixture
def settings() -> Settings:
    """Settings of a test: short waits."""
    return Settings(poll_s=0.2, lease_s=1.0)


@pytest.fixture(scope="session")
def models() -> dict[str, Any]:
    """Every committed model."""
    from app.models.registry import load_all

    return load_all()
