"""`add_many` in any splits says what `add` says one after the other: points, faults, state and what is dumped."""

import pickle
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.models.registry import load, load_all
from app.scoring.checkpoints import Checkpoints
from app.scoring.refold import PoisonousEvent, take, told
from app.sports.base import Event, LoadedSignal
from app.sports.fold import MatchFold, Point, position
from app.sports.loading import signals
from app.sports.soccer.action_trail import Trail, notice
from app.sports.soccer.action_value import worth_of
from app.sports.soccer.actions import told as is_action
from app.sports.soccer.sport import SPORT
from tests.engine_kit import HARBOUR, NORTHGATE, feed, folded, shot
from tests.unit.test_fold import declared

MODELS = load_all()
OWN = signals(SPORT)
TEAMS = (HARBOUR, NORTHGATE)
SOON = settings(max_examples=40, deadline=None)


@st.composite
def matches(draw: st.DrawFn) -> list[Event]:
    """Passes, shots, goals, carries and whistles of both teams over some minutes; some lack what a signal needs."""
    made, clock_s = [], 0.0
    for order in range(draw(st.integers(1, 60))):
        clock_s += draw(st.sampled_from((0.5, 2.0, 11.0, 70.0, 310.0)))
        kind = draw(st.sampled_from(("pass", "pass", "shot", "goal", "carry", "period_end", "own_goal_against")))
        x_m = draw(st.sampled_from((None, 2.0, 60.0, 95.0)))
        at: dict[str, Any] = {"team": draw(st.sampled_from(TEAMS)), "player": draw(st.sampled_from((None, "ann", "bea"))),
                              "clock_s": clock_s, "x_m": x_m, "y_m": 30.0}  # fmt: skip
        if kind in ("shot", "goal"):
            event = shot(f"e{order}", order, "goal" if kind == "goal" else "saved", **at)
        else:
            ends = {} if kind == "period_end" else {"end_x_m": 70.0, "end_y_m": 36.0}
            event = feed(f"e{order}", order, kind, **at, **ends, **({"outcome": "complete"} if kind == "pass" else {}))
        made.append(folded(event, order + 1))
    return made


def broken(name: str, **functions: Callable[..., Any]) -> LoadedSignal:
    """A signal of the xG model at every pass and minute, which may be wrong in any of its functions."""
    usual: dict[str, Any] = {
        "ask": lambda f, memory: (((float(memory["n"] % 3),) * 20,), memory["n"]),
        "answer": lambda predictions, note: predictions[0] + note,
        "step": lambda memory, event, model: {"n": memory["n"] + 1},
        **functions,
    }
    spec = declared(name=name, model="xg", minute=True, range=(0.0, 30.0), subject="team")
    return LoadedSignal(spec, None, lambda: {"n": 0}, usual["step"], ask=usual["ask"], answer=usual["answer"])


def raising(*given: Any) -> Any:
    raise KeyError(f"{len(given)} given")


WRONG = {
    s.spec.name: s
    for s in (
        broken("well"),
        broken("late_step", step=lambda m, event, model: {"n": m["n"] + 1} if m["n"] < 9 else raising()),
        broken("ask_raises", ask=lambda f, m: raising(f) if m["n"] % 4 == 0 else (((0.0,) * 20,), 1)),
        broken("answer_raises", answer=lambda predictions, note: raising() if note % 3 == 0 else 1.0),
        broken("out_of_range", answer=lambda predictions, note: float(note)),
        broken("short_row", ask=lambda f, m: (((0.5,) * (19 if m["n"] % 5 == 0 else 20),), 2)),
        broken("no_number", ask=lambda f, m: (((None,) * 20,), 2)),
        broken("sometimes", ask=lambda f, m: None if m["n"] % 2 else ((), m["n"]), answer=lambda p, note: len(p)),
        broken("mapped", answer=lambda p, note: {HARBOUR: p[0], "x": None}),
    )
}


def one_by_one(events: list[Event], given: dict[str, LoadedSignal]) -> tuple[MatchFold, list[list[Point]]]:
    fold = MatchFold(SPORT, given, MODELS)
    return fold, [fold.add(event) for event in events]


def in_parts(
    events: list[Event], given: dict[str, LoadedSignal], cuts: list[int]
) -> tuple[MatchFold, list[list[Point]]]:
    fold, points = MatchFold(SPORT, given, MODELS), []
    places = sorted({0, len(events), *(c for c in cuts if c < len(events))})
    for begin, end in pairwise(places):
        points += fold.add_many(events[begin:end])
    return fold, points


def the_same(one: MatchFold, other: MatchFold) -> None:
    assert one.faults == other.faults
    assert (one.state, one.tail, one.reached) == (other.state, other.tail, other.reached)
    # Pickles tell which objects are one, which is no part of a state.
    assert pickle.loads(one.dump()) == pickle.loads(other.dump())
    assert one.stands_as(other.dump())
    assert {k: r.kept() for k, r in one.runners.items()} == {k: r.kept() for k, r in other.runners.items()}


@SOON
@given(matches(), st.lists(st.integers(1, 60), max_size=5))
def test_whatever_the_parts_a_match_is_the_same(events: list[Event], cuts: list[int]) -> None:
    alone, points = one_by_one(events, OWN)
    parts, together = in_parts(events, OWN, cuts)
    assert together == points
    the_same(alone, parts)


@SOON
@given(matches(), st.lists(st.integers(1, 60), max_size=5))
def test_what_breaks_breaks_alone_and_the_same_way(events: list[Event], cuts: list[int]) -> None:
    alone, points = one_by_one(events, WRONG)
    parts, together = in_parts(events, WRONG, cuts)
    assert together == points
    the_same(alone, parts)
    well = MatchFold(SPORT, {"well": WRONG["well"]}, MODELS)
    assert [[p for p in said if p.signal == "well"] for said in together] == well.add_many(events)


@SOON
@given(matches(), st.integers(0, 59))
def test_a_dump_in_the_middle_holds_what_was_open(events: list[Event], at: int) -> None:
    at = min(at, len(events))
    fold = MatchFold(SPORT, OWN, MODELS)
    for event in events[:at]:
        fold.take(event)
    later = MatchFold(SPORT, OWN, MODELS)
    later.resume(fold.dump())
    alone, points = one_by_one(events, OWN)
    assert fold.told() + later.add_many(events[at:]) == points
    the_same(alone, later)


def long_match() -> list[Event]:
    return [
        folded(
            feed(f"e{n}", n, "pass" if n % 7 else "shot", team=TEAMS[n // 5 % 2], player=f"p{n % 9}", clock_s=n * 2.5,
                 x_m=20.0 + n % 80, y_m=5.0 + n % 60, end_x_m=30.0 + n % 70, end_y_m=60.0 - n % 50, possession=n // 5,
                 **({"outcome": "complete"} if n % 7 else {"outcome": "saved", "body_part": "right_foot", "shot_kind": "open_play"})),
            n + 1,
        )
        for n in range(420)
    ]  # fmt: skip


def test_checkpoints_on_the_way_change_nothing_and_a_long_match_is_asked_in_batches() -> None:
    events = long_match()
    alone, points = one_by_one(events, OWN)
    fold, checkpoints = MatchFold(SPORT, OWN, MODELS), Checkpoints()
    for event in events:
        take(fold, event, checkpoints)
    assert told(fold) == points
    the_same(alone, fold)
    [*_, last] = checkpoints.after((0, 0.0, False, ""))
    later = MatchFold(SPORT, OWN, MODELS)
    later.resume(last.dump)
    rest = [e for e in events if position(e) > last.tail]
    assert later.add_many(rest) == points[-len(rest) :]
    the_same(alone, later)


def test_values_of_actions_are_those_of_one_row_after_the_other() -> None:
    """Action value and impact by the plain formula: every state predicted for itself, as it was before batches."""
    events, kernel = long_match(), load("action_value").kernel
    trail, expected, impact = Trail(), {}, {}
    for event in events:
        acted = notice(trail, event)
        if acted is not None and is_action(event):
            after = None if acted.state.action.goal else kernel.predict(acted.state.row)  # type: ignore[union-attr]
            before = None if acted.before is None else kernel.predict(acted.before.row)  # type: ignore[union-attr]
            gained = worth_of(acted, after, before)
            expected[event.source_event_id] = round(round(gained / 1e-4) * 1e-4, 10)
            part = impact.setdefault(int(event.elapsed_s // 300), {})
            part[event.player] = part.get(event.player, 0) + round(gained * 1_000_000)
    names = ("action_value", "player_impact")
    _, said = in_parts(events, {name: OWN[name] for name in names}, [130, 131, 300])
    points = [p for of in said for p in of]
    assert {p.source_event_id: p.value for p in points if p.signal == "action_value"} == expected
    assert len(expected) == 420
    told_parts = {(int(p.elapsed_s // 300) - 1, p.subject): p.value for p in points if p.signal == "player_impact"}
    assert told_parts == {
        (part, player): round(round(units / 1_000_000 / 0.001) * 0.001, 10)
        for part, by_player in impact.items()
        for player, units in by_player.items()
        if units and part < int(events[-1].elapsed_s // 300)
    }
    assert len(told_parts) > 20


class Sharp:
    """A number that passes every check and cannot be rounded."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __float__(self) -> float:
        return self.value

    def __le__(self, other: float) -> bool:
        return self.value <= other

    def __ge__(self, other: float) -> bool:
        return self.value >= other


@pytest.mark.parametrize("apply_fails", [False, True])
def test_the_first_event_that_cannot_be_folded_is_named(apply_fails: bool) -> None:
    """Also where a later one cannot be folded either, and is met first."""
    events = long_match()[:30]

    def answer(predictions: list[float], note: int) -> Any:
        return Sharp(1.0) if note == 11 else 1.0

    sharp = broken("sharp", answer=answer)
    with pytest.raises(TypeError):
        one_by_one(events, {"sharp": sharp})

    def apply(state: Any, event: Event) -> None:
        if apply_fails and event.version == 20:
            raise RuntimeError("cannot be folded")
        SPORT.apply(state, event)

    fold = MatchFold(msgspec.structs.replace(SPORT, apply=apply), {"sharp": sharp}, MODELS)

    def all_of_them() -> None:
        for event in events:
            take(fold, event)
        told(fold)

    with pytest.raises(PoisonousEvent, match="event e10 ") as met:
        all_of_them()
    assert met.value.version == 11
