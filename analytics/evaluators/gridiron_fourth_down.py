"""Conversions and field goals of football games that training never saw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analytics import quality_gridiron
from analytics.gridiron_data import CFB_FILES, NFL_FILES
from app.models.registry import Model
from app.sports.gridiron.signals import fourth_down

SIGNAL = fourth_down.SIGNAL
MODEL = "gridiron"
FILES = (*CFB_FILES, *NFL_FILES)


def evaluate(data: Path, model: Model, resamples: int) -> dict[str, Any]:
    """As `quality_gridiron.fourth_groups`."""
    return quality_gridiron.fourth_groups(data, model, resamples)
