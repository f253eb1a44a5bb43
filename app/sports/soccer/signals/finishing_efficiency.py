"""Finishing efficiency: goals scored beyond what the shots were worth, goals minus xG.

Each shot adds (1 if it was scored, else 0) - xG, with the xG of the signal `xg` (committed model "xg", docs/models.md),
unrounded. The efficiency of a player or a team, over whatever time, is the sum (`additive`). Source: Bundesliga Match Facts,
"xGoals" and "Finishing efficiency" (goals minus xGoals). Unit: goals; above 0 is better than the chances were.
Golden: a goal from a chance of 0.2 and a miss from one of 0.3 are (1 - 0.2) + (0 - 0.3) = 0.5.

Edge cases: penalties count, as the constant they are in `xg`. Kicks of a shoot-out do not. Own goals are no shots. A goal
that is disallowed is withdrawn, or amended to a miss, and its value with it. A shot without a location, a body part, a kind
or an outcome is degraded.
"""

from typing import Any

from app.sports.base import Asked, Signal
from app.sports.soccer.shots import XG_FEATURES, terms_of

SIGNAL = Signal(
    name="finishing_efficiency",
    title="Finishing efficiency",
    description="Goals minus expected goals: 1 - xG for a shot that is scored, -xG for any other. Sums add up.",
    unit="goals",
    range=(-1.0, 1.0),
    resolution=0.0001,
    version=2,
    subject="player",
    source="goals minus xG, after Bundesliga Match Facts (finishing efficiency)",
    events=frozenset({"shot"}),
    features=(*XG_FEATURES, "shot_is_goal", "shot_is_shoot_out"),
    model="xg",
    additive=True,
)


def ask(f: Any, memory: Any) -> Asked | None:
    """The terms of the shot, and whether it was scored; None for a kick of a shoot-out."""
    return None if f.shot_is_shoot_out else ((terms_of(f),), float(f.shot_is_goal))


def answer(predictions: list[float], goals: float) -> float:
    """What the shot adds, -1 to 1."""
    return goals - predictions[0]
