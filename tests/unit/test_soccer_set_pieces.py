"""Set-piece threat: which shots belong to a set piece, and how their xG is combined."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.feeds.base import FeedEvent
from app.models.registry import load
from app.sports.fold import MatchFold
from app.sports.loading import signals
from app.sports.soccer.signals import set_piece_threat, xg
from app.sports.soccer.sport import SPORT
from tests.engine_kit import HARBOUR, NORTHGATE, feed, folded, said_of, shot, tiny

XG = load("xg")
PLAYED = SimpleNamespace(home_id=HARBOUR, away_id=NORTHGATE, possession_team=HARBOUR)


class FixedChances:
    """A model whose xG is what a test says, one shot after another."""

    def __init__(self, *chances: float) -> None:
        self._left = list(chances)
        self.kernel = self

    def predict(self, terms: Any) -> float:
        return self._left.pop(0)


def both(events: list[FeedEvent], model: Any = XG) -> dict[str, float]:
    memory = set_piece_threat.init()
    for event in events:
        memory = set_piece_threat.step(memory, folded(event), model)
    return set_piece_threat.value(PLAYED, model, memory)


def home(*events: FeedEvent, model: Any = XG) -> float:
    return both(list(events), model)[HARBOUR]


def taken(order: float, kind: str | None = "corner", chain: int | None = 1, **more: Any) -> FeedEvent:
    """A set piece that ends on the penalty spot."""
    given = {"x_m": 100.0, "y_m": 0.0, "end_x_m": 94.0, "end_y_m": 34.0, "outcome": "complete", **more}
    return feed(f"s{order}", order, pass_kind=kind, possession=chain, **given)


def attempt(order: float, chain: int | None = 1, **more: Any) -> FeedEvent:
    return shot(f"a{order}", order, possession=chain, **more)


def chance(*events: FeedEvent) -> float:
    """What the signal `xg` says of the last of these events, unrounded."""
    state = SPORT.new_state()
    for event in events:
        SPORT.apply(state, folded(event))
    given = {name: SPORT.features[name].compute(state, folded(events[-1])) for name in xg.SIGNAL.features}
    return said_of(xg, SimpleNamespace(**given), XG) or 0.0


def test_threat_golden_value() -> None:
    model = FixedChances(0.2, 0.5, 0.1)
    assert home(taken(1), attempt(2), attempt(3), taken(5, chain=2), attempt(6, 2), model=model) == pytest.approx(0.7)


def test_the_xg_is_that_of_the_signal_xg() -> None:
    one, two = attempt(2), attempt(3, x_m=100.0, body_part="head")
    assert chance(one) > 0.01
    assert home(taken(1), one) == pytest.approx(chance(taken(1), one))
    both_missed = (1 - chance(taken(1), one)) * (1 - chance(taken(1), one, two))
    assert home(taken(1), one, two) == pytest.approx(1 - both_missed)
    assert chance(taken(1), one) < chance(one)
    direct = attempt(4, shot_kind="free_kick", x_m=80.0)
    assert home(direct) == pytest.approx(chance(direct))


@pytest.mark.parametrize("kind", ["corner", "free_kick", "throw_in"])
def test_a_delivery_into_the_penalty_area_opens_a_situation_complete_or_not(kind: str) -> None:
    for outcome in ("complete", "incomplete", None):
        assert home(taken(1, kind, outcome=outcome), attempt(2)) > 0.0


@pytest.mark.parametrize("kind", ["goal_kick", "kick_off", "recovery", "interception", None])
def test_no_other_pass_does(kind: str | None) -> None:
    assert home(taken(1, kind), attempt(2)) == 0.0


@pytest.mark.parametrize(("x_m", "y_m"), [(88.49, 34.0), (94.0, 13.83), (94.0, 54.17), (None, 34.0), (94.0, None)])
def test_a_free_kick_that_ends_elsewhere_is_none_and_a_corner_is_one_always(x_m: Any, y_m: Any) -> None:
    assert home(taken(1, "free_kick", end_x_m=x_m, end_y_m=y_m), attempt(2)) == 0.0
    assert home(taken(1, "throw_in", end_x_m=x_m, end_y_m=y_m), attempt(2)) == 0.0
    assert home(taken(1, "corner", end_x_m=x_m, end_y_m=y_m), attempt(2)) > 0.0


@pytest.mark.parametrize(("x_m", "y_m"), [(88.5, 34.0), (94.0, 13.84), (94.0, 54.16)])
def test_the_lines_belong_to_the_penalty_area(x_m: float, y_m: float) -> None:
    assert home(taken(1, "free_kick", end_x_m=x_m, end_y_m=y_m), attempt(2)) > 0.0


@pytest.mark.parametrize("kind", ["free_kick", "corner"])
def test_a_shot_straight_from_a_set_piece_is_a_situation(kind: str) -> None:
    assert home(attempt(1, shot_kind=kind)) > 0.0


def test_the_situation_ends_with_its_chain() -> None:
    assert home(taken(1), attempt(2, 2)) == 0.0
    assert home(taken(1), feed("p", 2, possession=2), attempt(3)) > 0.0
    assert home(taken(1), attempt(2, period=2)) == 0.0
    assert home(taken(1), attempt(2, None)) == 0.0
    assert home(taken(1, chain=None), attempt(2, None)) == 0.0


def test_the_opponents_shot_in_the_chain_is_not_of_the_situation() -> None:
    assert both([taken(1), attempt(2, team=NORTHGATE)]) == {HARBOUR: 0.0, NORTHGATE: 0.0}
    story = [taken(1), attempt(2), taken(3, team=NORTHGATE, chain=2), attempt(4, 2, team=NORTHGATE)]
    assert both(story) == {HARBOUR: pytest.approx(chance(*story[:2])), NORTHGATE: pytest.approx(chance(*story))}


def test_open_play_is_no_set_piece() -> None:
    assert home(feed("p", 1, possession=1), attempt(2)) == 0.0


def test_a_second_set_piece_in_a_chain_belongs_to_the_first() -> None:
    model = FixedChances(0.2, 0.5)
    assert home(taken(1), attempt(2), taken(3, "throw_in"), attempt(4), model=model) == pytest.approx(0.6)


def test_penalties_shoot_outs_and_own_goals_have_no_part() -> None:
    assert home(attempt(1, shot_kind="penalty")) == 0.0
    assert home(taken(1), attempt(2, shot_kind="penalty")) == 0.0
    assert home(taken(1, period=5), attempt(2, period=5)) == 0.0
    assert home(taken(1), feed("o", 2, "own_goal", possession=1)) == 0.0


def test_extra_time_counts() -> None:
    assert home(taken(1, period=4), attempt(2, period=4)) > 0.0


@pytest.mark.parametrize("missing", ["x_m", "y_m", "body_part"])
def test_a_shot_without_a_known_xg_adds_nothing(missing: str) -> None:
    assert home(taken(1), attempt(2, **{missing: None})) == 0.0
    story = (taken(1), attempt(2, **{missing: None}), attempt(3))
    assert home(*story) == pytest.approx(chance(*story))


def test_a_red_card_changes_nothing() -> None:
    sent_off = feed("r", 1.5, "card", possession=1, card="red")
    assert home(taken(1), sent_off, attempt(2)) == home(taken(1), attempt(2))


def test_threat_is_said_by_the_minute_and_is_degraded_without_chains() -> None:
    def told(*events: FeedEvent) -> list[tuple[str, str, float | None, str]]:
        fold = MatchFold(SPORT, {"set_piece_threat": signals(SPORT)["set_piece_threat"]}, {"xg": XG})
        teams = [feed("l1", 0.1, "lineup"), feed("l2", 0.2, "lineup", team=NORTHGATE)]
        points = [p for e in [*teams, *events] for p in fold.add(folded(e))]
        assert fold.faults == []
        return [(p.anchor, p.subject, p.value, p.status) for p in points]

    first = attempt(61, x_m=94.0, y_m=34.0)
    assert told(taken(1, possession_team=HARBOUR), first, feed("x", 125.0)) == [
        ("minute:1:1", HARBOUR, 0.0, "provisional"),
        ("minute:1:1", NORTHGATE, 0.0, "provisional"),
        ("minute:1:2", HARBOUR, pytest.approx(chance(first), abs=5e-4), "provisional"),
    ]
    end = feed("end", 130, "period_end")
    assert told(taken(1, chain=None), end) == [("event:end", HARBOUR, None, "degraded")]


def test_without_its_model_a_match_is_stepped_all_the_same() -> None:
    assert home(taken(1), attempt(2), model=None) == 0.0


def test_the_fixture_match_has_a_threat_of_both_teams() -> None:
    fold = MatchFold(SPORT, {"set_piece_threat": signals(SPORT)["set_piece_threat"]}, {"xg": XG})
    found = [p for e in tiny() for p in fold.add(folded(e))]
    assert fold.faults == []
    assert {p.subject for p in found} == {HARBOUR, NORTHGATE}
