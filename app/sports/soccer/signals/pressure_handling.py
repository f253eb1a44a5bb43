"""Pressure handling: the share of a player's actions under pressure that keep the ball.

Handling = kept / (kept + lost), over the player's own actions that the provider marks as `under_pressure`:
- a pass is kept when it is complete, and lost when it is incomplete, out or offside;
- a dribble is kept when it is won, and lost when it is not;
- a carry is kept, unless the player's next touch, with no other touch of anyone between, is a loss under pressure: then
  the carry is lost, and the loss is no action of its own;
- a loss (dispossessed, miscontrol) without such a carry before it is lost.
Unit: share, 0 to 1. Golden: two passes complete, one not, one carry that ends dispossessed: 2 / 4 = 0.5.

The idea is that of the Bundesliga Match Fact "Pressure Handling" (DFL and AWS), which finds the situations in positions
and counts shots and fouls won as handled; here the provider's flag decides, and shots, clearances and fouls won are no
tries at keeping the ball, so the two are not comparable.

Edge cases: a pass whose outcome is not told or is unknown, one put out because of an injury, and a dribble that does not
say whether it was won, count for nothing. So do kicks of a shoot-out, events without a player, and everything without the
flag: a feed that never says `under_pressure` gives no values. Totals run from the start of the match.
"""

from typing import Any

import msgspec

from app.sports.base import Event, Signal

SIGNAL = Signal(
    name="pressure_handling",
    title="Pressure handling",
    description="Share of the player's passes, carries and dribbles under pressure so far that kept the ball.",
    unit="share",
    range=(0.0, 1.0),
    resolution=0.01,
    version=1,
    subject="player",
    source="StatsBomb Open Data Events v4.0.0 (under_pressure); after Bundesliga Match Facts, Pressure Handling",
    events=frozenset({"pass", "carry", "dribble", "miscontrol", "dispossessed"}),
    features=("pressed_player",),
)

SHOOT_OUT = 5
LOST_PASSES = ("incomplete", "out", "offside")
# What ends a carry: the next touch of the ball by anyone.
TOUCHES = SIGNAL.events | {"shot", "clearance", "ball_recovery", "interception", "foul_won", "goalkeeper", "own_goal"}


class Handling(msgspec.Struct):
    """Actions under pressure by player, [kept, all], and who carries the ball under pressure as the last touch."""

    counts: dict[str, list[int]] = {}
    carrier: str | None = None


def init() -> Handling:
    """Nobody has been pressed."""
    return Handling()


def step(memory: Handling, event: Event, model: None) -> Handling:
    """Count one event."""
    kind = event.type
    if kind not in TOUCHES or event.period == SHOOT_OUT:
        return memory
    carrier, memory.carrier = memory.carrier, None
    player = event.player
    if not event.fields.under_pressure or player is None:
        return memory
    if kind in ("miscontrol", "dispossessed") and carrier == player:
        memory.counts[player][0] -= 1
        return memory
    kept = _kept(event)
    if kept is not None:
        counts = memory.counts.setdefault(player, [0, 0])
        counts[0] += kept
        counts[1] += 1
    if kind == "carry":
        memory.carrier = player
    return memory


def _kept(event: Event) -> bool | None:
    """Did the action keep the ball; None for what is none, or is not told."""
    kind, outcome = event.type, event.fields.outcome
    if kind == "pass":
        return True if outcome == "complete" else False if outcome in LOST_PASSES else None
    if kind == "carry":
        return True
    if kind == "dribble":
        return event.fields.won
    return False if kind in ("miscontrol", "dispossessed") else None


def value(f: Any, model: None, memory: Handling) -> dict[str, float] | None:
    """Handling of whoever acts under pressure, 0 to 1; None where nobody does or nothing of his has counted."""
    if f.pressed_player not in memory.counts:
        return None
    kept, tried = memory.counts[f.pressed_player]
    return {f.pressed_player: kept / tried}
