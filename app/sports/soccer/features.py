"""The inputs of soccer signals, each declared once and read from the folded state or from the event itself.

A function returns None where the feed does not say; a signal that declared the feature is then degraded.
Where a value has no bearing on what a signal says (the location of a penalty, the end of a failed pass), the
function returns a stand-in instead, so that nothing is called degraded for want of an input nobody uses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.sports.base import Event, Feature
from app.sports.soccer.action_features import ACTION_FEATURES
from app.sports.soccer.events import PITCH_WIDTH_M
from app.sports.soccer.frame_features import FRAME_FEATURES
from app.sports.soccer.geometry import goal_angle_rad, goal_distance_m
from app.sports.soccer.prior_features import PRIOR_FEATURES
from app.sports.soccer.shot_features import SHOT_FEATURES
from app.sports.soccer.shots import SHOOT_OUT_PERIOD, is_penalty, shot_place


def _shot_distance_m(state: Any, event: Event) -> float | None:
    place = shot_place(event)
    return None if place is None else goal_distance_m(*place)


def _shot_angle_rad(state: Any, event: Event) -> float | None:
    place = shot_place(event)
    return None if place is None else goal_angle_rad(*place)


def _shot_offset_m(state: Any, event: Event) -> float | None:
    place = shot_place(event)
    return None if place is None else abs(place[1] - PITCH_WIDTH_M / 2)


def _shot_is_header(state: Any, event: Event) -> bool | None:
    if is_penalty(event):
        return False
    part = event.fields.body_part
    return None if part is None else part == "head"


def _shot_is_penalty(state: Any, event: Event) -> bool | None:
    return is_penalty(event)


def _shot_is_free_kick(state: Any, event: Event) -> bool | None:
    if is_penalty(event):
        return False
    kind = event.fields.shot_kind
    return None if kind is None else kind == "free_kick"


def _shot_is_shoot_out(state: Any, event: Event) -> bool:
    return event.period == SHOOT_OUT_PERIOD


def _move_counts(state: Any, event: Event) -> bool | None:
    """Did the ball get to a known place: a completed pass, a carry, or a dribble that was won and says where to."""
    fields = event.fields
    if event.type == "carry":
        return True
    if event.type == "dribble":
        if fields.end_x_m is None or fields.end_y_m is None:
            return False
        return fields.won
    return None if fields.outcome is None else fields.outcome == "complete"


def _move(field: str) -> Callable[[Any, Event], float | None]:
    """A coordinate of a move; 0.0 for one that does not count, which is nothing rather than degraded."""

    def compute(state: Any, event: Event) -> float | None:
        return getattr(event.fields, field) if _move_counts(state, event) else 0.0

    return compute


def _pressed_player(state: Any, event: Event) -> str:
    """A flag that a provider leaves out means no pressure, so there is always something to say."""
    if not event.fields.under_pressure or event.period == SHOOT_OUT_PERIOD:
        return ""
    return event.player or ""


def _state(attribute: str) -> Callable[[Any, Event], Any]:
    """An attribute of the folded state."""

    def compute(state: Any, event: Event) -> Any:
        return getattr(state, attribute)

    return compute


_ALL = (
    Feature(
        "shot_distance_m",
        "event",
        float,
        "m",
        "from the shot to the centre of the goal; a penalty is taken from the mark (11 m)",
        _shot_distance_m,
    ),
    Feature(
        "shot_angle_rad",
        "event",
        float,
        "rad",
        "between the posts as seen from the shot, 0 to pi; 0.642 from the penalty mark",
        _shot_angle_rad,
    ),
    Feature(
        "shot_offset_m",
        "event",
        float,
        "m",
        "from the shot to the line through the middle of both goals, either side; 0 for a penalty",
        _shot_offset_m,
    ),
    Feature("shot_is_header", "event", bool, "1", "the shot is taken with the head", _shot_is_header),
    Feature("shot_is_penalty", "event", bool, "1", "the shot is a penalty kick", _shot_is_penalty),
    Feature("shot_is_free_kick", "event", bool, "1", "the shot is a direct free kick", _shot_is_free_kick),
    Feature("shot_is_shoot_out", "event", bool, "1", "the shot is a kick of a penalty shoot-out", _shot_is_shoot_out),
    Feature(
        "move_counts",
        "event",
        bool,
        "1",
        "the ball was moved: a completed pass, a carry, a won dribble whose end is known",
        _move_counts,
    ),
    Feature("move_start_x_m", "event", float, "m", "where a counted move starts, from the own goal line", _move("x_m")),
    Feature(
        "move_start_y_m", "event", float, "m", "where a counted move starts, from the left touchline", _move("y_m")
    ),
    Feature("move_end_x_m", "event", float, "m", "where a counted move ends, from the own goal line", _move("end_x_m")),
    Feature(
        "move_end_y_m", "event", float, "m", "where a counted move ends, from the left touchline", _move("end_y_m")
    ),
    Feature(
        "pressed_player",
        "event",
        str,
        "1",
        "who acts under pressure; empty where there is none, nobody is named, or in a shoot-out",
        _pressed_player,
    ),
    Feature(
        "possession_team",
        "match",
        str,
        "1",
        "whose chain of possession it is by the feed; unknown until a feed tells one",
        _state("possession_team"),
    ),
    Feature(
        "match_status",
        "match",
        str,
        "1",
        "scheduled, live, half_time, full_time, suspended, finished, abandoned or postponed",
        _state("status"),
    ),
    Feature(
        "match_period",
        "match",
        int,
        "1",
        "0 before, 1 and 2 halves, 3 and 4 extra time, 5 shoot-out, 100 after",
        _state("period"),
    ),
    Feature(
        "match_elapsed_s",
        "match",
        float,
        "s",
        "the match clock; a period starts at 0, 2700, 5400, 6300 and runs on through stoppage time",
        _state("elapsed_s"),
    ),
    Feature("home_score", "match", int, "goals", "goals of the home team, without a shoot-out", _state("home_score")),
    Feature("away_score", "match", int, "goals", "goals of the away team, without a shoot-out", _state("away_score")),
    Feature(
        "home_red_cards",
        "match",
        int,
        "players",
        "home players sent off (red or second yellow)",
        _state("home_red_cards"),
    ),
    Feature(
        "away_red_cards",
        "match",
        int,
        "players",
        "away players sent off (red or second yellow)",
        _state("away_red_cards"),
    ),
    Feature("home_id", "match", str, "1", "the home team", lambda state, _event: state.home.id),
    Feature("away_id", "match", str, "1", "the away team", lambda state, _event: state.away.id),
    *PRIOR_FEATURES,
    *ACTION_FEATURES,
    *SHOT_FEATURES,
    *FRAME_FEATURES,
)

FEATURES: dict[str, Feature] = {feature.name: feature for feature in _ALL}
