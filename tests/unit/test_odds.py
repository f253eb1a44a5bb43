"""Odds to probabilities: golden values, and what every method must keep to whatever the book."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sports.odds import insiders, multiplicative, overround, power, shin

BOOK = (4.20, 3.70, 1.95)
METHODS = [multiplicative, power, shin]


def test_golden_values() -> None:
    assert overround(BOOK) == pytest.approx(0.021186, abs=5e-7)
    assert multiplicative(BOOK) == pytest.approx((0.23316, 0.26466, 0.50218), abs=5e-6)
    assert power(BOOK) == pytest.approx((0.23114, 0.26306, 0.50579), abs=5e-6)
    assert shin(BOOK) == pytest.approx((0.23157, 0.26357, 0.50485), abs=5e-6)
    assert insiders(BOOK) == pytest.approx(0.010608, abs=5e-7)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.__name__)
def test_a_fair_book_is_left_as_it_is(method: object) -> None:
    assert method((2.0, 3.0, 6.0)) == pytest.approx((1 / 2, 1 / 3, 1 / 6), abs=1e-9)  # type: ignore[operator]
    assert overround((2.0, 3.0, 6.0)) == 0.0


def test_shin_with_two_outcomes_takes_half_of_the_overround_from_each() -> None:
    # 1 / 1.25 = 0.8 and 1 / 4 = 0.25: 0.05 too much
    assert shin((1.25, 4.0)) == pytest.approx((0.775, 0.225), abs=1e-12)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.__name__)
@pytest.mark.parametrize(
    ("odds", "words"),
    [
        ((4.2, 3.9, 2.0), "add up to 0.9945"),
        ((2.0, 2.0, 1.0), "above 1, not 1"),
        ((2.0, 2.0, float("nan")), "not nan"),
        ((2.0, 2.0, float("inf")), "not inf"),
        ((1.5,), "two outcomes or more, not 1"),
        ((), "not 0"),
    ],
)
def test_what_is_no_book_is_refused(method: object, odds: tuple[float, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        method(odds)  # type: ignore[operator]


def test_the_share_of_insiders_needs_three_outcomes() -> None:
    with pytest.raises(ValueError, match="three outcomes"):
        insiders((1.9, 1.9))


@settings(deadline=None)
@given(st.lists(st.floats(0.005, 1.0), min_size=2, max_size=12), st.floats(1.0, 1.35))
def test_fair_probabilities_add_up_and_keep_the_order_of_the_prices(weights: list[float], book: float) -> None:
    odds = tuple(sum(weights) / (w * book) for w in weights)
    if min(odds) <= 1.0:
        return
    for method in METHODS:
        fair = method(odds)
        assert sum(fair) == pytest.approx(1.0, abs=1e-9)
        assert all(0.0 < p < 1.0 for p in fair)
        by_price = sorted(range(len(odds)), key=lambda i: odds[i])
        assert all(fair[a] >= fair[b] - 1e-9 for a, b in pairwise(by_price))


@settings(deadline=None)
@given(st.floats(1.05, 30.0), st.floats(1.05, 30.0), st.floats(1.05, 30.0))
def test_long_shots_lose_more_by_shin_than_by_their_share(a: float, b: float, c: float) -> None:
    if 1 / a + 1 / b + 1 / c < 1.0:
        return
    odds = (a, b, c)
    longest = max(range(3), key=lambda i: odds[i])
    assert shin(odds)[longest] <= multiplicative(odds)[longest] + 1e-9
