"""Goals prevented: goals that a team's opponents might have been expected to score from their shots on target, and did not.

Each shot on target adds (post-shot xG) - (1 if it was scored, else 0) to the team whose goal it came to, with the value of
the signal `post_shot_xg` (committed model "post_shot_xg", docs/models.md), unrounded. What a team, and so its goalkeeper,
has prevented over whatever time is the sum (`additive`). Source: Opta, "goals prevented" (expected goals on target faced
minus goals conceded, own goals left out). Unit: goals; above 0 is better than the shots were.
Golden: a save from 0.7 and a goal from 0.4 are (0.7 - 0) + (0.4 - 1) = 0.1.

Edge cases: own goals are no shots, and count for nothing here. Penalties count, kicks of a shoot-out do not. A goal that is
disallowed is withdrawn or amended, and its value with it. Of a shot that is not on target nothing is said. Nor is it of
one whose place in the goal mouth (or kind, place, body part) is not told, be it saved or scored: its `post_shot_xg` says
degraded, and it counts on neither side. The goalkeeper is not named: few feeds tell with the shot who kept the goal.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from app.sports.base import Asked, Event, Signal
from app.sports.soccer.post_shot import inputs_of, terms_of
from app.sports.soccer.shots import SHOOT_OUT_PERIOD

SIGNAL = Signal(
    name="goals_prevented",
    title="Goals prevented",
    description="Post-shot xG faced minus goals conceded, of each shot on target. Sums add up; own goals are left out.",
    unit="goals",
    range=(-1.0, 1.0),
    resolution=0.0001,
    version=2,
    subject="team",
    source="post-shot xG faced minus goals conceded without own goals (Opta, goals prevented)",
    events=frozenset({"shot"}),
    features=("home_id", "away_id"),
    model="post_shot_xg",
    additive=True,
)


class Last(msgspec.Struct):
    """The last shot: who took it, its terms, and the goals it was (0 or 1); no terms where there is nothing to say of it."""

    team: str | None = None
    terms: Sequence[float] | None = None
    goals: float = 0.0


def init() -> Last:
    """No shot yet."""
    return Last()


def step(memory: Last, event: Event, model: Any) -> Last:
    """Look at a shot. It is done here because what it lacks must not be called a fault of the team that took it."""
    if event.type == "shot":
        memory.team, memory.terms = event.team, _terms(event)
        memory.goals = float(memory.terms is not None and event.fields.outcome == "goal")
    elif memory.team is not None or memory.terms is not None:
        # Forgotten at once: a correction must not be felt until the next shot.
        memory.team, memory.terms, memory.goals = None, None, 0.0
    return memory


def _terms(event: Event) -> Sequence[float] | None:
    if event.period == SHOOT_OUT_PERIOD:
        return None
    f = inputs_of(event)
    return None if f is None or not f.shot_on_target else terms_of(f)


def ask(f: Any, memory: Last) -> Asked | None:
    """The terms of the shot, and what else decides the value; None where it says nothing."""
    if memory.terms is None or memory.team not in (f.home_id, f.away_id):
        return None
    return (memory.terms,), (f.away_id if memory.team == f.home_id else f.home_id, memory.goals)


def answer(predictions: list[float], note: tuple[str, float]) -> dict[str, float]:
    """What the shot adds to the team whose goal it came to, -1 to 1."""
    team, goals = note
    return {team: predictions[0] - goals}
