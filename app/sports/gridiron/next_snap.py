"""What comes next on the field, as graphics show it: who has the ball, down, distance, place, and what a fourth down offers.

Pure. It is the situation that a play leads to (`app.sports.gridiron.moments`), and what the fold knows of tries and kick-offs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.sports.base import Event, Feature
from app.sports.gridiron.overtime import is_turn
from app.sports.gridiron.play_outcomes import FIELD_GOAL_REACH_YD, PUNTS_BEYOND_YD

if TYPE_CHECKING:
    from app.sports.gridiron.situation import Situation

SNAP, TRY, KICK_OFF = 0, 1, 2
GO, KICK, PUNT = 1, 2, 4


def due(state: Any, event: Event | None) -> int:
    """SNAP, TRY or KICK_OFF."""
    if state.try_due:
        return TRY
    return KICK_OFF if state.kick_due else SNAP


def choices(s: Situation) -> int:
    """What is open on a fourth down: GO, KICK and PUNT added up; 0 on other downs, and where its place is not told."""
    if s.down != 4 or s.distance_yd is None or s.yards_to_goal is None:
        return 0
    kick = KICK if s.yards_to_goal <= FIELD_GOAL_REACH_YD[s.league] else 0
    punt = PUNT if s.yards_to_goal > PUNTS_BEYOND_YD and not is_turn(s) else 0
    return GO + kick + punt


DUE_FEATURES = (
    Feature("due", "match", int, "1", "what comes next: 0 a snap, 1 a try after a touchdown, 2 a kick-off", due),
)
