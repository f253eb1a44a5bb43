"""What is watched of a signal beside its values: its input features, and whether its probabilities come true.

A further one is a function in FEATURES or CALIBRATIONS.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any

import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.settings import Settings
from app.sports.soccer.geometry import goal_angle_rad, goal_distance_m


class Window(msgspec.Struct, frozen=True):
    """Matches of a sport. since: the first anchor among them; their values lie from there to `until`."""

    sport: str
    ids: list[str]
    keys: list[int]
    recent: frozenset[str]
    scores: Mapping[str, tuple[int, int]]
    since: datetime
    until: datetime


OUTCOMES = ("home", "draw", "away")
# Longer than any period: with it, periods come one after the other whatever their clocks say.
_PERIOD_S = 100_000.0


def limits(settings: Settings) -> Any:
    """The settings of a verdict (analytics.monitor.Limits)."""
    from analytics.monitor import Limits

    return Limits(**{name: getattr(settings, f"drift_{name}") for name in Limits._fields})


def numbers(raw: bytes, columns: int) -> Any:
    """What float8send wrote, as an array (shape: rows x columns)."""
    import numpy as np

    return np.frombuffer(raw, dtype=">f8").astype(float).reshape(-1, columns)


def drift_row(
    settings: Settings, window: Window, base: dict[str, Any], kind: str, series: str, values: Mapping[str, Any]
) -> dict[str, Any]:
    """One row of the report. kind: "signal" or "feature". values: an array of each match's."""
    from analytics.monitor import compared

    found = compared(
        [v for match, v in values.items() if match not in window.recent],
        [v for match, v in values.items() if match in window.recent],
        limits(settings),
    )
    return {**base, "kind": kind, "series": series, **found}


async def _shot_features(pool: Pool, settings: Settings, window: Window, base: dict[str, Any]) -> list[dict[str, Any]]:
    """Distance and angle of the shots, by the functions that the signal's features use."""
    shots = await pool.fetch(query("monitored_shots"), window.keys)

    def rows() -> list[dict[str, Any]]:
        import numpy as np

        places = {r["match_id"]: numbers(r["numbers"], 4)[:, :2].tolist() for r in shots}
        computed = {"shot_distance_m": goal_distance_m, "shot_angle_rad": goal_angle_rad}
        return [
            drift_row(
                settings,
                window,
                base,
                "feature",
                name,
                {match: np.array([of(x_m, y_m) for x_m, y_m in found]) for match, found in places.items()},
            )
            for name, of in computed.items()
        ]

    return await asyncio.to_thread(rows)


async def _goals(pool: Pool, settings: Settings, window: Window, base: dict[str, Any]) -> list[dict[str, Any]]:
    """xG beside goals, shot by shot."""
    shots = await pool.fetch(query("monitored_shots"), window.keys)

    def rows() -> list[dict[str, Any]]:
        import numpy as np

        from analytics.monitor import calibrated

        found = []
        for name, chosen in _sides(window, shots):
            table = np.vstack([np.empty((0, 4)), *(numbers(r["numbers"], 4) for r in chosen)])
            match = np.repeat(np.arange(len(chosen)), [len(r["numbers"]) // 32 for r in chosen])
            valued = ~np.isnan(table[:, 2])
            row = calibrated(table[valued, 3], table[valued, 2], match[valued], limits(settings))
            found.append({**base, "series": "", "window": name, **row, "rps": None})
        return found

    return await asyncio.to_thread(rows)


async def _results(pool: Pool, settings: Settings, window: Window, base: dict[str, Any]) -> list[dict[str, Any]]:
    """Win probability at each 5 minutes beside the result, as `touchline quality` measures it: a row an outcome."""
    said = await pool.fetch(query("monitored_outcomes"), window.ids, base["version"], window.since, window.until)

    def rows() -> list[dict[str, Any]]:
        import numpy as np

        from analytics.metrics import rps
        from analytics.monitor import calibrated

        by_match: dict[str, dict[str, Any]] = {}
        for r in said:
            by_match.setdefault(r["match_id"], {})[r["subject"]] = numbers(r["numbers"], 3)
        states = {m: at_marks(s, *window.scores[m]) for m, s in by_match.items() if len(s) == len(OUTCOMES)}
        found = []
        for name, chosen in _sides(window, [{"match_id": m} for m in states]):
            ids = [r["match_id"] for r in chosen]
            p = np.vstack([np.empty((0, 3)), *(states[m][0] for m in ids)])
            result = np.concatenate([np.empty(0, dtype=int), *(states[m][1] for m in ids)])
            match = np.repeat(np.arange(len(ids)), [len(states[m][1]) for m in ids])
            score = rps(result, p) if len(p) else None
            for i, outcome in enumerate(OUTCOMES):
                row = calibrated(result == i, p[:, i], match, limits(settings))
                found.append({**base, "series": outcome, "window": name, **row, "rps": score})
        return found

    return await asyncio.to_thread(rows)


def at_marks(said: Mapping[str, Any], home: int, away: int) -> tuple[Any, Any]:
    """What held at each 5 minutes of a match that ended home : away (shape: marks x 3), and what it was about (shape:
    marks; 0 home, 1 draw, 2 away): before extra time that is the draw after 90 minutes.

    said: of each outcome an array of rows of period, match clock in seconds, and value, in match order.
    """
    import numpy as np

    extra = any(np.any((s[:, 0] == 3) | (s[:, 0] == 4)) for s in said.values())
    minutes = np.arange(0, 120 if extra else 90, 5)
    periods = np.searchsorted([45, 90, 105], minutes, side="right") + 1
    places = periods * _PERIOD_S + minutes * 60.0
    held = []
    for outcome in OUTCOMES:
        # The last value up to each mark; what was said first holds before it, too.
        last = np.searchsorted(said[outcome][:, 0] * _PERIOD_S + said[outcome][:, 1], places, side="right") - 1
        held.append(said[outcome][np.maximum(last, 0), 2])
    after_all = 0 if home > away else 1 if home == away else 2
    return np.column_stack(held), np.where(extra & (periods <= 2), 1, after_all)


def _sides(window: Window, rows: list[Any]) -> list[tuple[str, list[Any]]]:
    recent = [r for r in rows if r["match_id"] in window.recent]
    return [("recent", recent), ("reference", [r for r in rows if r["match_id"] not in window.recent])]


Watch = Callable[[Pool, Settings, Window, dict[str, Any]], Coroutine[Any, Any, list[dict[str, Any]]]]
# By sport and signal.
FEATURES: dict[tuple[str, str], Watch] = {("soccer", "xg"): _shot_features}
CALIBRATIONS: dict[tuple[str, str], Watch] = {
    ("soccer", "xg"): _goals,
    ("soccer", "win_probability"): _results,
}
