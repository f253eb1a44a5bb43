"""Success: did a play from scrimmage gain enough of what was needed?

1 where a rush or a dropback gains at least 50, 70, 100 and 100 % of the distance on downs 1 to 4, a first down or a
touchdown; 0 where it does not, and for a turnover or a safety. Source: success rate, Football Outsiders (shares of
signals.md, part 2). Another definition calls a play with EPA above 0 a success. Unit: 1; a team's sum is its successes.
Golden: 1st and 10, 5 yards: 1, 4 yards: 0; 2nd and 10, 7 yards: 1, 6: 0; 3rd and 3, 3 yards: 1; 4th and 1, none: 0.

Edge cases: kicks, tries, kneel-downs, spikes, fouls without a play and plays that do not count have no value. A play
without down, distance or yards is degraded, unless it was a score, a turnover or a first down. Overtime counts.
"""

from typing import Any

from app.sports.base import Signal
from app.sports.gridiron.features import DOES_NOT_APPLY

SIGNAL = Signal(
    name="success",
    title="Success",
    description="1 for a rush or dropback that gained 50, 70, 100, 100 % of the distance on downs 1 to 4, else 0.",
    unit="plays",
    range=(0.0, 1.0),
    resolution=1.0,
    version=1,
    subject="team",
    source="success rate (Football Outsiders): 50, 70, 100, 100 % of the distance by down",
    events=frozenset({"run", "pass", "sack"}),
    features=("play_success",),
    additive=True,
)


def value(f: Any, model: None, memory: None) -> float | None:
    """1 or 0; None for a play that is not counted so."""
    return None if f.play_success == DOES_NOT_APPLY else float(f.play_success)
