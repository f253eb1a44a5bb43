"""Win probability at each 5 minutes of the Wyscout matches that training never saw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analytics import quality_prior, quality_win_probability
from analytics.data import HELD_OUT_FROM
from analytics.matches import split, wyscout
from app.models.registry import Model
from app.sports.soccer.signals import win_probability

SIGNAL = win_probability.SIGNAL
MODEL = "win_probability"
FILES = ("wyscout/events.parquet", "wyscout/matches.parquet")


def evaluate(data: Path, model: Model, resamples: int) -> dict[str, Any]:
    """Figures of all states together, by minute, of each outcome, and of each phase of the match.

    `odds_…`: of the matches (held out or not) whose odds before kick-off lie in the data folder, with and without them.
    """
    found = wyscout(data)
    before, after = split(found, True, HELD_OUT_FROM), split(found, False, HELD_OUT_FROM)
    figures = quality_win_probability.measure(before, after, model, resamples)
    odds = quality_prior.measure(data, found, model)
    return {"data_set": "wyscout_held_out", "held_out_from": f"{HELD_OUT_FROM:%Y-%m-%d}", **figures, **odds}
