"""Leverage of football plays that training never saw: does the win probability move as it was expected to?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analytics import quality_gridiron
from analytics.gridiron_data import CFB_FILES, NFL_FILES
from app.models.registry import Model
from app.sports.gridiron.signals import leverage

SIGNAL = leverage.SIGNAL
MODEL = "gridiron"
FILES = (*CFB_FILES, *NFL_FILES)


def evaluate(data: Path, model: Model, resamples: int) -> dict[str, Any]:
    """As `quality_gridiron.swings`."""
    return {"data_set": "held_out", **quality_gridiron.swings(data, model)}
