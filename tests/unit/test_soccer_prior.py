"""What was thought before kick-off: odds in the fold, the goals they stand for, and the win probability that starts there."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.models.registry import load
from app.sports.base import Event, LoadedSignal
from app.sports.fold import MatchFold
from app.sports.odds import shin
from app.sports.soccer.features import FEATURES
from app.sports.soccer.signals import win_probability
from app.sports.soccer.sport import SPORT
from app.sports.soccer.state import MatchState, apply, new_state
from app.sports.soccer.win_chances import chances, goals_to_come, means_of, result, thousandths
from tests.engine_kit import HARBOUR, NORTHGATE, feed, folded, shot, tiny
from tests.real_match import events_of, odds, points_of, word
from tests.shared_data import STATSBOMB, WYSCOUT, statsbomb_matches, wyscout_matches

MODEL = load("win_probability")
K: Any = MODEL.kernel
GOLDEN = (4.20, 3.70, 1.95)
FAIR = (0.23157, 0.26357, 0.50485)
NOBODY_SAID = [0.0, 0.0, 0.0, 0.0, 0.0]


def fold(*events: Event) -> MatchState:
    state = new_state()
    for event in events:
        apply(state, event)
    return state


def prior(*events: Event) -> list[float]:
    names = ("home_win", "draw", "away_win", "home_goals", "away_goals")
    state = fold(*events)
    return [FEATURES[f"pre_match_{name}"].compute(state, None) for name in names]


def played(order: float = 10.0, type: str = "pass", **more: Any) -> Event:
    return folded(feed(f"e{order}", order, type, **more))


def test_odds_become_fair_chances_by_shins_method() -> None:
    assert prior(odds(*GOLDEN))[:3] == pytest.approx(FAIR, abs=5e-6)
    assert prior() == NOBODY_SAID


def test_the_last_word_before_kick_off_holds() -> None:
    assert prior(odds(2.0, 3.5, 4.0), odds(*GOLDEN))[:3] == pytest.approx(FAIR, abs=5e-6)
    assert prior(odds(*GOLDEN), played(1.0, "lineup"), word("status", status="live"))[0] > 0
    late_lineup = (played(1.0, "lineup"), odds(*GOLDEN, period=1, order=1.0), played())
    assert prior(*late_lineup)[:3] == pytest.approx(FAIR, abs=5e-6)


@pytest.mark.parametrize("began", [played(type="period_start"), played(), played(type="foul")], ids=lambda e: e.type)
def test_what_is_said_once_the_ball_rolls_changes_nothing(began: Event) -> None:
    later = odds(1.1, 9.0, 30.0, period=1, order=20.0)
    assert prior(odds(*GOLDEN), began, later)[:3] == pytest.approx(FAIR, abs=5e-6)
    assert prior(began, later) == NOBODY_SAID


@pytest.mark.parametrize(
    "said",
    [
        word("pre_match", home_odds=2.0, draw_odds=3.5),
        word("pre_match"),
        odds(4.2, 3.9, 2.0),
    ],
    ids=["an outcome is missing", "nothing", "less than a whole book"],
)
def test_odds_that_are_no_book_change_nothing(said: Event) -> None:
    assert prior(said) == NOBODY_SAID
    assert prior(odds(*GOLDEN), said)[:3] == pytest.approx(FAIR, abs=5e-6)


def test_odds_are_those_of_the_home_team_whoever_the_feed_named_first() -> None:
    first = played(1.0, "lineup", team=NORTHGATE)
    named = word("match_info", home_team=HARBOUR, away_team=NORTHGATE)
    assert prior(first, odds(*GOLDEN), named) == prior(named, odds(*GOLDEN), first) == prior(odds(*GOLDEN))


def test_means_against_a_case_by_hand() -> None:
    """Two teams of one mean m: P(draw) is the sum of pmf(n; m) squared."""
    m = 1.3
    draw = sum((math.exp(-m) * m**n / math.factorial(n)) ** 2 for n in range(40))
    assert means_of((1 - draw) / 2, draw, (1 - draw) / 2) == pytest.approx((m, m), abs=1e-9)


@settings(deadline=None)
@given(st.floats(0.05, 4.5), st.floats(0.05, 4.5))
def test_means_are_found_again_from_their_chances(home: float, away: float) -> None:
    assert means_of(*result(0, home, away)) == pytest.approx((home, away), rel=1e-5)


@pytest.mark.parametrize(
    "book", [(1.01, 26.0, 101.0), (51.0, 21.0, 1.01), (3.0, 1.9, 4.2), (2.9, 2.9, 2.9), (8.0, 8.0, 1.2)]
)
def test_even_lopsided_books_are_met(book: tuple[float, float, float]) -> None:
    fair = shin(book)
    assert result(0, *means_of(*fair)) == pytest.approx(fair, abs=1e-6)


@settings(deadline=None)
@given(st.floats(1.001, 10000.0), st.floats(1.001, 10000.0), st.floats(1.001, 10000.0))
def test_no_odds_break_a_match(home: float, draw: float, away: float) -> None:
    found = prior(odds(home, draw, away))
    assert all(math.isfinite(p) for p in found)
    assert found == NOBODY_SAID or (
        sum(found[:3]) == pytest.approx(1.0) and 0.0 < min(found[3:]) <= max(found[3:]) <= 8.0
    )


def said(events: list[Event]) -> list[tuple[str, str, float | None]]:
    return [(p.anchor, p.subject, p.value) for p in points_of(events, "win_probability")]


def begun(*before: Event) -> list[Event]:
    teams = [feed("l1", 0.1, "lineup", clock_s=0.0), feed("l2", 0.2, "lineup", team=NORTHGATE, clock_s=0.0)]
    return [*before, *map(folded, [*teams, feed("k", 0.3, "period_start", clock_s=0.0)])]


def test_the_chances_at_kick_off_are_those_of_the_odds() -> None:
    at_kick_off = {subject: value for anchor, subject, value in said(begun(odds(*GOLDEN))) if anchor == "event:k"}
    assert at_kick_off == {"home": 0.231, "draw": 0.264, "away": 0.505}


def test_the_factors_hold_all_match_long() -> None:
    home, away = prior(odds(*GOLDEN))[3:]
    whole = goals_to_come(K, 0, 0.0)
    for period, elapsed_s in ((1, 1500.0), (2, 2700.0), (2, 5500.0), (3, 5400.0), (4, 7100.0)):
        average = goals_to_come(K, period, elapsed_s, home_reds=1)
        scaled = goals_to_come(K, period, elapsed_s, home_reds=1, prior=(home, away))
        assert scaled == pytest.approx((average[0] * home / whole[0], average[1] * away / whole[1]), rel=1e-12)


def test_a_prior_is_worth_less_as_time_passes_and_nothing_after_the_whistle() -> None:
    home, away = prior(odds(1.2, 7.0, 15.0))[3:]
    clocks = [(1, 0.0), (1, 1800.0), (2, 2700.0), (2, 4500.0), (2, 5400.0)]
    gaps = []
    for clock in clocks:
        with_odds, without = (chances(K, "live", *clock, (0, 0), (0, 0), p) for p in ((home, away), (0.0, 0.0)))
        assert with_odds is not None and without is not None
        gaps.append(with_odds["home"] - without["home"])
    assert gaps == sorted(gaps, reverse=True) and gaps[-1] > 0
    assert chances(K, "full_time", 2, 5700.0, (0, 1), (0, 0), (home, away)) == {"home": 0.0, "draw": 0.0, "away": 1.0}


def test_odds_in_the_fold_move_every_value_and_late_ones_none() -> None:
    events = [folded(e) for e in tiny()]
    cut = next(i for i, e in enumerate(events) if e.period == 2)
    late = odds(1.1, 9.0, 30.0, period=1, order=events[cut - 1].order_key)
    assert said([*events[:cut], late, *events[cut:]]) == said(events)
    assert said([odds(*GOLDEN), *events]) != said(events)


def test_a_goal_that_is_taken_back_leaves_the_prior() -> None:
    goal = folded(shot("g", 600.0, "goal"))
    minute = folded(feed("p", 661.0, "pass"))
    with_goal, without = said(begun(odds(*GOLDEN)) + [goal, minute]), said(begun(odds(*GOLDEN)) + [minute])
    assert with_goal[:3] == without[:3]
    assert with_goal[-1] != without[-1]


def version_1(f: SimpleNamespace) -> dict[str, float]:
    """Win probability as version 1 defined it, by another way: a sum over all pairs of goals to come."""
    lead = f.home_score - f.away_score
    if f.match_status in ("finished", "full_time") or f.match_period >= 5:
        return {"home": float(lead > 0), "draw": float(lead == 0), "away": float(lead < 0)}
    means = [0.0, 0.0]
    for period in range(max(f.match_period, 1), 3 if f.match_period < 3 else 5):
        length, start = (2700, 2700 * (period - 1)) if period < 3 else (900, 5400 + 900 * (period - 3))
        now = period == f.match_period
        played = max(f.match_elapsed_s - start, 0.0) if now else 0.0
        left = max(length + K.stoppage_s[period - 1] - played, K.stoppage_left_s)
        if now and f.match_status == "half_time":
            left = 0.0
        weight = left * (1 + K.rise[period - 1] * ((played + left / 2) / length - 0.5))
        means = [m + k[period - 1] * weight for m, k in zip(means, (K.home_per_s, K.away_per_s), strict=True)]
    home = means[0] * K.own_red**f.home_red_cards * K.other_red**f.away_red_cards
    away = means[1] * K.own_red**f.away_red_cards * K.other_red**f.home_red_cards

    def pmf(n: int, mean: float) -> float:
        return math.exp(-mean) * mean**n / math.factorial(n)

    pairs = [(i + lead - j, pmf(i, home) * pmf(j, away)) for i in range(40) for j in range(40)]
    exact = [sum(p for d, p in pairs if d > 0), sum(p for d, p in pairs if d == 0), sum(p for d, p in pairs if d < 0)]
    return thousandths(exact)


def compare_with_version_1(events: list[Event]) -> None:
    """Every value of a match, to the last digit."""
    seen: list[str] = []

    def value(f: Any, model: Any, memory: Any) -> Any:
        found = win_probability.value(f, model, memory)
        assert found == version_1(f)
        seen.append(f.match_status)
        return found

    fold = MatchFold(
        SPORT,
        {"win_probability": LoadedSignal(win_probability.SIGNAL, value, None, None)},
        {"win_probability": MODEL},
    )
    for event in events:
        fold.add(event)
    assert fold.faults == []
    assert len(seen) > 90


def test_without_odds_the_fixture_match_is_as_in_version_1() -> None:
    compare_with_version_1([folded(e) for e in tiny()])


if STATSBOMB.is_dir() and WYSCOUT.is_dir():
    REAL = [*[("statsbomb", p) for p in list(statsbomb_matches(1).values())[:2]]]
    REAL += [("wyscout", p) for p in list(wyscout_matches(1).values())[:1]]

    @pytest.mark.parametrize(("name", "path"), REAL, ids=lambda x: getattr(x, "name", x))
    def test_without_odds_a_real_match_is_as_in_version_1(name: str, path: Path) -> None:
        compare_with_version_1(events_of(name, path))

    def test_a_real_match_starts_from_its_odds() -> None:
        name, path = REAL[0]
        events = events_of(name, path)
        first = next(i for i, e in enumerate(events) if e.type == "period_start")
        told = odds(*GOLDEN, period=1, order=events[first - 1].order_key)
        points = points_of([*events[:first], told, *events[first:]], "win_probability")
        begin = {p.subject: p.value for p in points if p.anchor == f"event:{events[first].source_event_id}"}
        assert begin == {"home": 0.231, "draw": 0.264, "away": 0.505}
