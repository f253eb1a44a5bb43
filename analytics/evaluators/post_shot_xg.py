"""Post-shot xG on Wyscout shots on target that training never saw, and on StatsBomb's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analytics import quality_post_shot
from app.models.registry import Model
from app.sports.soccer.signals import post_shot_xg

SIGNAL = post_shot_xg.SIGNAL
MODEL = "post_shot_xg"
FILES = ("wyscout/events.parquet", "wyscout/matches.parquet")


def evaluate(data: Path, model: Model, resamples: int) -> dict[str, Any]:
    """Figures of shots on target alone: any other is 0 by definition."""
    return quality_post_shot.measure(data, model)
