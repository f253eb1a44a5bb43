"""Every committed model asked for 32 rows, one after the other and all at once; and the fold of a match either way."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from app.models.kernels import Grid
from app.models.registry import load_all
from app.sports.base import Event
from app.sports.fold import MatchFold
from app.sports.loading import signals
from app.sports.soccer.action_trail import Trail, notice
from app.sports.soccer.sport import SPORT
from tests.bench.kit.machine import hardware
from tests.bench.kit.report import Figures, main, parser, say
from tests.bench.kit.workload import WHOLE_MATCH, files
from tests.real_match import events_of

BATCH = 32
# Short measurements in turn; the quickest of many tells what the machine does when it is left alone.
TURNS, TIMES = 5, 300
EVENTS_AT_ONCE = 500
Ask = Callable[[], Any]


def measure(given: argparse.Namespace) -> Figures:
    """Rows of a real match (the first of the workload), asked in both ways; then the match folded in both ways."""
    match, events = _match()
    say(f"match {match}, {len(events):,} events")
    models = {name: _asked(model.kernel, _rows(name, events)) for name, model in load_all().items()}
    ratios = [found["ratio"] for found in models.values() if found["ratio"] is not None]
    say(f"folding it {given.rounds} times in each way")
    return {
        "bench": "inference",
        "smallest_ratio": min(ratios),
        "smallest_ratio_of_tuples": min(m["ratio_of_tuples"] for m in models.values() if m["ratio"] is not None),
        "batch": BATCH,
        "models": models,
        "fold": _folded(events, given.rounds),
        "workload": f"match {match}, {len(events)} events, the first {BATCH} rows of each model",
        "stages": {},
        "hardware": hardware(Path(tempfile.gettempdir())),
    }


def _match() -> tuple[str, list[Event]]:
    for file in files(10)[0]:
        events = events_of(file.provider, file.path)
        if len(events) >= WHOLE_MATCH:
            return file.id, events
    raise SystemExit("there is no whole match in the workload")


def _rows(name: str, events: list[Event]) -> list[tuple[float, ...]]:
    """The first rows that signals ask this model of the match, repeated where it has fewer; none for a model that is no
    kernel of rows."""
    if name == "action_value":
        trail = Trail()
        acted = [a for a in (notice(trail, event) for event in events) if a is not None and not a.state.action.goal]
        found = [a.state.row for a in acted]
    elif name == "xt":
        found = [(e.fields.x_m, e.fields.y_m) for e in events if e.type == "pass" and e.fields.x_m is not None]
    else:
        found = _asked_by_signals(name, events)
    return [found[n % len(found)] for n in range(BATCH)] if found else []


def _asked_by_signals(name: str, events: list[Event]) -> list[tuple[float, ...]]:
    """The rows that the signal of a model's name asks for."""
    signal = signals(SPORT).get(name)
    if signal is None or signal.ask is None:
        return []
    fold, found = MatchFold(SPORT, {}, {}), []
    inputs = [(feature, SPORT.features[feature].compute) for feature in signal.spec.features]
    for event in events:
        fold.add(event)
        if event.type in signal.spec.events:
            given = {feature: compute(fold.state, event) for feature, compute in inputs}
            asked = None if None in given.values() else signal.ask(argparse.Namespace(**given), None)
            found.extend([] if asked is None else [tuple(row) for row in asked[0]])
    return found


def _asked(kernel: Any, rows: list[tuple[float, ...]]) -> dict[str, Any]:
    """Microseconds for all rows: one after the other, at once as tuples, at once as an array."""
    names = ("single_us", "batch_us", "batch_of_tuples_us", "ratio", "ratio_of_tuples")
    if not rows:
        # Named numbers: the formula is the signals' own, and has no rows.
        return dict.fromkeys(names)
    table = np.array(rows)
    if isinstance(kernel, Grid):
        one, many = (lambda: [kernel.value(*row) for row in rows]), kernel.value_many
    else:
        one, many = (lambda: [kernel.predict(row) for row in rows]), kernel.predict_many
    same = [tuple(p) if isinstance(p, list) else p for p in many(table).tolist()]
    if same != one():
        raise SystemExit(f"{type(kernel).__name__}: a batch is not its rows")
    single, batch, tuples = _quickest_us((one, lambda: many(table), lambda: many(rows)))
    told = (single, batch, tuples, single / batch, single / tuples)
    return {name: round(value, 2) for name, value in zip(names, told, strict=True)}


def _quickest_us(ways: Sequence[Ask]) -> list[float]:
    took: list[list[float]] = [[] for _ in ways]
    for _ in range(TIMES):
        for ask, of in zip(ways, took, strict=True):
            began = time.perf_counter()
            for _ in range(TURNS):
                ask()
            of.append((time.perf_counter() - began) / TURNS)
    return [min(of) * 1e6 for of in took]


def _folded(events: list[Event], rounds: int) -> dict[str, Any]:
    """Events a second of processor time with all signals, in turn, so that the machine's mood meets both; medians."""
    took: dict[str, list[float]] = {"add": [], "add_many": []}
    own, models = signals(SPORT), load_all()
    said: dict[str, Any] = {}
    for number in range(rounds + 1):
        for way, of in took.items():
            fold = MatchFold(SPORT, own, models)
            began = time.process_time()
            if way == "add":
                said[way] = [fold.add(event) for event in events]
            else:
                parts = range(0, len(events), EVENTS_AT_ONCE)
                said[way] = [points for at in parts for points in fold.add_many(events[at : at + EVENTS_AT_ONCE])]
            if number:  # the first round warms up
                of.append(time.process_time() - began)
    if said["add"] != said["add_many"]:
        raise SystemExit("a match that is folded in batches says something else")
    return {
        "events": len(events),
        "signals": len(own),
        "events_at_once": EVENTS_AT_ONCE,
        **{f"{way}_events_per_s": round(len(events) / median(of), 1) for way, of in took.items()},
        **{f"{way}_us_per_event": round(median(of) / len(events) * 1e6, 1) for way, of in took.items()},
    }


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=7, help="times that the match is folded in each way (7)")
    main(measure, options)
