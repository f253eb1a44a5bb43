"""MatchFold: when a value is said, when it is degraded, and that nothing but the events decides it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.feeds.base import FeedEvent
from app.models.registry import load_all
from app.sports.base import LoadedSignal, Signal
from app.sports.fold import MatchFold, Point
from app.sports.loading import signals
from app.sports.soccer.sport import SPORT
from tests.engine_kit import HARBOUR, NORTHGATE, feed, folded, shot, tiny

MODELS = load_all()


def declared(**more: Any) -> Signal:
    base: dict[str, Any] = {
        "name": "probe",
        "title": "Probe",
        "description": "",
        "unit": "1",
        "range": (0.0, 10.0),
        "resolution": 0.1,
        "version": 1,
        "subject": "match",
        "source": "test",
        "events": frozenset({"pass"}),
    }
    return Signal(**{**base, **more})


def probe(value: Callable[..., Any], step: Callable[..., Any] | None = None, **more: Any) -> LoadedSignal:
    return LoadedSignal(declared(**more), value, dict if step else None, step)


def run(events: list[FeedEvent], *given: LoadedSignal, models: dict[str, Any] | None = None) -> Any:
    fold = MatchFold(SPORT, {s.spec.name: s for s in given}, MODELS if models is None else models)
    points: list[Point] = []
    for version, event in enumerate(events, 1):
        points.extend(fold.add(folded(event, version)))
    return SimpleNamespace(fold=fold, points=points, said=[(p.subject, p.value, p.status) for p in points])


def passes(*xs: float | None) -> list[FeedEvent]:
    return [feed(f"p{i}", i, x_m=x) for i, x in enumerate(xs)]


def x_of(f: Any, model: Any, memory: Any) -> float | None:
    return f.move_start_x_m


X = {"features": ("move_start_x_m",), "range": (0.0, 105.0)}


def completed(*xs: float | None) -> list[FeedEvent]:
    return [feed(f"p{i}", i, x_m=x, outcome="complete") for i, x in enumerate(xs)]


def test_a_value_that_does_not_change_at_its_resolution_is_not_said_again() -> None:
    done = run(completed(1.0, 1.04, 1.06, 1.1, 1.0), probe(x_of, **X))
    assert [p.value for p in done.points] == [1.0, 1.1, 1.0]
    assert [p.anchor for p in done.points] == ["event:p0", "event:p2", "event:p4"]


def test_additive_values_are_each_said() -> None:
    done = run(completed(1.0, 1.0), probe(x_of, **X, additive=True))
    assert [p.value for p in done.points] == [1.0, 1.0]


def test_a_missing_field_degrades_and_recovers() -> None:
    done = run(completed(1.0, None, None, 1.0), probe(x_of, **X))
    assert done.said == [("match", 1.0, "provisional"), ("match", None, "degraded"), ("match", 1.0, "provisional")]
    assert done.fold.faults == []


@pytest.mark.parametrize("name", ["xg", "xt", "win_probability", "momentum"])
def test_a_missing_model_degrades_its_signal_alone_and_says_so(name: str) -> None:
    own = signals(SPORT)
    model = own[name].spec.model
    whole = run(tiny(), *own.values())
    without = run(tiny(), *own.values(), models={k: m for k, m in MODELS.items() if k != model})
    spoilt = {s.spec.name for s in own.values() if s.spec.model == model}
    assert [p for p in without.points if p.signal not in spoilt] == [p for p in whole.points if p.signal not in spoilt]
    told = [p for p in without.points if p.signal == name]
    assert told
    assert {(p.value, p.status, p.model) for p in told} == {(None, "degraded", None)}


ERRORS = [ValueError("bad"), ZeroDivisionError(), RuntimeError("worse"), AssertionError(), RecursionError(), OSError(5)]


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
def test_a_signal_that_raises_is_degraded_with_a_fault_and_the_others_go_on(error: Exception) -> None:
    def value(f: Any, model: Any, memory: Any) -> float:
        if f.move_start_x_m == 2.0:
            raise error
        return 1.0

    done = run(completed(1.0, 2.0, 3.0), probe(value, **X), probe(x_of, **X, name="other"))
    mine = [(p.value, p.status) for p in done.points if p.signal == "probe"]
    assert mine == [(1.0, "provisional"), (None, "degraded"), (1.0, "provisional")]
    assert [p.value for p in done.points if p.signal == "other"] == [1.0, 2.0, 3.0]
    assert [(f.signal, f.anchor) for f in done.fold.faults] == [("probe", "event:p1")]


@pytest.mark.parametrize("wrong", [10.01, -0.01, float("nan"), float("inf"), "5", [1]])
def test_a_value_out_of_its_range_is_a_fault(wrong: Any) -> None:
    done = run(passes(1.0), probe(lambda f, m, memory: wrong))
    assert done.said == [("match", None, "degraded")]
    assert len(done.fold.faults) == 1


@pytest.mark.parametrize("shares", [{"a": 0.5, "b": 0.4}, {"a": 0.35, "b": 0.35, "c": 0.3}])
def test_shares_that_do_not_add_up_as_shown_are_never_said(shares: dict[str, float]) -> None:
    told = iter([{"a": 0.4, "b": 0.3, "c": 0.3}, shares])
    signal = probe(lambda f, m, memory: next(told), subject="outcome", sums_to_one=True, range=(0.0, 1.0))
    done = run(passes(1.0, 2.0), signal)
    assert done.said[:3] == [("a", 0.4, "provisional"), ("b", 0.3, "provisional"), ("c", 0.3, "provisional")]
    assert done.said[3:] == [("a", None, "degraded"), ("b", None, "degraded"), ("c", None, "degraded")]
    assert "add up" in done.fold.faults[0].reason


def test_a_step_that_raises_degrades_its_signal_for_good() -> None:
    def step(memory: dict[str, int], event: Any, model: Any) -> dict[str, int]:
        if event.fields.x_m == 2.0:
            raise KeyError("x")
        return memory

    done = run(passes(1.0, 2.0, 3.0), probe(lambda f, m, memory: 1.0, step), probe(lambda *_: 1.0, name="other"))
    assert [(p.value, p.status) for p in done.points if p.signal == "probe"] == [
        (1.0, "provisional"),
        (None, "degraded"),
    ]
    assert [p.value for p in done.points if p.signal == "other"] == [1.0]
    assert [f.signal for f in done.fold.faults] == ["probe"]


def test_minutes_are_said_before_what_happens_in_them() -> None:
    clock = probe(lambda f, m, memory: f.match_elapsed_s, minute=True, events=frozenset({"pass"}), range=(0, 9999))
    clock = LoadedSignal(
        declared(minute=True, features=("match_elapsed_s",), range=(0.0, 9999.0)), clock.value, None, None
    )
    done = run([feed("a", 1, clock_s=10.0), feed("b", 2, clock_s=130.0)], clock)
    assert [(p.anchor, p.value, p.order_key) for p in done.points] == [
        ("event:a", 10.0, 1),
        ("minute:1:1", 60.0, -1.0),
        ("minute:1:2", 120.0, -1.0),
        ("event:b", 130.0, 2),
    ]


def test_points_come_in_match_order_even_of_events_stamped_early() -> None:
    clock = LoadedSignal(declared(features=("home_score",)), lambda f, m, memory: float(len(str(f)) % 7), None, None)
    every = {**signals(SPORT), "probe": clock}
    done = run([*tiny(), feed("z", 99, "shot", period=2, clock_s=2701.0)], *every.values())
    orders = [p.order for p in done.points]
    assert orders == sorted(orders)


def test_a_control_event_is_said_at_the_clock_of_the_match() -> None:
    fold = MatchFold(SPORT, signals(SPORT), MODELS)
    points = []
    for event in [feed("l", 1, "lineup"), feed("m", 2, "lineup", team=NORTHGATE), shot("g", 3, "goal", clock_s=100.0)]:
        points.extend(fold.add(folded(event)))
    fold.add(folded(feed("x", 4, clock_s=20.0)))
    stopped = fold.add(folded(feed("s", 4, "status", team=None, clock_s=20.0, status="finished"), control=True))
    assert stopped
    assert all(p.order > q.order for p in stopped for q in points)


@settings(deadline=None)
@given(st.lists(st.integers(1, 40), max_size=6))
def test_the_fold_has_no_memory_of_batches(cuts: list[int]) -> None:
    """Folding in one go, or stopping and looking at the picture anywhere, is the same."""
    fold = MatchFold(SPORT, signals(SPORT), MODELS)
    points: list[Point] = []
    for version, event in enumerate(tiny(), 1):
        points.extend(fold.add(folded(event, version)))
        if version in cuts:
            fold.summary()
    assert points == run(tiny(), *signals(SPORT).values()).points


def test_the_subject_of_a_number_is_the_players_else_the_teams() -> None:
    one = probe(lambda *_: 1.0, subject="player")
    events = [feed("a", 1, player="touchline:player:h1"), feed("b", 2), feed("c", 3, team=None)]
    done = run(events, one)
    assert [(p.subject, p.team_id) for p in done.points] == [
        ("touchline:player:h1", HARBOUR),
        (HARBOUR, HARBOUR),
        ("match", None),
    ]
