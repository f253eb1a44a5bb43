"""Expected goals (xG): how likely a shot is to be scored, from where and how it is taken.

Formula: xG = 1 / (1 + exp(-(b0 + sum of b_i * t_i))) with the terms t_i of `terms`; the coefficients are the
committed model "xg" (docs/models.md), trained on the Wyscout open data set (Pappalardo et al. 2019, Scientific
Data 6:236, doi 10.1038/s41597-019-0247-7, CC BY 4.0).
Unit: probability of a goal, 0 to 1. A team's xG is the sum of its shots'.

Edge cases: a penalty is a constant, wherever it is said to be taken from. Shoot-out kicks have no xG at all.
Own goals are not shots. A shot that is withdrawn takes its xG with it. A shot without a location, a body part
or a kind is degraded (a penalty needs none of the first two).
"""

import math
from collections.abc import Sequence
from typing import Any

from app.sports.base import Signal

SIGNAL = Signal(
    name="xg",
    title="Expected goals (xG)",
    description="How likely the shot was to be scored, from distance, angle, body part and kind of shot.",
    unit="probability",
    range=(0.0, 1.0),
    resolution=0.0001,
    version=1,
    subject="player",
    source="logistic regression on Wyscout open data (Pappalardo et al. 2019, doi 10.1038/s41597-019-0247-7)",
    events=frozenset({"shot"}),
    features=(
        "shot_distance_m",
        "shot_angle_rad",
        "shot_offset_m",
        "shot_is_header",
        "shot_is_free_kick",
        "shot_is_penalty",
        "shot_is_shoot_out",
    ),
    model="xg",
    additive=True,
)

TERMS = (
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

# Below a metre the logarithm runs away while the chance hardly changes.
_NEAREST_M = 1.0


def terms(
    distance_m: float, angle_rad: float, offset_m: float, *, header: bool, free_kick: bool, penalty: bool
) -> Sequence[float]:
    """The regression's terms of one shot, in the order of TERMS (shape: 11). Training uses this same function.

    A penalty switches every other term off, so that its own coefficient alone sets its constant.
    """
    if penalty:
        return (0.0,) * (len(TERMS) - 1) + (1.0,)
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


def terms_of(f: Any) -> Sequence[float]:
    """The terms of a shot from its features: live scoring, training and evaluation all come through here."""
    return terms(
        f.shot_distance_m,
        f.shot_angle_rad,
        f.shot_offset_m,
        header=f.shot_is_header,
        free_kick=f.shot_is_free_kick,
        penalty=f.shot_is_penalty,
    )


def value(f: Any, model: Any, memory: Any) -> float | None:
    """xG of the shot, 0 to 1; None for a kick of a shoot-out."""
    if f.shot_is_shoot_out:
        return None
    return model.kernel.predict(terms_of(f))
