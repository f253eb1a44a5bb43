"""Player impact: what a player's actions on the ball added up to in the last five minutes, in goals.

Impact = sum of the player's action values (VAEP, app/sports/soccer/action_value.py) since it was last said. There is no
agreed definition in the field: "impact" is said of ratings, plus-minus and weighted counts. This one was taken because each
part of it is a number with a unit (goals), is seen beside the action that made it (signal `action_value`), and is fair to who
does not shoot: a pass that makes a goal likely counts when it is played, and losing the ball before the own goal costs.
Unit: goals. Additive: the impact of a player in a match is the sum of its values. Golden: actions of 0.03, -0.01 and a goal
of 0.95 within five minutes are 0.97.

Said at each full 5 minutes of the clock, at the end of a period and when the match is over, of whoever had any. In parts, and
not as one running total, so that a correction of one action changes five minutes and not the rest of the match.

Edge cases: those of `action_value`. What has no value adds nothing. An action without a player counts for nobody. What comes
after the last full 5 minutes of a period whose end the feed does not tell is said with the next five minutes.
"""

from typing import Any

import msgspec

from app.sports.base import Event, Signal
from app.sports.soccer.action_value import Chain, follow
from app.sports.soccer.clock import CLOCK_START_S

SIGNAL = Signal(
    name="player_impact",
    title="Player impact",
    description="Sum of the player's action values in five minutes of the match; over the match they add up.",
    unit="goals",
    range=(-20.0, 20.0),
    resolution=0.001,
    version=1,
    subject="player",
    source="sum of VAEP action values (Decroos et al. 2019, KDD); no agreed definition in the field",
    minute=True,
    events=frozenset({"period_end", "status"}),
    features=("match_elapsed_s", "at_event"),
    model="action_value",
    additive=True,
)

PART_S = 300.0
UNITS = 1_000_000


class Impacts(msgspec.Struct):
    """The chain of actions, and by player the sum of values in millionths of a goal since it was last said.

    Whole numbers add up to the same in any order. part: which five minutes of the period. said: they were said at the
    event just taken in.
    """

    chain: Chain
    period: int = 0
    part: int = 0
    by_player: dict[str, int] = {}
    said: bool = False


def init() -> Impacts:
    """Nobody has done anything."""
    return Impacts(Chain())


def step(memory: Impacts, event: Event, model: Any) -> Impacts:
    """Add the value of one action; begin anew after what was said."""
    if memory.said:
        memory.by_player, memory.said = {}, False
    if not event.control and event.period in CLOCK_START_S:
        if event.period > memory.period:
            memory.period, memory.part = event.period, int(CLOCK_START_S[event.period] // PART_S)
        part = int(event.elapsed_s // PART_S)
        if event.period == memory.period and part > memory.part:
            # A full five minutes has passed, at which it was said.
            memory.part, memory.by_player = part, {}
    gained = follow(memory.chain, event, model).value
    if gained is not None and event.player is not None:
        memory.by_player[event.player] = memory.by_player.get(event.player, 0) + round(gained * UNITS)
    memory.said = event.type in SIGNAL.events
    return memory


def value(f: Any, model: Any, memory: Impacts) -> dict[str, float] | None:
    """Impact by player; None where none is due."""
    if not f.at_event and f.match_elapsed_s % PART_S:
        return None
    return {player: units / UNITS for player, units in memory.by_player.items() if units}
