"""The suite's database: a private cluster, made for the run, with a migrated template that every test copies.

The edition of TimescaleDB is whichever the machine has; the header of the run says which.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from pytest_postgresql import factories

from app.db import embedded
from app.db.migrate import migrate
from app.db.pool import Pool, open_pool
from app.settings import Settings

# Durability is tested by the tests that kill; everywhere else it would only cost time. Background workers of
# TimescaleDB would sit in the template and keep it from being copied.
FAST = {"fsync": "off", "synchronous_commit": "off", "timescaledb.max_background_workers": "0"}
TEMPLATE = "touchline_template"


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
        migrate(embedded.create_database(self.settings, TEMPLATE))

    def close(self) -> None:
        """Stop it and take its data away."""
        embedded.remove(self.settings)


_cluster: Cluster | None = None


def pytest_configure(config: pytest.Config) -> None:
    global _cluster
    if config.option.collectonly or config.option.help:
        return
    home = Path(tempfile.mkdtemp(prefix="touchline-tests-"))
    home.chmod(0o755)
    _cluster = Cluster(home)
    info = psycopg.conninfo.conninfo_to_dict(_cluster.dsn)
    config.option.postgresql_host = info["host"]
    config.option.postgresql_port = info["port"]
    config.option.postgresql_user = "postgres"


def pytest_report_header() -> str | None:
    if _cluster is None:
        return None
    return f"database: PostgreSQL {_cluster.version}, TimescaleDB {_cluster.edition} edition"


def pytest_unconfigure() -> None:
    if _cluster is not None:
        _cluster.close()
        shutil.rmtree(_cluster.settings.home, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The run's PostgreSQL."""
    assert _cluster is not None
    return _cluster


postgresql_noproc = factories.postgresql_noproc()
postgresql = factories.postgresql("postgresql_noproc")


@pytest.fixture
def make_database(cluster: Cluster) -> Iterator[Callable[[], str]]:
    """Gives the DSN of a fresh migrated database, owned by the service's own role, at each call."""
    made: list[str] = []

    def make() -> str:
        name = f"t_{next(tempfile._get_candidate_names())}".lower()  # pyright: ignore[reportAttributeAccessIssue]
        made.append(name)
        return embedded.create_database(cluster.settings, name, template=TEMPLATE)

    yield make
    for name in made:
        embedded.drop_database(cluster.settings, name)


@pytest.fixture
def dsn(make_database: Callable[[], str]) -> str:
    """A fresh migrated database."""
    return make_database()


@pytest_asyncio.fixture
async def pool(dsn: str) -> AsyncIterator[Pool]:
    """A pool on a fresh migrated database, signals registered."""
    from app.scoring.catalogue import register

    opened = await open_pool(dsn, size=6)
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
