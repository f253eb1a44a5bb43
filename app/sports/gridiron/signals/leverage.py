"""Leverage: how much hangs on the next snap, against the average snap (1).

Leverage = E|change of the win probability| over what the next snap may lead to / its mean over the training games. What a snap
may lead to (gains, a lost ball, kicks, fourth-down choices as teams make them) is counted by down and distance
(`app.sports.gridiron.play_outcomes`); the win probability of each is that of `win_probability`. It is the leverage index (Tango 2006, for
baseball) with the *expected* swing, not one that happened, and no table by score and quarter. Unit: 1, from 0 up. Both
teams have the same.

Edge cases: after the game 0. Nothing to say where no snap is due (a kick-off, a try), or where its place is not told yet.
"""

from typing import Any

from app.sports.base import Signal
from app.sports.gridiron.events import PLAYS
from app.sports.gridiron.play_outcomes import outcomes
from app.sports.gridiron.win_chances import expected_swing

SIGNAL = Signal(
    name="leverage",
    title="Leverage",
    description="Expected change of the win probability by the next snap, 1 for the average snap.",
    unit="1",
    range=(0.0, 100.0),
    resolution=0.01,
    version=1,
    subject="match",
    source="leverage index: E|change of win probability| over its mean (Tango 2006)",
    events=frozenset({*PLAYS, "timeout", "game_end", "status"}),
    features=("moment",),
    model="gridiron",
)


def value(f: Any, model: Any, memory: None) -> float | None:
    """0 or more; None where no snap is due."""
    if f.moment.over:
        return 0.0
    s = f.moment.after
    if s is None or s.down is None or s.yards_to_goal is None:
        return None
    kernel = model.kernel
    return expected_swing(kernel, outcomes(kernel, s)) / kernel.tables[s.league]["mean_swing"]
