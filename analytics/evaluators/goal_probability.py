"""Goal probability at each 5 minutes of the Wyscout matches that training never saw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analytics import quality_goal_probability, quality_prior
from analytics.data import HELD_OUT_FROM
from analytics.matches import split, wyscout
from app.models.registry import Model
from app.sports.soccer.signals import goal_probability

SIGNAL = goal_probability.SIGNAL
MODEL = "win_probability"
FILES = ("wyscout/events.parquet", "wyscout/matches.parquet")


def evaluate(data: Path, model: Model, resamples: int) -> dict[str, Any]:
    """Figures of home, away and either.

    `…_with_odds`: of the matches, held out or not, whose odds before kick-off lie in the data folder.
    """
    found = wyscout(data)
    before, after = split(found, True, HELD_OUT_FROM), split(found, False, HELD_OUT_FROM)
    figures = quality_goal_probability.measure(before, after, model)
    figures |= quality_goal_probability.with_odds(found, quality_prior.priors(data, found), model)
    return {"held_out_from": f"{HELD_OUT_FROM:%Y-%m-%d}", **figures}
