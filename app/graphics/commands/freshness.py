"""Does what is on an engine's graphics still hold? Pure."""

from __future__ import annotations

import msgspec

# The database says a word every second; scoring takes milliseconds.
SILENT_S = 10.0
BEHIND_S = 10.0
PLAYED = ("live",)
OVER = ("finished", "abandoned")


class Signs(msgspec.Struct, frozen=True):
    """What is known, all of it how long ago, seconds. database_s: the last word of the database. match_s: the last news of
    the match. behind_s: since when its scoring stands still although something waits; 0 where it does not.
    status: of the match."""

    status: str
    database_s: float
    match_s: float
    behind_s: float


def stale_s(signs: Signs, stale_after_s: float) -> float | None:
    """For how long nothing that is shown is known to hold, seconds; None where it holds.

    A break is no silence, and what is over does not go stale. stale_after_s: how long a match that is played may be silent.
    """
    if signs.status in OVER:
        return None
    stopped = [
        ago
        for ago, bound in (
            (signs.database_s, SILENT_S),
            (signs.behind_s, BEHIND_S),
            (signs.match_s if signs.status in PLAYED else 0.0, stale_after_s),
        )
        if ago > bound
    ]
    return max(stopped) if stopped else None
