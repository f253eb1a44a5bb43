"""Inputs of signals from a shot's freeze frame: the terms of `app.sports.soccer.freeze_frame`.

None where the feed tells no frame, or an empty one: who stands nowhere was not seen. A penalty is struck with nobody in
the way, and a kick of a shoot-out has no value: both have stand-ins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from app.sports.base import Event, Feature
from app.sports.soccer.freeze_frame import FRAME_TERMS, terms
from app.sports.soccer.shots import is_penalty

_MEANINGS = {
    "keeper_line_m": (
        "m",
        "how far the opponents' goalkeeper is off his line, 8 m at most; 0 where he is not in sight",
    ),
    "log_nearest": ("1", "logarithm of the metres to the nearest opponent but the goalkeeper, 0.5 to 15 m"),
    "log_open": ("1", "logarithm of the share of the goal that nobody hides, 0.02 to 1"),
    "keeper_gap_share": ("1", "from the shot to the goalkeeper, over the way to the goal, 2 at most"),
    "lob": ("1", "1 where the provider calls the shot a lob, else 0"),
    "keeper_line_squared_m2": ("m2", "square of frame_keeper_line_m: far off his line he leaves the goal open"),
}
FRAME_INPUTS = tuple(f"frame_{name}" for name in FRAME_TERMS)


def _term(place: int) -> Callable[[Any, Event], float | None]:
    def compute(state: Any, event: Event) -> float | None:
        fields = event.fields
        if is_penalty(event):
            return 0.0
        if not fields.freeze_frame or fields.x_m is None or fields.y_m is None:
            return None
        return terms(fields.x_m, fields.y_m, fields.freeze_frame, fields.detail)[place]

    return compute


def frame_terms_of(f: Any) -> Sequence[float]:
    """The terms of a freeze frame from the features of a shot, in the order of FRAME_TERMS (shape: 6)."""
    return [getattr(f, name) for name in FRAME_INPUTS]


FRAME_FEATURES = tuple(
    Feature(
        f"frame_{name}", "event", float, _MEANINGS[name][0], f"in a shot's freeze frame: {_MEANINGS[name][1]}", _term(i)
    )
    for i, name in enumerate(FRAME_TERMS)
)
