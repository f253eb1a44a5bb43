"""Fourth down: the win probability of going for it, of a field goal and of a punt, before the snap. Unit: probability.

Subjects: `go`, `kick`, `punt` (those that are open), all of the team with the ball; `margin`: of the best over the second best;
`error`: the margin's standard error; `toss_up_below`: the margin from which the best is recommended, the larger of 0.01 and
the error. The recommendation is the highest of the three, or a toss-up where the margin is below `toss_up_below`. Formula,
what counts as open, and what the error leaves out: `app.sports.gridiron.fourth_down` and `play_outcomes`; model "gridiron", docs/models.md.

Edge cases: said after the event that leads to a fourth down, and again where a time-out or a foul changes it. Nothing is said on
other downs. College overtime has no punts; a field goal out of reach and a punt from too near are left out.
"""

from typing import Any

from app.sports.base import Signal
from app.sports.gridiron.events import PLAYS
from app.sports.gridiron.fourth_down import TOSS_UP, decide

SIGNAL = Signal(
    name="fourth_down",
    title="Fourth down",
    description="Win probability of going, kicking and punting; margin of the best, its error, and where it is a toss-up.",
    unit="probability",
    range=(0.0, 1.0),
    resolution=0.001,
    version=1,
    subject="outcome",
    source="Burke; cfb4th (gain, field goal and punt); uncertainty after Brill, Yurko and Wyner 2023 (arXiv:2311.03490)",
    events=frozenset({*PLAYS, "timeout"}),
    features=("moment",),
    model="gridiron",
)


def value(f: Any, model: Any, memory: None) -> dict[str, float] | None:
    """The choices and how sure they are; None where no fourth down is due."""
    s = f.moment.after
    if f.moment.over or s is None:
        return None
    decision = decide(model.kernel, s)
    if decision is None:
        return None
    return {
        **decision.chances,
        "margin": decision.margin,
        "error": min(decision.error, 1.0),
        "toss_up_below": min(max(TOSS_UP, decision.error), 1.0),
    }
