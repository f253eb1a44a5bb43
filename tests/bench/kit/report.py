"""Running a bench as a program: options, interruption, and its figures as a table or as one line of JSON."""

from __future__ import annotations

import argparse
import json
import math
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Figures = dict[str, Any]
SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def percentile(ordered: Sequence[float], share: float) -> float:
    """Nearest-rank percentile of values in ascending order."""
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def spread(values_ms: Sequence[float], suffix: str = "_ms") -> dict[str, float | None]:
    """p50, p95, p99 and max; each None when there is no value."""
    if not values_ms:
        return {f"{name}{suffix}": None for name in (*SHARES, "max")}
    ordered = sorted(values_ms)
    found = {f"{name}{suffix}": round(percentile(ordered, share), 2) for name, share in SHARES.items()}
    return {**found, f"max{suffix}": round(ordered[-1], 2)}


def say(text: str) -> None:
    """Progress, on standard error: standard output holds the figures alone."""
    print(f"→ {text}", file=sys.stderr, flush=True)


def parser(about: str | None) -> argparse.ArgumentParser:
    """The options that every bench has."""
    made = argparse.ArgumentParser(prog="scripts/bench", description=about)
    made.add_argument("--json", action="store_true", help="the figures as one JSON object on the last line")
    return made


def main(measure: Callable[[argparse.Namespace], Figures], options: argparse.ArgumentParser) -> None:
    """Measure and print. INT and TERM, also where INT was inherited as ignored, end it with everything put away."""
    given = options.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        figures = measure(given)
    except KeyboardInterrupt:
        print("interrupted; everything that was started is gone", file=sys.stderr)
        sys.exit(130)
    if given.json:
        print(json.dumps(figures))
    else:
        print("\n".join(table(figures)))


def _interrupt(_number: int, _frame: Any) -> None:
    # Once: putting everything away must not be interrupted in turn.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def table(figures: Mapping[str, Any], indent: str = "") -> list[str]:
    """Figures as lines for a person: one a value, lists of like objects as columns."""
    lines: list[str] = []
    width = max((len(str(k)) for k, v in figures.items() if not _is_nested(v)), default=0)
    for name, value in figures.items():
        if isinstance(value, Mapping) and value and all(isinstance(v, Mapping) for v in value.values()):
            lines += [f"{indent}{name}", *_columns([{"": k, **v} for k, v in value.items()], indent + "  ")]
        elif isinstance(value, Mapping) and value:
            lines += [f"{indent}{name}", *table(value, indent + "  ")]
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            lines += [f"{indent}{name}", *_rows(value, indent + "  ")]
        else:
            lines.append(f"{indent}{name:<{width}}  {_text(value)}")
    return lines


def _is_nested(value: Any) -> bool:
    return bool(value) and (isinstance(value, Mapping) or (isinstance(value, list) and isinstance(value[0], Mapping)))


def _rows(rows: Sequence[Mapping[str, Any]], indent: str) -> list[str]:
    """Rows as columns; what is nested in them follows, each under the first value of its row."""
    label = next(iter(rows[0]))
    lines = _columns([{k: v for k, v in row.items() if not isinstance(v, Mapping)} for row in rows], indent)
    for name in [k for k, v in rows[0].items() if isinstance(v, Mapping)]:
        nested = [row[name] for row in rows]
        if not any(_is_nested(v) for one in nested for v in one.values()):
            lines += [f"{indent}{name}", *_columns([{label: r[label], **r[name]} for r in rows], indent + "  ")]
            continue
        for row in rows:
            lines += [f"{indent}{name}, {label} {_text(row[label])}"]
            lines += _columns([{"": k, **v} for k, v in row[name].items()], indent + "  ")
    return lines


def _columns(rows: Sequence[Mapping[str, Any]], indent: str) -> list[str]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [names, *([_text(row.get(name, "")) for name in names] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    return [indent + "  ".join(f"{c:>{w}}" for c, w in zip(line, widths, strict=True)) for line in cells]


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else json.dumps(value)
