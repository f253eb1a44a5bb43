"""Terms of what may come of a fourth down: a conversion and a field goal. Pure; numbers live, arrays in training."""

from __future__ import annotations

import math
from typing import Any

CONVERT_TERMS = ("log_distance", "log_distance_squared", "one_yard", "far", "log_far", "goal_to_go", "fourth")
FIELD_GOAL_TERMS = ("yards", "yards_squared")


def convert_terms(down: Any, distance_yd: Any, yards_to_goal: Any, of: Any = math) -> tuple[Any, ...]:
    """The values of CONVERT_TERMS; down 3 or 4 (thirds are many more, and alike)."""
    log_distance = of.log(distance_yd)
    return (
        log_distance,
        log_distance * log_distance,
        (distance_yd <= 1) * 1.0,
        yards_to_goal / 100.0,
        of.log(yards_to_goal),
        (distance_yd >= yards_to_goal) * 1.0,
        (down == 4) * 1.0,
    )


def field_goal_terms(yards_to_goal: Any) -> tuple[Any, ...]:
    """The values of FIELD_GOAL_TERMS; the kick is some 17 yards longer."""
    return yards_to_goal / 10.0, yards_to_goal * yards_to_goal / 1000.0
