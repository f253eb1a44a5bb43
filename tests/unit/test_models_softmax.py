"""Multinomial logistic regression, several of them in one model, and how they are fitted."""

import math

import msgspec
import numpy as np
import pytest

from analytics import artifact, multinomial
from app.errors import UsageError
from app.models.errors import BrokenModel
from app.models.registry import Artifact, ready_model
from app.models.softmax import Softmax

THREE = Softmax(("x", "y"), ("a", "b", "c"), ((1.0, 0.0), (0.0, 2.0)), (0.0, math.log(2)))


def test_probabilities_by_hand() -> None:
    # Scores 0, ln 2 and 0: weights 1, 2, 1.
    assert THREE.predict((0.0, 0.0)) == pytest.approx((0.25, 0.5, 0.25))
    # Scores ln 3, ln 2 + 2 ln 2 and 0: weights 3, 8, 1.
    assert THREE.predict((math.log(3), math.log(2))) == pytest.approx((3 / 12, 8 / 12, 1 / 12))


def test_two_classes_are_a_logistic_regression() -> None:
    two = Softmax(("x",), ("win", "lose"), ((0.5,),), (-1.0,))
    assert two.predict((4.0,))[0] == pytest.approx(1 / (1 + math.exp(-1.0)))
    assert two.predict((5000.0,)) == (1.0, 0.0)
    assert two.predict((-5000.0,)) == (0.0, 1.0)


def test_many_rows_are_as_one_at_a_time() -> None:
    rows = np.random.default_rng(1).normal(size=(40, 2))
    rows[::3, 1] = 0.0
    one_by_one = [THREE.predict(row) for row in rows.tolist()]
    assert np.allclose(THREE.predict_many(rows), one_by_one, atol=1e-14)
    assert all(sum(p) == pytest.approx(1.0, abs=1e-15) for p in one_by_one)


@pytest.mark.parametrize(
    ("classes", "coefficients", "intercepts"),
    [
        (("a",), (), ()),
        (("a", "b"), ((1.0,), (1.0,)), (0.0,)),
        (("a", "b"), ((1.0, 2.0),), (0.0,)),
        (("a", "b"), ((math.inf,),), (0.0,)),
        (("a", "b"), ((1.0,),), (math.nan,)),
    ],
)
def test_what_does_not_fit_is_refused(classes: tuple, coefficients: tuple, intercepts: tuple) -> None:
    with pytest.raises(BrokenModel, match="train again"):
        Softmax(("x",), classes, coefficients, intercepts)


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="3 values for 2"):
        THREE.predict((1.0, 2.0, 3.0))


def test_several_in_one_model() -> None:
    parts = {"regressions": {"three": msgspec.to_builtins(THREE)}, "tables": {"t": {"share": 0.5, "rows": [1, 2]}}}
    model = ready_model(msgspec.convert(artifact.build("m", "parts", parts, {}), Artifact))
    assert model.kernel.regressions["three"] == THREE  # type: ignore[union-attr]
    assert model.kernel.tables["t"]["rows"] == [1, 2]  # type: ignore[union-attr]
    parts["regressions"]["three"]["intercepts"] = [0.0]
    with pytest.raises(BrokenModel, match="do not fit"):
        ready_model(msgspec.convert(artifact.build("m", "parts", parts, {}), Artifact))


def test_a_fit_finds_what_the_rows_were_drawn_from() -> None:
    random = np.random.default_rng(3)
    rows = random.normal(size=(40_000, 2)) * (1.0, 3.0) + (0.0, 5.0)
    truth = Softmax(("x", "y"), ("a", "b", "c"), ((1.0, -0.2), (-0.5, 0.1)), (0.3, -0.4))
    drawn = (truth.predict_many(rows).cumsum(axis=1) < random.random((len(rows), 1))).sum(axis=1)
    fitted = msgspec.convert(multinomial.fit(rows, drawn, ("x", "y"), ("a", "b", "c")), Softmax)
    for found, meant in zip(fitted.coefficients, truth.coefficients, strict=True):
        assert found == pytest.approx(meant, abs=0.05)
    assert fitted.intercepts == pytest.approx(truth.intercepts, abs=0.1)


def test_half_of_each_is_a_share() -> None:
    rows, shares = np.zeros((4, 1)), np.array([[1.0, 0.0], [0.5, 0.5], [0.5, 0.5], [1.0, 0.0]])
    fitted = msgspec.convert(multinomial.fit(rows, shares, ("x",), ("win", "lose")), Softmax)
    assert fitted.predict((0.0,))[0] == pytest.approx(0.75, abs=1e-4)
    assert fitted.coefficients == ((0.0,),)


def test_a_class_that_never_came_cannot_be_fitted() -> None:
    with pytest.raises(UsageError, match="each of them"):
        multinomial.fit(np.zeros((3, 1)), np.array([0, 0, 1]), ("x",), ("a", "b", "c"))
