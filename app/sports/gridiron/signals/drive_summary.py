"""Drive summary: the newest drive so far, as the graphics show it ("8 plays, 75 yards, 4:12").

Subjects: `number` of the drive in the game, `plays` (rushes, dropbacks, kneel-downs and spikes that count), `yards` (from
where it began to where it is, penalties included), `seconds` of the game clock from its first snap to its newest play,
`points` of its team (the try included), `start_yards_to_goal` (left out where the feed does not tell), `result` (place in
`drives.RESULTS`: 0 goes on, or not said, 1 touchdown, 2 field goal, 3 missed field goal, 4 punt, 5 interception, 6 fumble, 7 downs,
8 safety, 9 end of half, 10 end of game). Units: as named.

Edge cases: a kick-off begins no drive, the first snap after it does. A drive goes on over the end of the first and third
quarter, and ends with the half. A punt that the kicking team gets back goes on with the drive. A defensive score ends
the drive and adds no points to it. A play that is entered twice counts once.
"""

from typing import Any

from app.sports.base import Signal
from app.sports.gridiron.events import PLAYS

SIGNAL = Signal(
    name="drive_summary",
    title="Drive summary",
    description="Number, plays, yards, seconds, points, start and result of the newest drive, each as a subject.",
    unit="1",
    range=(-200.0, 4000.0),
    resolution=1.0,
    version=1,
    subject="outcome",
    source="as official play-by-play counts drives (NCAA and NFL statisticians' manuals)",
    events=frozenset({*PLAYS, "period_end", "game_end"}),
    features=(
        "drive_number",
        "drive_plays",
        "drive_yards",
        "drive_points",
        "drive_start_s",
        "drive_end_s",
        "drive_start_yards_to_goal",
        "drive_result",
    ),
)


def value(f: Any, model: None, memory: None) -> dict[str, float | None]:
    """The seven figures; none of them before the first drive."""
    if not f.drive_number:
        return {}
    figures: dict[str, float | None] = {
        "number": float(f.drive_number),
        "plays": float(f.drive_plays),
        "yards": float(f.drive_yards),
        "seconds": max(0.0, f.drive_end_s - f.drive_start_s),
        "points": float(f.drive_points),
        "result": float(f.drive_result),
    }
    if f.drive_start_yards_to_goal:
        figures["start_yards_to_goal"] = float(f.drive_start_yards_to_goal)
    return figures
