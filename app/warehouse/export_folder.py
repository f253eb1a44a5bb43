"""The folder that an export is written into: whole tables take the place of what was there, in the end and at once.

While an export runs, everything of it lies in `.touchline-export` inside the folder; readers see the tables as they were.
Whatever a killed one has left is put right by the next.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from app.errors import UsageError

BESIDE = ".touchline-export"
MANIFEST = "export.json"
_NEW, _OLD = "new", "old"


@contextmanager
def written(out: Path) -> Iterator[Path]:
    """A new folder for the tables of one export. Gone at the end, whatever is not in its place by then.

    Raises UsageError where another export is at it, OSError.
    """
    beside = out / BESIDE
    beside.mkdir(parents=True, exist_ok=True)
    with (beside / "lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"Another export writes into {out}. Wait for its end, or take another folder.") from None
        _put_right(out)
        new = beside / _NEW
        new.mkdir()
        try:
            yield new
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def _put_right(out: Path) -> None:
    """A table that was taken away and not replaced comes back; everything else of an export that was killed goes."""
    beside = out / BESIDE
    for old in (beside / _OLD).glob("*"):
        if not (out / old.name).exists():
            old.rename(out / old.name)
    for left in (_NEW, _OLD):
        shutil.rmtree(beside / left, ignore_errors=True)


def put_in_place(out: Path, new: Path, tables: Sequence[str], told: dict[str, Any]) -> None:
    """The tables take the place of those of the same names; others stay. told: what the manifest says of them."""
    old = out / BESIDE / _OLD
    old.mkdir()
    for name in tables:
        if (out / name).exists():
            (out / name).rename(old / name)
        (new / name).rename(out / name)
    manifest = read_manifest(out)
    for name in tables:
        manifest[name] = told[name]
    path = new / MANIFEST
    path.write_bytes(msgspec.json.format(msgspec.json.encode({"tables": dict(sorted(manifest.items()))}), indent=2))
    os.replace(path, out / MANIFEST)


def read_manifest(out: Path) -> dict[str, Any]:
    """What is said of each table that is there; nothing where no export was made, or none that can be read."""
    try:
        found = msgspec.json.decode((out / MANIFEST).read_bytes(), type=dict[str, dict[str, Any]]).get("tables", {})
    except (OSError, msgspec.MsgspecError):
        return {}
    return {name: said for name, said in found.items() if (out / name).is_dir()}
