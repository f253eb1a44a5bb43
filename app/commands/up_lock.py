"""One `touchline up` a home: a second one would take the first one's database down when it stops.

The lock is the kernel's and goes with the process that holds it, however that ends. What the file says is for people.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from app import settings as app_settings
from app.errors import DatabaseUnavailable, UsageError
from app.settings import Settings, variable

FILE = "up.lock"


class AlreadyUp(UsageError):
    """Another `touchline up` runs on this home."""

    title = "Touchline runs already"
    exit_code = 1


class Holder(msgspec.Struct, frozen=True):
    """Who runs on a home, and where it answers."""

    pid: int
    address: str


@contextmanager
def only_one(settings: Settings, address: str) -> Iterator[None]:
    """Hold the home for as long as this lasts. Raises AlreadyUp at once; DatabaseUnavailable for a home that cannot be
    written."""
    home = app_settings.home(settings)
    try:
        home.mkdir(parents=True, exist_ok=True)
        # Closed in every program that is started from here: a child that outlives us does not keep the home.
        handle = os.open(home / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as exc:
        raise DatabaseUnavailable(
            f"{variable('home')}={home} cannot be written ({exc.strerror}): run as its owner, or choose another folder."
        ) from None
    try:
        if not _locked(handle):
            raise AlreadyUp(_refusal(home, _read(handle)))
        os.ftruncate(handle, 0)
        os.pwrite(handle, msgspec.json.encode(Holder(os.getpid(), address)), 0)
        yield
    finally:
        os.close(handle)


def is_up(settings: Settings) -> bool:
    """Does a `touchline up` hold the home now?"""
    try:
        handle = os.open(app_settings.home(settings) / FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _locked(handle: int) -> bool:
    """Take the lock. Who only looks (`is_up`) holds it for a moment: that is no other `up`."""
    for wait_s in (0.0, 0.02, 0.05, 0.1):
        time.sleep(wait_s)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        return True
    return False


def _read(handle: int) -> Holder | None:
    """What the holder wrote; None where it has not."""
    try:
        return msgspec.json.decode(os.pread(handle, 4096, 0), type=Holder)
    except msgspec.MsgspecError:
        return None


def _refusal(home: Path, holder: Holder | None) -> str:
    who = "" if holder is None else f" (process {holder.pid}, {holder.address})"
    return (
        f"`touchline up` runs already on {variable('home')}={home}{who}, and two cannot share its database. Stop that "
        f"one, or give this one a folder of its own with {variable('home')}."
    )
