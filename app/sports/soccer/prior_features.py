"""Features of what was thought before kick-off, and of what changes the chances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.sports.base import Event, Feature
from app.sports.soccer.state import DISMISSALS

_WHISTLES = ("period_start", "period_end", "status", "own_goal")


def _prior(attribute: str) -> Callable[[Any, Any], float]:
    """0.0 stands for a match of which nobody said odds: that is no missing input, and no fair chance is 0."""

    def compute(state: Any, event: Event | None) -> float:
        return 0.0 if state.prior is None else getattr(state.prior, attribute)

    return compute


def _chances_may_turn(state: Any, event: Event | None) -> bool:
    if event is None or event.type in _WHISTLES:
        return True
    if event.type == "shot":
        return event.fields.outcome == "goal"
    return event.fields.card in DISMISSALS


PRIOR_FEATURES = (
    Feature(
        "pre_match_home_win",
        "match",
        float,
        "probability",
        "chance of a home win by the last odds before kick-off, made fair (Shin); 0 where there were none",
        _prior("home_win"),
    ),
    Feature(
        "pre_match_draw",
        "match",
        float,
        "probability",
        "chance of a draw by the last odds before kick-off, made fair (Shin); 0 where there were none",
        _prior("draw"),
    ),
    Feature(
        "pre_match_away_win",
        "match",
        float,
        "probability",
        "chance of an away win by the last odds before kick-off, made fair (Shin); 0 where there were none",
        _prior("away_win"),
    ),
    Feature(
        "pre_match_home_goals",
        "match",
        float,
        "goals",
        "goals of the home team in 90 minutes that the odds before kick-off stand for; 0 where there were none",
        _prior("home_goals"),
    ),
    Feature(
        "pre_match_away_goals",
        "match",
        float,
        "goals",
        "goals of the away team in 90 minutes that the odds before kick-off stand for; 0 where there were none",
        _prior("away_goals"),
    ),
    Feature(
        "chances_may_turn",
        "match",
        bool,
        "1",
        "a goal, a dismissal, a whistle or a status was told just now, or a full minute passed",
        _chances_may_turn,
    ),
)
