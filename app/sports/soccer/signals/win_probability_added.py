"""Win probability added (WPA): how much a goal, a dismissal, or the time in between changed a team's chances.

A team's share is P(win) + P(draw) / 2 of `win_probability` as it is shown. At a goal, an own goal or a dismissal the value is
the share after it minus the share before it, both at its clock and of the same team, as in "WPA = WP after - WP before, same
team" (nflfastR, for American football); half of a draw is Elo's scoring. Unit: probability. Both teams are told; what one
gains the other loses. What only the clock has changed is told at the end of each period (at the start of extra time, and at
a status): positive for the team that time runs for. So a team's values add up to its share now minus its share at kick-off,
exactly, at every end of a period and of the match (`app.sports.soccer.win_swings`). Model: "win_probability", docs/models.md.
Golden: home's 1-0 at 20:00 turns 0.426, 0.286, 0.288 into 0.712, 0.184, 0.104: 0.804 - 0.569 = +0.235, away's is -0.235.

Edge cases: a shot that is no goal, a yellow card, and a dismissal that is told twice change nothing, and nothing is said. A
missed penalty is such a shot: the win probability does not see penalties. An own goal is a gain of the team that benefits.
Kicks of a shoot-out count for nothing: there the match is drawn, 0.5 for each. What a late feed leaves out, and
an edit of the score by retraction, is corrected in the values from there on. A provider that tells no ends of periods has the time
told with the status that ends the match. A match joined late has what came before in its first swing of time.
"""

from typing import Any

from app.sports.base import Event, Signal
from app.sports.soccer.win_swings import COUNTED, TOLD_WITH_TIME, Swings, by_team, follow, no_swings

SIGNAL = Signal(
    name="win_probability_added",
    title="Win probability added",
    description="Change of P(win) + P(draw) / 2 of the team by a goal, a dismissal, or the time of a period.",
    unit="probability",
    range=(-1.0, 1.0),
    resolution=0.0005,
    version=1,
    subject="team",
    source="WPA = WP after - WP before, same team (nflfastR), with half of a draw; on win_probability",
    events=frozenset({*COUNTED, *TOLD_WITH_TIME}),
    model="win_probability",
    additive=True,
)


def init() -> Swings:
    """Nothing has changed yet."""
    return no_swings()


def step(memory: Swings, event: Event, model: Any) -> Swings:
    """Find what one event changed."""
    if model is not None:
        follow(memory, event, model.kernel)
    return memory


def value(f: Any, model: Any, memory: Swings) -> dict[str, float]:
    """-1 to 1 of both teams; nothing where the event changed nothing."""
    return by_team(memory)
