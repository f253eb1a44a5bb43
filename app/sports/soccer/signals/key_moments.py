"""Key moments: the goals and dismissals that changed the chances of the match the most, told as they happen.

A moment is a goal, an own goal or a dismissal; its value is its win probability added (`win_probability_added`: share after
minus share before, a share being P(win) + P(draw) / 2) for the team whose goal or dismissal it is, so a goal is above 0 and a
dismissal below. It is told when its amount is at least LEAST and among the MOST highest of the match so far. Unit:
probability. Model: "win_probability", docs/models.md.

Point in time: what is told is never taken back because something greater follows; a later moment may push an earlier
one out of the top five. Whoever wants the five key moments of a match takes its values by |value|, highest first, earliest
first among equals, and keeps five: a moment that was not told cannot be one of them.
Golden: with values 0.2, -0.1, 0.06, 0.3, 0.12, 0.08 in this order the first five are told, and so is the sixth, which pushes out
the third; then 0.05 is not told, nor 0.07, which is less than the fifth, nor 0.08, since the earlier one stays.

Edge cases: an own goal is the moment of the team that benefits. A disallowed goal is retracted and so is its moment; the ones
after it are judged anew. A dismissal that is told twice is one moment. Kicks of a shoot-out, missed penalties and chances
are none: the win probability does not see them. One value is told for each moment (`additive`), even if it equals the last.
"""

from typing import Any

import msgspec

from app.sports.base import Event, Signal
from app.sports.soccer.win_swings import COUNTED, WHOLE, Swings, follow, no_swings

# How many moments a match has, and what the least of them changes: a quarter of what a first goal does.
MOST = 5
LEAST = 0.05

SIGNAL = Signal(
    name="key_moments",
    title="Key moments",
    description="A goal or dismissal that enters the five of the match so far that changed the chances the most.",
    unit="probability",
    range=(-1.0, 1.0),
    resolution=0.0005,
    version=1,
    subject="team",
    source="top five by |win probability added|; on win_probability",
    events=frozenset(COUNTED),
    model="win_probability",
    additive=True,
)


class Moments(msgspec.Struct):
    """The amounts of the moments that hold, highest first, and the one that the last event was: team and value."""

    swings: Swings
    amounts: list[float] = []
    latest: tuple[str, float] | None = None


def init() -> Moments:
    """No moment yet."""
    return Moments(no_swings())


def step(memory: Moments, event: Event, model: Any) -> Moments:
    """Follow the chances, and judge what one event did to them."""
    memory.latest = None
    if model is None:
        return memory
    follow(memory.swings, event, model.kernel)
    swing = memory.swings.latest
    if swing is not None and swing.team is not None:
        steps = swing.home_steps if swing.team == memory.swings.state.home.id else -swing.home_steps
        if enters(memory.amounts, abs(steps / WHOLE)):
            memory.latest = (swing.team, steps / WHOLE)
    return memory


def enters(amounts: list[float], amount: float) -> bool:
    """Put an amount among those that hold (in place, highest first) if it is one of the MOST highest; did it enter?"""
    if amount < LEAST or (len(amounts) == MOST and amount <= amounts[-1]):
        return False
    amounts.append(amount)
    amounts.sort(reverse=True)
    del amounts[MOST:]
    return True


def value(f: Any, model: Any, memory: Moments) -> dict[str, float] | None:
    """-1 to 1 of the team whose moment it is; None for an event that is none."""
    return None if memory.latest is None else {memory.latest[0]: memory.latest[1]}
