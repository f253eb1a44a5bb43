"""Leverage in the Wyscout matches that training never saw: does the win probability move as it was expected to?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analytics import quality_leverage
from analytics.data import HELD_OUT_FROM
from analytics.matches import split, wyscout
from app.models.registry import Model
from app.sports.soccer.signals import leverage

SIGNAL = leverage.SIGNAL
MODEL = "win_probability"
FILES = ("wyscout/events.parquet", "wyscout/matches.parquet")


def evaluate(data: Path, model: Model, resamples: int) -> dict[str, Any]:
    """Expected and actual movement of the win probability."""
    after = split(wyscout(data), False, HELD_OUT_FROM)
    return {
        "data_set": "wyscout_held_out",
        "held_out_from": f"{HELD_OUT_FROM:%Y-%m-%d}",
        **quality_leverage.measure(after, model),
    }
