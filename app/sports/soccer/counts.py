"""What one event adds to the counts of its player and of its team: the rules that features of both share."""

from __future__ import annotations

from app.sports.base import Event
from app.sports.soccer.events import PITCH_LENGTH_M

FINAL_THIRD_X_M = PITCH_LENGTH_M * 2 / 3
ON_TARGET = ("goal", "saved", "saved_to_post")
SHOOT_OUT_PERIOD = 5
# A good part of an evening: what a match has brought is of no use to the next one.
MATCH_TTL_S = 6 * 3600.0


def completed(event: Event) -> bool:
    """A pass that found its man."""
    return event.type == "pass" and event.fields.outcome == "complete"


def into_final_third(event: Event) -> bool:
    """A completed pass that ends in the last 35 m; one without an end does not count."""
    end_x_m = event.fields.end_x_m
    return completed(event) and end_x_m is not None and end_x_m >= FINAL_THIRD_X_M


def shot_counts(event: Event) -> tuple[int, int, int]:
    """(shots, on target, goals) of an event. Kicks of a shoot-out are none of them."""
    if event.type != "shot" or event.period == SHOOT_OUT_PERIOD:
        return 0, 0, 0
    outcome = event.fields.outcome
    return 1, outcome in ON_TARGET, outcome == "goal"


def is_tackle(event: Event) -> bool:
    """A duel on the ground, won or lost."""
    return event.type == "duel" and event.fields.duel_kind == "tackle"


def is_won(event: Event) -> bool:
    """A duel, a take-on or a loose ball for two that the feed calls won."""
    return bool(event.fields.won) and event.type in ("duel", "dribble", "fifty_fifty")
