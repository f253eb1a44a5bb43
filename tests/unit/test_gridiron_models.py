"""Expected points, chances of winning, overtime and fourth downs: golden values, and what must hold of the committed model."""

from typing import Any

import pytest
from msgspec.structs import replace

from app.models.registry import load
from app.sports.gridiron import expected_points, fourth_down, fourth_terms, overtime, play_outcomes, swings, win_chances
from app.sports.gridiron.expected_points import CLASSES, POINTS, points_of
from app.sports.gridiron.play_outcomes import Settled, gained, later, scored, turned_over
from app.sports.gridiron.situation import Situation

MODEL = load("gridiron")
K: Any = MODEL.kernel
# Home has the ball, first and ten at its own 25, 20 minutes left, level.
LEVEL = Situation(True, 1, 10, 75, 1200.0, 1200.0, 3, 14, 14, 3, 3, True, False, "cfb", None)
NFL = replace(LEVEL, league="nfl", home_timeouts=None, away_timeouts=None)
FOURTH = replace(LEVEL, down=4, distance_yd=1, yards_to_goal=30, half_s=600.0, game_s=600.0, period=4)
COLLEGE_OVERTIME = replace(
    LEVEL, yards_to_goal=25, half_s=0.0, game_s=0.0, period=5, is_overtime=True, home_score=20, away_score=20
)
TURN = (0.5, 0.3, 0.2)


def wins(s: Situation, spread: bool = True) -> float:
    return win_chances.offense_wins(K, s, spread=spread)


def test_points_of_the_seven_next_scores() -> None:
    assert points_of((0.4, 0.2, 0.01, 0.2, 0.01, 0.08, 0.1)) == pytest.approx(2.8 + 0.6 + 0.02 - 0.02 - 0.24 - 0.7)
    assert [points_of([float(c == name) for c in CLASSES]) for name in CLASSES] == list(POINTS)


def test_the_model_has_the_terms_of_the_formulas() -> None:
    for league in ("cfb", "nfl"):
        named = {name: K.regressions[f"{league}_{name}"] for name in ("next_score", "win", "win_spread", "convert")}
        assert named["next_score"].features == expected_points.TERMS
        assert named["next_score"].classes == CLASSES
        assert named["win"].features == win_chances.TERMS
        assert named["win_spread"].features == win_chances.SPREAD_TERMS
        assert named["convert"].features == fourth_terms.CONVERT_TERMS
        assert K.regressions[f"{league}_field_goal"].features == fourth_terms.FIELD_GOAL_TERMS


@pytest.mark.parametrize("league", ["cfb", "nfl"])
def test_expected_points_rise_towards_the_goal_line_and_fall_with_downs(league: str) -> None:
    k = K.regressions[f"{league}_next_score"]

    def ep(down: int, distance: int, yards: int, half_s: float = 1500.0) -> float:
        return expected_points.expected_points(k, down, distance, yards, half_s)

    along = [ep(1, 10, yards) for yards in (95, 75, 50, 25, 10, 2)]
    assert along == sorted(along)
    assert -1.5 < along[0] < 0.5 and 0.5 < along[1] < 2.5 and 5.5 < along[-1] < 7
    assert ep(1, 10, 50) > ep(2, 10, 50) > ep(3, 10, 50) > ep(4, 10, 50)
    assert ep(3, 1, 50) > ep(3, 10, 50)
    # With three seconds left and the goal far away, hardly anybody scores.
    assert abs(ep(1, 10, 75, 3.0)) < 0.3
    # What cannot be is held to what can.
    assert ep(1, 30, 8) == ep(1, 8, 8) and ep(0, 0, 0) == ep(1, 1, 1)


def test_golden_values_of_points_added() -> None:
    assert swings.points_added(1.0, 2.5, same_team=True) == 1.5
    assert swings.points_added(1.0, 1.2, same_team=False) == -2.2


@pytest.mark.parametrize("s", [LEVEL, NFL], ids=["cfb", "nfl"])
def test_chances_move_as_they_must(s: Situation) -> None:
    ahead, late = replace(s, home_score=21), replace(s, half_s=120.0, game_s=120.0, period=4)
    assert 0.45 < wins(s) < 0.75
    assert wins(ahead) > wins(s) + 0.1
    assert wins(replace(late, home_score=21)) > wins(ahead)
    assert wins(replace(late, home_score=7)) < 0.3
    assert wins(replace(s, yards_to_goal=20)) > wins(s)
    both = win_chances.home_wins(K, s) + win_chances.home_wins(K, replace(s, offense_is_home=False))
    assert 0.9 < both < 1.4


def test_a_spread_counts_less_and_less() -> None:
    def gain(game_s: float) -> float:
        s = replace(LEVEL, half_s=game_s / 2, game_s=game_s)
        return wins(replace(s, home_spread=14.0)) - wins(replace(s, home_spread=-14.0))

    assert gain(3600.0) > gain(1200.0) > gain(120.0) > 0
    favoured = replace(LEVEL, home_spread=10.0)
    assert wins(favoured, spread=False) == wins(LEVEL)
    away = replace(favoured, offense_is_home=False)
    assert wins(favoured) > wins(LEVEL) > 1 - win_chances.home_wins(K, favoured)
    assert win_chances.home_wins(K, away) > win_chances.home_wins(K, replace(away, home_spread=-10.0))


def test_a_clock_that_can_be_knelt_out_is_won() -> None:
    # First down, no time-outs: four kneel-downs of 3 s and three run-offs of 40.
    assert win_chances.kneeling_s(1, 0) == 132.0
    assert win_chances.kneeling_s(1, 3) == 12.0
    assert win_chances.kneeling_s(3, 0) == 46.0
    kneels = replace(LEVEL, home_score=16, half_s=100.0, game_s=100.0, period=4, away_timeouts=0)
    assert wins(kneels) >= 0.99
    assert wins(replace(kneels, home_score=14)) < 0.9
    # With time-outs left the other team gets the ball back.
    assert wins(replace(kneels, away_timeouts=3)) < 0.99


def test_when_no_snap_is_due_and_no_time_is_left_the_result_stands() -> None:
    over = replace(LEVEL, down=None, distance_yd=None, yards_to_goal=None, half_s=0.0, game_s=0.0, period=4)
    assert [wins(replace(over, home_score=points)) for points in (15, 14, 13)] == [1.0, 0.5, 0.0]


def test_a_try_counts_as_its_usual_point_and_a_kick_off_as_a_touchback() -> None:
    try_due = replace(LEVEL, down=None, distance_yd=None, yards_to_goal=2, home_score=20)
    kicked_off = replace(LEVEL, offense_is_home=False, down=None, distance_yd=None, yards_to_goal=None, home_score=21)
    assert wins(try_due) == 1 - wins(kicked_off)
    assert wins(kicked_off) == wins(replace(kicked_off, down=1, distance_yd=10, yards_to_goal=75))


def test_overtime_turns_by_hand() -> None:
    assert overtime.second_turn(TURN, 3) == pytest.approx(0.65)
    assert overtime.second_turn(TURN, 7) == pytest.approx(0.25)
    assert overtime.second_turn(TURN, 0) == pytest.approx(0.9)
    assert overtime.second_turn(TURN, 10) == 0.0
    share = overtime.FIRST_TURN_SHARE
    worth = overtime.turn_worth(TURN, 0)
    assert worth == pytest.approx((share * 0.75 + 1 - share, share * 0.35 + 1 - share, share * 0.1 + (1 - share) / 2))
    # Behind, the turn is the second: a touchdown beats three points, a field goal draws level, nothing loses.
    assert overtime.turn_worth(TURN, -3) == (1.0, 0.5, 0.0)
    assert overtime.turn_worth(TURN, -7) == (0.5, 0.0, 0.0)
    assert overtime.mean_worth(TURN, (1.0, 0.5, 0.0)) == pytest.approx(0.65)


def test_college_overtime() -> None:
    assert 0.4 < wins(COLLEGE_OVERTIME) < 0.75
    assert wins(replace(COLLEGE_OVERTIME, away_score=23)) > wins(replace(COLLEGE_OVERTIME, away_score=27))
    tries = replace(COLLEGE_OVERTIME, period=7, down=None, distance_yd=None, yards_to_goal=None)
    made = K.tables["cfb"]["two_point"]
    assert wins(tries) == 0.5
    assert wins(replace(tries, away_score=22)) == pytest.approx(made / 2)


def test_nfl_overtime() -> None:
    first = replace(NFL, half_s=600.0, game_s=0.0, period=5, is_overtime=True)
    assert 0.48 < wins(first) < 0.6
    assert wins(replace(first, away_score=17)) < wins(first)
    # Late, a field goal wins.
    sudden = replace(first, half_s=200.0, yards_to_goal=20)
    assert wins(sudden) > wins(replace(sudden, half_s=600.0))
    ended = replace(first, half_s=0.0)
    assert [wins(replace(ended, home_score=points)) for points in (20, 14, 7)] == [1.0, 0.5, 0.0]


def test_what_a_gain_leads_to() -> None:
    assert gained(LEVEL, 4) == replace(LEVEL, down=2, distance_yd=6, yards_to_goal=71)
    assert gained(LEVEL, 10) == replace(LEVEL, yards_to_goal=65)
    assert gained(replace(LEVEL, yards_to_goal=14), 10) == replace(LEVEL, distance_yd=4, yards_to_goal=4)
    assert gained(LEVEL, 75) == scored(LEVEL, 7)
    assert scored(LEVEL, 7).home_score == 21 and not scored(LEVEL, 7).offense_is_home
    failed = gained(replace(LEVEL, down=4, distance_yd=2, yards_to_goal=40), 1)
    assert failed == replace(LEVEL, offense_is_home=False, yards_to_goal=61)
    assert turned_over(LEVEL, 75).yards_to_goal == 25


def test_time_that_runs_out() -> None:
    assert later(LEVEL, 30.0).game_s == 1170.0
    end = later(replace(LEVEL, half_s=10.0, game_s=10.0, period=4), 30.0)
    assert (end.down, end.game_s) == (None, 0.0)
    second_half = later(replace(LEVEL, half_s=10.0, game_s=1810.0, period=2, home_receives_second_half=False), 30.0)
    assert (second_half.offense_is_home, second_half.down, second_half.game_s, second_half.period) == (
        False, None, 1800.0, 3,
    )  # fmt: skip


@pytest.mark.parametrize("s", [LEVEL, NFL, FOURTH, COLLEGE_OVERTIME, replace(COLLEGE_OVERTIME, down=4)])
def test_the_outcomes_of_a_snap_are_a_distribution(s: Situation) -> None:
    found = list(play_outcomes.outcomes(K, s))
    assert sum(weight for weight, _ in found) == pytest.approx(1.0)
    assert all(weight >= 0 for weight, _ in found)
    assert 0 < win_chances.expected_swing(K, found) < 0.5


def test_the_expected_swing_by_hand() -> None:
    found = [(0.5, Settled(0.2)), (0.25, Settled(0.6)), (0.25, Settled(0.8))]
    # The mean is 0.45: 0.5 * 0.25 + 0.25 * 0.15 + 0.25 * 0.35.
    assert win_chances.expected_swing(K, found) == pytest.approx(0.25)
    assert win_chances.expected_swing(K, []) == 0.0


def test_leverage_is_high_late_and_level_and_low_in_a_rout() -> None:
    def swing(s: Situation) -> float:
        return win_chances.expected_swing(K, play_outcomes.outcomes(K, s)) / K.tables[s.league]["mean_swing"]

    late = replace(FOURTH, half_s=40.0, game_s=40.0, home_score=12)
    assert swing(late) > 3
    assert swing(replace(FOURTH, home_score=45)) < 0.2


def test_golden_value_of_a_choice() -> None:
    assert fourth_down.blend(0.6, 0.7, 0.3) == pytest.approx(0.54)
    assert fourth_down.blend(0.8, 0.55, 0.35) == pytest.approx(0.51)


def test_fourth_down_choices() -> None:
    decision = fourth_down.decide(K, FOURTH)
    assert decision is not None
    assert set(decision.chances) == {"go", "kick"}
    order = sorted(decision.chances.values(), reverse=True)
    assert decision.margin == pytest.approx(order[0] - order[1])
    assert decision.chances[decision.best] == order[0]
    assert 0 < decision.error < 0.2
    assert decision.toss_up == (decision.margin < max(fourth_down.TOSS_UP, decision.error))
    # Down by four with half a minute left three points are not enough.
    late = fourth_down.decide(K, replace(FOURTH, half_s=30.0, game_s=30.0, home_score=10, yards_to_goal=15))
    assert late is not None and late.best == "go" and late.chances["kick"] < 0.15
    # Fourth and 20 at one's own 20 in the first quarter is a punt.
    own = fourth_down.decide(
        K, replace(LEVEL, down=4, distance_yd=20, yards_to_goal=80, half_s=1700.0, game_s=3500.0, period=1)
    )
    assert own is not None and own.best == "punt" and not own.toss_up
    assert set(own.chances) == {"go", "punt"}


def test_the_choice_is_the_blend_of_where_it_leads() -> None:
    decision = fourth_down.decide(K, FOURTH)
    good, bad = play_outcomes.kicked(K, FOURTH)
    chance = play_outcomes.field_goal_chance(K, FOURTH)
    assert decision is not None and chance is not None
    after, otherwise = win_chances.home_wins(K, good), win_chances.home_wins(K, bad)
    assert decision.chances["kick"] == pytest.approx(fourth_down.blend(chance[0], after, otherwise))


def test_no_fourth_down_no_decision() -> None:
    assert fourth_down.decide(K, LEVEL) is None
    assert fourth_down.decide(K, replace(FOURTH, yards_to_goal=None)) is None


def test_field_goals_out_of_reach_and_from_afar() -> None:
    assert play_outcomes.field_goal_chance(K, replace(FOURTH, yards_to_goal=43)) is None
    near = play_outcomes.field_goal_chance(K, replace(FOURTH, yards_to_goal=35))
    far = play_outcomes.field_goal_chance(K, replace(FOURTH, yards_to_goal=36))
    plain = K.regressions["cfb_field_goal"].predict(fourth_terms.field_goal_terms(36))[0]
    assert near is not None and far is not None
    assert far[0] == pytest.approx(0.9 * plain) and near[0] > far[0]
    assert play_outcomes.field_goal_chance(K, replace(FOURTH, league="nfl", yards_to_goal=45)) is not None


def test_college_overtime_has_no_punts_and_ends_a_turn() -> None:
    fourth = replace(COLLEGE_OVERTIME, down=4, distance_yd=8, yards_to_goal=18)
    decision = fourth_down.decide(K, fourth)
    assert decision is not None and set(decision.chances) == {"go", "kick"}
    # Three points behind, nothing loses and a field goal draws level.
    behind = replace(fourth, away_score=23)
    made, missed = play_outcomes.kicked(K, behind)
    assert (made, missed) == (Settled(0.5), Settled(0.0))


def test_a_value_depends_on_nothing_but_its_situation() -> None:
    alone = fourth_down.decide(K, FOURTH)
    for other in (LEVEL, NFL, COLLEGE_OVERTIME):
        win_chances.offense_wins(K, other)
    assert fourth_down.decide(K, FOURTH) == alone
