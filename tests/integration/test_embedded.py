"""The embedded cluster for real: created, killed, started again, stopped. Needs PostgreSQL with TimescaleDB."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import psycopg
import pytest

from app.db import doctor, embedded
from app.errors import DatabaseUnavailable
from app.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    found = Settings(home=str(tmp_path / "home"))
    yield found
    embedded.remove(found)


def wait_gone(pid: int, data: Path) -> None:
    """Until the process is dead (a zombie counts as dead)."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if os.readlink(f"/proc/{pid}/cwd") != str(data):
                return
        except OSError:
            return
        time.sleep(0.02)
    raise AssertionError(f"{pid} lives")


def test_data_survive_a_kill_of_the_postmaster_and_a_stop(settings: Settings):
    dsn = embedded.start(settings)
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (42)")
    before = embedded.status(settings)
    assert before.running
    assert before.pid
    assert before.data_folder
    os.kill(before.pid, signal.SIGKILL)
    wait_gone(before.pid, before.data_folder)
    assert not embedded.status(settings).running

    with psycopg.connect(embedded.start(settings)) as connection:
        assert connection.execute("SELECT n FROM kept").fetchall() == [(42,)]
    assert embedded.status(settings).port == before.port

    assert embedded.stop(settings)
    assert not embedded.stop(settings)
    with psycopg.connect(embedded.start(settings)) as connection:
        assert connection.execute("SELECT n FROM kept").fetchall() == [(42,)]


async def test_the_dsn_serves_both_drivers_as_a_role_that_is_no_superuser(settings: Settings):
    dsn = embedded.start(settings)
    connection = await asyncpg.connect(dsn)
    try:
        row = await connection.fetchrow("SELECT rolname, rolsuper FROM pg_roles WHERE rolname = current_user")
        extensions = await connection.fetch("SELECT extname FROM pg_extension")
    finally:
        await connection.close()
    assert tuple(row) == ("touchline", False)
    assert "timescaledb" in {name for (name,) in extensions}


def test_tcp_asks_for_the_password_and_knows_no_superuser(settings: Settings):
    embedded.start(settings)
    found = embedded.status(settings)
    assert found.password_file
    assert found.password_file.stat().st_mode & 0o077 == 0
    password = found.password_file.read_text()
    with psycopg.connect(f"postgresql://touchline:{password}@127.0.0.1:{found.port}/touchline"):
        pass
    for user in ("touchline", "postgres"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(f"postgresql://{user}:wrong@127.0.0.1:{found.port}/touchline")


def test_many_who_start_at_once_get_one_server(settings: Settings):
    with ThreadPoolExecutor(6) as threads:
        dsns = set(threads.map(lambda _: embedded.start(settings), range(6)))
    assert len(dsns) == 1
    begun = time.perf_counter()
    embedded.start(settings)
    assert time.perf_counter() - begun < 0.1


def test_databases_come_and_go_and_can_be_copied(settings: Settings):
    dsn = embedded.create_database(settings, "one")
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE t (at timestamptz NOT NULL)")
        connection.execute("SELECT create_hypertable('t', 'at')")
        connection.execute("INSERT INTO t VALUES (now())")
    with psycopg.connect(embedded.create_database(settings, "two", template="one")) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (1,)
    with pytest.raises(DatabaseUnavailable, match="already exists"):
        embedded.create_database(settings, "one")
    for name in ("one", "two", "two"):
        embedded.drop_database(settings, name)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn)


def test_a_start_that_was_interrupted_is_completed(settings: Settings, tmp_path: Path):
    embedded.start(settings, {"fsync": "off"})
    found = embedded.status(settings)
    assert found.data_folder
    (found.data_folder.parent / "bootstrapped").unlink()
    with psycopg.connect(embedded.start(settings)) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("off",)


def test_a_bad_option_is_told_with_the_reason_of_the_server(settings: Settings):
    with pytest.raises(DatabaseUnavailable, match="max_connections"):
        embedded.start(settings, {"max_connections": "many"})
    embedded.start(settings)


def test_a_home_in_a_closed_folder_serves_root_and_owner(tmp_path: Path, settings: Settings):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    inside = Settings(home=str(closed / "home"))
    said: list[str] = []
    try:
        embedded.start(inside, say=said.append)
        folder = embedded.status(inside).data_folder
        assert folder
        # Root runs the server as somebody else, who cannot go there; an owner runs it as himself, and can.
        assert folder.is_relative_to(closed) == (os.geteuid() != 0)
        if os.geteuid() == 0:
            assert str(folder.parent) in said[0]
        embedded.stop(inside)
        embedded.start(inside)
        assert embedded.status(inside).data_folder == folder
    finally:
        embedded.remove(inside)
    assert not folder.exists()


def test_the_doctor_finds_a_healthy_cluster_well(settings: Settings):
    embedded.start(settings)
    findings = {(f.area, f.name): f for f in doctor.report(settings)}
    assert findings["cluster", "state"].ok
    assert findings["durability", "fsync"].ok
    assert findings["database", "timescaledb"].ok
    assert findings["database", "edition"].value.startswith(("Apache", "Community"))
    assert all(f.advice for f in findings.values() if f.ok is False)


def test_the_doctor_works_without_a_database(tmp_path: Path):
    nowhere = Settings(home=str(tmp_path / "none"), database_url="postgresql://u:secret@127.0.0.1:1/x")
    findings = doctor.report(nowhere)
    assert any(f.area == "database" and f.ok is False for f in findings)
    assert "secret" not in repr(findings)
