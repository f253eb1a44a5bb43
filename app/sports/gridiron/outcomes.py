"""What kind of play it was and whether it worked. Pure functions of an event, shared by the fold and the signals.

Play classes (signals.md, part 2; scrambles are runs where the provider does not tell them from runs, sacks are
dropbacks): rush, dropback, kick, try, penalty, no_play, kneel, spike.
Success: at least 50, 70, 100 and 100 % of the distance on downs 1 to 4; a first down or a touchdown always, a turnover
never. Kneel-downs, spikes, kicks, tries and what does not count neither succeed nor fail.
Garbage time: a margin above 28, 24, 21 and 16 points by quarter (S&P+), before the play: what comes later is not known.
Golden: 1st and 10, 5 yards: success; 2nd and 10, 6 yards: none, 7: success; 17 points ahead in the fourth quarter:
garbage, 16: not.
"""

from __future__ import annotations

from typing import Any

from app.sports.base import Event

CLASSES = ("rush", "dropback", "kick", "try", "penalty", "no_play", "kneel", "spike")
SCRIMMAGE = ("rush", "dropback")
NEEDED_PERCENT = {1: 50, 2: 70, 3: 100, 4: 100}
GARBAGE_ABOVE = {1: 28, 2: 24, 3: 21, 4: 16}

_CLASS = {
    "run": "rush", "pass": "dropback", "sack": "dropback", "punt": "kick", "field_goal": "kick", "kickoff": "kick",
    "extra_point": "try", "two_point": "try", "penalty": "penalty",
}  # fmt: skip


def play_class(event: Event) -> str | None:
    """One of CLASSES; None for what is no play (a time-out, the end of a quarter)."""
    found = _CLASS.get(event.type)
    if found is None or found == "penalty":
        return found
    fields = event.fields
    if fields.no_play:
        return "no_play"
    if fields.kneel:
        return "kneel"
    return "spike" if fields.spike else found


def is_turnover(fields: Any) -> bool:
    """Was the ball lost to the opponents by a pass or a fumble?"""
    return bool(fields.intercepted or fields.fumble_lost)


def success(event: Event) -> bool | None:
    """Did a rush or a dropback gain enough? None for every other play, and where `tellable` says that it cannot be told."""
    fields = event.fields
    if play_class(event) not in SCRIMMAGE:
        return None
    if is_turnover(fields):
        return False
    if fields.score_kind == "touchdown":
        return fields.scoring_team == event.team
    if fields.score_kind == "safety":
        return False
    if fields.first_down:
        return True
    if not tellable(event):
        return None
    return 100 * fields.yards >= NEEDED_PERCENT[fields.down] * fields.distance_yd


def tellable(event: Event) -> bool:
    """Does the feed say down, distance and yards?"""
    fields = event.fields
    return fields.down is not None and fields.distance_yd is not None and fields.yards is not None


def is_garbage(period: int, margin: int) -> bool:
    """Is a game of this margin (of either side) in this quarter decided as a rule? Never in overtime."""
    above = GARBAGE_ABOVE.get(period)
    return above is not None and abs(margin) > above
