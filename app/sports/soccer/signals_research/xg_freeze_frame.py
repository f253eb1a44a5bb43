"""Expected goals with freeze frame: how likely a shot is to be scored, by xG and by who stands where at that moment.

Formula: 1 / (1 + exp(-(b0 + sum of b_i * t_i))) with the terms of xG (`app.sports.soccer.shots`) and those of the freeze frame
(`app.sports.soccer.freeze_frame`): how far the goalkeeper is off his line (and its square) and from the ball, the nearest opponent
(pressure), the share of the goal that no opponent in the triangle of ball and posts hides, a lob. The coefficients are the
model "xg_freeze_frame", for research only: `touchline train xg_freeze_frame` makes it of one's own StatsBomb open data.
Unit: probability of a goal, 0 to 1. A team's is the sum of its shots'.

Edge cases: a penalty is a constant, and needs neither place nor frame. Shoot-out kicks have no value at all. Own goals are
not shots. A shot that is withdrawn takes its value with it. A shot without a freeze frame, or an empty one, is degraded:
never xG under this name, since that knows less; the signal xg tells it beside. So is one that xG is degraded for. Where the
frame does not show the goalkeeper, his terms are 0, as in training. A model of other terms degrades every value.
"""

from typing import Any

from app.sports.base import Signal
from app.sports.soccer.frame_features import FRAME_INPUTS, frame_terms_of
from app.sports.soccer.freeze_frame import FRAME_TERMS
from app.sports.soccer.shots import TERMS, XG_FEATURES, terms_of

SIGNAL = Signal(
    name="xg_freeze_frame",
    title="Expected goals with freeze frame",
    description="How likely the shot was to be scored, with goalkeeper and opponents as they stood.",
    unit="probability",
    range=(0.0, 1.0),
    resolution=0.0001,
    version=2,
    subject="player",
    source="logistic regression on StatsBomb open data, for research only",
    events=frozenset({"shot"}),
    features=(*XG_FEATURES, *FRAME_INPUTS, "shot_is_shoot_out"),
    model="xg_freeze_frame",
    additive=True,
)
_TERMS = (*TERMS, *FRAME_TERMS)


def value(f: Any, model: Any, memory: Any) -> float | None:
    """Chance of the shot, 0 to 1; None for a kick of a shoot-out. Raises ValueError for a model of other terms."""
    if f.shot_is_shoot_out:
        return None
    if model.kernel.features != _TERMS:
        raise ValueError(f"{model.label} was trained on other terms: train it again")
    return model.kernel.predict((*terms_of(f), *frame_terms_of(f)))
