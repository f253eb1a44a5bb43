"""Pace: seconds of the game clock between a team's snaps within a drive. Lower is faster.

Pace = sum of the clock from one snap to the next of the same drive / number of such pairs, over the game so far. Snaps
are rushes, dropbacks, kneel-downs and spikes that count; the clock stops after incompletions and out of bounds, so that
passing teams look faster than they walk. Unit: seconds a play. No definition is agreed on; this is ours.
Golden: snaps at 10:00, 9:30 and 9:10 of one drive are (30 + 20) / 2 = 25 s.

Edge cases: no pair yet: no value. What is told without a time stands at the last known one. College overtime has no
clock and is left out; the first snap of a drive has nothing before it.
"""

from typing import Any

from app.sports.base import Signal

SIGNAL = Signal(
    name="pace",
    title="Pace",
    description="Seconds of the game clock between a team's snaps within a drive, over the game so far.",
    unit="s",
    range=(0.0, 900.0),
    resolution=0.1,
    version=1,
    subject="team",
    source="none agreed; game clock between snaps of one drive",
    minute=True,
    events=frozenset({"period_end"}),
    features=("home_id", "away_id", "home_pace_s", "home_pace_gaps", "away_pace_s", "away_pace_gaps"),
)


def value(f: Any, model: None, memory: None) -> dict[str, float | None]:
    """Pace of both teams; None before a team's second snap of a drive."""
    return {
        f.home_id: f.home_pace_s / f.home_pace_gaps if f.home_pace_gaps else None,
        f.away_id: f.away_pace_s / f.away_pace_gaps if f.away_pace_gaps else None,
    }
