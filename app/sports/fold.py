"""One match, folded: events in, match order, values out. Pure; the scorer, the rebuild and the tests share it."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Collection, Mapping
from types import SimpleNamespace
from typing import Any

import msgspec

from app.sports.base import Event, LoadedSignal, Sport, Summary

# What is left when values that were rounded to their resolution are summed: floating point.
SUM_TOLERANCE = 1e-9
Position = tuple[int, float, bool, str]
Clock = tuple[int, float]
# Before every event of a match.
START: Position = (-1, 0.0, False, "")


class Point(msgspec.Struct, frozen=True):
    """One value of a signal. `status` is provisional or degraded here; a finished match makes it final."""

    signal: str
    signal_version: int
    subject: str
    anchor: str
    team_id: str | None
    source_event_id: str | None
    value: float | None
    status: str
    period: int
    elapsed_s: float
    order_key: float
    offset_s: float
    version: int
    model: str | None
    revision: int = 0

    @property
    def key(self) -> tuple[str, int, str, str]:
        return (self.signal, self.signal_version, self.subject, self.anchor)

    @property
    def signal_key(self) -> str:
        """As LoadedSignal.key."""
        return f"{self.signal}@{self.signal_version}"

    @property
    def order(self) -> tuple[int, float, float]:
        return (self.period, self.elapsed_s, self.order_key)


class Fault(msgspec.Struct, frozen=True):
    """A signal that broke on one anchor: its value is degraded, the match goes on."""

    signal: str
    anchor: str
    reason: str


def position(event: Event) -> Position:
    """Where an event stands in match order. The id breaks ties, so that arrival order never does.

    What is said from outside at the place of an event of the feed (a suspension, say) comes after it.
    """
    return (event.period, event.order_key, event.control, event.source_event_id)


def _rounded(value: float, resolution: float) -> float:
    return round(round(value / resolution) * resolution, 10)


class Runner:
    """One signal at work in one match: what it is given, what it remembers, what it said last."""

    __slots__ = ("broken", "inputs", "key", "last", "memory", "model", "signal", "spec", "subjects")

    def __init__(self, sport: Sport, signal: LoadedSignal, models: Mapping[str, Any]) -> None:
        self.signal = signal
        self.spec = signal.spec
        self.key = signal.key
        self.model = signal.model
        if self.model is None and self.spec.model is not None:
            self.model = models.get(self.spec.model)
        self.inputs = [(f, sport.features[f].compute) for f in self.spec.features]
        self.memory = None if signal.init is None else signal.init()
        self.last: dict[str, float | None] = {}
        self.subjects: list[str] = []
        self.broken = False

    def kept(self) -> tuple[Any, ...]:
        """All that changes with the events."""
        return (self.memory, self.last, self.subjects, self.broken)

    def go_on(self, kept: tuple[Any, ...]) -> None:
        """Go on from what was kept."""
        self.memory, self.last, self.subjects, self.broken = kept


class MatchFold:
    """The running fold of one match.

    signals: those that are scored; several versions of one may be among them. models: what `Signal.model` names, by
        name, for signals that bring none of their own; a missing one degrades the signals that need it.
    tail: position of the last event folded. reached: highest match clock of any event so far, (period, elapsed_s).
    timer: a clock in seconds, where inference is to be timed; `infer_s` then adds up what it took.
    """

    def __init__(
        self,
        sport: Sport,
        signals: Mapping[str, LoadedSignal],
        models: Mapping[str, Any],
        timer: Callable[[], float] | None = None,
    ) -> None:
        self.sport = sport
        self.state = sport.new_state()
        self.tail: Position = START
        self.reached: Clock = (-1, 0.0)
        self.faults: list[Fault] = []
        self.infer_s = 0.0
        self._timer = timer
        self.runners: dict[str, Runner] = {}
        for signal in signals.values():
            self.runners[signal.key] = Runner(sport, signal, models)
        self._arrange()

    def _arrange(self) -> None:
        """Who is asked when."""
        self._steps = [r for r in self.runners.values() if r.signal.step is not None]
        self._by_minute = [r for r in self.runners.values() if r.spec.minute]
        self._by_type: dict[str, list[Runner]] = {}
        for runner in self.runners.values():
            for event_type in runner.spec.events:
                self._by_type.setdefault(event_type, []).append(runner)

    def take_in(self, other: MatchFold) -> None:
        """Score the signals of another fold of this match, too, from here on. It stands at the same event."""
        self.runners.update(other.runners)
        self._arrange()

    def leave_out(self, keys: Collection[str]) -> None:
        """Score these signals (by key) no longer."""
        self.runners = {key: runner for key, runner in self.runners.items() if key not in keys}
        self._arrange()

    def add(self, event: Event) -> list[Point]:
        """Fold one more event (not before `tail`) and give the points it brings, in order."""
        points: list[Point] = []
        for period, minute, elapsed_s in self.sport.minutes_passed(self.state, event):
            self.sport.tick(self.state, period, elapsed_s)
            anchor = f"minute:{period}:{minute}"
            for runner in self._by_minute:
                self._score(points, runner, None, anchor, period, elapsed_s, -1.0, event.version)
        self.sport.apply(self.state, event)
        for runner in self._steps:
            if not runner.broken:
                self._step(runner, event)
        for runner in self._by_type.get(event.type, ()):
            at = self._clock(event)
            self._score(points, runner, event, f"event:{event.source_event_id}", *at, event.order_key, event.version)
        self.tail = position(event)
        self.reached = max(self.reached, self._clock(event))
        return points

    def dump(self) -> bytes:
        """The whole state of the fold, to go on from later with `resume`."""
        runners = {key: runner.kept() for key, runner in self.runners.items()}
        return pickle.dumps((self.state, runners, self.reached, self.tail), pickle.HIGHEST_PROTOCOL)

    def resume(self, dumped: bytes) -> None:
        """Go back (or on) to where another fold of the same match, with these signals at least, was dumped. Only for our
        own memory."""
        self.state, kept, self.reached, self.tail = pickle.loads(dumped)
        for key, runner in self.runners.items():
            runner.go_on(kept[key])

    def stands_as(self, dumped: bytes) -> bool:
        """Will all that follows be the same as after that dump, whatever was folded before?"""
        state, kept, reached, _ = pickle.loads(dumped)
        return (
            reached == self.reached
            and state == self.state
            and all(runner.kept() == kept[key] for key, runner in self.runners.items())
        )

    def _step(self, runner: Runner, event: Event) -> None:
        """A memory that missed an event is wrong from then on: its signal stays degraded, the match goes on."""
        try:
            runner.memory = runner.signal.step(runner.memory, event, runner.model)  # type: ignore[misc]
        except Exception as exc:
            runner.broken = True
            reason = f"step: {type(exc).__name__}: {exc}"
            self.faults.append(Fault(runner.spec.name, f"event:{event.source_event_id}", reason))

    def _clock(self, event: Event) -> tuple[int, float]:
        """The clock never runs backwards inside a period, whatever single events are stamped with."""
        if event.period != self.state.period:
            return event.period, event.elapsed_s
        return event.period, max(event.elapsed_s, self.state.elapsed_s)

    def _score(
        self,
        points: list[Point],
        runner: Runner,
        event: Event | None,
        anchor: str,
        period: int,
        elapsed_s: float,
        order_key: float,
        version: int,
    ) -> None:
        spec = runner.spec
        values, status = self._values(runner, event, anchor)
        label = None if runner.model is None else runner.model.label
        for subject, raw in values.items():
            value = None if raw is None else _rounded(raw, spec.resolution)
            if not spec.additive:
                if subject in runner.last:
                    if runner.last[subject] == value:
                        continue
                elif value is None and status != "degraded":
                    continue
                runner.last[subject] = value
            if subject not in runner.subjects:
                runner.subjects.append(subject)
            team = event.team if event is not None and spec.subject == "player" else None
            points.append(
                Point(
                    signal=spec.name,
                    signal_version=spec.version,
                    subject=subject,
                    anchor=anchor,
                    team_id=subject if spec.subject == "team" else team,
                    source_event_id=None if event is None else event.source_event_id,
                    value=value,
                    status="degraded" if status == "degraded" else "provisional",
                    period=period,
                    elapsed_s=elapsed_s,
                    order_key=order_key,
                    offset_s=self.sport.wall_offset_s(period, elapsed_s),
                    version=version,
                    model=label,
                )
            )

    def _values(self, runner: Runner, event: Event | None, anchor: str) -> tuple[Mapping[str, float | None], str]:
        spec, model, signal = runner.spec, runner.model, runner.signal
        if (spec.model is not None and model is None) or runner.broken:
            return self._degraded(runner, event) or {"match": None}, "degraded"
        try:
            inputs = {name: compute(self.state, event) for name, compute in runner.inputs}
            if None in inputs.values():
                return self._degraded(runner, event), "degraded"
            if model is None or self._timer is None:
                value = signal.value(SimpleNamespace(**inputs), model, runner.memory)
            else:
                began = self._timer()
                value = signal.value(SimpleNamespace(**inputs), model, runner.memory)
                self.infer_s += self._timer() - began
            if value is None:
                return {}, "provisional"
            values = value if isinstance(value, Mapping) else {self._subject(spec.subject, event): value}
            low, high = spec.range
            for subject, number in values.items():
                if number is not None and not (math.isfinite(number) and low <= number <= high):
                    raise ValueError(f"{subject} = {number} is outside {low} to {high}")
            if spec.sums_to_one:
                total = sum(_rounded(v, spec.resolution) for v in values.values() if v is not None)
                if abs(total - 1.0) > SUM_TOLERANCE:
                    raise ValueError(f"the values as shown add up to {total:g}, not to 1")
        except Exception as exc:
            # Whatever a signal's file does wrong is that signal's fault alone.
            self.faults.append(Fault(spec.name, anchor, f"{type(exc).__name__}: {exc}"))
            return self._degraded(runner, event), "degraded"
        return values, "provisional"

    def _degraded(self, runner: Runner, event: Event | None) -> dict[str, float | None]:
        """No value, said aloud: for whom it was known before, or for whom the event is."""
        spec = runner.spec
        if event is not None and (spec.additive or spec.subject != "outcome"):
            return {self._subject(spec.subject, event): None}
        if spec.subject == "match":
            return {"match": None}
        return dict.fromkeys(runner.subjects, None)

    @staticmethod
    def _subject(kind: str, event: Event | None) -> str:
        if event is None or kind == "match":
            return "match"
        if kind == "player" and event.player is not None:
            return event.player
        return event.team or "match"

    def summary(self) -> Summary:
        """The public picture after the last event."""
        return self.sport.summary(self.state)


def current(events: list[tuple[Event, str]]) -> list[Event]:
    """From effective revisions in order of arrival, with their kind, to the events to fold, in match order."""
    newest: dict[tuple[bool, str], tuple[Event, str]] = {}
    for event, kind in events:
        newest[(event.control, event.source_event_id)] = (event, kind)
    return sorted((e for e, kind in newest.values() if kind != "retracted"), key=position)
