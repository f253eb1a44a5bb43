"""The inputs of football signals, each declared once and read from the folded state or from the event itself.

None means that the feed does not say what a play needs: the signal is then degraded. A play to which a question does not
apply (did a punt succeed?) has a stand-in instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.sports.base import Event, Feature
from app.sports.gridiron.drives import RESULTS
from app.sports.gridiron.moments import MODEL_FEATURES
from app.sports.gridiron.next_snap import DUE_FEATURES
from app.sports.gridiron.outcomes import SCRIMMAGE, play_class, success

DOES_NOT_APPLY = -1


def _repeated(state: Any) -> bool:
    return state.play is not None and state.play.repeated


def _class(state: Any, event: Event | None) -> str:
    """Empty for what is no play, and for a play that was entered before already."""
    return "" if event is None or _repeated(state) else play_class(event) or ""


def _class_count(state: Any, event: Event | None) -> int:
    return state.classes.get(_class(state, event), 0)


def _success(state: Any, event: Event | None) -> int | None:
    if event is None or _repeated(state) or play_class(event) not in SCRIMMAGE:
        return DOES_NOT_APPLY
    worked = success(event)
    return None if worked is None else int(worked)


def _garbage(state: Any, event: Event | None) -> bool:
    return state.play is not None and state.play.garbage


def _drive(attribute: str, unknown: Any) -> Callable[[Any, Any], Any]:
    """Of the newest drive; before the first there is none, and the stand-in says so."""

    def compute(state: Any, event: Event | None) -> Any:
        if state.drive is None:
            return unknown
        found = getattr(state.drive, attribute)
        return unknown if found is None else found

    return compute


def _drive_result(state: Any, event: Event | None) -> int:
    return 0 if state.drive is None else RESULTS.index(state.drive.result)


def _pace(side: str, attribute: str) -> Callable[[Any, Any], Any]:
    def compute(state: Any, event: Event | None) -> Any:
        return getattr(getattr(state, side).pace, attribute)

    return compute


def _state(attribute: str) -> Callable[[Any, Any], Any]:
    def compute(state: Any, event: Event | None) -> Any:
        return getattr(state, attribute)

    return compute


_ALL = (
    Feature(
        "play_class", "event", str, "1", "rush, dropback, kick, try, penalty, no_play, kneel, spike; else empty", _class
    ),
    Feature("play_class_count", "event", int, "plays", "plays of that class so far, this one included", _class_count),
    Feature(
        "play_success", "event", int, "1", "1 the play gained enough, 0 it did not, -1 it is not counted so", _success
    ),
    Feature(
        "play_in_garbage_time", "match", bool, "1", "the margin before the newest play made it garbage time", _garbage
    ),
    Feature("drive_number", "match", int, "1", "number of the newest drive; 0 before the first", _drive("number", 0)),
    Feature("drive_plays", "match", int, "plays", "plays of the newest drive that count", _drive("plays", 0)),
    Feature("drive_yards", "match", int, "yd", "yards of the newest drive, penalties included", _drive("yards", 0)),
    Feature(
        "drive_points", "match", int, "points", "points of the newest drive, the try included", _drive("points", 0)
    ),
    Feature("drive_start_s", "match", float, "s", "game clock at the drive's first snap", _drive("start_s", 0.0)),
    Feature("drive_end_s", "match", float, "s", "game clock at its newest play", _drive("end_s", 0.0)),
    Feature(
        "drive_start_yards_to_goal",
        "match",
        int,
        "yd",
        "where it began; 0 where not told",
        _drive("start_yards_to_goal", 0),
    ),
    Feature("drive_result", "match", int, "1", "place in drives.RESULTS; 0 while it goes on", _drive_result),
    Feature(
        "home_pace_s", "match", float, "s", "clock between home snaps of one drive, added up", _pace("home", "seconds")
    ),
    Feature(
        "away_pace_s", "match", float, "s", "clock between away snaps of one drive, added up", _pace("away", "seconds")
    ),
    Feature("home_pace_gaps", "match", int, "1", "how many pairs of home snaps that were", _pace("home", "gaps")),
    Feature("away_pace_gaps", "match", int, "1", "how many pairs of away snaps that were", _pace("away", "gaps")),
    Feature("match_status", "match", str, "1", "scheduled, live, half_time, full_time, finished, …", _state("status")),
    Feature("match_period", "match", int, "1", "1 to 4 quarters, from 5 on overtimes", _state("period")),
    Feature("match_elapsed_s", "match", float, "s", "the clock counting up, 900 s a period", _state("elapsed_s")),
    Feature("home_score", "match", int, "points", "points of the home team", _state("home_score")),
    Feature("away_score", "match", int, "points", "points of the away team", _state("away_score")),
    Feature("home_id", "match", str, "1", "the home team", lambda state, _event: state.home.id),
    Feature("away_id", "match", str, "1", "the away team", lambda state, _event: state.away.id),
)

FEATURES: dict[str, Feature] = {feature.name: feature for feature in (*_ALL, *MODEL_FEATURES, *DUE_FEATURES)}
