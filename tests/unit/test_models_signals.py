"""The signals that run on models: features from events, values from features, against hand-made cases."""

import math
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from app.models.registry import Model, load
from app.sports.base import Event, Signal
from app.sports.soccer.build_up import BuildUp, LedBy
from app.sports.soccer.events import Fields
from app.sports.soccer.features import FEATURES
from app.sports.soccer.geometry import goal_angle_rad, goal_distance_m
from app.sports.soccer.shots import TERMS
from app.sports.soccer.signals import win_probability, xg, xt
from app.sports.soccer.win_chances import OUTCOMES, result
from tests.engine_kit import said_of

XG, XT, WP = load("xg"), load("xt"), load("win_probability")


def kernel(model: Model) -> Any:
    return model.kernel


def event(type: str, period: int = 1, **fields: Any) -> Event:
    return Event(1, "e", False, type, period, 1.0, 10.0, "team", "player", Fields(**fields))


def features(signal: Signal, given: Event, led_by: LedBy = LedBy()) -> SimpleNamespace:
    state = SimpleNamespace(build_up=BuildUp(led_by=led_by))
    return SimpleNamespace(**{name: FEATURES[name].compute(state, given) for name in signal.features})


def shot_xg(period: int = 1, led_by: LedBy = LedBy(), **fields: Any) -> Any:
    given = features(xg.SIGNAL, event("shot", period, **fields), led_by)
    assert None not in vars(given).values(), given
    return said_of(xg, given, XG)


def test_geometry_of_the_penalty_mark() -> None:
    assert goal_distance_m(94.0, 34.0) == 11.0
    assert goal_angle_rad(94.0, 34.0) == pytest.approx(2 * math.atan(3.66 / 11))
    assert goal_angle_rad(94.0, 34.0) == pytest.approx(0.64241, abs=1e-6)


def test_every_feature_is_named_and_every_signal_uses_declared_ones() -> None:
    assert all(name == feature.name and feature.description for name, feature in FEATURES.items())
    for module in (xg, xt, win_probability):
        assert set(module.SIGNAL.features) <= set(FEATURES)


def test_the_model_of_xg_has_the_terms_of_the_signal() -> None:
    assert kernel(XG).features == TERMS


def test_xg_is_pinned() -> None:
    """A change of formula or model must be meant: these are the committed model's values."""
    foot: dict[str, Any] = {"body_part": "right_foot", "shot_kind": "open_play"}
    assert shot_xg(x_m=94.0, y_m=34.0, **foot) == pytest.approx(0.2443, abs=5e-5)
    assert shot_xg(x_m=80.0, y_m=34.0, **foot) == pytest.approx(0.0531, abs=5e-5)
    assert shot_xg(x_m=80.0, y_m=34.0, body_part="left_foot", shot_kind="free_kick") == pytest.approx(0.0846, abs=5e-5)
    assert shot_xg(shot_kind="penalty") == pytest.approx(0.7493, abs=5e-5)
    assert shot_xg(x_m=99.0, y_m=34.0, body_part="head", shot_kind="open_play") == pytest.approx(0.3357, abs=5e-5)


def test_what_led_to_a_shot_counts() -> None:
    at: dict[str, Any] = {"x_m": 94.0, "y_m": 34.0, "body_part": "right_foot", "shot_kind": "open_play"}
    assert shot_xg(led_by=LedBy(rebound=1.0), **at) == pytest.approx(0.3276, abs=5e-5)
    crossed = LedBy(15.0, 0.5, 25.0, 1.0, 0.0, 4.0, 1.0, 20.0, 0.0)
    assert shot_xg(led_by=crossed, **at) == pytest.approx(0.1837, abs=5e-5)
    assert shot_xg(led_by=LedBy(set_piece=1.0), **at) < shot_xg(**at)
    assert shot_xg(shot_kind="penalty", led_by=LedBy(rebound=1.0, set_piece=1.0)) == shot_xg(shot_kind="penalty")


def test_xg_falls_with_distance_and_to_the_side() -> None:
    foot: dict[str, Any] = {"body_part": "left_foot", "shot_kind": "open_play"}
    central = [shot_xg(x_m=x / 2, y_m=34.0, **foot) for x in range(208, 100, -1)]
    assert central == sorted(central, reverse=True)
    assert shot_xg(x_m=95.0, y_m=34.0, **foot) > shot_xg(x_m=95.0, y_m=44.0, **foot)
    assert shot_xg(x_m=95.0, y_m=24.0, **foot) == pytest.approx(shot_xg(x_m=95.0, y_m=44.0, **foot), abs=1e-12)


def test_xg_is_a_probability_everywhere() -> None:
    kinds = ("open_play", "free_kick", "corner", "kick_off", "penalty")
    for x, y, part, kind in product(
        (-5.0, 0.0, 52.5, 104.9, 105.0, 110.0), (-5.0, 34.0, 73.0), ("head", "other"), kinds
    ):
        assert 0.0 <= shot_xg(x_m=x, y_m=y, body_part=part, shot_kind=kind) <= 1.0


def test_a_header_is_worth_less_than_a_kick() -> None:
    at: dict[str, Any] = {"x_m": 97.0, "y_m": 34.0, "shot_kind": "open_play"}
    assert shot_xg(body_part="head", **at) < shot_xg(body_part="left_foot", **at)


def test_a_penalty_is_a_constant_that_needs_no_location() -> None:
    alone = shot_xg(shot_kind="penalty")
    assert alone == shot_xg(shot_kind="penalty", x_m=10.0, y_m=34.0, body_part="left_foot")
    assert 0.7 < alone < 0.8


def test_a_kick_of_a_shoot_out_has_no_xg() -> None:
    assert shot_xg(period=5, shot_kind="penalty", x_m=94.0, y_m=34.0) is None
    assert shot_xg(period=5) is None


@pytest.mark.parametrize("missing", ["x_m", "y_m", "body_part", "shot_kind"])
def test_a_missing_input_is_none_not_a_guess(missing: str) -> None:
    full: dict[str, Any] = {"x_m": 94.0, "y_m": 34.0, "body_part": "head", "shot_kind": "open_play"}
    del full[missing]
    assert None in vars(features(xg.SIGNAL, event("shot", **full))).values()


def move(type: str, **fields: Any) -> Any:
    given = features(xt.SIGNAL, event(type, x_m=60.0, y_m=30.0, **fields))
    assert None not in vars(given).values(), given
    return xt.value(given, XT, None)


def test_xt_is_the_difference_of_two_cells() -> None:
    expected = kernel(XT).value(95.0, 34.0) - kernel(XT).value(60.0, 30.0)
    assert expected > 0.05
    for type, told in (("pass", {"outcome": "complete"}), ("carry", {}), ("dribble", {"won": True})):
        assert move(type, end_x_m=95.0, end_y_m=34.0, **told) == expected
    assert move("carry", end_x_m=60.1, end_y_m=30.0) == 0.0
    assert move("pass", outcome="complete", end_x_m=20.0, end_y_m=30.0) < 0


def test_a_failed_move_has_nothing_to_say() -> None:
    assert move("pass", outcome="incomplete", end_x_m=95.0, end_y_m=34.0) is None
    assert move("pass", outcome="out") is None
    assert move("dribble", won=False, end_x_m=95.0, end_y_m=34.0) is None
    assert move("dribble", won=True) is None


def test_a_move_without_an_outcome_or_an_end_is_degraded() -> None:
    assert features(xt.SIGNAL, event("pass", x_m=1.0, y_m=1.0)).move_counts is None
    assert features(xt.SIGNAL, event("carry", x_m=1.0, y_m=1.0)).move_end_x_m is None


def chances(
    elapsed_s: float = 0.0,
    period: int = 1,
    score: tuple[int, int] = (0, 0),
    reds: tuple[int, int] = (0, 0),
    status: str = "live",
) -> dict[str, float]:
    state = SimpleNamespace(
        status=status,
        period=period,
        elapsed_s=elapsed_s,
        home_score=score[0],
        away_score=score[1],
        home_red_cards=reds[0],
        away_red_cards=reds[1],
        prior=None,
    )
    given = {name: FEATURES[name].compute(state, event("shot")) for name in win_probability.SIGNAL.features}
    found = win_probability.value(SimpleNamespace(**given), WP, None)
    assert found is not None
    return found


def test_win_probability_adds_up_to_exactly_one() -> None:
    clocks = (
        (0, 0.0),
        (1, 0.0),
        (1, 2695.5),
        (1, 3100.0),
        (2, 2700.0),
        (2, 5399.0),
        (2, 6300.0),
        (3, 5400.0),
        (4, 7300.0),
    )
    for (period, elapsed), home, away, red in product(clocks, range(5), range(5), range(3)):
        found = chances(elapsed, period, (home, away), (red, 0))
        units = [value * 1000 for value in found.values()]
        assert sum(round(u) for u in units) == 1000
        assert all(abs(u - round(u)) < 1e-9 and 0 <= u <= 1000 for u in units)


def test_home_is_ahead_at_a_level_kick_off() -> None:
    before, at = chances(period=0), chances()
    assert before == at
    assert at["home"] > at["away"] > at["draw"]


@pytest.mark.parametrize(("score", "winner"), [((2, 1), "home"), ((1, 1), "draw"), ((0, 3), "away")])
def test_the_whistle_settles_it(score: tuple[int, int], winner: str) -> None:
    for status, period in (("finished", 100), ("full_time", 2), ("finished", 5), ("live", 5)):
        found = chances(5700.0, period, score, status=status)
        assert found == {name: float(name == winner) for name in OUTCOMES}


def test_nothing_is_said_of_a_match_that_is_not_played() -> None:
    for status in ("postponed", "abandoned"):
        state = SimpleNamespace(status=status, period=1, elapsed_s=600.0, home_score=1, away_score=0, prior=None)
        state.home_red_cards = state.away_red_cards = 0
        given = {name: FEATURES[name].compute(state, event("shot")) for name in win_probability.SIGNAL.features}
        assert win_probability.value(SimpleNamespace(**given), WP, None) is None


def test_a_red_card_costs() -> None:
    level, down, worse, up = chances(), chances(reds=(1, 0)), chances(reds=(2, 0)), chances(reds=(0, 1))
    assert up["home"] > level["home"] > down["home"] > worse["home"]
    assert up["away"] < level["away"] < down["away"] < worse["away"]


def test_a_lead_is_worth_more_the_less_time_is_left() -> None:
    leads = [chances(m * 60.0, 1 if m < 45 else 2, (1, 0))["home"] for m in range(0, 95, 5)]
    assert leads == sorted(leads)
    assert chances(1800.0, 1, (2, 0))["home"] > chances(1800.0, 1, (1, 0))["home"]


def test_nothing_is_certain_in_long_stoppage_time() -> None:
    late = chances(6600.0, 2, (1, 0))
    assert 0.97 < late["home"] < 1.0
    assert late["draw"] > 0


def test_half_time_is_the_start_of_the_second_half() -> None:
    assert chances(2790.0, 1, (1, 0), status="half_time") == chances(2700.0, 2, (1, 0))


def test_extra_time_has_only_its_own_goals_to_come() -> None:
    assert chances(5400.0, 3)["draw"] > chances(0.0, 1)["draw"]
    assert chances(7190.0, 4)["draw"] > 0.9


def test_equal_teams_mirror_each_other() -> None:
    home, draw, away = result(1, 0.8, 1.1)
    mirrored = result(-1, 1.1, 0.8)
    assert (home, draw, away) == pytest.approx(mirrored[::-1], abs=1e-12)
    assert result(0, 0.0, 0.0) == (0.0, 1.0, 0.0)
    assert result(40, 1.0, 1.0)[0] == pytest.approx(1.0)
    assert result(-40, 1.0, 1.0)[2] == pytest.approx(1.0)


def test_poisson_against_a_double_sum() -> None:
    def pmf(n: int, mean: float) -> float:
        return math.exp(-mean) * mean**n / math.factorial(n)

    win = sum(pmf(i, 1.3) * pmf(j, 0.9) for i in range(16) for j in range(16) if i + 1 > j)
    draw = sum(pmf(i, 1.3) * pmf(j, 0.9) for i in range(15) for j in range(16) if i + 1 == j)
    assert result(1, 1.3, 0.9)[:2] == pytest.approx((win, draw), abs=1e-12)
