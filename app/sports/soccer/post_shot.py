"""A shot on target in numbers: the terms of post-shot xG, shared by every signal that needs it.

Formula: P(goal | on target) = 1 / (1 + exp(-(b0 + sum of b_i * t_i))) with the terms t_i of `terms`; the b_i are the
committed model "post_shot_xg" (docs/models.md). Training, evaluation and live scoring all come through here.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from app.sports.base import Event
from app.sports.soccer import shots
from app.sports.soccer.features import FEATURES

POST_SHOT_FEATURES = (
    "shot_on_target",
    "on_target_distance_m",
    "on_target_angle_rad",
    "on_target_side_m",
    "on_target_is_header",
    "on_target_is_free_kick",
    "on_target_is_penalty",
    "on_target_across",
    "on_target_up",
)
GOAL_TERMS = (
    "wide",
    "low",
    "high",
    "wide_low",
    "wide_high",
    "wide_x_log_distance",
    "low_x_log_distance",
    "high_x_log_distance",
    "header_x_wide",
    "header_x_low",
    "header_x_high",
    "near_side",
    "near_side_x_log_distance",
    "penalty_wide",
    "penalty_low",
    "penalty_high",
)
TERMS = (*shots.TAKEN_TERMS, *GOAL_TERMS)

# From here on a shot comes from the side as much as it can.
_FULLY_ASIDE_M = 15.0


def terms(
    distance_m: float,
    angle_rad: float,
    side_m: float,
    *,
    header: bool,
    free_kick: bool,
    penalty: bool,
    across: int,
    up: int,
) -> Sequence[float]:
    """The terms of one shot on target, in the order of TERMS (shape: 27). Training uses this same function.

    They are the terms of xG and, after them, of where the ball comes to. side_m: where the shot is taken, from the line
    through the middle of both goals; across, up: the part of the goal mouth (`app.sports.soccer.goal_mouth`). near_side
    is -1 to 1: how much the ball comes to the shooter's own side of the goal. A penalty switches off all but its own.
    """
    taken = shots.terms(distance_m, angle_rad, abs(side_m), header=header, free_kick=free_kick, penalty=penalty)
    wide, low, high = float(across != 0), float(up == 0), float(up == 2)
    if penalty:
        return (*taken, *(0.0,) * (len(GOAL_TERMS) - 3), wide, low, high)
    log_distance, h = taken[1], float(header)
    near = across * min(max(side_m / _FULLY_ASIDE_M, -1.0), 1.0)
    return (
        *taken,
        wide,
        low,
        high,
        wide * low,
        wide * high,
        wide * log_distance,
        low * log_distance,
        high * log_distance,
        h * wide,
        h * low,
        h * high,
        near,
        near * log_distance,
        0.0,
        0.0,
        0.0,
    )


_INPUTS = tuple((name, FEATURES[name].compute) for name in POST_SHOT_FEATURES)


def inputs_of(event: Event) -> SimpleNamespace | None:
    """The features of a shot, for whoever has no features of the fold's; None where the feed leaves one of them out."""
    found = {name: compute(None, event) for name, compute in _INPUTS}
    return None if None in found.values() else SimpleNamespace(**found)


def terms_of(f: Any) -> Sequence[float]:
    """The terms of a shot on target from its features."""
    return terms(
        f.on_target_distance_m,
        f.on_target_angle_rad,
        f.on_target_side_m,
        header=f.on_target_is_header,
        free_kick=f.on_target_is_free_kick,
        penalty=f.on_target_is_penalty,
        across=f.on_target_across,
        up=f.on_target_up,
    )
