"""One match, folded: events in, match order, values out. Pure; the scorer, the rebuild and the tests share it."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Mapping
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


class MatchFold:
    """The running fold of one match.

    models: what `Signal.model` names, by name; a missing one degrades the signals that need it.
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
        self._models = models
        self._last: dict[tuple[str, str], float | None] = {}
        self._subjects: dict[str, list[str]] = {}
        self._memory: dict[str, Any] = {}
        self._broken: set[str] = set()
        self._steps: list[tuple[str, Any, Any]] = []
        self._by_type: dict[str, list[LoadedSignal]] = {}
        self._by_minute: list[LoadedSignal] = []
        for name, signal in signals.items():
            if signal.init is not None:
                self._memory[name] = signal.init()
                self._steps.append((name, signal.step, self._model(signal)))
            for event_type in signal.spec.events:
                self._by_type.setdefault(event_type, []).append(signal)
            if signal.spec.minute:
                self._by_minute.append(signal)
        self._inputs = {
            name: [(f, sport.features[f].compute) for f in signal.spec.features] for name, signal in signals.items()
        }

    def _model(self, signal: LoadedSignal) -> Any:
        return None if signal.spec.model is None else self._models.get(signal.spec.model)

    def add(self, event: Event) -> list[Point]:
        """Fold one more event (not before `tail`) and give the points it brings, in order."""
        points: list[Point] = []
        for period, minute, elapsed_s in self.sport.minutes_passed(self.state, event):
            self.sport.tick(self.state, period, elapsed_s)
            anchor = f"minute:{period}:{minute}"
            for signal in self._by_minute:
                self._score(points, signal, None, anchor, period, elapsed_s, -1.0, event.version)
        self.sport.apply(self.state, event)
        for name, step, model in self._steps:
            if name not in self._broken:
                self._step(name, step, event, model)
        for signal in self._by_type.get(event.type, ()):
            at = self._clock(event)
            self._score(points, signal, event, f"event:{event.source_event_id}", *at, event.order_key, event.version)
        self.tail = position(event)
        self.reached = max(self.reached, self._clock(event))
        return points

    def dump(self) -> bytes:
        """The whole state of the fold, to go on from later with `resume`."""
        kept = (self.state, self._memory, self._last, self._subjects, self._broken, self.reached, self.tail)
        return pickle.dumps(kept, pickle.HIGHEST_PROTOCOL)

    def resume(self, dumped: bytes) -> None:
        """Go back (or on) to where another fold of the same match and signals was dumped. Only for our own memory."""
        kept = pickle.loads(dumped)
        self.state, self._memory, self._last, self._subjects, self._broken, self.reached, self.tail = kept

    def stands_as(self, dumped: bytes) -> bool:
        """Will all that follows be the same as after that dump, whatever was folded before?"""
        state, memory, last, subjects, broken, reached, _ = pickle.loads(dumped)
        return (
            reached == self.reached
            and state == self.state
            and broken == self._broken
            and last == self._last
            and subjects == self._subjects
            and memory == self._memory
        )

    def _step(self, name: str, step: Any, event: Event, model: Any) -> None:
        """A memory that missed an event is wrong from then on: its signal stays degraded, the match goes on."""
        try:
            self._memory[name] = step(self._memory[name], event, model)
        except Exception as exc:
            self._broken.add(name)
            self.faults.append(Fault(name, f"event:{event.source_event_id}", f"step: {type(exc).__name__}: {exc}"))

    def _clock(self, event: Event) -> tuple[int, float]:
        """The clock never runs backwards inside a period, whatever single events are stamped with."""
        if event.period != self.state.period:
            return event.period, event.elapsed_s
        return event.period, max(event.elapsed_s, self.state.elapsed_s)

    def _score(
        self,
        points: list[Point],
        signal: LoadedSignal,
        event: Event | None,
        anchor: str,
        period: int,
        elapsed_s: float,
        order_key: float,
        version: int,
    ) -> None:
        spec = signal.spec
        values, status = self._values(signal, event, anchor)
        model = self._model(signal)
        label = None if model is None else model.label
        for subject, raw in values.items():
            value = None if raw is None else _rounded(raw, spec.resolution)
            known = (spec.name, subject)
            if not spec.additive:
                if known in self._last:
                    if self._last[known] == value:
                        continue
                elif value is None and status != "degraded":
                    continue
                self._last[known] = value
            if subject not in self._subjects.setdefault(spec.name, []):
                self._subjects[spec.name].append(subject)
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

    def _values(self, signal: LoadedSignal, event: Event | None, anchor: str) -> tuple[Mapping[str, float | None], str]:
        spec = signal.spec
        model = self._model(signal)
        if (spec.model is not None and model is None) or spec.name in self._broken:
            return self._degraded(signal, event) or {"match": None}, "degraded"
        try:
            inputs = {name: compute(self.state, event) for name, compute in self._inputs[spec.name]}
            if None in inputs.values():
                return self._degraded(signal, event), "degraded"
            if model is None or self._timer is None:
                value = signal.value(SimpleNamespace(**inputs), model, self._memory.get(spec.name))
            else:
                began = self._timer()
                value = signal.value(SimpleNamespace(**inputs), model, self._memory.get(spec.name))
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
            return self._degraded(signal, event), "degraded"
        return values, "provisional"

    def _degraded(self, signal: LoadedSignal, event: Event | None) -> dict[str, float | None]:
        """No value, said aloud: for whom it was known before, or for whom the event is."""
        if event is not None and (signal.spec.additive or signal.spec.subject != "outcome"):
            return {self._subject(signal.spec.subject, event): None}
        if signal.spec.subject == "match":
            return {"match": None}
        return dict.fromkeys(self._subjects.get(signal.spec.name, []), None)

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
