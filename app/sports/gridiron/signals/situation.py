"""Situation: the next snap as graphics show it ("3rd and 7 at the Utah State 34"). Units: as named.

Subjects: `possession` (1 the home team, 0 the away team; of a kick-off who receives it), `due` (what comes next: 0 a snap, 1 a try, 2 a
kick-off), `down` (1 to 4), `distance_yd` (to the line to gain), `yards_to_goal` (1 to 99), `choices` (open on a fourth down:
1 go, 2 kick and 4 punt, added up; else 0), `home_timeouts`, `away_timeouts` (left in this half). Those that do not apply, or that
the feed does not tell, have no value: a kick-off has no down.
The values of one moment belong together: one that is not said again holds.

Edge cases: nothing is known after a foul in the NFL until the next snap is told, before a new college overtime and a new
turn in it, and after the game. At half-time the kick-off is due. A play that is entered twice changes nothing.
"""

from typing import Any

from app.sports.base import Signal
from app.sports.gridiron.events import PLAYS
from app.sports.gridiron.moments import NOT_PLAYED
from app.sports.gridiron.next_snap import SNAP, TRY, choices

SUBJECTS = ("possession", "due", "down", "distance_yd", "yards_to_goal", "choices", "home_timeouts", "away_timeouts")

SIGNAL = Signal(
    name="situation",
    title="Situation",
    description="Possession, what is due, down, distance, place, open choices and time-outs before the next snap.",
    unit="1",
    range=(0.0, 99.0),
    resolution=1.0,
    version=1,
    subject="outcome",
    source="as scoreboards show it; the open choices are those of fourth_down",
    events=frozenset({*PLAYS, "score", "timeout", "period_end", "game_end", "status"}),
    features=("moment", "due"),
)


def value(f: Any, model: None, memory: None) -> dict[str, float | None]:
    """The eight figures; None of what is not known or does not apply."""
    told: dict[str, float | None] = dict.fromkeys(SUBJECTS, None)
    s = f.moment.after
    if f.moment.over or f.moment.status in NOT_PLAYED or s is None:
        return told
    if f.due == SNAP and (s.down is None or s.distance_yd is None or s.yards_to_goal is None):
        return told
    told["possession"] = float(s.offense_is_home)
    told["due"] = float(f.due)
    told["choices"] = float(choices(s))
    told["home_timeouts"] = _number(s.home_timeouts)
    told["away_timeouts"] = _number(s.away_timeouts)
    if f.due == SNAP:
        told["down"], told["distance_yd"] = _number(s.down), _number(s.distance_yd)
    if f.due in (SNAP, TRY):
        told["yards_to_goal"] = _number(s.yards_to_goal)
    return told


def _number(value: int | None) -> float | None:
    return None if value is None else float(value)
