"""The two probabilities behind action values, on Wyscout matches that training never saw and on StatsBomb's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analytics import quality_action_value
from app.models.registry import Model
from app.sports.soccer.signals import action_value

SIGNAL = action_value.SIGNAL
MODEL = "action_value"
FILES: tuple[str, ...] = ()


def evaluate(data: Path, model: Model, resamples: int) -> dict[str, Any]:
    """Figures of P(score) and P(concede). Takes some minutes: every event of the matches is decoded."""
    return quality_action_value.measure(data, model)
