"""What one worker has done so far, for `/metrics`: written with every heartbeat."""

from __future__ import annotations

import time
from collections import Counter, deque
from datetime import datetime
from typing import Any

import msgspec

from app.timing import stages

SIZES_KEPT = 1024


class Report:
    """Counters of one process. clock_ahead_s: by how much the database's clock is ahead of ours. ready: signals that are
    about to go on air and that this process has made ready. broken: versions that it cannot run as they were registered."""

    def __init__(self) -> None:
        self.ready: list[str] = []
        self.broken = 0
        self.clock_ahead_s = 0.0
        self._counts: Counter[str] = Counter()
        self._sizes: deque[int] = deque(maxlen=SIZES_KEPT)

    def count(self, what: str) -> None:
        """It happened once more."""
        self._counts[what] += 1

    def batch(self, events: int) -> None:
        """One batch was committed."""
        self._counts["batches"] += 1
        self._counts["events"] += events
        self._sizes.append(events)

    def heard(self, recorded_at: datetime, since_s: float) -> None:
        """The newest row of a batch was recorded then, and taken up `since_s` ago: what lies between is `notify`."""
        taken_up = time.time() + self.clock_ahead_s - since_s
        stages["notify"].note(max(taken_up - recorded_at.timestamp(), 0.0))

    def to_json(self) -> str:
        """Stages, counters and the sizes of the newest batches."""
        sizes = sorted(self._sizes)
        body: dict[str, Any] = {"stages": stages.report(), "counts": self._counts, "ready": self.ready}
        body["broken"] = self.broken
        if sizes:
            body["batch_events"] = {str(q): sizes[min(len(sizes) - 1, int(q * len(sizes)))] for q in (0.5, 0.95, 0.99)}
        return msgspec.json.encode(body).decode()
