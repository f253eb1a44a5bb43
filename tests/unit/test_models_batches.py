"""Every kernel against itself: a row is the same to the last bit alone and in a batch of any size, as tuples and as an array."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.models.kernels import Grid, Logistic
from app.models.pair import LogisticPair
from app.models.registry import load_all
from tests.unit.test_models_trees import wood

MOST = 64
# Terms as signals give them: many are 0, or a flag.
NUMBERS = st.one_of(
    st.sampled_from((0.0, -0.0, 1.0)),
    st.floats(-1e6, 1e6, allow_subnormal=False),
    st.floats(-1e-3, 1e-3),
)


def rows_of(width: int) -> st.SearchStrategy[list[tuple[float, ...]]]:
    """1 to 64 rows. Few are drawn and the rest made of them: what matters is how many there are."""

    def stretched(drawn: tuple[list[tuple[float, ...]], int]) -> list[tuple[float, ...]]:
        few, size = drawn
        return [tuple(n / (1 + i // len(few)) for n in few[i % len(few)]) for i in range(size)]

    few = st.lists(st.tuples(*[NUMBERS] * width), min_size=1, max_size=4)
    return st.tuples(few, st.integers(1, MOST)).map(stretched)


def the_same(kernel: Any, rows: list[tuple[float, ...]]) -> None:
    alone = [kernel.predict(row) for row in rows]
    for given_as in (rows, np.array(rows), np.asfortranarray(rows), np.array([r[::-1] for r in rows])[:, ::-1]):
        together = kernel.predict_many(given_as).tolist()
        assert [tuple(p) if isinstance(p, list) else p for p in together] == alone


MODELS = {name: model.kernel for name, model in load_all().items()}
BY_ROWS = {name: kernel for name, kernel in MODELS.items() if isinstance(kernel, Logistic | LogisticPair)}


@pytest.mark.parametrize("name", sorted(BY_ROWS))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_committed_model_is_the_same_in_a_batch_of_any_size(name: str, data: st.DataObject) -> None:
    kernel: Any = BY_ROWS[name]
    the_same(kernel, data.draw(rows_of(len(kernel.features))))


@settings(deadline=None)
@given(rows_of(5))
def test_trees_are_the_same_in_a_batch_of_any_size(rows: list[tuple[float, ...]]) -> None:
    the_same(wood(seed=2, trees=9), rows)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-50, 200), st.floats(-50, 200)), min_size=1, max_size=MOST))
def test_a_grid_is_the_same_in_a_batch_of_any_size(points: list[tuple[float, float]]) -> None:
    grid: Any = MODELS["xt"]
    assert isinstance(grid, Grid)
    for given_as in (points, np.array(points)):
        assert grid.value_many(given_as).tolist() == [grid.value(x, y) for x, y in points]


@pytest.mark.parametrize("name", sorted(BY_ROWS))
def test_a_sum_of_many_terms_is_added_up_from_left_to_right(name: str) -> None:
    """Terms of very different size, where any other order comes to another last bit; also in large batches."""
    kernel: Any = BY_ROWS[name]
    random = np.random.default_rng(9)
    rows = random.normal(size=(3000, len(kernel.features))) * 10.0 ** random.integers(-6, 1, (3000, 1))
    alone = [kernel.predict(row) for row in rows.tolist()]
    for size in (*range(1, MOST + 1), 1000, 3000):
        together = kernel.predict_many(rows[:size]).tolist()
        assert [tuple(p) if isinstance(p, list) else p for p in together] == alone[:size]


@pytest.mark.parametrize("name", sorted(BY_ROWS))
def test_no_rows_are_no_predictions(name: str) -> None:
    kernel: Any = BY_ROWS[name]
    assert len(kernel.predict_many([])) == 0
    assert len(kernel.predict_many(np.empty((0, len(kernel.features))))) == 0


@pytest.mark.parametrize("name", sorted(BY_ROWS))
@pytest.mark.parametrize("wrong", [lambda row: row[1:], lambda row: (*row, 1.0), lambda row: (None, *row[1:])])
def test_a_row_that_does_not_fit_is_refused(name: str, wrong: Any) -> None:
    kernel: Any = BY_ROWS[name]
    row = (0.5,) * len(kernel.features)
    with pytest.raises(ValueError, match=str(len(row))):
        kernel.predict_many([row, wrong(row)])
