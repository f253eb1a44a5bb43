"""One signal at work in one match, and asking the models of several signals at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.sports.base import Asked, Event, LoadedSignal, Sport

# From so many rows on, `predict_many` is quicker than `predict` of each (docs/decisions/0008). Below it a batch costs more
# than it saves, and live one or two rows wait at a time.
LEAST_ROWS = 6


class Runner:
    """One signal at work in one match: what it is given, what it remembers, what it said last.

    known: the rows that it asked last, and what its model said of them; a row that is asked again (the same object)
    need not be predicted again. It changes no value, and is no part of what is kept.
    """

    __slots__ = ("broken", "inputs", "key", "known", "last", "memory", "model", "signal", "spec", "subjects")

    def __init__(self, sport: Sport, signal: LoadedSignal, models: Mapping[str, Any]) -> None:
        self.signal = signal
        self.spec = signal.spec
        self.key = signal.key
        self.model: Any = signal.model
        if self.model is None and self.spec.model is not None:
            self.model = models.get(self.spec.model)
        self.inputs = [(f, sport.features[f].compute) for f in self.spec.features]
        self.memory = None if signal.init is None else signal.init()
        self.known: tuple[Sequence[Any], list[Any]] = ((), [])
        self.last: dict[str, float | None] = {}
        self.subjects: list[str] = []
        self.broken = False

    def kept(self) -> tuple[Any, ...]:
        """All that changes with the events."""
        return (self.memory, self.last, self.subjects, self.broken)

    def go_on(self, kept: tuple[Any, ...]) -> None:
        """Go on from what was kept."""
        self.memory, self.last, self.subjects, self.broken = kept

    def predict(self, rows: Sequence[Any]) -> list[Any]:
        """What the model says of each row, in order. Raises whatever the kernel does."""
        if len(rows) >= LEAST_ROWS:
            return predicted(self.model.kernel, rows)
        known, before = self.known
        said: list[Any] = []
        for row in rows:
            for place, asked in enumerate(known):
                if asked is row:
                    said.append(before[place])
                    break
            else:
                said.append(self.model.kernel.predict(row))
        self.known = rows, said
        return said


class Place:
    """Where in a match something is said, and of what version of the log. event: None at a full minute."""

    __slots__ = ("anchor", "elapsed_s", "event", "order_key", "period", "version")

    def __init__(
        self, event: Event | None, anchor: str, period: int, elapsed_s: float, order_key: float, version: int
    ) -> None:
        self.event = event
        self.anchor = anchor
        self.period = period
        self.elapsed_s = elapsed_s
        self.order_key = order_key
        self.version = version


class Pending:
    """What a signal that asks will say at a place, once its model has been asked.

    asked: its rows and note; None where it has nothing to say, or nothing can be asked: then `degraded` (whether by a
    `fault` or because something is not known). predictions: of its rows, once they are there. after: how many
    faults the fold had by then.
    """

    __slots__ = ("after", "asked", "degraded", "fault", "place", "predictions", "runner")

    def __init__(self, runner: Runner, place: Place, after: int) -> None:
        self.runner = runner
        self.place = place
        self.after = after
        self.asked: Asked | None = None
        self.degraded: str | None = None
        self.fault: str | None = None
        self.predictions: list[Any] | None = None


def predicted(kernel: Any, rows: Sequence[Any]) -> list[Any]:
    """What a kernel says of rows, in order, to the same bits whichever way it is asked. Raises whatever the kernel does."""
    if len(rows) < LEAST_ROWS or not hasattr(kernel, "predict_many"):
        return [kernel.predict(row) for row in rows]
    said = kernel.predict_many(rows).tolist()
    return [tuple(p) for p in said] if isinstance(said[0], list) else said


def ask_together(pending: Sequence[Pending]) -> None:
    """Fill in the predictions of all that asks, model by model; the same row (the same object) is predicted once.

    Where a kernel refuses the rows, predictions are left out: each signal is then asked for itself, and the
    fault is of the one whose row it is.
    """
    by_kernel: dict[int, list[Pending]] = {}
    for one in pending:
        if one.asked is not None and one.asked[0]:
            by_kernel.setdefault(id(one.runner.model.kernel), []).append(one)
    for group in by_kernel.values():
        places: dict[int, int] = {}
        rows: list[Any] = []
        for one in group:
            for row in one.asked[0]:  # type: ignore[index]
                if id(row) not in places:
                    places[id(row)] = len(rows)
                    rows.append(row)
        if len(rows) < LEAST_ROWS:
            continue
        try:
            said = predicted(group[0].runner.model.kernel, rows)
        except Exception:
            # Nothing is lost: whoever is asked alone then fails again, and that is a fault of its signal, with the reason.
            continue
        for one in group:
            asked = one.asked[0]  # type: ignore[index]
            one.predictions = [said[places[id(row)]] for row in asked]
            one.runner.known = asked, one.predictions
