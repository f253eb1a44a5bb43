"""Rows of action values from small made-up tables, and the regression that is fitted on them."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from analytics import actions, artifact, newton, train_action_value
from app.errors import UsageError
from app.sports.soccer.action_state import TERMS
from app.sports.soccer.action_value import Chain, follow
from tests.engine_kit import HARBOUR, NORTHGATE, feed

HOME, AWAY = 10, 20
EVENT = {"event_id": pl.Int64, "period": pl.Int8, "t_ms": pl.Int32, "team_id": pl.Int32, "player_id": pl.Int32}
EVENT |= dict.fromkeys(("event_type", "sub_event", "x1", "y1", "x2", "y2"), pl.Int16) | {"tags": pl.List(pl.Int16)}


def row(t_ms: int, team: int = HOME, event: int = 8, sub: int = 85, *tags: int, period: int = 1) -> tuple[Any, ...]:
    return (t_ms, period, t_ms, team, 7, event, sub, 50, 50, 60, 50, list(tags or (1801,)))


def match(*rows: tuple[Any, ...]) -> actions.Rows:
    return actions.rows([actions.wyscout_match(pl.DataFrame(list(rows), schema=EVENT, orient="row"), [HOME, AWAY])])


def test_a_row_is_an_action_and_says_who_scores_within_ten() -> None:
    passes = [row(1000 * i, HOME if i % 2 else AWAY) for i in range(1, 13)]
    found = match(*passes, row(13_000, HOME, 10, 100, 101, 1801), row(40_000, AWAY))
    assert found.terms.shape == (13, len(TERMS))
    # The goal is the 13th action: the pass 4 to the pass 12 have it among their ten.
    assert found.scores.tolist() == [4 <= i <= 12 and i % 2 == 1 for i in range(1, 14)]
    assert found.concedes.tolist() == [4 <= i <= 12 and i % 2 == 0 for i in range(1, 14)]


def test_carries_are_rows_and_are_not_counted_among_the_ten() -> None:
    runs = [row(1000 * i, HOME, 7, 70) for i in range(2, 14)]
    found = match(row(1000), *runs, row(14_000, HOME, 10, 100, 101, 1801))
    assert found.terms.shape[0] == 13
    assert found.scores.all()
    far = match(row(1000, HOME, 7, 70), *[row(1000 * i) for i in range(2, 12)], row(14_000, HOME, 10, 100, 101, 1801))
    assert found.concedes.sum() == 0
    assert far.scores.tolist() == [False, False, *[True] * 9]


def test_an_own_goal_is_a_goal_for_the_other_team() -> None:
    found = match(row(1000), row(2000, AWAY), row(3000, AWAY, 7, 72, 102))
    assert (found.scores.tolist(), found.concedes.tolist()) == ([True, False], [False, True])


def test_what_happens_in_another_period_came_of_nothing_before() -> None:
    found = match(row(2_700_000), row(1000, HOME, 10, 100, 101, 1801, period=2))
    assert (found.scores.tolist(), found.concedes.tolist()) == ([False], [False])


def test_both_tellings_of_an_own_goal_are_read() -> None:
    events = [
        feed("a", 1, x_m=1.0, y_m=1.0, end_x_m=2.0, end_y_m=2.0, outcome="complete"),
        feed("b", 2, "own_goal_against", team=NORTHGATE),
        feed("c", 2, "own_goal", team=HARBOUR),
    ]
    found = actions.rows([actions.in_order(events)])
    assert (found.scores.tolist(), found.concedes.tolist()) == ([True], [False])


def test_no_matches_are_no_rows() -> None:
    assert actions.rows([]).terms.shape == (0, len(TERMS))


def test_the_regression_finds_its_coefficients_again() -> None:
    random = np.random.default_rng(3)
    terms = np.column_stack([random.normal(2, 3, 120_000), random.uniform(size=120_000) < 0.3, np.zeros(120_000)])
    p = 1 / (1 + np.exp(-(-1.0 + 0.4 * terms[:, 0] - 0.8 * terms[:, 1])))
    happened = random.uniform(size=120_000) < p
    coefficients, intercept = newton.fit(terms.astype(np.float32), happened)
    assert coefficients == pytest.approx([0.4, -0.8, 0.0], abs=0.03)
    assert intercept == pytest.approx(-1.0, abs=0.03)
    fitted = 1 / (1 + np.exp(-(intercept + terms @ coefficients)))
    assert fitted.sum() == pytest.approx(happened.sum(), rel=1e-6)


def test_the_regression_says_what_it_lacks() -> None:
    with pytest.raises(UsageError, match="did not"):
        newton.fit(np.ones((5, 1)), np.zeros(5, dtype=bool))


def test_measuring_is_what_the_model_says_live() -> None:
    """The vectorised figures and the kernel agree on every row."""
    random = np.random.default_rng(5)
    rows = match(*[row(1500 * i, HOME if random.uniform() < 0.7 else AWAY) for i in range(1, 30)])
    parameters = {"features": list(TERMS), "first_intercept": -2.0, "second_intercept": -3.0}
    parameters |= {
        name: [round(float(c), 6) for c in random.normal(0, 0.05, len(TERMS))] for name in ("first", "second")
    }
    model = artifact.ready(artifact.build("action_value", "logistic_pair", parameters, {}))
    kernel: Any = model.kernel
    live = [kernel.predict([float(v) for v in terms]) for terms in rows.terms]
    score, concede = train_action_value.predict(rows.terms, model)
    assert np.column_stack([score, concede]) == pytest.approx(np.array(live), abs=1e-6)


def test_rows_are_asked_of_the_same_chain_as_live() -> None:
    """A model that notes what it is asked, live and in training."""

    class Noted:
        def __init__(self) -> None:
            self.rows: list[list[float]] = []
            self.kernel = self

        def predict(self, terms: list[float]) -> tuple[float, float]:
            self.rows.append(terms)
            return 0.01, 0.01

    table = pl.DataFrame([row(1000 * i, HOME if i % 3 else AWAY) for i in range(1, 20)], schema=EVENT, orient="row")
    events = actions.wyscout_match(table, [HOME, AWAY])
    chain, noted = Chain(), Noted()
    for event in events:
        follow(chain, event, noted)
    assert actions.rows([events]).terms == pytest.approx(np.array(noted.rows), abs=1e-5)
