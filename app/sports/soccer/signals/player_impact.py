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

from app.sports.base import Asked, Event, Signal
from app.sports.soccer.action_trail import Acted, Row, State, Trail, notice
from app.sports.soccer.action_value import worth_of
from app.sports.soccer.clock import CLOCK_START_S

SIGNAL = Signal(
    name="player_impact",
    title="Player impact",
    description="Sum of the player's action values in five minutes of the match; over the match they add up.",
    unit="goals",
    range=(-20.0, 20.0),
    resolution=0.001,
    version=2,
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
    """The trail of actions, and who did what since it was last said, in order.

    What the actions are worth is asked once, when it is due. part: which five minutes of the period. said: they were said at
    the event just taken in.
    """

    trail: Trail
    period: int = 0
    part: int = 0
    acts: list[tuple[str, Acted]] = []
    said: bool = False


def init() -> Impacts:
    """Nobody has done anything."""
    return Impacts(Trail())


def step(memory: Impacts, event: Event, model: Any) -> Impacts:
    """Note one action; begin anew after what was said."""
    if memory.said:
        memory.acts, memory.said = [], False
    if not event.control and event.period in CLOCK_START_S:
        if event.period > memory.period:
            memory.period, memory.part = event.period, int(CLOCK_START_S[event.period] // PART_S)
        part = int(event.elapsed_s // PART_S)
        if event.period == memory.period and part > memory.part:
            # A full five minutes has passed, at which it was said.
            memory.part, memory.acts = part, []
    acted = notice(memory.trail, event)
    if acted is not None and event.player is not None:
        memory.acts.append((event.player, acted))
    memory.said = event.type in SIGNAL.events
    return memory


def ask(f: Any, memory: Impacts) -> Asked | None:
    """The states after and before each action, each state once; None where nothing is due."""
    if not f.at_event and f.match_elapsed_s % PART_S:
        return None
    rows: list[Row] = []
    noted: list[tuple[str, Acted, int, int]] = []
    last: State | None = None
    for player, acted in memory.acts:
        before = after = -1
        if acted.before is not None:
            if acted.before is not last:
                rows.append(acted.before.row)
            before = len(rows) - 1
        if not acted.state.action.goal:
            last = acted.state
            rows.append(last.row)
            after = len(rows) - 1
        noted.append((player, acted, after, before))
    return rows, tuple(noted)


def answer(predictions: list[Any], noted: tuple[tuple[str, Acted, int, int], ...]) -> dict[str, float]:
    """Impact by player. It is added up in whole millionths: whole numbers come to the same in any order."""
    by_player: dict[str, int] = {}
    for player, acted, after, before in noted:
        gained = worth_of(acted, None if after < 0 else predictions[after], None if before < 0 else predictions[before])
        by_player[player] = by_player.get(player, 0) + round(gained * UNITS)
    return {player: units / UNITS for player, units in by_player.items() if units}
