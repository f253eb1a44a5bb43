"""Expected points (EP): what the team with the ball will have scored, net of the other, at the next score of the half. Pure.

The next score is one of seven: touchdown, field goal or safety of either team, or none until the half ends. Their
probabilities are a multinomial logistic regression on the situation (Burke's next-score idea, as a model in Yurko, Ventura and
Horowitz 2019, "nflWAR", Journal of Quantitative Analysis in Sports 15(3)); EP is the sum of probability times points, with 7
for a touchdown. Unit: points, -7 to 7. The regressions of both leagues are parts of the model "gridiron" (docs/models.md).
"""

from __future__ import annotations

import math
from typing import Any

# From the view of the team with the ball.
CLASSES = (
    "touchdown",
    "field_goal",
    "safety",
    "no_score",
    "opponent_safety",
    "opponent_field_goal",
    "opponent_touchdown",
)
POINTS = (7.0, 3.0, 2.0, 0.0, -2.0, -3.0, -7.0)
# What a kick-off is worth to who receives it: a first down after a touchback (as in cfbfastR).
KICK_OFF = (1, 10, 75)

TERMS = (
    "far",
    "far_squared",
    "log_far",
    "in_range",
    "log_distance",
    "second",
    "third",
    "fourth",
    "second_x_log_distance",
    "third_x_log_distance",
    "fourth_x_log_distance",
    "third_x_far",
    "fourth_x_far",
    "third_x_in_range",
    "fourth_x_in_range",
    "goal_to_go",
    "goal_to_go_x_log_far",
    "end_30_s",
    "end_2_min",
    "end_6_min",
    "end_30_s_x_far",
    "end_2_min_x_far",
    "end_6_min_x_far",
    "end_30_s_x_in_range",
    "end_2_min_x_in_range",
    "end_2_min_x_third",
    "end_2_min_x_fourth",
)


def terms(down: Any, distance_yd: Any, yards_to_goal: Any, half_s: Any, of: Any = math) -> tuple[Any, ...]:
    """The values of TERMS. down 1 to 4; yards from 1 on; half_s: seconds left in the half.

    of: `math` for numbers; training gives numpy, and arrays of one number a row.
    """
    far, log_far, log_distance = yards_to_goal / 100.0, of.log(yards_to_goal), of.log(distance_yd)
    # Half of all kickers' field goals are from within 38 yards of the goal line or so; it fades over ten yards.
    in_range = 1.0 / (1.0 + of.exp((yards_to_goal - 38.0) / 4.0))
    second, third, fourth = (down == 2) * 1.0, (down == 3) * 1.0, (down == 4) * 1.0
    goal = (distance_yd >= yards_to_goal) * 1.0
    end_30_s, end_2_min, end_6_min = of.exp(-half_s / 30.0), of.exp(-half_s / 120.0), of.exp(-half_s / 360.0)
    return (
        far,
        far * far,
        log_far,
        in_range,
        log_distance,
        second,
        third,
        fourth,
        second * log_distance,
        third * log_distance,
        fourth * log_distance,
        third * far,
        fourth * far,
        third * in_range,
        fourth * in_range,
        goal,
        goal * log_far,
        end_30_s,
        end_2_min,
        end_6_min,
        end_30_s * far,
        end_2_min * far,
        end_6_min * far,
        end_30_s * in_range,
        end_2_min * in_range,
        end_2_min * third,
        end_2_min * fourth,
    )


def points_of(probabilities: Any) -> float:
    """EP of seven probabilities in the order of CLASSES."""
    total = 0.0
    for probability, points in zip(probabilities, POINTS, strict=True):
        total += probability * points
    return total


def expected_points(next_score: Any, down: int, distance_yd: int, yards_to_goal: int, half_s: float) -> float:
    """EP of the team with the ball, -7 to 7. next_score: the league's part of the model. Inputs are held to what they
    can be (a distance beyond the goal line is the goal line)."""
    yards = min(max(yards_to_goal, 1), 99)
    distance = min(max(distance_yd, 1), yards)
    return points_of(next_score.predict(terms(min(max(down, 1), 4), distance, yards, max(half_s, 0.0))))
