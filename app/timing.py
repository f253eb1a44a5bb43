"""How long each stage of an event's way takes: counts, sums and the percentiles of the last minute.

Stages, in the order of the way: decode, append, notify, claim, fold, infer, commit, tail, write. `/metrics` shows
them for API and workers; a stage that works on a batch notes the batch once.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Any

STAGES = ("decode", "append", "notify", "claim", "fold", "infer", "commit", "tail", "write")
WINDOW_S = 60.0
KEPT = 4096
QUANTILES = (0.5, 0.95, 0.99)


class Stage:
    """One stage of one process."""

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0
        self._recent: deque[tuple[float, float]] = deque(maxlen=KEPT)

    def note(self, seconds: float) -> None:
        """It took so long once more."""
        self.count += 1
        self.seconds += seconds
        self._recent.append((time.monotonic(), seconds))

    def report(self) -> dict[str, Any]:
        """count, seconds in all, and the newest samples' percentiles in milliseconds (none when it was idle)."""
        since = time.monotonic() - WINDOW_S
        recent = sorted(s for at, s in self._recent if at >= since)
        found: dict[str, Any] = {"count": self.count, "seconds": round(self.seconds, 6)}
        if recent:
            found["ms"] = {
                str(q): round(recent[min(len(recent) - 1, int(q * len(recent)))] * 1000, 3) for q in QUANTILES
            }
        return found


class Stages:
    """The stages of one process, by name."""

    def __init__(self) -> None:
        self._stages = {name: Stage() for name in STAGES}

    def __getitem__(self, name: str) -> Stage:
        return self._stages[name]

    def report(self) -> dict[str, dict[str, Any]]:
        """Those that were passed at least once."""
        return {name: stage.report() for name, stage in self._stages.items() if stage.count}


stages = Stages()
