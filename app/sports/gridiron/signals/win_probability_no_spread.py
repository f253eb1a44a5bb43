"""Win probability without spread of both teams, from score, clock, place of the ball, down and time-outs. Unit: probability.

As `win_probability`, but two teams that start even: what the game itself says, whoever was favoured.
A tie counts half for each. Formula and overtime rules of both leagues: `app.sports.gridiron.win_chances` and `overtime`; model
"gridiron", docs/models.md. Values are rounded to thousandths so that they add up to 1.

Edge cases: after the last whistle 1 for who leads, 0.5 each after a tie. A touchdown whose try is due counts as if the kick
was good. A clock that can be knelt out is a term of its own. At half-time the team that receives has the ball.
Postponed or abandoned: nothing to say; nor where the feed tells only with the next snap where the ball is (a foul in the NFL, a new
college overtime).
"""

from typing import Any

from app.sports.base import Signal
from app.sports.gridiron.events import PLAYS
from app.sports.gridiron.moments import NOT_PLAYED
from app.sports.gridiron.swings import home_share

SIGNAL = Signal(
    name="win_probability_no_spread",
    title="Win probability without spread",
    description="Probability that each team wins, half of a tie included, whoever was favoured before.",
    unit="probability",
    range=(0.0, 1.0),
    resolution=0.001,
    version=1,
    subject="outcome",
    source="logistic regression on lead and expected points over the root of time (Stern 1994; nflfastR's terms)",
    events=frozenset({*PLAYS, "score", "timeout", "period_end", "game_end", "status"}),
    features=("moment",),
    model="gridiron",
    sums_to_one=True,
)


def value(f: Any, model: Any, memory: None) -> dict[str, float] | None:
    """{"home", "away"} in thousandths that add up to 1."""
    if f.moment.status in NOT_PLAYED:
        return None
    share = home_share(model.kernel, f.moment, spread=False)
    if share is None:
        return None
    home = round(share * 1000.0)
    return {"home": home / 1000.0, "away": (1000 - home) / 1000.0}
