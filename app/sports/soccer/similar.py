"""Moments of soccer that can be compared: every shot with the attack that led to it, every attack that led to none. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from app.sports.base import Event
from app.sports.similar import Embedding, Moment
from app.sports.soccer.attack_numbers import (
    gain_m,
    is_cross,
    is_through_ball,
    last_pass,
    numbers_of,
    place_of,
    seconds_of,
)
from app.sports.soccer.attacks import Attack, attacks_of
from app.sports.soccer.events import PITCH_LENGTH_M
from app.sports.soccer.geometry import goal_distance_m

# An attack of fewer touches is a clearance or a lost ball; a delivery of a set piece is one from its first touch.
LEAST_TOUCHES = 3
LONG_RANGE_M = 25.0
COUNTER_FROM_X_M, COUNTER_GAIN_M, COUNTER_S, COUNTER_M_PER_S = 45.0, 30.0, 20.0, 3.0
SET_PIECE_S = 15.0
BUILD_UP_PASSES = 8
_SHOTS = {"saved": "saved", "saved_to_post": "saved", "saved_off_target": "saved", "post": "against the post"}
_SHOTS |= {"off_target": "off target", "wayward": "off target", "blocked": "blocked"}
_SET_PIECES = {"corner": "corner", "free_kick": "free kick", "throw_in": "throw-in", "goal_kick": "goal kick"}


def moments(events: Sequence[Event]) -> list[Moment]:
    """The moments of one match, in match order; an attack without any place has none."""
    competition = None
    for event in events:
        if event.type == "match_info":
            competition = event.fields.competition or competition
    return [moment for attack in attacks_of(events) for moment in _moments_of(attack, competition)]


def _moments_of(attack: Attack, competition: str | None) -> list[Moment]:
    """One a shot, from the start of the attack to it; one in all where there was none. Each event belongs to one of them."""
    ends = [i for i, event in enumerate(attack.touches) if event.type == "shot"] or [len(attack.touches) - 1]
    found: list[Moment] = []
    begins = 0
    for n, end in enumerate(ends, 1):
        touches = attack.touches[: end + 1]
        last = touches[-1]
        until = len(attack.events) if n == len(ends) else attack.events.index(last.source_event_id) + 1
        numbers = numbers_of(attack.origin, touches)
        if numbers is not None:
            found.append(
                Moment(
                    event=last.source_event_id,
                    events=tuple(attack.events[begins:until]),
                    team=attack.team,
                    players=tuple(dict.fromkeys(e.player for e in touches if e.player is not None)),
                    period=attack.period,
                    elapsed_s=last.elapsed_s,
                    what=words(attack.origin, touches),
                    has_shot=last.type == "shot",
                    is_kept=_is_kept(attack.origin, touches),
                    competition=competition,
                    numbers=numbers,
                )
            )
        begins = until
    return found


def _is_kept(origin: str, touches: Sequence[Event]) -> bool:
    return touches[-1].type == "shot" or len(touches) >= LEAST_TOUCHES or origin == "corner"


def kind_of(origin: str, touches: Sequence[Event]) -> str:
    """What sort of attack it was, in words for people; the embedding does not use it."""
    last = touches[-1]
    is_shot, seconds = last.type == "shot", seconds_of(touches)
    if origin == "penalty":
        return "penalty"
    if is_shot and last.fields.shot_kind == "free_kick":
        return "direct free kick"
    if origin in ("corner", "free_kick") and seconds <= SET_PIECE_S and _in_their_half(touches):
        return _SET_PIECES[origin]
    if _is_counter(origin, touches):
        return "counter attack"
    passed = last_pass(touches)
    if passed is not None and is_through_ball(passed):
        return "through ball"
    if passed is not None and is_cross(passed):
        return "cross"
    place = place_of(last)
    if is_shot and place is not None and goal_distance_m(*place) >= LONG_RANGE_M:
        return "long-range shot"
    if origin in _SET_PIECES and seconds <= SET_PIECE_S:
        return _SET_PIECES[origin]
    if sum(1 for e in touches if e.type == "pass") >= BUILD_UP_PASSES:
        return "build-up"
    return "attack"


def _in_their_half(touches: Sequence[Event]) -> bool:
    place = place_of(touches[0])
    return place is not None and place[0] >= PITCH_LENGTH_M / 2


def _is_counter(origin: str, touches: Sequence[Event]) -> bool:
    """Won in play, far from the goal, and quickly at the other end."""
    place = place_of(touches[0])
    if origin not in ("regain", "keeper") or place is None or place[0] > COUNTER_FROM_X_M:
        return False
    gain, seconds = gain_m(touches), seconds_of(touches)
    return gain >= COUNTER_GAIN_M and seconds <= COUNTER_S and gain >= COUNTER_M_PER_S * seconds


def words(origin: str, touches: Sequence[Event]) -> str:
    """Such as "counter attack, 4 passes, 11 s, shot saved"."""
    last = touches[-1]
    passes = sum(1 for e in touches if e.type == "pass")
    said = [
        kind_of(origin, touches),
        f"{passes} pass{'' if passes == 1 else 'es'}",
        f"{seconds_of(touches):.0f} s",
    ]
    if last.type == "shot":
        shot = "header" if last.fields.body_part == "head" else "shot"
        outcome = last.fields.outcome or ""
        said.append("goal" if outcome == "goal" else f"{shot} {_SHOTS.get(outcome, '')}".strip())
    else:
        said.append("no shot")
    return ", ".join(said)


EMBEDDING = Embedding(name="soccer-attack@1", table="soccer_moment", dimensions=44, moments=moments)
