"""Folders, ports and left-over lock files of the embedded cluster."""

import os
import pwd
import socket
import stat
from pathlib import Path

import pytest

from app.db import embedded_place, embedded_server
from app.db.embedded_place import Place, choose_port, port_is_free, socket_folder
from app.errors import DatabaseUnavailable

ME = pwd.getpwuid(os.geteuid())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = Place(tmp_path, tmp_path / "cluster", ME)
    found.data.mkdir(parents=True)
    return found


def test_socket_lies_inside_where_the_path_is_short(tmp_path_factory, monkeypatch):
    short = Path("/tmp") / f"tl-{os.getpid()}"
    short.mkdir()
    try:
        folder = socket_folder(Place(short, short, ME))
        assert folder == short / "run"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        for made in (short / "run", short):
            made.rmdir()


@pytest.mark.parametrize("name", ["x" * 120, "with space", "komma,", "ünïcode"])
def test_socket_lies_elsewhere_where_the_path_is_long_or_odd(tmp_path: Path, name: str):
    home, base = tmp_path / name, tmp_path / "base"
    home.mkdir()
    base.mkdir()
    folder = socket_folder(Place(home, home, ME), base)
    assert folder.parent == base
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert socket_folder(Place(home, home, ME), base) == folder


def test_a_squatted_socket_folder_is_not_used(tmp_path: Path):
    home, base = tmp_path / ("x" * 120), tmp_path / "base"
    home.mkdir()
    base.mkdir()
    place = Place(home, home, ME)
    expected = socket_folder(place, base)
    expected.rmdir()
    expected.symlink_to(tmp_path)
    folder = socket_folder(place, base)
    assert folder != expected
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_free_port_is_kept_and_another_taken_when_it_is_in_use(place: Place):
    kept = choose_port(place, 0)
    assert choose_port(place, 0) == kept
    with socket.create_server(("127.0.0.1", kept)):
        assert not port_is_free(kept)
        assert choose_port(place, 0) != kept


def test_a_wanted_port_that_is_taken_is_an_error_with_its_name(place: Place):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(DatabaseUnavailable, match=f"TOUCHLINE_DB_PORT={port}"):
            choose_port(place, port)


def test_a_lock_file_of_a_process_that_is_not_ours_means_stopped(place: Place):
    """The number in the file may belong to anybody by now; this very process, for one."""
    lock = place.data / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{place.data}\n1700000000\n5999\n/tmp\n127.0.0.1\n  1 2\nready   \n")
    assert embedded_server.running(place) is None
    embedded_server.clear_left_overs(place)
    assert not lock.exists()


@pytest.mark.parametrize("text", ["", "not a number\n", "123\n"])
def test_a_half_written_lock_file_means_stopped(place: Place, text: str):
    (place.data / "postmaster.pid").write_text(text)
    assert embedded_server.running(place) is None


def test_a_copied_home_does_not_get_the_data_of_the_original(tmp_path: Path):
    original, copy, folder = tmp_path / "a", tmp_path / "b", tmp_path / "elsewhere"
    for made in (original, copy, folder / "data"):
        made.mkdir(parents=True)
    (folder / "home").write_text(f"{original}\n")
    for home in (original, copy):
        (home / embedded_place.POINTER).write_text(f"{folder}\n")
    found = embedded_place.find(original)
    assert found is not None
    assert found.folder == folder
    assert embedded_place.find(copy) is None


def test_a_moved_home_keeps_its_data(tmp_path: Path):
    home, folder = tmp_path / "now", tmp_path / "elsewhere"
    for made in (home, folder / "data"):
        made.mkdir(parents=True)
    (folder / "home").write_text(f"{tmp_path / 'before'}\n")
    (home / embedded_place.POINTER).write_text(f"{folder}\n")
    found = embedded_place.find(home)
    assert found is not None
    assert found.folder == folder
    assert (folder / "home").read_text().strip() == str(home)


def test_nothing_is_found_in_an_empty_home(tmp_path: Path):
    assert embedded_place.find(tmp_path / "none") is None
