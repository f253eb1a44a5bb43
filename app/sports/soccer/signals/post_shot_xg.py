"""Post-shot xG: how likely a shot is to be scored once it is known where it comes to the goal.

Formula: P(goal | on target) by the terms of `app.sports.soccer.post_shot` and the committed model "post_shot_xg"
(docs/models.md), trained on the Wyscout open data set (Pappalardo et al. 2019, Scientific Data 6:236, doi
10.1038/s41597-019-0247-7, CC BY 4.0), which tells nine parts of the goal mouth. A shot that is not on target is 0.
Unit: probability of a goal, 0 to 1. What a goalkeeper or a team has faced is the sum.

Edge cases: a shot that a field player blocks, or that hits the post, is not on target. A penalty has terms of its own.
Kicks of a shoot-out have none. Own goals are no shots. A shot that is withdrawn or amended takes its value with it. A shot
on target is degraded where the feed does not tell its place, its body part or kind (a penalty needs no body part), or where
it comes to the goal; one of which no outcome is told always is.
"""

from typing import Any

from app.sports.base import Asked, Signal
from app.sports.soccer.post_shot import POST_SHOT_FEATURES, terms_of

SIGNAL = Signal(
    name="post_shot_xg",
    title="Post-shot expected goals",
    description="How likely the shot was to be scored, given where in the goal mouth it came; 0 where it was not on target.",
    unit="probability",
    range=(0.0, 1.0),
    resolution=0.0001,
    version=2,
    subject="player",
    source="logistic regression on Wyscout open data (Pappalardo et al. 2019, doi 10.1038/s41597-019-0247-7)",
    events=frozenset({"shot"}),
    features=(*POST_SHOT_FEATURES, "shot_is_shoot_out"),
    model="post_shot_xg",
    additive=True,
)


def ask(f: Any, memory: Any) -> Asked | None:
    """The terms of a shot on target, none of any other; None for a kick of a shoot-out."""
    if f.shot_is_shoot_out:
        return None
    return (terms_of(f),) if f.shot_on_target else (), None


def answer(predictions: list[float], note: None) -> float:
    """Post-shot xG, 0 to 1."""
    return predictions[0] if predictions else 0.0
