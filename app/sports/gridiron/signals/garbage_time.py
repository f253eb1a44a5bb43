"""Garbage time: was the game as good as decided before the play?

1 where the margin of either side before the snap is above 28, 24, 21 and 16 points in quarters 1 to 4 (S&P+), else 0.
Unit: 1. Causal: only the score before the play decides, so that a comeback is not garbage afterwards.
Golden: 17 points in the fourth quarter: 1; 16: 0; 29 in the first: 1; 28: 0.

Edge cases: overtime is never garbage. The play that makes the margin is not garbage itself, the next one is. A score
that is corrected corrects the plays behind it.
"""

from typing import Any

from app.sports.base import Signal
from app.sports.gridiron.events import PLAYS

SIGNAL = Signal(
    name="garbage_time",
    title="Garbage time",
    description="1 where the margin before the play was above 28, 24, 21, 16 points in quarters 1 to 4, else 0.",
    unit="1",
    range=(0.0, 1.0),
    resolution=1.0,
    version=1,
    subject="match",
    source="S&P+ garbage time (Connelly): margins 28, 24, 21, 16 by quarter",
    events=frozenset(PLAYS),
    features=("play_in_garbage_time",),
)


def value(f: Any, model: None, memory: None) -> float:
    """1 or 0."""
    return 1.0 if f.play_in_garbage_time else 0.0
