"""Where a shot comes to the goal: on target or not, and which of nine parts of the goal mouth.

The goal mouth is 7.32 m wide and 2.44 m high (Laws of the Game, Law 1). The nine parts are those of the coarsest provider
that tells any, Wyscout, who does not say where they end. Here they end where they agree best with the places that StatsBomb
tells of the same 379 shots on target (World Cup 2018): 2 m to either side of the middle, 0.65 m and 1.7 m above the
ground; 80 % of them lie in the same third across, 79 % in the same third up. A ball that was stopped is placed where it was
stopped, by both.
"""

from __future__ import annotations

from app.sports.soccer.events import GOAL_WIDTH_M, PITCH_WIDTH_M

GOAL_HEIGHT_M = 2.44
MIDDLE_M = 2.0
LOW_M, HIGH_M = 0.65, 1.7

# What a shot's `outcome` says. A shot that a field player blocks is not on target, wherever it would have gone.
ON_TARGET = frozenset(("goal", "saved", "saved_to_post"))
OFF_TARGET = frozenset(("post", "off_target", "blocked", "wayward", "saved_off_target"))

_SIDE_M = (MIDDLE_M + GOAL_WIDTH_M / 2) / 2
_UP_M = (LOW_M / 2, (LOW_M + HIGH_M) / 2, (HIGH_M + GOAL_HEIGHT_M) / 2)


def on_target(outcome: str | None) -> bool | None:
    """Would the shot have been a goal but for a goalkeeper? None where it is not told."""
    if outcome in ON_TARGET:
        return True
    return False if outcome in OFF_TARGET else None


def part_across(end_y_m: float) -> int:
    """-1 left, 0 middle, 1 right part of the goal, as the shooter sees it; what is outside belongs to the nearer."""
    from_middle_m = end_y_m - PITCH_WIDTH_M / 2
    if abs(from_middle_m) <= MIDDLE_M:
        return 0
    return 1 if from_middle_m > 0 else -1


def part_up(end_z_m: float) -> int:
    """0 low, 1 half-high, 2 high part of the goal."""
    if end_z_m < LOW_M:
        return 0
    return 1 if end_z_m <= HIGH_M else 2


def middle_of(across: int, up: int) -> tuple[float, float]:
    """The middle of a part of the goal mouth: metres from the left touchline, metres above the ground."""
    return PITCH_WIDTH_M / 2 + across * _SIDE_M, _UP_M[up]
