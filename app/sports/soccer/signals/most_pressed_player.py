"""Times pressed: how often each player has acted on the ball under pressure. The most pressed player has the most.

Count = own passes, carries, dribbles, shots, miscontrols and times dispossessed that the provider marks as
`under_pressure`, since the start of the match. A signal is a number for each subject, so the ranking is a query: the
player with the highest value now (docs/signals.md has it). Unit: actions. The idea is that of the Bundesliga Match Fact
"Most Pressed Player" (DFL and AWS), which counts from the positions of opponents; from events the provider's own flag
decides, and the numbers are not comparable.

A reception is left out, because the pass, carry or loss that follows it tells the same moment; a carry and the pass after
it are two actions, each under pressure or not. Kicks of a shoot-out are left out. An event without a player counts for
nobody. A feed that never says `under_pressure` gives no values. Counts go up only, but for corrections; they are
running totals and must not be added up (`additive` is false).
"""

from typing import Any

from app.sports.base import Event, Signal

SIGNAL = Signal(
    name="most_pressed_player",
    title="Times pressed",
    description="On-ball actions of the player under pressure so far; the most pressed player has the most.",
    unit="actions",
    range=(0.0, 10000.0),
    resolution=1.0,
    version=1,
    subject="player",
    source="StatsBomb Open Data Events v4.0.0 (under_pressure); after Bundesliga Match Facts, Most Pressed Player",
    events=frozenset({"pass", "carry", "dribble", "shot", "miscontrol", "dispossessed"}),
    features=("pressed_player",),
)

SHOOT_OUT = 5


Counts = dict[str, int]  # player: actions under pressure


def init() -> Counts:
    """Nobody has been pressed."""
    return {}


def step(memory: Counts, event: Event, model: None) -> Counts:
    """Count one event."""
    if event.type not in SIGNAL.events or not event.fields.under_pressure:
        return memory
    if event.player is not None and event.period != SHOOT_OUT:
        memory[event.player] = memory.get(event.player, 0) + 1
    return memory


def value(f: Any, model: None, memory: Counts) -> dict[str, int] | None:
    """The count of whoever was pressed just now; None where nobody was."""
    return {f.pressed_player: memory[f.pressed_player]} if f.pressed_player else None
