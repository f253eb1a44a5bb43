"""Watching the signals: have their values or inputs moved, do their probabilities still come true?

Read from what is stored, of matches that are over; computed in a thread, so that whoever streams is not kept waiting.
The numbers come out of the database as bytes, which cost the event loop nothing. What is watched of a signal beside its
values is in `watched`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.errors import UsageError
from app.settings import Settings
from app.warehouse.watched import CALIBRATIONS, FEATURES, Window, drift_row, numbers

KEEP_S, KEEP_LONGEST_S = 60.0, 600.0
# Whoever asks again and again has it computed in this share of the time, on a machine that is busy too.
_MOST_SHARE = 0.05
_DAY = timedelta(days=1)


class Report(msgspec.Struct, frozen=True):
    """What was found. matches kicked off from `since` until `until` are the recent ones, older ones the reference.

    drift: a row a signal (and outcome) and a row an input feature; calibration: a row a signal (and outcome) and window.
    """

    computed_at: datetime
    since: datetime
    until: datetime
    recent_matches: int
    reference_matches: int
    took_s: float
    drift: list[dict[str, Any]]
    calibration: list[dict[str, Any]]


async def monitor(
    pool: Pool,
    settings: Settings,
    signal: str | None = None,
    recent_days: int | None = None,
    until: datetime | None = None,
) -> Report:
    """The report up to a moment (now), of every live signal or of one.

    Raises UsageError for a signal that is not live here.
    """
    started = time.monotonic()
    until = until or datetime.now(UTC)
    since = until - timedelta(days=recent_days or settings.drift_recent_days)
    live = await pool.fetch(query("monitored_signals"), signal)
    if signal is not None and not live:
        raise UsageError(f"No signal '{signal}' is live in this database. `touchline signals list` lists them.")
    windows = {s: await _window(pool, settings, s, since, until) for s in sorted({r["sport"] for r in live})}
    drifts: list[dict[str, Any]] = []
    calibrations: list[dict[str, Any]] = []
    for row in live:
        window, of = windows[row["sport"]], (row["sport"], row["signal"])
        base = {"sport": row["sport"], "signal": row["signal"], "version": row["version"]}
        stored = await _values(pool, window, row)
        drifts += await asyncio.to_thread(_drifts, settings, window, base, stored)
        if of in FEATURES:
            drifts += await FEATURES[of](pool, settings, window, base)
        if of in CALIBRATIONS:
            calibrations += await CALIBRATIONS[of](pool, settings, window, base)
    every = windows.values()
    return Report(
        computed_at=datetime.now(UTC),
        since=since,
        until=until,
        recent_matches=sum(len(w.recent) for w in every),
        reference_matches=sum(len(w.ids) - len(w.recent) for w in every),
        took_s=round(time.monotonic() - started, 3),
        drift=drifts,
        calibration=calibrations,
    )


class Kept:
    """The last report of this process: computed when it is asked for, by one at a time, and kept for a while."""

    def __init__(self) -> None:
        self.last: Report | None = None
        self._until = 0.0
        self._running: asyncio.Task[Report] | None = None

    async def report(self, pool: Pool, settings: Settings) -> Report:
        """The report, at most a minute old; up to ten where computing it takes more than a few seconds."""
        if self.last is not None and time.monotonic() < self._until:
            return self.last
        if self._running is None:
            self._running = asyncio.create_task(self._compute(pool, settings))
            self._running.add_done_callback(_heard)
        # Whoever gives up waiting does not take it from the others.
        return await asyncio.shield(self._running)

    async def _compute(self, pool: Pool, settings: Settings) -> Report:
        try:
            self.last = await monitor(pool, settings)
            keep_s = min(max(KEEP_S, self.last.took_s / _MOST_SHARE), KEEP_LONGEST_S)
            self._until = time.monotonic() + keep_s
            return self.last
        finally:
            self._running = None


def _heard(done: asyncio.Task[Report]) -> None:
    """What went wrong is told to those who wait, where any is left."""
    if not done.cancelled():
        done.exception()


async def _window(pool: Pool, settings: Settings, sport: str, since: datetime, until: datetime) -> Window:
    rows = await pool.fetch(query("monitored_matches"), since, until, sport, settings.drift_matches)
    anchors = [r["anchor_at"] for r in rows] or [until]
    return Window(
        sport=sport,
        ids=[r["match_id"] for r in rows],
        keys=[r["match_key"] for r in rows],
        recent=frozenset(r["match_id"] for r in rows if r["recent"]),
        scores={r["match_id"]: (r["home_score"], r["away_score"]) for r in rows},
        since=min(anchors) - _DAY,
        until=max(anchors) + _DAY,
    )


async def _values(pool: Pool, window: Window, row: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    by_outcome = row["subject"] == "outcome"
    return await pool.fetch(
        query("monitored_values"), window.ids, row["signal"], row["version"], by_outcome, window.since, window.until
    )


def _drifts(
    settings: Settings, window: Window, base: dict[str, Any], stored: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    series: dict[str, dict[str, Any]] = {} if stored else {"": {}}
    for row in stored:
        series.setdefault(row["series"], {})[row["match_id"]] = numbers(row["numbers"], 1)[:, 0]
    return [drift_row(settings, window, base, "signal", of, values) for of, values in series.items()]
