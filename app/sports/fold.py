"""One match, folded: events in, match order, values out. Pure; the scorer, the rebuild and the tests share it."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Collection, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

import msgspec

from app.sports.base import Event, LoadedSignal, Sport, Summary
from app.sports.runner import Pending, Place, Runner, ask_together

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


class MatchFold:
    """The running fold of one match.

    signals: those that are scored; several versions of one may be among them. models: what `Signal.model` names, by
        name, for signals that bring none of their own; a missing one degrades the signals that need it.
    tail: position of the last event folded. reached: highest match clock of any event so far, (period, elapsed_s).
    timer: a clock in seconds, where inference is to be timed; `infer_s` then adds up what it took.

    `add` folds one event and says at once what it brings. `take` folds one and leaves what its signals ask of their models
    open; `told` then asks for all that is open together. Points, faults and state are the same either way. at: the event
    at work, or the one that was when something raised.
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
        self.at: Event | None = None
        # Events that were taken, what each brings, and whether something of that is still pending.
        self._open: list[tuple[Event, list[Any], bool]] = []
        self._pending: list[Pending] = []
        self._done: list[list[Point]] = []
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
        self.settle()
        other.settle()
        self.runners.update(other.runners)
        self._arrange()

    def leave_out(self, keys: Collection[str]) -> None:
        """Score these signals (by key) no longer."""
        self.settle()
        self.runners = {key: runner for key, runner in self.runners.items() if key not in keys}
        self._arrange()

    def add(self, event: Event) -> list[Point]:
        """Fold one more event (not before `tail`) and give the points it brings, in order."""
        self.settle()
        points: list[Point] = []
        self._fold(event, points, None)
        return points

    def add_many(self, events: Iterable[Event]) -> list[list[Point]]:
        """Fold some more events and give the points that each brings: the same as `add` gives for one after the other."""
        before = len(self._done) + len(self._open)
        for event in events:
            self.take(event)
        everything = self.told()
        self._done = everything[:before]
        return everything[before:]

    def take(self, event: Event) -> None:
        """Fold one more event (not before `tail`); `told` gives its points."""
        said: list[Any] = []
        before = len(self._pending)
        try:
            self._fold(event, said, self._pending)
        except Exception:
            # What came before it is finished as ever, and may be to blame itself.
            del self._pending[before:]
            self.settle()
            self.at = event
            raise
        self._open.append((event, said, len(self._pending) > before))

    def told(self) -> list[list[Point]]:
        """The points of each event that was taken since the last call, in order."""
        self.settle()
        done, self._done = self._done, []
        return done

    def _fold(self, event: Event, points: list[Any], pending: list[Any] | None) -> None:
        """pending: where what is asked is left open; None where it is asked at once."""
        self.at = event
        for period, minute, elapsed_s in self.sport.minutes_passed(self.state, event):
            self.sport.tick(self.state, period, elapsed_s)
            place = Place(None, f"minute:{period}:{minute}", period, elapsed_s, -1.0, event.version)
            for runner in self._by_minute:
                self._score(points, runner, place, pending)
        self.sport.apply(self.state, event)
        for runner in self._steps:
            if not runner.broken:
                self._step(runner, event)
        asked = self._by_type.get(event.type)
        if asked:
            period, elapsed_s = self._clock(event)
            place = Place(event, f"event:{event.source_event_id}", period, elapsed_s, event.order_key, event.version)
            for runner in asked:
                self._score(points, runner, place, pending)
        self.tail = position(event)
        self.reached = max(self.reached, self._clock(event))

    def settle(self) -> None:
        """Ask for all that is open, and finish it event by event, in order. `told` gives the points still."""
        if not self._open:
            return
        taken, pending = self._open, self._pending
        self._open, self._pending = [], []
        if pending:
            began = 0.0 if self._timer is None else self._timer()
            ask_together(pending)
            if self._timer is not None:
                self.infer_s += self._timer() - began
        more = 0
        for event, said, is_pending in taken:
            if not is_pending:
                self._done.append(said)
                continue
            self.at = event
            points: list[Point] = []
            for one in said:
                if isinstance(one, Point):
                    points.append(one)
                    continue
                self._finish(points, one)
                if one.fault is not None:
                    # Where it stood had it been asked at once.
                    self.faults.insert(one.after + more, Fault(one.runner.spec.name, one.place.anchor, one.fault))
                    more += 1
            self._done.append(points)

    def dump(self) -> bytes:
        """The whole state of the fold, to go on from later with `resume`."""
        self.settle()
        runners = {key: runner.kept() for key, runner in self.runners.items()}
        return pickle.dumps((self.state, runners, self.reached, self.tail), pickle.HIGHEST_PROTOCOL)

    def resume(self, dumped: bytes) -> None:
        """Go back (or on) to where another fold of the same match, with these signals at least, was dumped. Only for our
        own memory."""
        self.settle()
        self.state, kept, self.reached, self.tail = pickle.loads(dumped)
        for key, runner in self.runners.items():
            runner.go_on(kept[key])

    def stands_as(self, dumped: bytes) -> bool:
        """Will all that follows be the same as after that dump, whatever was folded before?"""
        self.settle()
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

    def _score(self, points: list[Any], runner: Runner, place: Place, pending: list[Any] | None) -> None:
        """Say what a signal has to say at a place, or leave open what it asks."""
        if runner.signal.ask is None or pending is None:
            self._say(points, runner, place, *self._values(runner, place))
            return
        one = Pending(runner, place, len(self.faults))
        self._ask(one)
        points.append(one)
        pending.append(one)

    def _ask(self, one: Pending) -> None:
        """Ask what the moment knows."""
        runner = one.runner
        if runner.model is None or runner.broken:
            one.degraded = "broken"
            return
        try:
            inputs = self._inputs(runner, one.place.event)
            if inputs is None:
                one.degraded = "unknown"
                return
            one.asked = runner.signal.ask(inputs, runner.memory)  # type: ignore[misc]
        except Exception as exc:
            one.degraded, one.fault = "fault", f"{type(exc).__name__}: {exc}"

    def _finish(self, points: list[Point], one: Pending) -> None:
        """Have what was asked answered, and say it."""
        runner, event = one.runner, one.place.event
        values: Mapping[str, float | None] = {}
        if one.asked is not None:
            rows, note = one.asked
            try:
                predictions = one.predictions
                if predictions is None:
                    predictions = self._predict(runner, rows)
                values = self._checked(runner, event, runner.signal.answer(predictions, note))  # type: ignore[misc]
            except Exception as exc:
                # Whatever a signal's file does wrong is that signal's fault alone.
                one.degraded, one.fault = "fault", f"{type(exc).__name__}: {exc}"
        if one.degraded is not None:
            values = self._degraded(runner, event)
            if one.degraded == "broken":
                values = values or {"match": None}
        self._say(points, runner, one.place, values, "provisional" if one.degraded is None else "degraded")

    def _predict(self, runner: Runner, rows: Any) -> list[Any]:
        if self._timer is None:
            return runner.predict(rows)
        began = self._timer()
        predictions = runner.predict(rows)
        self.infer_s += self._timer() - began
        return predictions

    def _say(
        self, points: list[Any], runner: Runner, place: Place, values: Mapping[str, float | None], status: str
    ) -> None:
        """Points of what is news."""
        spec, event = runner.spec, place.event
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
                    anchor=place.anchor,
                    team_id=subject if spec.subject == "team" else team,
                    source_event_id=None if event is None else event.source_event_id,
                    value=value,
                    status=status,
                    period=place.period,
                    elapsed_s=place.elapsed_s,
                    order_key=place.order_key,
                    offset_s=self.sport.wall_offset_s(place.period, place.elapsed_s),
                    version=place.version,
                    model=label,
                )
            )

    def _inputs(self, runner: Runner, event: Event | None) -> SimpleNamespace | None:
        """The features that a signal is given; None where one of them is unknown."""
        inputs = {name: compute(self.state, event) for name, compute in runner.inputs}
        return None if None in inputs.values() else SimpleNamespace(**inputs)

    def _values(self, runner: Runner, place: Place) -> tuple[Mapping[str, float | None], str]:
        spec, model, event = runner.spec, runner.model, place.event
        signal: Any = runner.signal
        if (spec.model is not None and model is None) or runner.broken:
            return self._degraded(runner, event) or {"match": None}, "degraded"
        try:
            inputs = self._inputs(runner, event)
            if inputs is None:
                return self._degraded(runner, event), "degraded"
            if signal.ask is not None:
                asked = signal.ask(inputs, runner.memory)
                value = None if asked is None else signal.answer(self._predict(runner, asked[0]), asked[1])
            elif model is None or self._timer is None:
                value = signal.value(inputs, model, runner.memory)
            else:
                began = self._timer()
                value = signal.value(inputs, model, runner.memory)
                self.infer_s += self._timer() - began
            return self._checked(runner, event, value), "provisional"
        except Exception as exc:
            # Whatever a signal's file does wrong is that signal's fault alone.
            self.faults.append(Fault(spec.name, place.anchor, f"{type(exc).__name__}: {exc}"))
            return self._degraded(runner, event), "degraded"

    def _checked(self, runner: Runner, event: Event | None, value: Any) -> Mapping[str, float | None]:
        """What a signal returned, by subject. Raises ValueError where it cannot be right."""
        if value is None:
            return {}
        spec = runner.spec
        values = value if isinstance(value, Mapping) else {self._subject(spec.subject, event): value}
        low, high = spec.range
        for subject, number in values.items():
            if number is not None and not (math.isfinite(number) and low <= number <= high):
                raise ValueError(f"{subject} = {number} is outside {low} to {high}")
        if spec.sums_to_one:
            total = sum(_rounded(v, spec.resolution) for v in values.values() if v is not None)
            if abs(total - 1.0) > SUM_TOLERANCE:
                raise ValueError(f"the values as shown add up to {total:g}, not to 1")
        return values

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
