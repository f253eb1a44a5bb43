"""What a training has read, which version comes of it, and two runs beside each other."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from analytics import artifact, files_read, train
from analytics.runs import compare, flat, render
from app.errors import UsageError
from tests.research_kit import statsbomb


def test_the_hash_is_that_of_the_lines_of_sha256sum(tmp_path: Path) -> None:
    for name, content in (("b.json", b"two"), ("a.json", b"one")):
        (tmp_path / name).write_bytes(content)
    lines = [f"{hashlib.sha256(c).hexdigest()}  {n}\n" for n, c in (("a.json", b"one"), ("b.json", b"two"))]
    whole = hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()
    there = {tmp_path / "b.json": "Made", tmp_path / "a.json": "Made"}
    found = files_read.summed(there)
    assert found == files_read.DataRead(["Made"], whole, 2, 6)
    assert files_read.summed(dict(reversed(there.items()))) == found
    (tmp_path / "a.json").write_bytes(b"One")
    assert files_read.summed(there).sha256 != whole


def test_only_what_is_opened_meanwhile_is_noted(tmp_path: Path) -> None:
    files_read.note(tmp_path / "before", "Made")
    with files_read.noting() as noted:
        files_read.note(tmp_path / "meanwhile", "Made")
        files_read.note(tmp_path / "x" / ".." / "meanwhile", "Made")
    files_read.note(tmp_path / "after", "Made")
    assert list(noted) == [(tmp_path / "meanwhile").resolve()]


def test_a_training_says_what_it_read_and_was_set_to(tmp_path: Path) -> None:
    data, home = statsbomb(tmp_path / "data", 1, 2), tmp_path / "models"
    (tmp_path / "data" / "events" / "notes.txt").write_text("no match")
    done = train.train("xg_freeze_frame", data, home)
    assert (done.data.data_sets, done.data.files) == (["StatsBomb open data"], 2)
    assert done.data.bytes == sum((data / "events" / f"{m}.json").stat().st_size for m in (1, 2))
    assert done.settings == {"folds": 10, "strength": 0.3}
    assert (done.label, done.changed, done.path) == ("xg_freeze_frame@1", True, home / "xg_freeze_frame.json")
    assert done.summary()["n_train"] == 128
    assert train.SETTINGS.keys() == train.TRAINERS.keys()


def test_a_version_always_names_the_same_numbers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    numbers = {"x": 1}

    def trainer(_data: Path) -> dict[str, Any]:
        return artifact.build("xg_freeze_frame", "params", dict(numbers), {"n_train": 1, "n_test": 1, "metrics": {}})

    monkeypatch.setitem(train.TRAINERS, "xg_freeze_frame", trainer)

    def version(**known: str) -> int:
        asked = {int(k[1:]): v for k, v in known.items()}
        return train.train("xg_freeze_frame", tmp_path, tmp_path, asked).artifact["version"]

    assert version() == 1
    mine = trainer(tmp_path)["sha256"]
    # Registered by somebody else under the same number: these are others.
    assert version(v1="f" * 64) == 2
    assert version(v1="f" * 64, v2=mine) == 2
    assert version(v1="f" * 64, v5=mine) == 5
    numbers["x"] = 2
    assert version(v1="f" * 64, v5=mine, v7="e" * 64) == 8


def run(**more: Any) -> dict[str, Any]:
    """A run as the database has it."""
    parameters = {"features": ["distance", "lob"], "coefficients": [-0.1, 0.5], "intercept": 1.0}
    return {
        "run_id": 1, "trained_at": "2026-01-01", "model": "m", "version": 1, "model_sha256": "a" * 64, "registered": None,
        "code_version": "0.1", "n_train": 10, "n_test": 5, "data_sets": ["Made"], "data_sha256": "d" * 64, "data_files": 2,
        "data_bytes": 9, "licence": "CC BY", "split": "half", "settings": {"folds": 10}, "parameters": parameters,
        "metrics": {"log_loss": 0.25, "auc": None}, **more,
    }  # fmt: skip


def test_parameters_are_named_by_their_features() -> None:
    assert dict(flat(run()["parameters"])) == {"coefficients.distance": -0.1, "coefficients.lob": 0.5, "intercept": 1.0}
    assert dict(flat({"cells": [[1, 2], [3]]})) == {"cells.0.0": 1, "cells.0.1": 2, "cells.1.0": 3}


def test_two_runs_tell_what_differs_and_nothing_else() -> None:
    other = {"features": ["distance", "header"], "coefficients": [-0.4, 0.2], "intercept": 1.0}
    found = compare(
        run(),
        run(
            run_id=2, model_sha256="b" * 64, data_sha256="e" * 64, data_files=3, settings={"folds": 5}, parameters=other,
            metrics={"log_loss": 0.2, "auc": 0.8},
        ),
    )  # fmt: skip
    assert found["data"] == {"data_sha256": ["d" * 64, "e" * 64], "data_files": [2, 3]}
    assert found["settings"] == {"folds": [10, 5]}
    of = found["parameters"]
    assert (of["same"], of["changed"], of["only_a"], of["only_b"]) == (
        False, 1, ["coefficients.lob"], ["coefficients.header"],
    )  # fmt: skip
    assert of["largest"][0]["difference"] == pytest.approx(-0.3)
    figures = {m["name"]: (m["a"], m["b"], m["difference"]) for m in found["metrics"]}
    assert figures == {"log_loss": (0.25, 0.2, pytest.approx(-0.05)), "auc": (None, 0.8, None)}
    told = render(found)
    assert "data_sha256: dddddddddddd -> eeeeeeeeeeee" in told
    assert "log_loss: 0.25 -> 0.2 (-0.05)" in told


def test_the_same_twice_is_said_to_be_the_same() -> None:
    told = render(compare(run(), run(run_id=2)))
    assert "data: the same, byte by byte" in told
    assert "parameters: the same" in told


def test_a_research_only_model_needs_matches_with_shots(tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "1.json").write_text("[]")
    with pytest.raises(UsageError, match="freeze frames"):
        train.train("xg_freeze_frame", tmp_path, tmp_path / "models")
