"""How soon an event is scored when many matches wait."""

from typing import Any

import pytest

from app.sports.soccer.events import Fields
from app.sports.soccer.importance import importance


@pytest.mark.parametrize(
    ("event_type", "fields", "level"),
    [
        ("pass", {}, 0),
        ("foul", {}, 0),
        ("own_goal_against", {}, 0),
        ("match_info", {}, 0),
        ("shot", {"outcome": "saved"}, 1),
        ("shot", {"outcome": "saved", "shot_kind": "penalty"}, 2),
        ("foul", {"card": "yellow"}, 2),
        ("foul", {"penalty": True}, 2),
        ("card", {"card": "red"}, 2),
        ("status", {"status": "suspended"}, 2),
        ("official_score", {"home_score": 1, "away_score": 0}, 2),
        ("primary_stream", {"provider": "statsbomb"}, 2),
        ("shot", {"outcome": "goal"}, 3),
        ("own_goal", {}, 3),
    ],
)
def test_importance(event_type: str, fields: dict[str, Any], level: int) -> None:
    assert importance(event_type, Fields(**fields)) == level
