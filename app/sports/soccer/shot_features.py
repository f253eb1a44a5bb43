"""Inputs of signals about how a shot ended, beside those of `app.sports.soccer.features` about how it was taken.

As there, None means that the feed does not say, and what has no bearing on a value has a stand-in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.sports.base import Event, Feature
from app.sports.soccer.events import PITCH_WIDTH_M
from app.sports.soccer.geometry import goal_angle_rad, goal_distance_m
from app.sports.soccer.goal_mouth import on_target, part_across, part_up
from app.sports.soccer.shots import is_penalty, shot_place


def _on_target(state: Any, event: Event) -> bool | None:
    return on_target(event.fields.outcome)


def _is_goal(state: Any, event: Event) -> bool | None:
    outcome = event.fields.outcome
    return None if outcome is None else outcome == "goal"


def _told_on_target(compute: Callable[[Any, Event], Any], otherwise: float) -> Callable[[Any, Event], Any]:
    """An input of what only shots on target have; a stand-in for any other shot, whatever the feed leaves out of it."""

    def told(state: Any, event: Event) -> Any:
        return compute(state, event) if on_target(event.fields.outcome) else otherwise

    return told


def _distance_m(state: Any, event: Event) -> float | None:
    place = shot_place(event)
    return None if place is None else goal_distance_m(*place)


def _angle_rad(state: Any, event: Event) -> float | None:
    place = shot_place(event)
    return None if place is None else goal_angle_rad(*place)


def _side_m(state: Any, event: Event) -> float | None:
    place = shot_place(event)
    return None if place is None else place[1] - PITCH_WIDTH_M / 2


def _header(state: Any, event: Event) -> bool | None:
    if is_penalty(event):
        return False
    part = event.fields.body_part
    return None if part is None else part == "head"


def _free_kick(state: Any, event: Event) -> bool | None:
    kind = event.fields.shot_kind
    return None if kind is None else kind == "free_kick"


def _penalty(state: Any, event: Event) -> bool | None:
    return is_penalty(event)


def _across(state: Any, event: Event) -> int | None:
    return None if event.fields.end_y_m is None else part_across(event.fields.end_y_m)


def _up(state: Any, event: Event) -> int | None:
    return None if event.fields.end_z_m is None else part_up(event.fields.end_z_m)


def _feature(name: str, dtype: type, unit: str, description: str, compute: Any, otherwise: float) -> Feature:
    return Feature(
        name, "event", dtype, unit, f"of a shot on target: {description}", _told_on_target(compute, otherwise)
    )


def _led_by(name: str, dtype: type, unit: str, description: str) -> Feature:
    """What led to the shot, as the fold remembers it: 0 where nothing did or it is not told."""

    def compute(state: Any, event: Event) -> float:
        return getattr(state.build_up.led_by, name)

    return Feature(f"before_shot_{name}", "event", dtype, unit, description, compute)


SHOT_FEATURES = (
    _led_by("pass_across_m", float, "m", "how far the pass that was the last action came across the pitch"),
    _led_by("pass_turn_rad", float, "rad", "how far that pass turned the place of the ball, as seen from the goal"),
    _led_by("pass_from_m", float, "m", "how far from the goal that pass was played"),
    _led_by("cross", bool, "1", "the last action was a cross of the same team"),
    _led_by(
        "rebound", bool, "1", "after a shot of the same team among the last two actions, 3.5 s at most after the last"
    ),
    _led_by(
        "speed_m_per_s", float, "m/s", "how fast the ball came forward since the same team's last action, -10 to 20"
    ),
    _led_by("same_team", bool, "1", "the action before the last was the same team's"),
    _led_by("gain_m", float, "m", "how far the ball came forward since the action before the last, -30 to 60"),
    _led_by("set_piece", bool, "1", "a corner or free kick of the same team at most 12 s and four actions ago"),
    Feature(
        "shot_on_target",
        "event",
        bool,
        "1",
        "a goal, or would have been but for a goalkeeper; blocked by a field player or against the post is neither",
        _on_target,
    ),
    Feature("shot_is_goal", "event", bool, "1", "the shot was scored", _is_goal),
    _feature("on_target_distance_m", float, "m", "from the shot to the centre of the goal", _distance_m, 0.0),
    _feature("on_target_angle_rad", float, "rad", "between the posts as seen from the shot", _angle_rad, 0.0),
    _feature(
        "on_target_side_m", float, "m", "from the line through the middle of both goals, right positive", _side_m, 0.0
    ),
    _feature("on_target_is_header", bool, "1", "it is taken with the head", _header, False),
    _feature("on_target_is_free_kick", bool, "1", "it is a direct free kick", _free_kick, False),
    _feature("on_target_is_penalty", bool, "1", "it is a penalty kick", _penalty, False),
    _feature("on_target_across", int, "1", "part of the goal: -1 left, 0 middle, 1 right", _across, 0),
    _feature("on_target_up", int, "1", "part of the goal: 0 low, 1 half-high, 2 high", _up, 0),
)
