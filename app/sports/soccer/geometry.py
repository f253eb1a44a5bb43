"""Where a point of the pitch lies to the goal being attacked. Metres and radians; plain functions of numbers."""

import math

from app.sports.soccer.events import GOAL_WIDTH_M, PITCH_LENGTH_M, PITCH_WIDTH_M

_LEFT_POST_Y = (PITCH_WIDTH_M - GOAL_WIDTH_M) / 2
_RIGHT_POST_Y = (PITCH_WIDTH_M + GOAL_WIDTH_M) / 2


def goal_distance_m(x_m: float, y_m: float) -> float:
    """Metres from a point to the centre of the goal."""
    return math.hypot(PITCH_LENGTH_M - x_m, PITCH_WIDTH_M / 2 - y_m)


def goal_angle_rad(x_m: float, y_m: float) -> float:
    """Angle between the two posts as seen from a point, 0 to pi; pi on the goal line between the posts."""
    depth = PITCH_LENGTH_M - x_m
    left = math.atan2(_LEFT_POST_Y - y_m, depth)
    right = math.atan2(_RIGHT_POST_Y - y_m, depth)
    return min(abs(right - left), math.pi)
