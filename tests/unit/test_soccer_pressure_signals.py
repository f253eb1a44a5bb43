"""Pressing intensity, pressure handling and times pressed against hand-made cases."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.feeds.base import FeedEvent
from app.sports.fold import MatchFold, Point
from app.sports.loading import signals
from app.sports.soccer.features import FEATURES
from app.sports.soccer.signals import pressing_intensity
from app.sports.soccer.sport import SPORT
from tests.engine_kit import HARBOUR, NORTHGATE, feed, folded, shot

ANN, BEA = "touchline:player:ann", "touchline:player:bea"
NOTHING = {HARBOUR: None, NORTHGATE: None}


def intensity(events: list[FeedEvent], elapsed_s: float = 60.0, period: int = 1) -> dict[str, float | None] | None:
    memory = pressing_intensity.init()
    for event in events:
        memory = pressing_intensity.step(memory, folded(event), None)
    given = SimpleNamespace(home_id=HARBOUR, away_id=NORTHGATE, match_period=period, match_elapsed_s=elapsed_s)
    return pressing_intensity.value(given, None, memory)


def home_intensity(*parts: list[FeedEvent], elapsed_s: float = 60.0, period: int = 1) -> float | None:
    found = intensity([e for part in parts for e in part], elapsed_s, period)
    return None if found is None else found[HARBOUR]


def away_passes(count: int, at_s: float = 5.0, x_m: float | None = 30.0, **more: Any) -> list[FeedEvent]:
    return [feed(f"p{i}", at_s, team=NORTHGATE, x_m=x_m, **more) for i in range(count)]


def pressures(count: int, at_s: float = 5.0, x_m: float | None = 80.0, **more: Any) -> list[FeedEvent]:
    return [feed(f"a{i}", at_s, "pressure", x_m=x_m, **more) for i in range(count)]


def tackles(count: int, **more: Any) -> list[FeedEvent]:
    given: dict[str, Any] = {"duel_kind": "tackle", **more}
    return [feed(f"d{i}", 5.0, "duel", x_m=80.0, **given) for i in range(count)]


def test_pressing_intensity_golden_value() -> None:
    assert home_intensity(away_passes(50), pressures(12), tackles(3)) == pytest.approx(0.3)


def test_a_tackle_counts_won_or_lost_and_an_aerial_duel_does_not() -> None:
    for won in (True, False, None):
        assert home_intensity(away_passes(2), pressures(1), tackles(1, won=won)) == 1.0
    assert home_intensity(away_passes(2), pressures(1), tackles(1, duel_kind="aerial", won=True)) == 0.5


def test_the_zone_of_pressing_includes_its_edges() -> None:
    assert home_intensity(away_passes(1, x_m=63.0), pressures(1, x_m=42.0)) == 1.0
    assert home_intensity(away_passes(1, x_m=63.01), pressures(1, x_m=42.0)) is None
    assert home_intensity(away_passes(1, x_m=63.0), pressures(1, x_m=41.99)) == 0.0


def test_no_pass_of_the_opponent_is_no_value_and_no_pressing_is_zero() -> None:
    assert intensity(pressures(3)) == NOTHING
    assert intensity([*away_passes(3), *pressures(1, team=NORTHGATE)]) == {HARBOUR: 0.0, NORTHGATE: None}


def test_a_feed_that_tells_no_pressure_has_no_value() -> None:
    assert intensity([*away_passes(10), *tackles(5)]) is None
    assert intensity([*away_passes(10), *pressures(1, x_m=None)]) == {HARBOUR: 0.0, NORTHGATE: None}


def test_the_window_is_ten_minutes() -> None:
    early = [*away_passes(1, at_s=59.0), *pressures(1, at_s=59.0)]
    late = [*away_passes(1, at_s=610.0), *pressures(3, at_s=610.0)]
    assert home_intensity(early, elapsed_s=600.0) == 1.0
    assert home_intensity(early, elapsed_s=660.0) is None
    assert home_intensity(early, late, elapsed_s=620.0) == 3.0
    assert home_intensity(early, late, elapsed_s=1260.0) is None


def test_what_is_forgotten_is_not_kept_in_memory() -> None:
    memory = pressing_intensity.init()
    for minute in range(45):
        for event in [*away_passes(1, at_s=minute * 60.0), *pressures(1, at_s=minute * 60.0)]:
            memory = pressing_intensity.step(memory, folded(event), None)
    assert len(memory.counts) <= 2 * (pressing_intensity.WINDOW_MIN + 1)


def test_a_period_starts_from_nothing() -> None:
    first = [*away_passes(4, at_s=2690.0), *pressures(4, at_s=2690.0)]
    assert home_intensity(first, elapsed_s=2700.0) == 1.0
    assert intensity(first, 2760.0, 2) == NOTHING
    opened = [*first, *away_passes(2, at_s=2701.0, period=2)]
    assert home_intensity(opened, elapsed_s=2760.0, period=2) == 0.0


def test_a_touch_that_is_stamped_early_counts_where_it_stands() -> None:
    events = [*pressures(1, at_s=900.0), *away_passes(1, at_s=901.0), *away_passes(1, at_s=0.0)]
    assert home_intensity(events, elapsed_s=960.0) == 0.5


def test_extra_time_counts_for_pressing_and_a_shoot_out_says_nothing() -> None:
    extra = [*away_passes(2, at_s=5410.0, period=3), *pressures(1, at_s=5410.0, period=3)]
    assert home_intensity(extra, elapsed_s=5460.0, period=3) == 0.5
    out = [*away_passes(2, at_s=7210.0, period=5), *pressures(1, at_s=7210.0, period=5)]
    assert intensity([*extra, *out], 7210.0, 5) is None
    assert intensity(out, 7260.0, 4) is None


def test_pressing_leaves_out_what_does_not_count() -> None:
    base = [*away_passes(2), *pressures(1)]
    for other in (
        feed("a", 6.0, "foul", x_m=80.0, card="red"),
        feed("b", 6.0, "interception", x_m=80.0),
        feed("c", 6.0, "pressure", team=None, x_m=80.0),
        feed("d", 6.0, "pressure"),
        feed("e", 6.0, "own_goal_against", x_m=80.0),
        feed("f", 6.0, "pass", team=NORTHGATE),
    ):
        assert home_intensity(base, [other]) == 0.5, other


def points(name: str, events: list[FeedEvent]) -> list[Point]:
    fold = MatchFold(SPORT, {name: signals(SPORT)[name]}, {})
    found = [p for e in events for p in fold.add(folded(e))]
    assert fold.faults == []
    assert {p.status for p in found} <= {"provisional"}
    return found


def said(name: str, *events: FeedEvent) -> list[tuple[str, float | None]]:
    return [(p.subject, p.value) for p in points(name, list(events))]


def act(order: float, type: str = "pass", player: str | None = ANN, pressed: bool = True, **fields: Any) -> FeedEvent:
    return feed(f"e{order}", order, type, player=player, **({"under_pressure": True} if pressed else {}), **fields)


def handling(*events: FeedEvent, player: str = ANN) -> float | None:
    """The last value of a player's handling; None where none was said."""
    told = [value for subject, value in said("pressure_handling", *events) if subject == player]
    return told[-1] if told else None


def test_pressure_handling_golden_value() -> None:
    kept = [act(1, outcome="complete"), act(2, outcome="complete")]
    assert handling(*kept, act(3, outcome="incomplete"), act(4, "carry"), act(5, "dispossessed")) == 0.5


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (act(1, outcome="complete"), 1.0),
        (act(1, outcome="incomplete"), 0.0),
        (act(1, outcome="out"), 0.0),
        (act(1, outcome="offside"), 0.0),
        (act(1, outcome="unknown"), None),
        (act(1, outcome="injury_clearance"), None),
        (act(1), None),
        (act(1, "dribble", won=True), 1.0),
        (act(1, "dribble", won=False), 0.0),
        (act(1, "dribble"), None),
        (act(1, "carry"), 1.0),
        (act(1, "dispossessed"), 0.0),
        (act(1, "miscontrol"), 0.0),
        (act(1, "shot", outcome="goal"), None),
        (act(1, "clearance"), None),
        (act(1, "foul_won"), None),
        (act(1, outcome="complete", period=5), None),
        (act(1, outcome="complete", period=4), 1.0),
        (act(1, pressed=False, outcome="incomplete"), None),
    ],
    ids=lambda v: None if v is None or isinstance(v, float) else f"{v.type}-{v.fields.outcome}-{v.fields.won}",
)
def test_what_keeps_the_ball_under_pressure(event: FeedEvent, expected: float | None) -> None:
    assert handling(event) == expected


def test_a_carry_that_is_lost_is_one_action() -> None:
    """Said as kept while it is, and taken back by the loss that ends it."""
    told = said("pressure_handling", act(1, "carry"), act(2, "dispossessed"))
    assert told == [(ANN, 1.0), (ANN, 0.0)]
    pressure = feed("x", 1.5, "pressure", team=NORTHGATE, player=BEA)
    duel = feed("y", 1.6, "duel", team=NORTHGATE, player=BEA, duel_kind="tackle", won=True)
    assert handling(act(1, "carry"), pressure, duel, act(2, "miscontrol"), act(3, outcome="complete")) == 0.5


def test_a_carry_is_kept_once_another_touch_follows() -> None:
    between = act(2, outcome="complete")
    assert handling(act(1, "carry"), between, act(3, "dispossessed")) == pytest.approx(0.67)
    other = act(2, "interception", player=BEA, pressed=False)
    assert handling(act(1, "carry"), other, act(3, "dispossessed")) == 0.5
    assert handling(act(1, "carry", pressed=False), act(2, "dispossessed")) == 0.0
    assert handling(act(1, "carry"), act(2, "dispossessed", player=BEA)) == 1.0


def test_a_loss_without_pressure_takes_nothing_back() -> None:
    assert handling(act(1, "carry"), act(2, "miscontrol", pressed=False)) == 1.0


def test_handling_is_each_players_own_and_nobodys_without_a_player() -> None:
    events = [act(1, outcome="complete"), act(2, player=BEA, outcome="incomplete"), act(3, player=None)]
    assert said("pressure_handling", *events) == [(ANN, 1.0), (BEA, 0.0)]


def test_handling_is_said_again_only_when_it_changed() -> None:
    assert said("pressure_handling", *(act(i, outcome="complete") for i in range(5))) == [(ANN, 1.0)]


def test_times_pressed_counts_actions_on_the_ball() -> None:
    types = ("pass", "carry", "dribble", "shot", "miscontrol", "dispossessed")
    told = said("most_pressed_player", *(act(i, type) for i, type in enumerate(types)))
    assert told == [(ANN, float(i)) for i in range(1, 7)]


@pytest.mark.parametrize(
    "type", ["reception", "pressure", "duel", "clearance", "ball_recovery", "foul_won", "own_goal"]
)
def test_other_events_are_no_times_pressed(type: str) -> None:
    assert said("most_pressed_player", act(1, type)) == []
    assert said("most_pressed_player", act(1, type), act(2)) == [(ANN, 1.0)]


def test_times_pressed_leaves_out_what_does_not_count() -> None:
    nothing = [act(1, pressed=False), act(2, player=None), act(3, "shot", period=5)]
    assert said("most_pressed_player", *nothing) == []
    assert said("most_pressed_player", act(1, period=3), act(2, period=4)) == [(ANN, 1.0), (ANN, 2.0)]


def test_a_point_of_a_player_names_the_team() -> None:
    [point] = points("most_pressed_player", [act(1, team=NORTHGATE, player=BEA)])
    assert (point.subject, point.team_id, point.anchor) == (BEA, NORTHGATE, "event:e1")


def test_the_pressed_player_is_known_without_a_guess() -> None:
    compute = FEATURES["pressed_player"].compute
    assert compute(None, folded(act(1))) == ANN
    for given in (act(1, pressed=False), act(1, player=None), act(1, "shot", period=5), shot("s", 1.0)):
        assert compute(None, folded(given)) == ""
