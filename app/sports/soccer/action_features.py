"""Features of the signals that value actions on the ball."""

from __future__ import annotations

from typing import Any

from app.sports.base import Event, Feature
from app.sports.soccer.actions import told


def _is_action(state: Any, event: Event) -> bool | None:
    return told(event)


def _at_event(state: Any, event: Event | None) -> bool:
    return event is not None


ACTION_FEATURES = (
    Feature(
        "is_action",
        "event",
        bool,
        "1",
        "the event is an action on the ball; unknown where its place, end or outcome is not told",
        _is_action,
    ),
    Feature("at_event", "match", bool, "1", "the value is asked for at an event, not at a full minute", _at_event),
)
