"""Boosted trees against numbers worked out by hand, and every kernel against itself in batches of any size."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import artifact
from app.models.errors import BrokenModel
from app.models.kernels import Grid, Logistic
from app.models.registry import load
from app.models.trees import Trees

UNIT = 2**30
# Two trees: "distance at most 10: +1, else -1" and "header at most 0.5: (distance at most 5: 0.5, else 0), else -0.25".
PARTS: dict[str, Any] = {
    "features": ("distance", "header"),
    "base": -2 * UNIT,
    "roots": (0, 1),
    "feature": (0, 1, 0),
    "threshold": (10.0, 0.5, 5.0),
    "below": (-1, 2, -4),
    "above": (-2, -3, -5),
    "leaves": (UNIT, -UNIT, -UNIT // 4, UNIT // 2, 0),
}
TOY = Trees(**PARTS)
BATCHES = (1, 2, 7, 32, 1000)


def odds(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


@pytest.mark.parametrize(
    ("distance", "header", "log_odds"),
    [
        (4.0, 0.0, -2 + 1 + 0.5),
        (5.0, 0.5, -2 + 1 + 0.5),
        (5.1, 0.0, -2 + 1),
        (10.0, 1.0, -2 + 1 - 0.25),
        (10.1, 1.0, -2 - 1 - 0.25),
        (math.inf, 0.0, -2 - 1),
        (math.nan, 0.0, -2 - 1),
    ],
)
def test_a_row_falls_into_one_leaf_of_each_tree(distance: float, header: float, log_odds: float) -> None:
    assert TOY.predict((distance, header)) == pytest.approx(odds(log_odds), abs=1e-15)


def test_a_tree_may_be_a_leaf_alone() -> None:
    alone = Trees(**{**PARTS, "roots": (-1,)})
    assert alone.predict((0.0, 0.0)) == alone.predict((99.0, 1.0)) == pytest.approx(odds(-1.0), abs=1e-15)
    assert alone.predict_many(np.zeros((2, 2))).tolist() == [alone.predict((0.0, 0.0))] * 2


def test_the_order_of_the_trees_changes_no_bit() -> None:
    turned = Trees(**{**PARTS, "roots": (1, 0)})
    rows = np.random.default_rng(3).uniform(0, 20, (200, 2))
    assert turned.predict_many(rows).tolist() == TOY.predict_many(rows).tolist()


@pytest.mark.parametrize(
    "changes",
    [
        {"threshold": (10.0, 0.5)},
        {"roots": ()},
        {"roots": (3,)},
        {"roots": (-6,)},
        {"feature": (0, 2, 0)},
        {"feature": (0, -1, 0)},
        {"threshold": (10.0, math.nan, 5.0)},
        {"below": (-1, 0, -4)},
        {"below": (-1, 1, -4)},
        {"above": (-2, -3, 3)},
        {"above": (-2, -3, -6)},
        {"leaves": (2**40, 0, 0, 0, 0)},
        {"base": 2**40},
    ],
)
def test_trees_that_lead_nowhere_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BrokenModel, match="train again"):
        Trees(**{**PARTS, **changes})


def test_trees_want_one_value_a_feature() -> None:
    for wrong in ((1.0,), (1.0, 2.0, 3.0)):
        with pytest.raises(ValueError):
            TOY.predict(wrong)
        with pytest.raises(ValueError):
            TOY.predict_many(np.array([wrong]))
    with pytest.raises(ValueError):
        TOY.predict_many(np.array([1.0, 2.0]))


def test_trees_are_read_from_a_file_and_refused_where_they_do_not_fit(tmp_path: Path) -> None:
    artifact.write(
        artifact.build("toy", "trees", {k: v if isinstance(v, int) else list(v) for k, v in PARTS.items()}, {}),
        tmp_path,
    )
    assert load("toy", tmp_path).kernel == TOY
    for changes in ({"below": [0, 2, -4]}, {"leaves": [0.5, 0, 0, 0, 0]}, {"depth": 2}):
        artifact.write(artifact.build("toy", "trees", {**PARTS, **changes}, {}), tmp_path)
        with pytest.raises(BrokenModel, match="do not fit"):
            load("toy", tmp_path)


def wood(seed: int, trees: int, depth: int = 3, features: int = 5) -> Trees:
    """Full trees of random splits and leaves."""
    random = np.random.default_rng(seed)
    parts: dict[str, list[Any]] = {k: [] for k in ("roots", "feature", "threshold", "below", "above", "leaves")}
    inner = 2**depth - 1
    for _ in range(trees):
        first, leaf = len(parts["feature"]), len(parts["leaves"])
        parts["roots"].append(first)
        for place in range(inner):
            parts["feature"].append(int(random.integers(features)))
            parts["threshold"].append(float(random.normal()))
            for side, child in (("below", 2 * place + 1), ("above", 2 * place + 2)):
                parts[side].append(first + child if child < inner else -1 - (leaf + child - inner))
        parts["leaves"] += [int(n) for n in random.integers(-(2**27), 2**27, inner + 1)]
    names = tuple(f"f{i}" for i in range(features))
    return Trees(features=names, base=-(2**31), **{name: tuple(part) for name, part in parts.items()})


def in_batches(predict_many: Any, rows: np.ndarray, size: int) -> list[float]:
    return [float(p) for i in range(0, len(rows), size) for p in predict_many(rows[i : i + size])]


@pytest.mark.parametrize("size", BATCHES)
def test_a_row_of_trees_is_the_same_alone_and_in_any_batch(size: int) -> None:
    kernel = wood(seed=11, trees=60)
    rows = np.random.default_rng(5).normal(size=(1000, 5))
    assert in_batches(kernel.predict_many, rows, size) == [kernel.predict(row) for row in rows.tolist()]


@pytest.mark.parametrize("size", BATCHES)
def test_a_row_of_the_regression_is_the_same_alone_and_in_any_batch(size: int) -> None:
    random = np.random.default_rng(6)
    names = tuple(f"f{i}" for i in range(11))
    kernel = Logistic(features=names, coefficients=tuple(random.normal(size=11).tolist()), intercept=-2.1)
    rows = random.normal(size=(1000, 11)) * 10
    assert in_batches(kernel.predict_many, rows, size) == [kernel.predict(row) for row in rows.tolist()]
    with pytest.raises(ValueError):
        kernel.predict_many(rows[:, 1:])


@pytest.mark.parametrize("size", BATCHES)
def test_a_point_of_the_grid_is_the_same_alone_and_in_any_batch(size: int) -> None:
    random = np.random.default_rng(7)
    kernel = Grid(cells=tuple(tuple(column) for column in random.uniform(size=(16, 12)).tolist()))
    points = random.uniform((-5, -5), (110, 73), size=(1000, 2))
    points[:4] = [[0.0, 0.0], [105.0, 68.0], [52.5, 34.0], [-4.9, 72.9]]
    assert in_batches(kernel.value_many, points, size) == [kernel.value(x, y) for x, y in points.tolist()]
    far = np.array([[1e300, 3.0], [-1e300, 1e6], [40.0, -1e19], [999_999.0, 2.0**63]])
    assert in_batches(kernel.value_many, far, size) == [kernel.value(x, y) for x, y in far.tolist()]
    for not_a_number in (math.nan, math.inf):
        with pytest.raises(ValueError):
            kernel.value_many(np.array([[not_a_number, 1.0]]))


@given(st.lists(st.tuples(*[st.floats(allow_nan=True, allow_infinity=True)] * 5), min_size=1, max_size=40))
def test_whatever_the_rows_a_batch_is_its_rows(rows: list[tuple[float, ...]]) -> None:
    kernel = wood(seed=1, trees=8)
    together = kernel.predict_many(np.array(rows, dtype=float)).tolist()
    assert together == [kernel.predict(row) for row in rows]
    assert all(0.0 <= p <= 1.0 for p in together)
