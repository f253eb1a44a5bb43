"""The scripts: sound shell, no host names, and a set-up that is skipped when it is done."""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ("scripts/run", "scripts/test", "scripts/check", ".ci/run")
SHELL = (*COMMANDS, "scripts/lib.sh", "scripts/lib-database.sh")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone whose environment claims to be installed; its commands only say what they were called with."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    programs = tmp_path / ".venv/bin"
    programs.mkdir(parents=True)
    for name in ("python", "touchline"):
        (programs / name).write_text(f'#!/bin/sh\necho "{name} $*"\n')
        (programs / name).chmod(0o755)
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (tmp_path / lock).write_text("nothing==1\n")
        digest = hashlib.sha256(b"nothing==1\n").hexdigest()
        (tmp_path / f".venv/.installed-{lock}").write_text(f"{digest}  - {tmp_path}\n")
    return tmp_path


def call(clone: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TOUCHLINE_")}
    return subprocess.run(
        ["bash", *command],
        cwd="/",
        env={**kept, "DATABASE_URL": "postgresql://somewhere/else", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def library(clone: Path, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return call(
        clone, "-c", f'source "{clone}/scripts/lib.sh"; source "$root/scripts/lib-database.sh"; {code}', **environment
    )


@pytest.mark.parametrize("name", SHELL)
def test_the_shell_is_sound(name: str):
    assert subprocess.run(["bash", "-n", str(ROOT / name)], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_can_be_run(name: str):
    assert os.access(ROOT / name, os.X_OK)


@pytest.mark.parametrize("name", [*SHELL, "app/db/apt_sources.py"])
def test_no_host_is_named(name: str):
    assert not re.search(r"https?://|\bdebian\.org\b|\bpypi\.org\b", (ROOT / name).read_text())


def test_run_does_nothing_but_start_when_all_is_there(clone: Path):
    done = call(clone, f"{clone}/scripts/run")
    assert (done.returncode, done.stdout, done.stderr) == (0, "touchline up --demo\n", "")
    assert call(clone, f"{clone}/scripts/run", "--no-demo").stdout == "touchline up\n"


def test_run_refuses_what_it_does_not_know(clone: Path):
    done = call(clone, f"{clone}/scripts/run", "--nodemo")
    assert done.returncode == 2
    assert "usage: scripts/run [--no-demo]" in done.stderr


def test_a_changed_lock_or_a_moved_clone_is_noticed(clone: Path):
    probe = 'find_python() { echo "looks for python" >&2; exit 7; }; ensure_venv requirements.lock'
    assert library(clone, probe).returncode == 0
    (clone / "requirements.lock").write_text("nothing==2\n")
    assert "looks for python" in library(clone, probe).stderr


def test_a_failed_step_shows_its_output_and_what_to_do(clone: Path):
    done = library(clone, 'setup_begin; work() { echo "the reason"; false; echo "not reached"; }; slow "working" work')
    assert done.returncode == 1
    assert "→ working" in done.stderr
    assert "the reason" in done.stderr
    assert "not reached" not in done.stderr
    assert "failed (exit 1): working" in done.stderr


def test_the_control_file_decides_whether_an_extension_is_there(clone: Path):
    programs, share, libraries = clone / "bin", clone / "share/extension", clone / "lib"
    for folder in (programs, share, libraries):
        folder.mkdir(parents=True)
    config = programs / "pg_config"
    config.write_text(f'#!/bin/sh\n[ "$1" = --sharedir ] && echo {clone}/share || echo {clone}/lib\n')
    config.chmod(0o755)
    probe = f'has_extension "{programs}" timescaledb && echo yes || echo no'
    (libraries / "timescaledb-2.1.so").touch()
    assert library(clone, probe).stdout == "no\n"
    (share / "timescaledb.control").write_text("default_version = '2.1'\n")
    assert library(clone, probe).stdout == "yes\n"
    (libraries / "timescaledb-2.1.so").unlink()
    assert library(clone, probe).stdout == "no\n"


def test_without_debian_the_choices_are_named(clone: Path):
    probe = "is_debian() { false; }; server_with_timescaledb() { return 1; }; ensure_database"
    done = library(clone, probe, DATABASE_URL="")
    assert done.returncode == 1
    for choice in ("DATABASE_URL", "compose.yaml", "install PostgreSQL"):
        assert choice in done.stderr


def test_without_root_the_packages_are_named(clone: Path):
    probe = "is_debian() { true; }; can_be_root() { false; }; apt_packages trying no-such-package-here"
    done = library(clone, probe)
    assert done.returncode == 1
    assert "apt-get install no-such-package-here" in done.stderr


def test_a_server_without_pgvector_is_used_as_it_is(clone: Path):
    """Where pgvector cannot be added, which is said."""
    probe = """is_debian() { false; }; server_with_timescaledb() { echo /somewhere/bin; }
    has_extension() { [[ $2 == timescaledb ]]; }; ensure_database; echo went on"""
    done = library(clone, probe, DATABASE_URL="")
    assert done.stdout == "went on\n"
    assert "no pgvector" in done.stderr
