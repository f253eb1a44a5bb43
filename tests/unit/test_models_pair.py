"""Two regressions in one pass against the textbook formula."""

import math

import pytest

from app.models.errors import BrokenModel
from app.models.kernels import KINDS, Logistic
from app.models.pair import LogisticPair

PAIR = LogisticPair(
    features=("a", "b"), first=(1.0, -2.0), second=(0.25, 0.0), first_intercept=0.5, second_intercept=-1.0
)


def test_a_pair_is_two_logistic_regressions() -> None:
    first = Logistic(features=("a", "b"), coefficients=PAIR.first, intercept=0.5)
    second = Logistic(features=("a", "b"), coefficients=PAIR.second, intercept=-1.0)
    for row in ([1.5, 1.0], [0.0, 3.0], [0.0, 0.0], [-2.0, 0.125]):
        assert PAIR.predict(row) == (first.predict(row), second.predict(row))
    assert PAIR.predict([1.5, 1.0])[0] == 0.5
    assert PAIR.predict([4.0, 0.0])[1] == 0.5


def test_a_pair_does_not_overflow() -> None:
    assert PAIR.predict([1e6, 0.0]) == (1.0, 1.0)
    assert PAIR.predict([-1e6, 0.0]) == (0.0, 0.0)


def test_a_pair_wants_one_value_a_term() -> None:
    with pytest.raises(ValueError):
        PAIR.predict([1.0])


def test_a_pair_that_does_not_fit_is_refused() -> None:
    with pytest.raises(BrokenModel, match="2 terms but 2 and 1 coefficients"):
        LogisticPair(("a", "b"), (1.0, 1.0), (1.0,), 0.0, 0.0)
    for broken in (math.nan, math.inf):
        with pytest.raises(BrokenModel, match="finite"):
            LogisticPair(("a",), (1.0,), (0.0,), broken, 0.0)


def test_a_pair_is_a_kind_of_model() -> None:
    assert KINDS["logistic_pair"] is LogisticPair
