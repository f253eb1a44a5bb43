"""Win probability of football plays that training never saw, beside the data's own models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analytics import quality_gridiron
from analytics.gridiron_data import CFB_FILES, NFL_FILES
from app.models.registry import Model
from app.sports.gridiron.signals import win_probability

SIGNAL = win_probability.SIGNAL
MODEL = "gridiron"
FILES = (*CFB_FILES, *NFL_FILES)


def evaluate(data: Path, model: Model, resamples: int) -> dict[str, Any]:
    """As `quality_gridiron.win_groups`."""
    return quality_gridiron.win_groups(data, model, resamples)
