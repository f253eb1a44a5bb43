"""Goal probability and leverage: golden values, edges, and real matches."""

import math
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.models.registry import load
from app.sports.base import Event
from app.sports.soccer.features import FEATURES
from app.sports.soccer.signals import goal_probability, leverage
from app.sports.soccer.state import new_state
from app.sports.soccer.win_chances import expected_swing, goals_to_come, result, soon_and_later
from tests.engine_kit import NORTHGATE, feed, folded, shot, tiny
from tests.real_match import events_of, odds, points_of
from tests.shared_data import STATSBOMB, WYSCOUT, statsbomb_matches, wyscout_matches

MODEL = load("win_probability")
K: Any = MODEL.kernel
RATE_1, RATE_2 = 0.000231307, 0.000292558  # home goals a second in the halves, as committed


def of(
    signal: Any,
    period: int = 1,
    elapsed_s: float = 0.0,
    score: tuple[int, int] = (0, 0),
    reds: tuple[int, int] = (0, 0),
    status: str = "live",
    event: Event | None = None,
) -> Any:
    """A value at a full minute, or after an event."""
    state = new_state()
    state.status, state.period, state.elapsed_s = status, period, elapsed_s
    state.home.score, state.away.score = score
    state.home.red_cards, state.away.red_cards = reds
    given = {name: FEATURES[name].compute(state, event) for name in signal.SIGNAL.features}
    assert None not in given.values()
    return signal.value(SimpleNamespace(**given), MODEL, None)


def goal(**more: Any) -> Any:
    return of(goal_probability, **more)


def at_stake(**more: Any) -> Any:
    return of(leverage, **more)


def test_the_committed_rates_are_those_of_the_golden_values() -> None:
    assert (K.home_per_s[0], K.home_per_s[1]) == (RATE_1, RATE_2)
    assert (K.away_per_s[0], K.rise[:2], K.stoppage_s[0], K.stoppage_left_s) == (0.000186388, [0.27, 0.18], 78.9, 62.0)


def test_goal_probability_golden_value_at_kick_off() -> None:
    # 300 s at 1 + 0.27 * (150 / 2700 - 0.5) = 0.88 of the rate: 0.061065 and 0.049206 goals
    assert goal() == pytest.approx({"home": 0.059238, "away": 0.048015, "either": 0.104408}, abs=2e-6)


def test_what_a_half_has_no_room_for_goes_on_in_the_next() -> None:
    # 78.9 s at 1 + 0.27 * (2739.45 / 2700 - 0.5) = 1.138945, then 221.1 s at 1 + 0.18 * (110.55 / 2700 - 0.5) = 0.91737
    mean = RATE_1 * 78.9 * 1.138945 + RATE_2 * 221.1 * 0.91737
    assert goal(elapsed_s=2700.0)["home"] == pytest.approx(1 - math.exp(-mean), abs=1e-7)


def test_late_in_stoppage_time_only_what_is_left_counts() -> None:
    # 62 s in the middle of which 2931 s of the half are over
    mean = RATE_2 * 62.0 * (1 + 0.18 * (2931 / 2700 - 0.5))
    assert goal(period=2, elapsed_s=5600.0)["home"] == pytest.approx(1 - math.exp(-mean), abs=1e-9)
    assert goal(period=2, elapsed_s=5600.0)["home"] < goal(period=2, elapsed_s=5100.0)["home"]


def test_either_is_both_teams_chances_together() -> None:
    for period, elapsed_s in ((0, 0.0), (1, 1200.0), (2, 3000.0), (3, 5400.0), (4, 7150.0)):
        found = goal(period=period, elapsed_s=elapsed_s)
        assert 1 - found["either"] == pytest.approx((1 - found["home"]) * (1 - found["away"]), abs=1e-12)
        assert all(0.0 < p < 1.0 for p in found.values())


def test_a_red_card_moves_goals_to_the_other_side() -> None:
    level, down = goal(), goal(reds=(1, 0))
    assert -math.log(1 - down["home"]) == pytest.approx(-math.log(1 - level["home"]) * K.own_red)
    assert -math.log(1 - down["away"]) == pytest.approx(-math.log(1 - level["away"]) * K.other_red)


def test_half_time_is_the_start_of_the_second_half_for_both() -> None:
    for signal in (goal_probability, leverage):
        waiting = of(signal, elapsed_s=2790.0, status="half_time", score=(1, 0))
        assert waiting == of(signal, period=2, elapsed_s=2700.0, score=(1, 0))


def test_goals_so_far_do_not_change_the_chance_of_another() -> None:
    assert goal(elapsed_s=1800.0, score=(3, 0)) == goal(elapsed_s=1800.0)


@pytest.mark.parametrize(("status", "period"), [("full_time", 2), ("finished", 100), ("live", 5), ("finished", 5)])
def test_after_the_whistle_and_in_a_shoot_out_nothing_is_to_come(status: str, period: int) -> None:
    assert goal(status=status, period=period, elapsed_s=7200.0) == {"home": 0.0, "away": 0.0, "either": 0.0}
    assert at_stake(status=status, period=period, elapsed_s=7200.0) == 0.0


@pytest.mark.parametrize("status", ["postponed", "abandoned"])
def test_a_match_that_is_not_played_has_neither(status: str) -> None:
    assert goal(status=status) is None
    assert at_stake(status=status) is None


TURNS = [
    (shot("s", 1.0, "goal"), True),
    (shot("s", 1.0, "saved"), False),
    (shot("s", 1.0, "saved", shot_kind="penalty"), False),
    (feed("o", 1.0, "own_goal"), True),
    (feed("f", 1.0, "foul"), False),
    (feed("f", 1.0, "foul", card="yellow"), False),
    (feed("f", 1.0, "foul", card="second_yellow"), True),
    (feed("c", 1.0, "card", card="red"), True),
    (feed("p", 1.0, "period_end"), True),
]


@pytest.mark.parametrize(("event", "turns"), TURNS, ids=lambda x: getattr(x, "type", x))
def test_only_what_can_turn_the_chances_is_said_at_an_event(event: Any, turns: bool) -> None:
    assert (goal(event=folded(event)) is not None) is turns
    assert (at_stake(event=folded(event)) is not None) is turns


def test_expected_swing_by_hand() -> None:
    """Level, nothing to come later, only home may score: half a share is won with 1 - P0, so E|change| is P0 (1 - P0)."""
    p0 = math.exp(-0.1)
    assert expected_swing(0, (0.1, 0.0), (0.0, 0.0)) == pytest.approx(p0 * (1 - p0), abs=1e-5)
    # One behind, two equal chances, and then the end: 0 stays 0 unless home levels (to 0.5), twice is too rare to matter.
    small = 0.001
    assert expected_swing(-1, (small, small), (0.0, 0.0)) == pytest.approx(2 * 0.5 * small, rel=0.01)


def test_nothing_is_at_stake_where_nothing_can_change() -> None:
    assert expected_swing(4, (0.1, 0.1), (0.0, 0.0)) == 0.0
    assert expected_swing(0, (0.0, 0.0), (1.0, 1.2)) == 0.0
    assert at_stake(period=2, elapsed_s=5300.0, score=(6, 0)) < 0.01


@settings(deadline=None)
@given(st.integers(-4, 4), st.floats(0.0, 0.2), st.floats(0.0, 0.2), st.floats(0.0, 3.0), st.floats(0.0, 3.0))
def test_an_expected_swing_is_a_share_and_the_same_for_both_teams(
    lead: int, home_soon: float, away_soon: float, home_later: float, away_later: float
) -> None:
    seen = expected_swing(lead, (home_soon, away_soon), (home_later, away_later))
    mirrored = expected_swing(-lead, (away_soon, home_soon), (away_later, home_later))
    assert 0.0 <= seen <= 0.5
    assert seen == pytest.approx(mirrored, abs=1e-7)


def test_the_share_now_is_the_mean_of_the_shares_afterwards() -> None:
    """What makes the mean absolute deviation an expected change."""
    for period, elapsed_s, lead in ((1, 0.0, 0), (1, 2600.0, 1), (2, 5000.0, -1)):
        soon, later = soon_and_later(K, "live", period, elapsed_s)
        whole = goals_to_come(K, period, elapsed_s)
        assert (soon[0] + later[0], soon[1] + later[1]) == pytest.approx(whole)

        def share(by: int, to_come: tuple[float, float]) -> float:
            win, draw, _ = result(by, *to_come)
            return win + draw / 2

        def pmf(n: int, mean: float) -> float:
            return math.exp(-mean) * mean**n / math.factorial(n)

        after = sum(pmf(i, soon[0]) * pmf(j, soon[1]) * share(lead + i - j, later) for i in range(9) for j in range(9))
        assert after == pytest.approx(share(lead, whole), abs=1e-9)


def test_leverage_is_the_expected_swing_over_its_mean() -> None:
    soon, later = soon_and_later(K, "live", 2, 4800.0, (0, 1))
    expected = expected_swing(1, soon, later) / K.mean_swing
    assert at_stake(period=2, elapsed_s=4800.0, score=(2, 1), reds=(0, 1)) == expected


def test_a_level_end_is_what_matters_most() -> None:
    by_minute = [at_stake(period=1 if m < 45 else 2, elapsed_s=m * 60.0) for m in range(0, 90, 5)]
    assert by_minute == sorted(by_minute)
    assert by_minute[-1] > 2.0
    assert at_stake(period=2, elapsed_s=5100.0, score=(3, 0)) < 0.1


def test_odds_before_kick_off_move_both() -> None:
    teams = [feed("l1", 0.1, "lineup", clock_s=0.0), feed("l2", 0.2, "lineup", team=NORTHGATE, clock_s=0.0)]
    began = [folded(e) for e in [*teams, feed("k", 0.3, "period_start", clock_s=0.0)]]
    names = ("goal_probability", "leverage")
    without, favourite = (
        {(p.signal, p.subject): p.value for p in points_of([*before, *began], *names)}
        for before in ([], [odds(1.2, 7.0, 15.0)])
    )
    assert favourite["goal_probability", "home"] > without["goal_probability", "home"]
    assert favourite["goal_probability", "away"] < without["goal_probability", "away"]
    assert favourite["leverage", "match"] < without["leverage", "match"]


def test_the_fixture_match() -> None:
    found = points_of([folded(e) for e in tiny()], "goal_probability", "leverage")
    assert {p.subject for p in found} == {"home", "away", "either", "match"}
    last = {p.subject: p.value for p in found}
    assert last == {"home": 0.0, "away": 0.0, "either": 0.0, "match": 0.0}


if STATSBOMB.is_dir() and WYSCOUT.is_dir():
    REAL = [("statsbomb", p) for p in list(statsbomb_matches(2).values())[:2]]
    REAL += [("wyscout", p) for p in list(wyscout_matches(2).values())[:1]]

    @pytest.mark.parametrize(("name", "path"), REAL, ids=lambda x: getattr(x, "name", x))
    def test_real_matches_have_both_all_match_long(name: str, path: Any) -> None:
        found = points_of(events_of(name, path), "goal_probability", "leverage")
        minutes = {p.anchor for p in found if p.anchor.startswith("minute:")}
        assert len(minutes) >= 40
        stakes = [p.value for p in found if p.signal == "leverage" and p.value is not None]
        assert min(stakes) >= 0.0 and 0.05 < sum(stakes) / len(stakes) < 5.0
        either = [p.value for p in found if p.subject == "either" and p.anchor.startswith("minute:1:")]
        assert all(v is not None and 0.05 < v < 0.35 for v in either)
