"""Possession by time: the share of the time with the ball in a chain of possession that is this team's.

Possession = seconds of own chains / seconds of both teams' chains. A chain is what the provider numbers as one
(`possession`, `possession_team`; StatsBomb Open Data Events, v4.0.0: "possession", "possession_team"). Its seconds are
the match clock from one event of play to the next within it, of either team: a pressure on the ball is part of it.
Unit: share, 0 to 1; the two teams add up to 1. Possession by passes (Opta) is another measure and not comparable.
Golden: chains of 30 s and 10 s are 0.75 and 0.25.

Edge cases
- From the last event of a chain to the first of the next nobody has the ball: it is out of play, or loose.
- More than 15 s without an event inside a chain is an interruption (an injury, a review), and counts for nobody.
- What does not touch the ball (substitutions, cards, shifts) neither starts nor prolongs a chain.
- A touch that is stamped earlier than the one before it takes no time, and takes none back.
- Over the whole match so far, stoppage and extra time included, the shoot-out not. No time yet: no value.
- A provider that tells no chains has no value, and is degraded at the end of a period: passes are no stand-in, since a
  feed that began to tell chains would change its measure in the middle of a match.
"""

from typing import Any

import msgspec

from app.sports.base import Event, Signal
from app.sports.soccer.state import PLAY

SIGNAL = Signal(
    name="possession",
    title="Possession (time)",
    description="Share of the time in possession of either team that is this team's, by the provider's chains.",
    unit="share",
    range=(0.0, 1.0),
    resolution=0.001,
    version=1,
    subject="team",
    source="time in the provider's chains of possession (StatsBomb Open Data Events v4.0.0)",
    minute=True,
    events=frozenset({"period_end"}),
    features=("home_id", "away_id", "possession_team"),
)

# In real matches longer ones are nearly all injuries, reviews and goalkeepers who hold the ball for a substitution.
LONGEST_PAUSE_MS = 15_000
SHOOT_OUT = 5


class Clocks(msgspec.Struct):
    """Time in possession by team, and the chain that runs: its period, its number and the time of its last event.

    Whole milliseconds add up to the same whichever event in between is corrected, so that a correction ends where the
    clocks are again as they were; seconds with fractions would differ in the last bit until the end of the match.
    """

    held_ms: dict[str, int] = {}
    period: int = 0
    chain: int = -1
    at_ms: int = 0


def init() -> Clocks:
    """Nobody has had the ball."""
    return Clocks()


def step(memory: Clocks, event: Event, model: None) -> Clocks:
    """Let the clock of whoever has the ball run up to one event."""
    fields = event.fields
    chain, team = fields.possession, fields.possession_team
    if chain is None or team is None or event.period == SHOOT_OUT or event.type not in PLAY:
        return memory
    now_ms = round(event.elapsed_s * 1000)
    if chain != memory.chain or event.period != memory.period:
        memory.period, memory.chain, memory.at_ms = event.period, chain, now_ms
        return memory
    passed_ms = now_ms - memory.at_ms
    if passed_ms > 0:
        memory.at_ms = now_ms
        if passed_ms <= LONGEST_PAUSE_MS:
            memory.held_ms[team] = memory.held_ms.get(team, 0) + passed_ms
    return memory


def value(f: Any, model: None, memory: Clocks) -> dict[str, float | None]:
    """Possession of both teams, 0 to 1; None while neither has had the ball for any time."""
    home, away = memory.held_ms.get(f.home_id, 0), memory.held_ms.get(f.away_id, 0)
    both = home + away
    if both == 0:
        return {f.home_id: None, f.away_id: None}
    return {f.home_id: home / both, f.away_id: away / both}
