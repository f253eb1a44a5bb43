"""Action value (VAEP): how much an action on the ball changed the chance to score, less the chance to concede.

Formula: app/sports/soccer/action_value.py (Decroos et al. 2019, KDD), with golden values; which events are actions:
app/sports/soccer/actions.py. The two probabilities are the committed model "action_value" (docs/models.md), fitted on
Wyscout open data (Pappalardo et al. 2019, doi 10.1038/s41597-019-0247-7, CC BY 4.0).
Unit: goals; a goal is worth up to 1.2, nearly every other action between -0.05 and 0.05. Values of a team or a player may
be added up; both teams' do not cancel out, since each is seen by the team that acts.

Said at the action itself, from what the feed tells of it and of the two actions before it; nothing looks ahead. A value
needs the action's end and outcome: when a feed tells them later, as an amendment, the value is corrected, and so are those of
the two actions after it.

Edge cases
- A completed pass or a carry without an end, and an action without a place or an outcome, is degraded; it is not one of
  the three actions of the state. A penalty needs no place, nor does a keeper; a lost pass without an end has its start.
- An own goal costs about 1, of the player that the feed names in `own_goal_against`. A feed that tells an own goal only by
  the team that benefits gives it no value, since that would count for the wrong team.
- A goal ends the chain: the kick-off comes after nothing. So does a period. Extra time counts; a shoot-out does not.
- A goal that is withdrawn takes its value with it, and the actions after it get back the ones before it.
"""

from typing import Any

import msgspec

from app.sports.base import Asked, Event, Signal
from app.sports.soccer.action_trail import Acted, Trail, notice
from app.sports.soccer.action_value import worth_of
from app.sports.soccer.actions import ACTIONS

SIGNAL = Signal(
    name="action_value",
    title="Action value (VAEP)",
    description="How much the action changed the chance to score less the chance to concede in the next ten actions.",
    unit="goals",
    range=(-2.0, 2.0),
    resolution=0.0001,
    version=2,
    subject="player",
    source="VAEP (Decroos et al. 2019, KDD); probabilities fitted on Wyscout (doi 10.1038/s41597-019-0247-7)",
    events=ACTIONS,
    features=("is_action",),
    model="action_value",
    additive=True,
)


class Actions(msgspec.Struct):
    """The trail of actions, and the action just taken in; None where it was none."""

    trail: Trail
    acted: Acted | None = None


def init() -> Actions:
    """Nothing has happened."""
    return Actions(Trail())


def step(memory: Actions, event: Event, model: Any) -> Actions:
    """Take one more event in."""
    memory.acted = notice(memory.trail, event)
    return memory


def ask(f: Any, memory: Actions) -> Asked | None:
    """The states after and before the action; None for an event that is none."""
    acted = memory.acted
    if acted is None:
        return None
    rows = [] if acted.state.action.goal else [acted.state.row]
    if acted.before is not None:
        # The very row that was asked after the action before: it need not be predicted twice.
        rows.append(acted.before.row)
    return rows, acted


def answer(predictions: list[Any], acted: Acted) -> float:
    """What the action was worth, -2 to 2."""
    after = None if acted.state.action.goal else predictions[0]
    before = None if acted.before is None else predictions[-1]
    return worth_of(acted, after, before)
