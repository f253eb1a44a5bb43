"""Action value and player impact against values worked out by hand."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.feeds.base import FeedEvent
from app.models.registry import load
from app.sports.fold import MatchFold, Point
from app.sports.loading import signals
from app.sports.soccer.action_state import TERMS
from app.sports.soccer.action_value import Chain, Left, follow, worth
from app.sports.soccer.actions import Action
from app.sports.soccer.signals import player_impact
from app.sports.soccer.sport import SPORT
from tests.engine_kit import HARBOUR, NORTHGATE, feed, folded, said_of

ANN, BEA = "ann", "bea"


class Told:
    """A model that says what it is told to say, one action after the other."""

    def __init__(self, *chances: tuple[float, float]) -> None:
        self.chances = list(chances)
        self.kernel = self
        self.label = "told@1"

    def predict(self, row: list[float]) -> tuple[float, float]:
        return self.chances.pop(0)


def act(order: float, type: str = "pass", **more: Any) -> FeedEvent:
    """A completed pass of Ann's from 60 to 70 m, a second an order."""
    given: dict[str, Any] = {"x_m": 60.0, "y_m": 34.0, "end_x_m": 70.0, "end_y_m": 34.0, "player": ANN}
    if type == "pass":
        given["outcome"] = "complete"
    return feed(f"e{order:g}", order, type, **(given | more))


def theirs(order: float, type: str = "pass", **more: Any) -> FeedEvent:
    return act(order, type, team=NORTHGATE, **({"player": BEA} | more))


def values(events: list[FeedEvent], *chances: tuple[float, float]) -> list[float | None]:
    model, chain, found = Told(*chances), Chain(), []
    for event in events:
        chain = follow(chain, folded(event), model)
        found.append(None if chain.value is None else round(chain.value, 9))
    assert model.chances == [], "every chance is asked for"
    return found


def test_a_value_is_what_changed() -> None:
    assert values([act(1), act(2)], (0.02, 0.004), (0.05, 0.001)) == [0.016, 0.033]


def test_the_other_team_sees_it_the_other_way_round() -> None:
    # Before: 0.02 and 0.004 of Harbour are 0.004 and 0.02 of Northgate. After: 0.01 and 0.003.
    assert values([act(1), theirs(2)], (0.02, 0.004), (0.01, 0.003)) == [0.016, 0.023]


@pytest.mark.parametrize(("wait_s", "expected"), [(10.0, 0.033), (10.001, 0.049)])
def test_nothing_is_before_after_more_than_ten_seconds(wait_s: float, expected: float) -> None:
    assert values([act(1), act(1 + wait_s)], (0.02, 0.004), (0.05, 0.001))[1] == expected


def test_goals() -> None:
    """With 0.03 and 0.01 before: 1 - 0.03 + 0.01 for the same team, 1 - 0.01 + 0.03 for the other one."""
    assert values([act(1), act(2, "shot", outcome="goal")], (0.03, 0.01)) == [0.02, 0.98]
    assert values([act(1), theirs(2, "shot", outcome="goal")], (0.03, 0.01)) == [0.02, 1.02]


def test_an_own_goal_costs_who_scored_it() -> None:
    # Northgate's before: 0.01 and 0.03. Its own goal: (0 - 0.01) - (1 - 0.03) = -0.98.
    own = [act(1), theirs(2, "own_goal_against"), act(2, "own_goal", player=None)]
    assert values([*own, act(3)], (0.03, 0.01), (0.02, 0.004)) == [0.02, -0.98, None, 0.016]


def test_an_own_goal_told_by_who_benefits_ends_the_chain_and_has_no_value() -> None:
    given = [act(1), act(2, "own_goal", player=BEA), act(3)]
    assert values(given, (0.03, 0.01), (0.02, 0.004)) == [0.02, None, 0.016]
    given[1] = feed("o", 2.0, "own_goal", team=None, player=BEA, conceded_by=NORTHGATE)
    assert values(given, (0.03, 0.01), (0.02, 0.004)) == [0.02, None, 0.016]


def test_after_a_goal_and_in_a_new_period_nothing_is_before() -> None:
    given = [act(1), act(2, "shot", outcome="goal"), theirs(5), act(6, period=2, clock_s=6.0)]
    assert values(given, (0.03, 0.01), (0.02, 0.004), (0.05, 0.001)) == [0.02, 0.98, 0.016, 0.049]


def test_penalties_and_corners_have_a_chance_of_their_own_before() -> None:
    scored = [act(1), act(30, "shot", shot_kind="penalty", outcome="goal")]
    assert values(scored, (0.03, 0.01))[1] == 0.207547
    missed = [act(1), act(30, "shot", shot_kind="penalty", outcome="saved", x_m=None)]
    assert values(missed, (0.03, 0.01), (0.1, 0.002))[1] == pytest.approx(0.1 - 0.792453 - 0.002)
    corner = act(30, pass_kind="corner")
    assert values([act(1), corner], (0.03, 0.01), (0.05, 0.002))[1] == 0.0015
    # Within ten seconds the chance to concede before it still counts.
    quick = act(6, pass_kind="corner")
    assert values([act(1), quick], (0.03, 0.01), (0.05, 0.002))[1] == 0.0115


def test_what_is_no_action_changes_nothing() -> None:
    between = [act(1.2, "reception", won=True), theirs(1.4, "pressure"), act(1.6, "carry", end_x_m=61.0)]
    assert values([act(1), *between, act(2)], (0.02, 0.004), (0.05, 0.001)) == [0.016, None, None, None, 0.033]


def test_an_action_that_is_not_told_in_full_is_left_out_of_the_state() -> None:
    assert values([act(1), act(1.5, end_x_m=None), act(2)], (0.02, 0.004), (0.05, 0.001)) == [0.016, None, 0.033]


def test_extra_time_counts_and_a_shoot_out_does_not() -> None:
    extra = act(5500, period=3)
    kick = act(7300, "shot", period=5, shot_kind="penalty", outcome="goal")
    assert values([extra, kick], (0.02, 0.004)) == [0.016, None]


def test_a_value_is_never_out_of_its_range() -> None:
    now = Action("pass", HARBOUR, 1, 0.0, 0.0, 0.0, 0.0, True)
    assert worth(now, Left(HARBOUR, 0, 0.0, 1.0), (1.0, 0.0)) == 2.0
    assert worth(now, Left(HARBOUR, 0, 1.0, 0.0), (0.0, 1.0)) == -2.0


def test_a_carry_has_a_value_and_is_not_one_of_the_three_actions() -> None:
    class Noting(Told):
        def predict(self, row: list[float]) -> tuple[float, float]:
            asked.append({name: term for name, term in zip(TERMS, row, strict=True) if term})
            return super().predict(row)

    asked: list[dict[str, float]] = []
    model, chain, found = Noting((0.02, 0.0), (0.05, 0.0), (0.04, 0.0)), Chain(), []
    for event in (act(1, cross=True), act(3, "carry"), act(4)):
        chain = follow(chain, folded(event), model)
        found.append(chain.value)
    assert found == pytest.approx([0.02, 0.03, -0.01])
    assert asked[1]["last_own_cross"] == asked[2]["last_own_cross"] == 1.0
    assert asked[2]["wait_log"] == pytest.approx(1.386294)  # three seconds since the cross
    assert not any(name.startswith("second_") for name in asked[2])


def points(name: str, events: list[FeedEvent], model: Any) -> list[Point]:
    fold = MatchFold(SPORT, {name: signals(SPORT)[name]}, {"action_value": model})
    found = [p for event in events for p in fold.add(folded(event))]
    assert fold.faults == []
    return found


def test_a_value_is_said_of_the_player_at_the_action() -> None:
    [first, second] = points("action_value", [act(1), theirs(2)], Told((0.02, 0.004), (0.01, 0.003)))
    assert (first.subject, first.team_id, first.value, first.anchor) == (ANN, HARBOUR, 0.016, "event:e1")
    assert (second.subject, second.team_id, second.value, second.model) == (BEA, NORTHGATE, 0.023, "told@1")


def test_an_action_without_a_place_is_degraded_and_a_short_carry_is_silent() -> None:
    given = [act(1, x_m=None), act(2, "carry", end_x_m=61.0), act(3, "pass", outcome="unknown"), act(4)]
    told = [(p.anchor, p.value, p.status) for p in points("action_value", given, Told((0.02, 0.004)))]
    assert told == [("event:e1", None, "degraded"), ("event:e4", 0.016, "provisional")]


def test_a_match_with_a_goal_withdrawn_is_the_match_without_it() -> None:
    model = load("action_value")
    with_goal = [act(1), act(2, "shot", outcome="goal"), theirs(5), act(6)]
    told = [(p.anchor, p.value) for p in points("action_value", with_goal, model)]
    without = [(p.anchor, p.value) for p in points("action_value", [e for e in with_goal if e.type != "shot"], model)]
    assert [anchor for anchor, _ in without] == ["event:e1", "event:e5", "event:e6"]
    assert told[0] == without[0]
    assert told[2] != without[1]


def impact(events: list[FeedEvent], *chances: tuple[float, float]) -> list[tuple[str, str, float | None]]:
    return [(p.anchor, p.subject, p.value) for p in points("player_impact", events, Told(*chances))]


def test_impact_is_the_sum_of_five_minutes() -> None:
    # 0.03 and -0.01 of Ann, then more than ten seconds later 0.95 with a goal from 0.05 before: 1 - 0.05 = 0.95.
    given = [act(1), act(2), act(58), act(59, "shot", outcome="goal"), act(400)]
    chances = ((0.03, 0.0), (0.02, 0.0), (0.05, 0.0), (0.0, 0.0))
    assert impact(given, *chances) == [("minute:1:5", ANN, 1.02)]
    quiet = [act(1), act(2), theirs(3), act(301), theirs(601)]
    assert impact(quiet, (0.03, 0.0), (0.02, 0.0), (0.5, 0.0), (0.1, 0.0), (0.0, 0.0)) == [
        ("minute:1:5", ANN, 0.02),
        ("minute:1:5", BEA, 0.52),
        ("minute:1:10", ANN, 0.1),
    ]


def test_impact_of_stoppage_time_is_said_at_the_end_of_the_period_once() -> None:
    given = [act(2690), act(2730), act(2790, "period_end"), theirs(2790.5, "period_end")]
    told = impact(given, (0.03, 0.0), (0.01, 0.0))
    assert told == [("minute:1:45", ANN, 0.03), ("event:e2790", ANN, 0.01)]


def test_impact_of_a_period_whose_end_is_not_told_goes_on_into_the_next() -> None:
    later = feed("later", 3.0, "pass", period=2, clock_s=2702.0, player=BEA, team=NORTHGATE, x_m=60.0, y_m=34.0,
                 end_x_m=70.0, end_y_m=34.0, outcome="complete")  # fmt: skip
    last = feed("last", 4.0, "stoppage", period=2, clock_s=3001.0)
    told = impact([act(2730), later, last], (0.01, 0.0), (0.02, 0.0))
    assert told == [("minute:2:50", ANN, 0.01), ("minute:2:50", BEA, 0.02)]


def test_an_own_goal_is_on_the_impact_of_who_scored_it() -> None:
    given = [theirs(1, "own_goal_against"), act(1, "own_goal", player=None), act(301, player=None)]
    assert impact(given, (0.0, 0.0)) == [("minute:1:5", BEA, -1.0)]


def test_an_action_without_a_player_is_nobodys_impact() -> None:
    assert impact([act(1, player=None), act(301, "substitution")], (0.03, 0.0)) == []


def test_impact_needs_its_model() -> None:
    told = points("player_impact", [act(1), act(2, "period_end")], None)
    assert [(p.subject, p.value, p.status) for p in told] == [(ANN, None, "degraded")]


def test_totals_are_whole_parts_that_add_up_in_any_order() -> None:
    def total(*gains: float) -> Any:
        model, memory = Told(*((gain, 0.0) for gain in gains)), player_impact.init()
        for number in range(len(gains)):
            # More than ten seconds apart: nothing was before.
            memory = player_impact.step(memory, folded(act(20.0 * number)), model)
        return said_of(player_impact, SimpleNamespace(at_event=True, match_elapsed_s=90.0), model, memory)

    assert 0.1 + 0.2 + 0.3 != 0.3 + 0.2 + 0.1
    assert total(0.1, 0.2, 0.3) == total(0.3, 0.2, 0.1) == {ANN: 0.6}


def test_terms_of_the_model_are_those_of_the_code() -> None:
    kernel: Any = load("action_value").kernel
    assert kernel.features == TERMS


def test_what_is_asked_for_is_known_without_a_guess() -> None:
    features = SPORT.features
    assert features["at_event"].compute(None, None) is False
    assert features["at_event"].compute(None, SimpleNamespace(team=HARBOUR)) is True
