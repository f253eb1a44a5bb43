"""Win probability added (WPA): how much a play changed each team's chances (`app.sports.gridiron.swings`). Unit: probability.

WPA = WP after - WP before of the same team, a tie as half a win, on `win_probability` (unrounded). Both teams are told; what
one gains the other loses. Golden: home's 0.620 before and 0.700 after is 0.080 for home and -0.080 for away.

Edge cases: what only the clock, a time-out or a foul between plays changes belongs to no play. The last play of a game takes
what is left once the game is over with it. A foul in place of the play counts by its accepted outcome; nothing is said where that is
told with the next snap only (NFL). A try counts against the usual good kick. A play that is entered twice counts once.
"""

from typing import Any

from app.sports.base import Signal
from app.sports.gridiron.events import PLAYS
from app.sports.gridiron.swings import home_wpa

SIGNAL = Signal(
    name="wpa",
    title="Win probability added",
    description="Win probability after the play minus before it, of each team; they add up to 0.",
    unit="probability",
    range=(-1.0, 1.0),
    resolution=0.0001,
    version=1,
    subject="team",
    source="WPA = WP after - WP before, same team (nflfastR)",
    events=frozenset(PLAYS),
    features=("moment",),
    model="gridiron",
    additive=True,
)


def value(f: Any, model: Any, memory: None) -> dict[str, float] | None:
    """-1 to 1 of both teams; None for no play."""
    m = f.moment
    added = home_wpa(model.kernel, m)
    return None if added is None or m.home is None or m.away is None else {m.home: added, m.away: -added}
