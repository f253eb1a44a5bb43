"""A shot in numbers: the terms of expected goals (xG), shared by every signal that needs the xG of a shot.

Formula: xG = 1 / (1 + exp(-(b0 + sum of b_i * t_i))) with the terms t_i of `xg_terms`; the b_i are the committed model "xg"
(docs/models.md). Training, evaluation and live scoring all come through here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from app.sports.base import Event
from app.sports.soccer.build_up import NOTHING, LedBy
from app.sports.soccer.events import PITCH_LENGTH_M, PITCH_WIDTH_M

# A penalty is taken from the mark, wherever a provider's operator clicked (Laws of the Game, Law 1.8).
PENALTY_MARK_X_M = PITCH_LENGTH_M - 11.0
PENALTY_MARK_Y_M = PITCH_WIDTH_M / 2
SHOOT_OUT_PERIOD = 5

TAKEN_FEATURES = (
    "shot_distance_m",
    "shot_angle_rad",
    "shot_offset_m",
    "shot_is_header",
    "shot_is_free_kick",
    "shot_is_penalty",
)

TAKEN_TERMS = (
    "distance_m",
    "log_distance",
    "angle_rad",
    "distance_x_angle",
    "offset_m",
    "header",
    "header_x_log_distance",
    "header_x_angle",
    "free_kick",
    "free_kick_x_distance",
    "penalty",
)

LED_BY_FEATURES = tuple(f"before_shot_{name}" for name in LedBy._fields)
XG_FEATURES = (*TAKEN_FEATURES, *LED_BY_FEATURES)
TERMS = (*TAKEN_TERMS, *LedBy._fields)

# Below a metre the logarithm runs away while the chance hardly changes.
_NEAREST_M = 1.0


def shot_place(event: Event) -> tuple[float, float] | None:
    """Where a shot is taken from in metres, or None where the feed does not say."""
    if is_penalty(event):
        return PENALTY_MARK_X_M, PENALTY_MARK_Y_M
    x_m, y_m = event.fields.x_m, event.fields.y_m
    return None if x_m is None or y_m is None else (x_m, y_m)


def is_penalty(event: Event) -> bool | None:
    """Is the shot a penalty, a kick of a shoot-out among them? None where the feed does not say."""
    if event.period == SHOOT_OUT_PERIOD:
        return True
    kind = event.fields.shot_kind
    return None if kind is None else kind == "penalty"


def terms(
    distance_m: float, angle_rad: float, offset_m: float, *, header: bool, free_kick: bool, penalty: bool
) -> Sequence[float]:
    """The regression's terms of one shot, in the order of TAKEN_TERMS (shape: 11). Training uses this same function.

    A penalty switches every other term off, so that its own coefficient alone sets its constant.
    """
    if penalty:
        return (0.0,) * (len(TAKEN_TERMS) - 1) + (1.0,)
    log_distance = math.log(max(distance_m, _NEAREST_M))
    h, k = float(header), float(free_kick)
    return (
        distance_m,
        log_distance,
        angle_rad,
        distance_m * angle_rad,
        offset_m,
        h,
        h * log_distance,
        h * angle_rad,
        k,
        k * distance_m,
        0.0,
    )


def xg_terms(taken: Sequence[float], led_by: Sequence[float]) -> Sequence[float]:
    """The terms of xG, in the order of TERMS: those of how a shot is taken, and what led to it; a penalty is led to by nothing."""
    return (*taken, *(NOTHING if taken[-1] else led_by))


def terms_of(f: Any) -> Sequence[float]:
    """The terms of a shot from its features: live scoring, training and evaluation all come through here."""
    taken = terms(
        f.shot_distance_m,
        f.shot_angle_rad,
        f.shot_offset_m,
        header=f.shot_is_header,
        free_kick=f.shot_is_free_kick,
        penalty=f.shot_is_penalty,
    )
    return xg_terms(taken, [getattr(f, name) for name in LED_BY_FEATURES])
