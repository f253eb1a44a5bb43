"""Trains "xg": logistic regression on shot geometry, body part, kind of shot and what led to it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from analytics import artifact, metrics, shots
from analytics.data import HELD_OUT_FROM, WYSCOUT_CARD, in_play
from analytics.regression import regress
from analytics.shot_events import shots_of, wyscout_matches
from app.errors import UsageError
from app.sports.soccer.shots import TERMS


def fit(training: pl.DataFrame) -> dict[str, Any]:
    """Parameters of a Logistic kernel from shots as `shots.table_of` gives them (shoot-out kicks left out).

    Penalties are a constant, the share of them that were scored; every other shot is fitted by maximum likelihood.
    Errors: UsageError where scikit-learn is missing or the shots are too few to fit.
    """
    penalty = training["shot_kind"].to_numpy() == "penalty"
    goal = training["goal"].to_numpy()
    if not 0 < goal[penalty].sum() < penalty.sum() or not 0 < goal[~penalty].sum() < (~penalty).sum():
        raise UsageError("Training xg takes scored and missed shots, of penalties and of other shots.")
    place = TERMS.index("penalty")
    others = np.delete(shots.design(training.filter(~pl.Series(penalty))), place, axis=1)
    coefficients, intercept = regress(others, goal[~penalty])
    share = float(goal[penalty].mean())
    coefficients.insert(place, math.log(share / (1 - share)) - intercept)
    return {
        "features": list(TERMS),
        "coefficients": [artifact.rounded(c) for c in coefficients],
        "intercept": artifact.rounded(intercept),
    }


def train(data: Path) -> dict[str, Any]:
    """The artifact, fitted on the shots before HELD_OUT_FROM and measured on those after."""
    every = in_play(shots.table_of(shots_of(wyscout_matches(data)))).sort("date", "match_id", maintain_order=True)
    training, test = every.filter(pl.col("date") < HELD_OUT_FROM), every.filter(pl.col("date") >= HELD_OUT_FROM)
    made = artifact.build("xg", "logistic", fit(training), {})
    predicted = shots.predict(test, artifact.ready(made))
    measured = metrics.summary(test["goal"].to_numpy(), predicted)
    made["card"] = {
        "title": "Expected goals: logistic regression on shot geometry, body part, kind of shot and the actions before it",
        **WYSCOUT_CARD,
        "trained_by": "touchline train xg --data FOLDER",
        "features": list(TERMS),
        "n_train": len(training),
        "n_test": len(test),
        "metrics": {k: round(v, 5) if isinstance(v, float) else v for k, v in measured.items()},
        "limits": "Knows nothing of goalkeeper and defenders. Wyscout does not tell head "
        "from trunk. A provider that logs more blocked shots, or places them nearer, gets too high a sum.",
    }
    return made
