"""PPDA and momentum against golden values and hand-made cases."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.feeds.base import FeedEvent
from app.models.registry import load
from app.sports.fold import MatchFold
from app.sports.loading import signals
from app.sports.soccer.signals import momentum, ppda
from app.sports.soccer.sport import SPORT
from tests.engine_kit import HARBOUR, NORTHGATE, feed, folded, shot

XT = load("xt")
TEAMS = {"home_id": HARBOUR, "away_id": NORTHGATE}


def ppda_of(events: list[FeedEvent]) -> dict[str, float | None]:
    memory = ppda.init()
    for event in events:
        memory = ppda.step(memory, folded(event), None)
    return ppda.value(SimpleNamespace(**TEAMS), None, memory)


def passes(count: int, x_m: float = 30.0) -> list[FeedEvent]:
    return [feed(f"p{i}", i, "pass", team=NORTHGATE, x_m=x_m) for i in range(count)]


def tackles(count: int, x_m: float = 80.0) -> list[FeedEvent]:
    return [feed(f"d{i}", i, "duel", x_m=x_m, duel_kind="tackle", won=True) for i in range(count)]


def test_ppda_golden_values() -> None:
    fouls = [feed(f"f{i}", i, "foul", x_m=60.0) for i in range(10)]
    cut_out = [feed(f"i{i}", i, "interception", x_m=60.0) for i in range(16)]
    assert ppda_of([*passes(207), *fouls, *cut_out, *tackles(11 + 3)])[HARBOUR] == pytest.approx(5.175)
    assert ppda_of([*passes(404), *tackles(23)])[HARBOUR] == pytest.approx(17.57, abs=0.005)
    assert ppda_of([*passes(404), *tackles(23)])[NORTHGATE] is None


def test_ppda_zones_include_their_edges() -> None:
    assert ppda_of([*passes(1, 63.0), *tackles(1, 42.0)])[HARBOUR] == 1.0
    assert ppda_of([*passes(1, 63.01), *tackles(1, 42.0)])[HARBOUR] == 0.0
    assert ppda_of([*passes(1, 63.0), *tackles(1, 41.99)])[HARBOUR] is None


def test_ppda_leaves_out_what_does_not_count() -> None:
    nothing: list[FeedEvent] = [
        feed("a", 1, "duel", x_m=80.0, duel_kind="tackle", won=False),
        feed("b", 2, "duel", x_m=80.0, duel_kind="tackle"),
        feed("c", 3, "duel", x_m=80.0, duel_kind="aerial", won=True),
        feed("d", 4, "foul"),
        feed("e", 5, "interception", x_m=80.0, period=5),
        feed("f", 6, "pressure", x_m=80.0),
    ]
    assert ppda_of([*passes(3), *nothing]) == {HARBOUR: None, NORTHGATE: None}


def momentum_of(events: list[FeedEvent], elapsed_s: float, period: int = 1) -> float:
    memory = momentum.init()
    for event in events:
        memory = momentum.step(memory, folded(event), XT)
    given = SimpleNamespace(**TEAMS, match_elapsed_s=elapsed_s, match_period=period)
    return momentum.value(given, XT, memory)


def test_momentum_is_nothing_at_first_and_points_to_who_threatens() -> None:
    assert momentum_of([], 60.0) == 0.0
    assert momentum_of([shot("a", 10.0)], 10.0) > 0.1
    assert momentum_of([shot("a", 10.0, team=NORTHGATE)], 10.0) == -momentum_of([shot("a", 10.0)], 10.0)


def test_threat_halves_every_three_minutes() -> None:
    threat = XT.kernel.value(85.0, 30.0)  # type: ignore[union-attr]
    now, later = momentum_of([shot("a", 10.0)], 10.0), momentum_of([shot("a", 10.0)], 190.0)
    assert now == pytest.approx(threat / (threat + 0.05))
    assert later == pytest.approx(threat / 2 / (threat / 2 + 0.05))


def test_what_was_a_quarter_of_an_hour_ago_is_forgotten() -> None:
    assert momentum_of([shot("a", 10.0)], 909.0) > 0.0
    assert momentum_of([shot("a", 10.0)], 910.0) == 0.0
    later = feed("b", 950, "carry", team=HARBOUR, x_m=50.0, y_m=34.0, end_x_m=90.0, end_y_m=34.0)
    assert momentum_of([shot("a", 10.0), later], 960.0) == momentum_of([later], 960.0) > 0.0


def test_losing_ground_is_no_threat() -> None:
    back = feed("b", 5, "carry", x_m=90.0, y_m=34.0, end_x_m=50.0, end_y_m=34.0)
    lost = feed("c", 6, "pass", x_m=50.0, y_m=34.0, end_x_m=100.0, end_y_m=34.0, outcome="incomplete")
    assert momentum_of([back, lost], 10.0) == 0.0


def test_a_half_starts_from_nothing() -> None:
    first = shot("a", 2690.0)
    assert momentum_of([first, feed("s", 1, "other", period=2, clock_s=2700.0)], 2701.0, 2) == 0.0


def test_a_half_that_nobody_opened_starts_from_nothing_too() -> None:
    """The first minute passes before its first event is stepped: what was before the break must not show."""
    assert momentum_of([shot("a", 2690.0)], 2760.0, 2) == 0.0
    opening = feed("s", 1, "period_start", team=None, period=2, clock_s=2700.0)
    assert momentum_of([shot("a", 2690.0), opening], 2760.0, 2) == 0.0


def test_momentum_of_a_folded_match_has_no_echo_of_the_first_half() -> None:
    fold = MatchFold(SPORT, {"momentum": signals(SPORT)["momentum"]}, {"xt": XT})
    events: list[Any] = [
        feed("l1", 0.1, "lineup", clock_s=0.0),
        feed("l2", 0.2, "lineup", team=NORTHGATE, clock_s=0.0),
        shot("a", 2699.0),
        feed("late", 1, "pass", team=NORTHGATE, period=2, clock_s=2765.0),
    ]
    points = [p for e in events for p in fold.add(folded(e))]
    assert [(p.anchor, p.value) for p in points if p.period == 2] in ([], [("minute:2:46", 0.0)])
