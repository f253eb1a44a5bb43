"""Momentum: whose recent possession of the ball threatens more, −1 (all away) to +1 (all home).

Each completed pass and each carry adds the threat it gains (xT of the end minus xT of the start, where that is
above 0), and each shot the xT of where it is taken from, to its team's threat; threat halves every three minutes
of match clock, and what is older than fifteen (3 % of it would be left) is forgotten, so that a correction changes
no more than a quarter of an hour. Momentum = (home − away) / (home + away + 0.05); the constant keeps quiet minutes near 0.
There is no agreed definition in the field: this is possession-value momentum after Opta's Match Momentum (both
teams' recent possession value, weighted by recency), with xT (Singh 2019) as the value.

Halves start from nothing: what happened before the break is no momentum.
"""

from typing import Any

import msgspec

from app.sports.base import Event, Signal

SIGNAL = Signal(
    name="momentum",
    title="Momentum",
    description="Recency-weighted threat of both teams against each other; positive is the home team's.",
    unit="1",
    range=(-1.0, 1.0),
    resolution=0.001,
    version=2,
    subject="match",
    source="possession-value momentum with xT (Singh 2019) as value",
    minute=True,
    features=("home_id", "away_id", "match_period", "match_elapsed_s"),
    model="xt",
)

HALF_LIFE_S = 180.0
MEMORY_S = 900.0
QUIET = 0.05
SHOOT_OUT = 5


class Threat(msgspec.Struct):
    """What each team has threatened in the last quarter of an hour of a half, oldest first."""

    period: int = 0
    by_team: dict[str, list[tuple[float, float]]] = {}  # team: [(elapsed_s, xT gained), …]


def init() -> Threat:
    """No threat yet."""
    return Threat()


def threat(gains: list[tuple[float, float]], now_s: float) -> float:
    """What is left of a team's threat at a moment of the match clock."""
    return sum(gain * 0.5 ** (max(now_s - at_s, 0.0) / HALF_LIFE_S) for at_s, gain in gains if now_s - at_s < MEMORY_S)


def step(memory: Threat, event: Event, model: Any) -> Threat:
    """Add what one action threatens."""
    if event.control or event.period == SHOOT_OUT:
        return memory
    if event.period != memory.period:
        memory.period, memory.by_team = event.period, {}
    if event.team is None:
        return memory
    gained = _gain(event, model)
    if gained > 0.0:
        gains = memory.by_team.setdefault(event.team, [])
        now_s = max(event.elapsed_s, gains[-1][0]) if gains else event.elapsed_s
        while gains and now_s - gains[0][0] >= MEMORY_S:
            gains.pop(0)
        gains.append((now_s, gained))
    return memory


def _gain(event: Event, model: Any) -> float:
    fields = event.fields
    if model is None or fields.x_m is None or fields.y_m is None:
        return 0.0
    start = model.kernel.value(fields.x_m, fields.y_m)
    if event.type == "shot":
        return start
    moved = event.type == "carry" or (event.type == "pass" and fields.outcome == "complete")
    if not moved or fields.end_x_m is None or fields.end_y_m is None:
        return 0.0
    return max(model.kernel.value(fields.end_x_m, fields.end_y_m) - start, 0.0)


def value(f: Any, model: Any, memory: Threat) -> float:
    """Home threat against away threat now. A minute can pass before the first event of its half is told."""
    if memory.period != f.match_period:
        return 0.0
    home = threat(memory.by_team.get(f.home_id, []), f.match_elapsed_s)
    away = threat(memory.by_team.get(f.away_id, []), f.match_elapsed_s)
    return (home - away) / (home + away + QUIET)
