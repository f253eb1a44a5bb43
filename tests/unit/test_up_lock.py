"""One `up` a home: refused while another lives, free as soon as it is gone, whatever it has left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.commands.up_lock import FILE, AlreadyUp, is_up, only_one
from app.errors import DatabaseUnavailable
from app.settings import Settings
from tests.running import ROOT

# Holds the home, starts a child that outlives it, and says which.
HOLDER = """
import subprocess, sys
from app.commands.up_lock import only_one
from app.settings import Settings
with only_one(Settings(home=sys.argv[1]), "http://127.0.0.1:8000/"):
    print(subprocess.Popen(["sleep", "600"]).pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=str(tmp_path / "home"))


@pytest.fixture
def holder(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the home; its child is in `child` and ends with the test."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, settings.home],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    child = psutil.Process(int(process.stdout.readline()))
    try:
        yield process
        assert child.is_running(), "it was to outlive the holder"
    finally:
        process.kill()
        process.wait()
        child.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def test_a_second_one_is_told_who_the_first_is(settings: Settings, holder: subprocess.Popen[str]) -> None:
    assert is_up(settings)
    with pytest.raises(AlreadyUp) as caught, only_one(settings, "http://127.0.0.1:9000/"):
        pass
    for said in (f"process {holder.pid}", "http://127.0.0.1:8000/", settings.home, "TOUCHLINE_HOME"):
        assert said in str(caught.value)
    assert is_up(settings)


def test_a_kill_frees_the_home_though_a_child_lives_on(settings: Settings, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()
    assert not is_up(settings)
    with only_one(settings, "http://127.0.0.1:9000/"):
        assert is_up(settings)
        with pytest.raises(AlreadyUp, match=f"process {os.getpid()}, http://127.0.0.1:9000/"), only_one(settings, "x"):
            pass
    assert not is_up(settings)


def test_a_file_that_nobody_holds_means_nothing(settings: Settings) -> None:
    assert not is_up(settings)
    Path(settings.home).mkdir()
    (Path(settings.home) / FILE).write_bytes(b"no json, and longer than what is written over it" * 10)
    assert not is_up(settings)
    with only_one(settings, "here"):
        assert (Path(settings.home) / FILE).read_text() == f'{{"pid":{os.getpid()},"address":"here"}}'


def test_a_holder_that_has_not_said_who_it_is_is_one_all_the_same(
    settings: Settings, holder: subprocess.Popen[str]
) -> None:
    (Path(settings.home) / FILE).write_bytes(b"")
    with pytest.raises(AlreadyUp, match="runs already on TOUCHLINE_HOME"), only_one(settings, "x"):
        pass


def test_a_home_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(DatabaseUnavailable, match="cannot be written"),
        only_one(Settings(home=str(tmp_path / "file" / "x")), "x"),
    ):
        pass
