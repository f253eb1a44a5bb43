"""Expected goals (xG): how likely a shot is to be scored, from where and how it is taken and what led to it.

Formula: xG = 1 / (1 + exp(-(b0 + sum of b_i * t_i))) with the terms t_i of `app.sports.soccer.shots`; the coefficients are
the committed model "xg" (docs/models.md), trained on the Wyscout open data set (Pappalardo et al. 2019, Scientific
Data 6:236, doi 10.1038/s41597-019-0247-7, CC BY 4.0).
Unit: probability of a goal, 0 to 1. A team's xG is the sum of its shots'.

Edge cases: a penalty is a constant, wherever it is said to be taken from. Shoot-out kicks have no xG at all.
Own goals are not shots. A shot that is withdrawn takes its xG with it. A shot without a location, a body part
or a kind is degraded (a penalty needs none of the first two). What led to a shot (`app.sports.soccer.build_up`: the last two
actions with the ball, a set piece shortly before) counts as nothing where the feed does not tell it.
"""

from typing import Any

from app.sports.base import Asked, Signal
from app.sports.soccer.shots import XG_FEATURES, terms_of

SIGNAL = Signal(
    name="xg",
    title="Expected goals (xG)",
    description="How likely the shot was to be scored, from where and how it was taken and what led to it.",
    unit="probability",
    range=(0.0, 1.0),
    resolution=0.0001,
    version=3,
    subject="player",
    source="logistic regression on Wyscout open data (Pappalardo et al. 2019, doi 10.1038/s41597-019-0247-7)",
    events=frozenset({"shot"}),
    features=(*XG_FEATURES, "shot_is_shoot_out"),
    model="xg",
    additive=True,
)


def ask(f: Any, memory: Any) -> Asked | None:
    """The terms of the shot; None for a kick of a shoot-out."""
    return None if f.shot_is_shoot_out else ((terms_of(f),), None)


def answer(predictions: list[float], note: None) -> float:
    """xG of the shot, 0 to 1."""
    return predictions[0]
