"""Drives: what a team makes of the ball from its first snap until it loses it, scores or runs out of time. Pure.

Plays are rushes, dropbacks, kneel-downs and spikes that count; kicks end a drive and are none of its plays, and fouls
without a play move it. Yards are from where the drive began to where it is now, penalties included.
"""

from __future__ import annotations

from typing import Any

import msgspec

from app.sports.base import Event
from app.sports.gridiron.outcomes import is_turnover, play_class

PLAYS = ("rush", "dropback", "kneel", "spike")
RESULTS = (
    "", "touchdown", "field_goal", "missed_field_goal", "punt", "interception", "fumble", "downs", "safety", "end_of_half",
    "end_of_game",
)  # fmt: skip


class Drive(msgspec.Struct):
    """One drive so far. number: from 1 in the game. result: one of RESULTS, empty while it goes on, and of one
    that the other team's next snap ended without a word why."""

    number: int
    team: str
    period: int
    start_s: float
    start_yards_to_goal: int | None = None
    end_s: float = 0.0
    plays: int = 0
    yards: int = 0
    points: int = 0
    first_snap_event: str = ""
    last_snap_s: float | None = None
    result: str = ""


def take(drive: Drive, event: Event) -> None:
    """One more play of the offense, at the clock that the fold stands at (`drive.end_s` is moved by the caller)."""
    fields = event.fields
    if drive.start_yards_to_goal is None:
        drive.start_yards_to_goal = fields.yards_to_goal
    if play_class(event) in PLAYS:
        drive.plays += 1
    start = drive.start_yards_to_goal
    if fields.score_kind == "touchdown" and fields.scoring_team == drive.team:
        drive.yards = drive.yards + (fields.yards or 0) if start is None else start
    elif start is not None and event.type not in ("punt", "field_goal"):
        if fields.end_team == drive.team and fields.end_yards_to_goal is not None:
            drive.yards = start - fields.end_yards_to_goal
        elif fields.yards_to_goal is not None and not is_turnover(fields):
            drive.yards = start - fields.yards_to_goal + (fields.yards or 0)


def result_of(event: Event) -> str:
    """How a drive ends with this play of its own; empty where it goes on."""
    fields = event.fields
    if fields.no_play or event.type == "penalty":
        return "safety" if fields.score_kind == "safety" else ""
    ours = fields.scoring_team == event.team
    if fields.score_kind == "touchdown" and ours:
        return "touchdown"
    if fields.score_kind == "field_goal" and ours:
        return "field_goal"
    if fields.score_kind == "safety":
        return "safety"
    if event.type == "punt":
        return "" if fields.end_team == event.team and not fields.blocked else "punt"
    if event.type == "field_goal":
        return "missed_field_goal"
    if fields.intercepted:
        return "interception"
    if fields.fumble_lost:
        return "fumble"
    lost = fields.end_team is not None and fields.end_team != event.team
    return "downs" if lost and fields.down == 4 else ""


class Pace(msgspec.Struct):
    """Seconds of the game clock between a team's snaps of one drive, added up, and how many there were."""

    seconds: float = 0.0
    gaps: int = 0


def snap(drive: Drive, pace: Pace, event: Event, now_s: float) -> None:
    """A snap of the drive at this clock; the first of a drive only starts the measure."""
    if play_class(event) not in PLAYS:
        return
    if drive.last_snap_s is not None and now_s >= drive.last_snap_s:
        pace.seconds += now_s - drive.last_snap_s
        pace.gaps += 1
    drive.last_snap_s = now_s


def picture(drive: Drive | None) -> dict[str, Any] | None:
    """What everyone is shown of it."""
    if drive is None:
        return None
    return {
        "number": drive.number,
        "team": drive.team,
        "plays": drive.plays,
        "yards": drive.yards,
        "seconds": max(0.0, drive.end_s - drive.start_s),
        "points": drive.points,
        "start_yards_to_goal": drive.start_yards_to_goal,
        "result": drive.result or None,
    }
