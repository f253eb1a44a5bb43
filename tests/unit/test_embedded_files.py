"""Finding a server: programs that look like PostgreSQL's in a folder of our own."""

from pathlib import Path

import pytest

from app.db import embedded_files
from app.errors import DatabaseUnavailable


def make_server(root: Path, version: str, *, timescale: bool, vector: bool = True) -> Path:
    """A folder of programs that answer like a server's, with its libraries beside it."""
    major = version.partition(".")[0]
    base = root / "usr/lib/postgresql" / major
    share = base / "share/extension"
    for folder in (base / "bin", base / "lib", share):
        folder.mkdir(parents=True)
    answers = {
        "postgres": f"echo 'postgres (PostgreSQL) {version} (Debian {version}-0)'",
        "pg_config": f"echo {base}/lib; echo {base}/share",
        "initdb": "true",
        "pg_ctl": "true",
    }
    for name, body in answers.items():
        program = base / "bin" / name
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
    for name, there in (("timescaledb", timescale), ("vector", vector)):
        if there:
            (base / f"lib/{name}.so").write_bytes(b"")
            (share / f"{name}.control").write_text("default_version = '1.0'\n")
    return base


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    looked_at = embedded_files.installed
    monkeypatch.setattr(embedded_files, "installed", lambda: looked_at(tmp_path))
    return tmp_path


def test_a_server_with_timescaledb_wins_over_a_newer_one_without(root: Path):
    make_server(root, "15.9", timescale=True)
    make_server(root, "17.2", timescale=False)
    found = embedded_files.find_server()
    assert (found.version, found.major, found.has_vector) == ("15.9", 15, True)


def test_pgvector_counts_before_the_version(root: Path):
    make_server(root, "16.1", timescale=True)
    make_server(root, "17.2", timescale=True, vector=False)
    assert embedded_files.find_server().version == "16.1"


def test_no_server_is_an_error_that_says_what_was_found_and_what_to_do(root: Path):
    make_server(root, "17.2", timescale=False)
    with pytest.raises(DatabaseUnavailable, match=r"PostgreSQL 17\.2 without TimescaleDB.*DATABASE_URL"):
        embedded_files.find_server()


def test_a_data_folder_asks_for_the_version_that_made_it(root: Path):
    make_server(root, "17.2", timescale=True)
    with pytest.raises(DatabaseUnavailable, match="PostgreSQL 15 with TimescaleDB, which made the data folder"):
        embedded_files.find_server(15)


def test_editions_and_telemetry_are_seen_from_the_libraries(root: Path):
    base = make_server(root, "15.9", timescale=True)
    apache = embedded_files.find_server()
    assert not apache.is_community
    assert not apache.has_telemetry
    (base / "lib/timescaledb-2.19.3.so").write_bytes(b"\0telemetry_level\0")
    (base / "lib/timescaledb-tsl-2.19.3.so").write_bytes(b"")
    community = embedded_files.find_server()
    assert community.is_community
    assert community.has_telemetry


def test_half_a_server_is_none(root: Path):
    base = make_server(root, "15.9", timescale=True)
    (base / "bin/initdb").unlink()
    assert embedded_files.inspect(base / "bin") is None
