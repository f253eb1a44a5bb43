"""Player impact by EPA: the expected points added of each play that a player ran, threw, caught or kicked. Unit: points.

There is no agreed definition: a play's EPA belongs to eleven players and no feed here tells more than who had the ball. So its
whole is given to the runner, passer or kicker, and the same again to who caught or was meant to (as nflverse sums EPA by
passer and by receiver). Players of one team may therefore not be added up; a player's game is the sum of its values.
Golden: a completed pass with EPA 1.5: 1.5 for the passer and 1.5 for the receiver.

Edge cases: those of `epa`. Kick-offs, fouls in place of a play and tries count for nobody. A player who is not told gets none.
"""

from typing import Any

from app.sports.base import Signal
from app.sports.gridiron.swings import epa

SIGNAL = Signal(
    name="player_impact",
    title="Player impact",
    description="EPA of a play for who ran, threw or kicked, and for who caught; over the game they add up.",
    unit="points",
    range=(-14.0, 14.0),
    resolution=0.001,
    version=1,
    subject="player",
    source="none agreed; EPA by passer, rusher and receiver as nflverse sums it",
    events=frozenset({"run", "pass", "sack", "punt", "field_goal"}),
    features=("moment",),
    model="gridiron",
    additive=True,
)


def value(f: Any, model: Any, memory: None) -> dict[str, float] | None:
    """EPA by player; None where nobody is told."""
    m = f.moment
    players = [player for player in (m.player, m.receiver) if player is not None]
    if not players:
        return None
    added = epa(model.kernel, m)
    return None if added is None else dict.fromkeys(players, added)
