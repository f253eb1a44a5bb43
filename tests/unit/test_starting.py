"""What a service imports before it is there: a restart on match day is as long as that."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.db import schema_version
from app.db.migrate import head
from tests.running import environment, free_port


@pytest.mark.parametrize(
    ("started", "left_out"),
    [
        ("app.commands.up", {"alembic", "sqlalchemy", "litestar", "numpy", "polars"}),
        ("app.commands.work", {"alembic", "sqlalchemy", "litestar", "polars"}),
        ("app.commands.background", {"alembic", "sqlalchemy", "litestar", "polars"}),
        ("app.api.server", {"alembic", "sqlalchemy", "polars"}),
    ],
)
def test_what_a_start_does_not_need_is_not_imported(started: str, left_out: set[str]) -> None:
    show = f"import sys, {started}; print(*sys.modules)"
    imported = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True).stdout.split()
    assert started in imported
    assert not left_out & set(imported)


@pytest.mark.parametrize("part", ["work", "graphics run"])
def test_what_up_starts_is_spared_the_reading_of_options(part: str) -> None:
    begin = f"import atexit, sys; sys.argv[1:] = {[*part.split(), '--supervised']}; from app.cli import main;"
    show = "atexit.register(lambda: print(*sys.modules)); main()"
    done = subprocess.run(
        [sys.executable, "-c", begin + show],
        env=environment(database_url=f"postgresql://nobody@127.0.0.1:{free_port()}/none"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("touchline: The database cannot be ")
    assert "app.db.migrate" in done.stdout.split()
    assert not {"pydantic", "polars"} & set(done.stdout.split())


def test_the_newest_migration_is_the_one_that_alembic_finds() -> None:
    assert schema_version.newest() == head() is not None


def test_of_migrations_that_part_none_is_the_newest(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    (tmp_path / "a.py").write_text('revision = "a"\ndown_revision = None\n')
    (tmp_path / "b.py").write_text('revision = "b"\ndown_revision = "a"\n')
    monkeypatch.setattr(schema_version, "_VERSIONS", tmp_path)
    assert schema_version.newest.__wrapped__() == "b"
    (tmp_path / "c.py").write_text('revision = "c"\ndown_revision = "a"\n')
    assert schema_version.newest.__wrapped__() is None


def test_a_database_that_is_not_there_stands_at_no_migration() -> None:
    assert not schema_version.is_newest("postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=2")
