"""Player impact: what a player's actions on the ball have added up to in this match, in goals.

Impact = sum of the player's action values so far (VAEP, app/sports/soccer/action_value.py). There is no agreed definition in
the field: "impact" is said of ratings, plus-minus and weighted counts. This one was taken because each part of it is a number
with a unit (goals), is seen beside the action that made it (signal `action_value`), and is fair to who does not shoot:
a pass that makes a goal likely counts when it is played, and losing the ball before the own goal costs. It is the sum, not
a rate: who has played ten minutes has had less time to make an impact, which is no fault of the number. Unit: goals.
Golden: actions of 0.03, -0.01 and a goal of 0.95 are 0.97.

Said of everyone at each full 5 minutes of the clock, and at every full minute of stoppage time; of the players of one team
at its goals, own goals (where the feed names who scored it), substitutions, and at the end of a period. A feed that does not
tell the end of a period says the last value at the last full minute. Only values that moved by a thousandth of a goal are said.

Edge cases: those of `action_value`. What has no value adds nothing. An action without a player counts for nobody. A running
total, so it must not be added up over time (`additive` is false); players of a team may be compared. A correction of one
action changes the totals of its player from then on to the end of the match.
"""

from typing import Any

import msgspec

from app.sports.base import Event, Signal
from app.sports.soccer.action_value import Chain, follow
from app.sports.soccer.clock import CLOCK_START_S

SIGNAL = Signal(
    name="player_impact",
    title="Player impact",
    description="Sum of the player's action values in this match so far.",
    unit="goals",
    range=(-20.0, 20.0),
    resolution=0.001,
    version=1,
    subject="player",
    source="sum of VAEP action values (Decroos et al. 2019, KDD); no agreed definition in the field",
    minute=True,
    events=frozenset({"shot", "own_goal_against", "substitution", "period_end"}),
    features=("match_period", "match_elapsed_s", "at_event", "event_team"),
    model="action_value",
)

EVERY_S = 300.0
PARTS = 1_000_000


class Impacts(msgspec.Struct):
    """The chain of actions, and by team and player the sum of values in millionths of a goal.

    Whole numbers add up to the same in any order, so that a correction that is taken back leaves no trace.
    due: is the event just taken in one after which the players of its team are said?
    """

    chain: Chain
    by_team: dict[str, dict[str, int]] = {}
    due: bool = False


def init() -> Impacts:
    """Nobody has done anything."""
    return Impacts(Chain())


def step(memory: Impacts, event: Event, model: Any) -> Impacts:
    """Add the value of one action."""
    gained = follow(memory.chain, event, model).value
    if gained is not None and event.player is not None and event.team is not None:
        players = memory.by_team.setdefault(event.team, {})
        players[event.player] = players.get(event.player, 0) + round(gained * PARTS)
    memory.due = event.type in SIGNAL.events and (event.type != "shot" or event.fields.outcome == "goal")
    return memory


def value(f: Any, model: Any, memory: Impacts) -> dict[str, float] | None:
    """Impact by player: of a team at its event, of all at a full minute; None where nothing is due."""
    if f.at_event:
        if not memory.due:
            return None
        teams = [f.event_team] if f.event_team else list(memory.by_team)
    else:
        in_stoppage = f.match_elapsed_s > CLOCK_START_S.get(f.match_period + 1, f.match_elapsed_s)
        if not in_stoppage and f.match_elapsed_s % EVERY_S:
            return None
        teams = list(memory.by_team)
    return {p: parts / PARTS for team in teams for p, parts in memory.by_team.get(team, {}).items()}
