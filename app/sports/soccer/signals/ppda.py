"""PPDA: passes that the opponent is allowed per defensive action. Lower is more intense pressing.

PPDA = passes by the opponent that start in its own 60 % of the pitch (passer's x ≤ 60 %) ÷ own fouls,
interceptions, won defensive duels and sliding tackles in the same zone (defender's x ≥ 40 %). Source: Wyscout
glossary; 2018/19 mean of the big five leagues 11.01. Variants with other actions are not comparable.
Golden: 207 / (10 + 16 + 11 + 3) = 5.175; 404 / 23 = 17.57.

Over the whole match so far, stoppage and extra time included, the shoot-out not. No defensive action yet: no value.
A defensive duel is a tackle; one that a provider also tells as an interception counts once, under its own type.
"""

from typing import Any

from app.sports.base import Event, Signal
from app.sports.soccer.events import PITCH_LENGTH_M

SIGNAL = Signal(
    name="ppda",
    title="Passes per defensive action",
    description="Opponent passes in its own 60 % of the pitch per own defensive action there; lower presses harder.",
    unit="passes per action",
    range=(0.0, 2000.0),
    resolution=0.01,
    version=1,
    subject="team",
    source="Wyscout glossary (PPDA)",
    minute=True,
    events=frozenset({"period_end"}),
    features=("home_id", "away_id"),
)

PASS_ZONE_END_X_M = 0.6 * PITCH_LENGTH_M
ACTION_ZONE_START_X_M = 0.4 * PITCH_LENGTH_M
SHOOT_OUT = 5

Counts = dict[str, list[int]]  # team: [passes in its own 60 %, defensive actions in the same zone]


def ppda(opponent_passes: int, defensive_actions: int) -> float | None:
    """The ratio; None without a defensive action."""
    return None if defensive_actions == 0 else opponent_passes / defensive_actions


def init() -> Counts:
    """Nothing counted yet."""
    return {}


def step(memory: Counts, event: Event, model: None) -> Counts:
    """Count one event."""
    x_m = None if event.control else event.fields.x_m
    if event.team is None or x_m is None or event.period == SHOOT_OUT:
        return memory
    if event.type == "pass" and x_m <= PASS_ZONE_END_X_M:
        memory.setdefault(event.team, [0, 0])[0] += 1
    elif x_m >= ACTION_ZONE_START_X_M and _is_defensive_action(event):
        memory.setdefault(event.team, [0, 0])[1] += 1
    return memory


def _is_defensive_action(event: Event) -> bool:
    if event.type in ("foul", "interception"):
        return True
    return event.type == "duel" and event.fields.duel_kind == "tackle" and event.fields.won is True


def value(f: Any, model: None, memory: Counts) -> dict[str, float | None]:
    """PPDA of both teams."""
    none = [0, 0]
    home, away = memory.get(f.home_id, none), memory.get(f.away_id, none)
    return {f.home_id: ppda(away[0], home[1]), f.away_id: ppda(home[0], away[1])}
