"""The kernels against numbers worked out by hand, and the registry against files that were tampered with."""

import json
import math
from pathlib import Path

import pytest

from analytics import artifact
from app.models.errors import BrokenModel, UnknownModel
from app.models.kernels import Grid, Logistic, Params
from app.models.registry import load, load_all


def test_logistic_is_the_textbook_formula() -> None:
    kernel = Logistic(features=("a", "b"), coefficients=(1.0, -2.0), intercept=0.5)
    assert kernel.predict([1.5, 1.0]) == 0.5
    assert kernel.predict([2.5, 1.0]) == pytest.approx(1 / (1 + math.exp(-1)), abs=1e-15)


def test_logistic_does_not_overflow() -> None:
    kernel = Logistic(features=("a",), coefficients=(1.0,), intercept=0.0)
    assert kernel.predict([1e6]) == 1.0
    assert kernel.predict([-1e6]) == 0.0


def test_logistic_wants_one_value_a_feature() -> None:
    kernel = Logistic(features=("a", "b"), coefficients=(1.0, 2.0), intercept=0.0)
    with pytest.raises(ValueError):
        kernel.predict([1.0])


def test_coefficients_must_fit_the_features() -> None:
    with pytest.raises(BrokenModel):
        Logistic(features=("a", "b"), coefficients=(1.0,), intercept=0.0)
    with pytest.raises(BrokenModel):
        Logistic(features=("a",), coefficients=(float("nan"),), intercept=0.0)


def test_grid_puts_points_into_cells_and_clips() -> None:
    cells = tuple(tuple(float(column * 12 + row) for row in range(12)) for column in range(16))
    grid = Grid(cells=cells)
    assert grid.value(0.0, 0.0) == 0.0
    assert grid.value(105.0, 68.0) == 191.0
    assert grid.value(110.0, -3.0) == 180.0
    assert grid.value(-1.0, 70.0) == 11.0
    assert grid.value(52.5, 34.0) == 8 * 12 + 6
    assert grid.value(6.5, 5.6) == 0.0
    assert grid.value(6.6, 5.7) == 13.0


def test_a_ragged_grid_is_refused() -> None:
    with pytest.raises(BrokenModel):
        Grid(cells=((1.0, 2.0), (1.0,)))


def test_params_are_attributes() -> None:
    params = Params(values={"own_red": 0.5})
    assert params.own_red == 0.5
    with pytest.raises(AttributeError, match="no parameter 'other_red'"):
        _ = params.other_red


def test_committed_models_are_sound() -> None:
    models = load_all()
    assert set(models) >= {"xg", "xt", "win_probability"}
    for name, model in models.items():
        assert model.label == f"{name}@{model.version}"
        if name == "gridiron":
            assert model.card["licence"] == "none stated upstream"
        else:
            assert model.card["licence"] == "CC BY 4.0"
            assert model.card["doi"] == "10.1038/s41597-019-0247-7"


def _toy(folder: Path, **changes: object) -> Path:
    made = artifact.build(
        "toy", "logistic", {"features": ["a"], "coefficients": [1.0], "intercept": 0.0}, {"title": "t"}
    )
    path = folder / "toy.json"
    path.write_text(json.dumps({**made, **changes}))
    return path


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    made = artifact.build("toy", "params", {"b": [1, 2.5], "a": 0.1}, {"title": "t"}, version=3)
    artifact.write(made, tmp_path)
    model = load("toy", tmp_path)
    assert model.label == "toy@3"
    assert model.kernel == Params(values={"a": 0.1, "b": [1, 2.5]})
    assert [p.name for p in tmp_path.iterdir()] == ["toy.json"]


def test_a_changed_parameter_is_noticed(tmp_path: Path) -> None:
    _toy(tmp_path, parameters={"features": ["a"], "coefficients": [1.1], "intercept": 0.0})
    with pytest.raises(BrokenModel, match=r"hash.*touchline train toy"):
        load("toy", tmp_path)


@pytest.mark.parametrize("changes", [{"kind": "forest"}, {"name": "other"}, {"version": "one"}, {"extra": 1}])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    _toy(tmp_path, **changes)
    with pytest.raises(BrokenModel, match="touchline train toy"):
        load("toy", tmp_path)


def test_half_a_file_and_no_file(tmp_path: Path) -> None:
    path = _toy(tmp_path)
    path.write_text(path.read_text()[:40])
    with pytest.raises(BrokenModel):
        load("toy", tmp_path)
    with pytest.raises(UnknownModel, match="there: toy"):
        load("missing", tmp_path)


def test_parameters_must_fit_the_kind(tmp_path: Path) -> None:
    artifact.write(artifact.build("toy", "grid", {"cells": "none"}, {}), tmp_path)
    with pytest.raises(BrokenModel, match="do not fit"):
        load("toy", tmp_path)
