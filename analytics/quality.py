"""How good the committed models are: what `touchline quality [--signal NAME] --data FOLDER` calls.

Measured with the signals' own functions, on matches that training never saw (from HELD_OUT_FROM on) and, for
xg, on the shots of another provider beside that provider's own xG on the same shots. Read docs/quality.md for what the
figures mean. What can be measured is in analytics/evaluators, one file a signal.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from analytics import scorecard
from analytics.bootstrap import RESAMPLES
from analytics.evaluators import evaluators
from app.errors import UsageError
from app.models.registry import load


def run(data: Path | None = None, signal: str | None = None, resamples: int = RESAMPLES) -> dict[str, Any]:
    """A report of plain numbers, ready for JSON: one entry a signal with its version, its model's label, the SHA-256 of
    the files that were read, and its figures.

    Without a data folder, only what the model's card states. resamples: draws of the bootstrap, 0 for no intervals.
    Errors: UsageError for a signal without a measure, UnreadableFile for missing data, BrokenModel.
    """
    known = evaluators()
    if signal is not None and signal not in known:
        raise UsageError(f"There is no quality measure for '{signal}'. Signals: {', '.join(known)}.")
    report: dict[str, Any] = {}
    for name in [signal] if signal else known:
        of = known[name]
        model = load(of.model)
        entry: dict[str, Any] = {"signal_version": of.signal.version, "model": model.label}
        if data is None:
            entry["card"] = model.card.get("signals", {}).get(name, model.card["metrics"])
        else:
            entry |= of.evaluate(Path(data), model, resamples)
            entry["files"] = {file: _sha256(Path(data) / file) for file in of.files}
        report[name] = entry
    return report


def render(report: dict[str, Any]) -> str:
    """The report as tables for people."""
    lines: list[str] = []
    for name, entry in report.items():
        lines += [f"{name} ({entry['model']})", *scorecard.lines(entry), ""]
    return "\n".join(lines)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
