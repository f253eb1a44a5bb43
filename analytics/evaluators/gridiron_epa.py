"""Expected points of football plays that training never saw: do the next scores come as often as said?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analytics import quality_gridiron
from analytics.gridiron_data import CFB_FILES, NFL_FILES
from app.models.registry import Model
from app.sports.gridiron.signals import epa

SIGNAL = epa.SIGNAL
MODEL = "gridiron"
FILES = (*CFB_FILES, *NFL_FILES)


def evaluate(data: Path, model: Model, resamples: int) -> dict[str, Any]:
    """As `quality_gridiron.point_groups`."""
    return quality_gridiron.point_groups(data, model, resamples)
