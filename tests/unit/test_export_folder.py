"""The folder of an export: whole tables are replaced at the end, and what a killed export leaves is put right."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import UsageError
from app.warehouse.export_folder import BESIDE, put_in_place, read_manifest, written


def put(out: Path, **tables: str) -> None:
    with written(out) as new:
        for name, text in tables.items():
            (new / name).mkdir()
            (new / name / "part").write_text(text)
        put_in_place(out, new, list(tables), {name: {"rows": len(text)} for name, text in tables.items()})


def there(out: Path) -> dict[str, str]:
    return {f.parent.name: f.read_text() for f in out.glob("*/part")}


def _broken(new: Path) -> None:
    (new / "a").mkdir()
    raise OSError("no such table")


def test_tables_are_replaced_and_others_stay(tmp_path: Path) -> None:
    out = tmp_path / "out"
    put(out, a="one", b="two")
    (out / "a" / "left").write_text("of the older one")
    (out / "notes.txt").write_text("mine")
    put(out, a="three!")
    assert there(out) == {"a": "three!", "b": "two"}
    assert sorted(p.name for p in out.iterdir()) == ["a", "b", "export.json", "notes.txt"]
    assert not (out / "a" / "left").exists()
    assert {name: said["rows"] for name, said in read_manifest(out).items()} == {"a": 6, "b": 3}


def test_an_export_that_fails_changes_nothing(tmp_path: Path) -> None:
    put(tmp_path, a="one")
    with pytest.raises(OSError, match="no such table"), written(tmp_path) as new:
        _broken(new)
    assert there(tmp_path) == {"a": "one"}
    assert not (tmp_path / BESIDE).exists()


def test_what_a_killed_export_leaves_is_put_right(tmp_path: Path) -> None:
    put(tmp_path, a="one", b="two")
    # Killed between the two names of `b`: the old one is away, the new one not in its place.
    (tmp_path / BESIDE / "old").mkdir(parents=True)
    (tmp_path / "b").rename(tmp_path / BESIDE / "old" / "b")
    (tmp_path / BESIDE / "new" / "b").mkdir(parents=True)
    assert there(tmp_path) == {"a": "one"}
    put(tmp_path, a="three")
    assert there(tmp_path) == {"a": "three", "b": "two"}
    assert not (tmp_path / BESIDE).exists()


def test_two_exports_at_once_are_refused(tmp_path: Path) -> None:
    with written(tmp_path), pytest.raises(UsageError, match="Another export writes into"), written(tmp_path):
        pass


def test_a_manifest_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) == {}
    (tmp_path / "export.json").write_text("[")
    assert read_manifest(tmp_path) == {}
    put(tmp_path, a="one")
    assert set(read_manifest(tmp_path)) == {"a"}
