"""Which files a training has read, and a hash of what is in them: noted where they are opened, so that none is forgotten."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import msgspec

_noted: ContextVar[dict[Path, str] | None] = ContextVar("files_read", default=None)


class DataRead(msgspec.Struct, frozen=True):
    """What was read. data_sets: their names, sorted. sha256: of the files (see `summed`). files, bytes: how much it was."""

    data_sets: list[str]
    sha256: str
    files: int
    bytes: int


@contextmanager
def noting() -> Iterator[dict[Path, str]]:
    """Note what is read inside: the files, and the data set that each belongs to."""
    noted: dict[Path, str] = {}
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


def note(path: Path, data_set: str) -> None:
    """This file is read, if anybody asks."""
    noted = _noted.get()
    if noted is not None:
        noted[path.resolve()] = data_set


def summed(noted: dict[Path, str]) -> DataRead:
    """The files in numbers.

    The hash is SHA-256 of the lines that `sha256sum` would print of them (digest, two spaces, name without folder),
    sorted: it depends neither on the order that they were read in nor on where they lie. Files are hashed piece by piece.
    """
    lines, size = [], 0
    for path in noted:
        with path.open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.name}\n")
        size += path.stat().st_size
    whole = hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()
    return DataRead(sorted(set(noted.values())), whole, len(noted), size)
