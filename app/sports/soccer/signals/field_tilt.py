"""Field tilt: whose final third the match is played in, as the share of the passes that start there.

Field tilt = own passes in the final third / both teams' passes in their final thirds. A pass is in the final third when
it starts there (passer's x >= 70 of 105 m), whatever becomes of it and whatever its kind: a corner and a free kick near
the goal count, a long ball into the final third does not. Unit: share, 0 to 1; the two teams add up to 1. Sources differ
in whether they count touches or passes, tried or completed; this is the passes variant (The Football Analyst, "Field
Tilt: Football Statistics Explained"), over passes tried, because the end of a failed pass is where it was cut out.
Golden: 70 against 30 passes is 0.7.

Over the whole match so far, stoppage and extra time included, the shoot-out not. No pass of either team there yet: no
value. A pass without a location is not counted.
"""

from typing import Any

from app.sports.base import Event, Signal
from app.sports.soccer.events import PITCH_LENGTH_M

SIGNAL = Signal(
    name="field_tilt",
    title="Field tilt",
    description="Share of both teams' passes that start in the passer's final third which are this team's.",
    unit="share",
    range=(0.0, 1.0),
    resolution=0.001,
    version=1,
    subject="team",
    source='The Football Analyst, "Field Tilt" (passes variant)',
    minute=True,
    events=frozenset({"period_end"}),
    features=("home_id", "away_id"),
)

FINAL_THIRD_START_X_M = PITCH_LENGTH_M * 2 / 3
SHOOT_OUT = 5

Counts = dict[str, int]  # team: passes that start in its final third


def init() -> Counts:
    """No passes yet."""
    return {}


def step(memory: Counts, event: Event, model: None) -> Counts:
    """Count one event."""
    if event.type != "pass" or event.team is None or event.period == SHOOT_OUT:
        return memory
    x_m = event.fields.x_m
    if x_m is not None and x_m >= FINAL_THIRD_START_X_M:
        memory[event.team] = memory.get(event.team, 0) + 1
    return memory


def value(f: Any, model: None, memory: Counts) -> dict[str, float | None]:
    """Field tilt of both teams, 0 to 1; None while neither has passed in its final third."""
    home, away = memory.get(f.home_id, 0), memory.get(f.away_id, 0)
    both = home + away
    if both == 0:
        return {f.home_id: None, f.away_id: None}
    return {f.home_id: home / both, f.away_id: away / both}
