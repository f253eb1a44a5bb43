"""Key plays: the plays that changed the win probability by LEAST or more. Unit: probability.

The value is `wpa` of the team that gained by it, so it is above 0. Whoever wants the five key plays of a game takes its values,
highest first, earliest first among equals, and keeps five. Golden: -0.080 for the team with the ball is 0.080 of the other.

Edge cases: those of `wpa`. A play that is corrected or removed takes its value with it. A play that is entered twice counts
once.
"""

from typing import Any

from app.sports.base import Signal
from app.sports.gridiron.events import PLAYS
from app.sports.gridiron.swings import home_wpa

# A game has some ten of them; a close one more.
LEAST = 0.05

SIGNAL = Signal(
    name="key_plays",
    title="Key plays",
    description="A play that changed the win probability by 0.05 or more, for the team that gained by it.",
    unit="probability",
    range=(0.0, 1.0),
    resolution=0.0001,
    version=1,
    subject="team",
    source="none agreed; |WPA| from 0.05 on",
    events=frozenset(PLAYS),
    features=("moment",),
    model="gridiron",
    additive=True,
)


def value(f: Any, model: Any, memory: None) -> dict[str, float] | None:
    """0.05 to 1 of the team that gained; None for any other play."""
    m = f.moment
    added = home_wpa(model.kernel, m)
    if added is None or abs(added) < LEAST:
        return None
    team = m.home if added > 0 else m.away
    return None if team is None else {team: abs(added)}
