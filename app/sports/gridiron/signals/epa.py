"""Expected points added (EPA) of a play, for the team that had the ball (`app.sports.gridiron.swings`). Unit: points.

EP is what the team with the ball will have scored, net of the other, at the next score of the half (model "gridiron",
docs/models.md). Additive: a team's sum is what its plays with the ball were worth.
Golden: EP 1.0 before and 2.5 after is 1.5; a touchdown from EP 5.0 is 2.0; a lost ball after which the opponents have EP 1.2,
from EP 1.0, is -2.2; a touchdown returned against EP 2.0 is -9.0.

Edge cases: a foul that replays the down is judged by where the ball is next, by its accepted outcome; nothing is said where
the feed tells that only with the next snap (NFL). Of a kick-off the receivers have the ball. A try is none: the touchdown has
counted 7. The last play of a half leads to 0. A kneel-down costs what it costs. A safety is -2. A play that is entered
twice counts once. In overtime no half ends.
"""

from typing import Any

from app.sports.base import Signal
from app.sports.gridiron.events import PLAYS
from app.sports.gridiron.moments import TRIES
from app.sports.gridiron.swings import epa

SIGNAL = Signal(
    name="epa",
    title="Expected points added",
    description="EP after minus EP before a play, of the team that had the ball; points instead where it scored.",
    unit="points",
    range=(-14.0, 14.0),
    resolution=0.001,
    version=1,
    subject="team",
    source="Burke; Yurko et al. 2019 (nflWAR); nflfastR (EPA)",
    events=frozenset(PLAYS) - frozenset(TRIES),
    features=("moment",),
    model="gridiron",
    additive=True,
)


def value(f: Any, model: Any, memory: None) -> dict[str, float] | None:
    """EPA of the team that had the ball."""
    added = epa(model.kernel, f.moment)
    return None if added is None or f.moment.offense is None else {f.moment.offense: added}
