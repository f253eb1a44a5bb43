"""An attack as 44 numbers: the embedding of soccer, version 1. Pure and deterministic; no model, nothing that is learnt.

Two attacks are as far apart as their numbers are (Euclidean distance). Each number is scaled to 0…1 over the range that is
stated beside it (what lies outside is taken to its end) and multiplied by the weight of its block. Left and right are one:
places are taken as metres from the line through both goals. A provider's play pattern, xG and names are not looked at.

| block | numbers | weight |
|---|---|---|
| origin | one for each of ORIGINS, 1 for its own | 0.9 |
| start | x (0…105 m), off the middle (0…34 m) | 0.7 |
| end | x, off the middle: of the last touch | 0.7 |
| path | share of touches and of the ends of passes and carries in 6 × 2 zones (17.5 m long; within 15 m of the middle, or wide), \
square root of each | 0.6 |
| tempo | log(1 + seconds) (0…60 s), log(1 + passes) (0…20), speed forward (0…10 m/s), directness (0…1), gain (-30…80 m) | 1.0 |
| last pass | length (0…60 m), forward (-30…50 m), across (0…50 m), end x, end off the middle: 0.5 each | 0.5 |
| how it came | the last pass was a cross, a through ball, long (30 m and more) | 1.0 |
| finish | shot 1.5; distance (0…40 m) 2.2; angle (0…pi/2), header, direct free kick 0.8 each; first time 0.4 | as stated |
| run | metres that the last player carried the ball before it (0…30 m) | 0.5 |

The last pass is the last one before the shot (or, without a shot, the last of all) of at most 8 s before. What is not told
is 0. An attack of which no place is told has no numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from app.sports.base import Event
from app.sports.soccer.attacks import ORIGINS
from app.sports.soccer.events import PITCH_LENGTH_M, PITCH_WIDTH_M
from app.sports.soccer.geometry import goal_angle_rad, goal_distance_m
from app.sports.soccer.shots import shot_place

LENGTH_ZONES, MIDDLE_M = 6, 15.0
LAST_PASS_S = 8.0
CROSS_FROM_X_M, CROSS_OFF_M, BOX_X_M, BOX_OFF_M = 75.0, 18.0, 88.5, 20.16
LONG_PASS_M = 30.0
Place = tuple[float, float]


def place_of(event: Event) -> Place | None:
    """Where an action begins, metres; of a penalty its mark."""
    if event.type == "shot":
        return shot_place(event)
    x_m, y_m = event.fields.x_m, event.fields.y_m
    return None if x_m is None or y_m is None else (x_m, y_m)


def end_of(event: Event) -> Place | None:
    """Where a pass or a carry ends, where that is told."""
    x_m, y_m = event.fields.end_x_m, event.fields.end_y_m
    return None if event.type not in ("pass", "carry") or x_m is None or y_m is None else (x_m, y_m)


def off_middle_m(y_m: float) -> float:
    """Metres from the line through both goals."""
    return abs(y_m - PITCH_WIDTH_M / 2)


def last_pass(touches: Sequence[Event]) -> Event | None:
    """The last pass before the shot, or of all where none is the end; None where the last was longer ago than LAST_PASS_S."""
    last = touches[-1]
    before = touches[:-1] if last.type == "shot" else touches
    found = next((e for e in reversed(before) if e.type == "pass"), None)
    return None if found is None or last.elapsed_s - found.elapsed_s > LAST_PASS_S else found


def is_cross(event: Event) -> bool:
    """A pass from the wing into the box: told as a cross, or, in play, played like one."""
    if event.fields.cross or event.fields.pass_kind is not None:
        return event.fields.cross is True
    start, end = place_of(event), end_of(event)
    if start is None or end is None:
        return False
    from_wing = start[0] >= CROSS_FROM_X_M and off_middle_m(start[1]) >= CROSS_OFF_M
    return from_wing and end[0] >= BOX_X_M and off_middle_m(end[1]) <= MIDDLE_M


def is_through_ball(event: Event) -> bool:
    """Told as one; or complete, in play, from within 20 m of the middle, 12 m and more forward, and into the box."""
    if (event.fields.detail or "").lower() == "through ball":
        return True
    start, end = place_of(event), end_of(event)
    if start is None or end is None or event.fields.outcome != "complete" or event.fields.pass_kind is not None:
        return False
    central = off_middle_m(start[1]) <= 20.0 and off_middle_m(end[1]) <= BOX_OFF_M
    return central and 50.0 <= start[0] <= 88.0 and end[0] >= BOX_X_M and end[0] - start[0] >= 12.0


def length_m(event: Event) -> float:
    """How far a pass or carry went, metres; 0 where it is not told."""
    start, end = place_of(event), end_of(event)
    return 0.0 if start is None or end is None else math.hypot(end[0] - start[0], end[1] - start[1])


def seconds_of(touches: Sequence[Event]) -> float:
    """From the first touch to the last."""
    return max(touches[-1].elapsed_s - touches[0].elapsed_s, 0.0)


def gain_m(touches: Sequence[Event]) -> float:
    """How far forward the ball is at the last touch, from the first; 0 where either is not told."""
    first, last = place_of(touches[0]), place_of(touches[-1])
    return 0.0 if first is None or last is None else last[0] - first[0]


def numbers_of(origin: str, touches: Sequence[Event]) -> tuple[float, ...] | None:
    """The numbers of an attack up to its last touch (shape: 44); None where no place is told."""
    places = [p for p in map(place_of, touches) if p is not None]
    if not places:
        return None
    last = touches[-1]
    return (
        *(0.9 * (origin == name) for name in ORIGINS),
        *_spot(places[0], 0.7),
        *_spot(places[-1], 0.7),
        *_path(touches, places),
        *_tempo(touches, places),
        *_pass(last_pass(touches)),
        *_finish(last),
        0.5 * _scaled(_run_m(touches), 0.0, 30.0),
    )


def _scaled(value: float, low: float, high: float) -> float:
    return (min(max(value, low), high) - low) / (high - low)


def _spot(place: Place, weight: float) -> tuple[float, float]:
    return weight * _scaled(place[0], 0.0, PITCH_LENGTH_M), weight * _scaled(off_middle_m(place[1]), 0.0, 34.0)


def _path(touches: Sequence[Event], places: Sequence[Place]) -> list[float]:
    counts = [0] * (2 * LENGTH_ZONES)
    ends = [p for p in map(end_of, touches) if p is not None]
    for x_m, y_m in (*places, *ends):
        along = min(max(int(x_m / PITCH_LENGTH_M * LENGTH_ZONES), 0), LENGTH_ZONES - 1)
        counts[2 * along + (off_middle_m(y_m) > MIDDLE_M)] += 1
    total = len(places) + len(ends)
    return [0.6 * math.sqrt(count / total) for count in counts]


def _tempo(touches: Sequence[Event], places: Sequence[Place]) -> tuple[float, ...]:
    seconds = seconds_of(touches)
    passes = sum(1 for e in touches if e.type == "pass")
    gain = places[-1][0] - places[0][0]
    way_m = sum(math.hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(places))
    straight_m = math.hypot(places[-1][0] - places[0][0], places[-1][1] - places[0][1])
    return (
        _scaled(math.log1p(seconds), 0.0, math.log1p(60.0)),
        _scaled(math.log1p(passes), 0.0, math.log1p(20.0)),
        # Within a second or two a metre says nothing of a speed.
        _scaled(gain / max(seconds, 3.0), 0.0, 10.0),
        straight_m / way_m if way_m > 0 else 0.0,
        _scaled(gain, -30.0, 80.0),
    )


def _pass(event: Event | None) -> tuple[float, ...]:
    if event is None:
        return (0.0,) * 8
    how = (1.0 * is_cross(event), 1.0 * is_through_ball(event), 1.0 * (length_m(event) >= LONG_PASS_M))
    start, end = place_of(event), end_of(event)
    if start is None or end is None:
        return (0.0,) * 5 + how
    return (
        0.5 * _scaled(length_m(event), 0.0, 60.0),
        0.5 * _scaled(end[0] - start[0], -30.0, 50.0),
        0.5 * _scaled(abs(end[1] - start[1]), 0.0, 50.0),
        *_spot(end, 0.5),
        *how,
    )


def _finish(last: Event) -> tuple[float, ...]:
    if last.type != "shot":
        return (0.0,) * 6
    fields, place = last.fields, shot_place(last)
    return (
        1.5,
        0.0 if place is None else 2.2 * _scaled(goal_distance_m(*place), 0.0, 40.0),
        0.0 if place is None else 0.8 * _scaled(goal_angle_rad(*place), 0.0, math.pi / 2),
        0.8 * (fields.body_part == "head"),
        0.8 * (fields.shot_kind == "free_kick"),
        0.4 * (fields.first_time is True),
    )


def _run_m(touches: Sequence[Event]) -> float:
    """How far the player of the last touch carried the ball since the last pass."""
    metres = 0.0
    for event in reversed(touches[:-1]):
        if event.type == "pass" or event.player != touches[-1].player:
            break
        if event.type == "carry":
            metres += length_m(event)
    return metres
