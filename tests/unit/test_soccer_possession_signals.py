"""Field tilt and possession against hand-made cases."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.feeds.base import FeedEvent
from app.sports.fold import MatchFold, Point
from app.sports.loading import signals
from app.sports.soccer.signals import field_tilt, possession
from app.sports.soccer.sport import SPORT
from tests.engine_kit import HARBOUR, NORTHGATE, feed, folded, shot, tiny

TEAMS = SimpleNamespace(home_id=HARBOUR, away_id=NORTHGATE, possession_team=HARBOUR)
NOTHING = {HARBOUR: None, NORTHGATE: None}


def of(signal: Any, events: list[FeedEvent]) -> dict[str, float | None]:
    memory = signal.init()
    for event in events:
        memory = signal.step(memory, folded(event), None)
    return signal.value(TEAMS, None, memory)


def points(name: str, events: list[FeedEvent]) -> list[Point]:
    fold = MatchFold(SPORT, {name: signals(SPORT)[name]}, {})
    found = [p for e in events for p in fold.add(folded(e))]
    assert fold.faults == []
    return found


def passes(count: int, x_m: float | None = 80.0, **more: Any) -> list[FeedEvent]:
    return [feed(f"p{i}", i, "pass", x_m=x_m, **more) for i in range(count)]


def tilt(*events: list[FeedEvent]) -> dict[str, float | None]:
    return of(field_tilt, [e for part in events for e in part])


def test_field_tilt_golden_value() -> None:
    assert tilt(passes(70), passes(30, team=NORTHGATE)) == {HARBOUR: 0.7, NORTHGATE: 0.3}


def test_field_tilt_is_nothing_without_a_pass_there_and_all_or_none_with_one() -> None:
    assert tilt([]) == NOTHING
    assert tilt(passes(5, 30.0), passes(5, 30.0, team=NORTHGATE)) == NOTHING
    assert tilt(passes(1)) == {HARBOUR: 1.0, NORTHGATE: 0.0}


def test_the_final_third_starts_at_70_metres_and_the_start_decides() -> None:
    assert tilt(passes(1, 70.0)) == {HARBOUR: 1.0, NORTHGATE: 0.0}
    assert tilt(passes(1, 69.99)) == NOTHING
    assert tilt(passes(1, 60.0, end_x_m=100.0, outcome="complete")) == NOTHING
    assert tilt(passes(1, 80.0, end_x_m=20.0, outcome="incomplete")) == {HARBOUR: 1.0, NORTHGATE: 0.0}


def test_set_pieces_and_extra_time_count_for_field_tilt() -> None:
    assert tilt(passes(1, 104.9, pass_kind="corner"), passes(3, period=4, team=NORTHGATE))[HARBOUR] == 0.25


@pytest.mark.parametrize(
    "event",
    [
        feed("a", 1, "pass"),
        feed("b", 1, "pass", team=None, x_m=90.0),
        feed("c", 1, "pass", x_m=90.0, period=5),
        feed("d", 1, "carry", x_m=90.0),
        feed("e", 1, "foul", x_m=90.0, card="red"),
        feed("f", 1, "own_goal", x_m=100.0),
        shot("g", 1.0),
    ],
    ids=lambda e: f"{e.type}-{e.source_event_id}",
)
def test_field_tilt_leaves_out_what_does_not_count(event: FeedEvent) -> None:
    assert tilt([event]) == NOTHING


def test_field_tilt_is_said_at_full_minutes_and_when_a_period_ends() -> None:
    given = [
        feed("l1", 0.1, "lineup", clock_s=0.0),
        feed("l2", 0.2, "lineup", team=NORTHGATE, clock_s=0.0),
        feed("a", 1, x_m=80.0, clock_s=10.0),
        feed("b", 2, x_m=80.0, clock_s=20.0),
        feed("c", 3, x_m=80.0, team=NORTHGATE, clock_s=70.0),
        feed("end", 4, "period_end", clock_s=80.0),
        feed("again", 5, "period_end", team=NORTHGATE, clock_s=80.0),
    ]
    told = [(p.anchor, p.subject, p.value) for p in points("field_tilt", given)]
    assert told == [
        ("minute:1:1", HARBOUR, 1.0),
        ("minute:1:1", NORTHGATE, 0.0),
        ("event:end", HARBOUR, 0.667),
        ("event:end", NORTHGATE, 0.333),
    ]


def touch(order: float, chain: int | None = 1, by: str | None = HARBOUR, type: str = "pass", **more: Any) -> FeedEvent:
    """One event of a chain of possession; the clock runs with the order."""
    return feed(f"t{order}", order, type, possession=chain, possession_team=by, **more)


def test_possession_golden_value() -> None:
    home = [touch(t) for t in (0, 10, 20, 30)]
    away = [touch(t, 2, NORTHGATE, team=NORTHGATE) for t in (31, 41)]
    assert of(possession, home + away) == {HARBOUR: 0.75, NORTHGATE: 0.25}


def test_possession_is_nothing_before_any_time_has_passed() -> None:
    assert of(possession, []) == NOTHING
    assert of(possession, [touch(5)]) == NOTHING
    assert of(possession, [touch(5), touch(9, 2, NORTHGATE)]) == NOTHING


def test_nobody_has_the_ball_between_two_chains_of_the_same_team() -> None:
    home = [touch(0), touch(5), touch(30, 2), touch(35, 2)]
    assert of(possession, [*home, touch(36, 3, NORTHGATE), touch(46, 3, NORTHGATE)])[HARBOUR] == 0.5


def test_a_long_pause_inside_a_chain_counts_for_nobody() -> None:
    def home_share(pause_s: float) -> float | None:
        events = [touch(0, 1, NORTHGATE), touch(15, 1, NORTHGATE), touch(20, 2), touch(20 + pause_s, 2)]
        return of(possession, events)[HARBOUR]

    assert home_share(15.0) == 0.5
    assert home_share(15.1) == 0.0


def test_pressure_of_the_opponent_runs_the_clock_and_a_substitution_does_not() -> None:
    away = [touch(20, 2, NORTHGATE), touch(30, 2, NORTHGATE)]
    pressed = [touch(0), touch(10, team=NORTHGATE, type="pressure")]
    assert of(possession, pressed + away)[HARBOUR] == 0.5
    for type in ("substitution", "formation", "card", "player_off"):
        assert of(possession, [touch(0), touch(10, type=type), *away])[HARBOUR] == 0.0


def test_a_touch_that_is_stamped_early_neither_takes_nor_gives_time() -> None:
    early = feed("r", 11, "reception", clock_s=1.0, possession=1, possession_team=HARBOUR)
    rest = [touch(12), touch(20, 2, NORTHGATE), touch(32, 2, NORTHGATE)]
    assert of(possession, [touch(0), touch(10), early, *rest])[HARBOUR] == 0.5


def test_an_event_that_is_moved_within_its_chain_leaves_no_trace() -> None:
    """Else a correction of one touch would go on to the end of the match."""

    def clocks(*at_s: float) -> possession.Clocks:
        memory = possession.init()
        for i, clock_s in enumerate(at_s):
            event = feed(f"t{i}", i, clock_s=clock_s, possession=1, possession_team=HARBOUR)
            memory = possession.step(memory, folded(event), None)
        return memory

    assert clocks(0.1, 1.2, 3.3) == clocks(0.1, 2.9, 3.3) == clocks(0.1, 3.3)


def test_a_chain_number_of_another_period_is_another_chain() -> None:
    over = [touch(0), touch(4, period=2), touch(8, period=2)]
    assert of(possession, over) == {HARBOUR: 1.0, NORTHGATE: 0.0}
    assert of(possession, [touch(0), touch(4, period=2)]) == NOTHING


def test_extra_time_counts_for_possession_and_a_shoot_out_does_not() -> None:
    assert of(possession, [touch(0, period=4), touch(5, period=4)])[HARBOUR] == 1.0
    assert of(possession, [touch(0, period=5), touch(5, period=5)]) == NOTHING


def test_without_chains_possession_is_degraded_at_the_end_of_a_period_and_says_nothing_before() -> None:
    given = [
        feed("l1", 0.1, "lineup", clock_s=0.0),
        feed("l2", 0.2, "lineup", team=NORTHGATE, clock_s=0.0),
        *passes(100),
        feed("end", 200, "period_end"),
    ]
    told = [(p.anchor, p.subject, p.value, p.status) for p in points("possession", given)]
    assert told == [("event:end", HARBOUR, None, "degraded")]


@pytest.mark.parametrize(("chain", "team"), [(None, HARBOUR), (1, None)])
def test_half_a_chain_is_none(chain: int | None, team: str | None) -> None:
    assert of(possession, [touch(0, chain, team), touch(5, chain, team)]) == NOTHING


@given(st.lists(st.tuples(st.floats(0, 20), st.sampled_from([HARBOUR, NORTHGATE]), st.integers(0, 3)), max_size=30))
def test_possession_of_both_teams_adds_up(steps: list[tuple[float, str, int]]) -> None:
    events, clock_s = [], 0.0
    for gap_s, team, chain in steps:
        clock_s += gap_s
        events.append(touch(clock_s, chain * 2 + (team == HARBOUR), team))
    shares = of(possession, events)
    home, away = shares[HARBOUR], shares[NORTHGATE]
    assert (home is None and away is None) or (home or 0.0) + (away or 0.0) == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["field_tilt", "possession"])
def test_the_fixture_match_has_shares_that_add_up_at_every_anchor(name: str) -> None:
    latest: dict[str, float | None] = {}
    told = points(name, tiny())
    assert told
    for i, point in enumerate(told):
        latest[point.subject] = point.value
        if i + 1 == len(told) or told[i + 1].anchor != point.anchor:
            assert sum(v for v in latest.values() if v is not None) == pytest.approx(1.0)
    assert {p.status for p in told} == {"provisional"}
