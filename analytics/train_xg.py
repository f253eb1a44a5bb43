"""Trains "xg": logistic regression on shot geometry, body part and kind of shot."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from analytics import artifact, metrics, shots
from analytics.data import HELD_OUT_FROM, WYSCOUT_CARD, in_play, wyscout_shots
from app.errors import UsageError
from app.sports.soccer.signals import xg


def fit(training: pl.DataFrame) -> dict[str, Any]:
    """Parameters of a Logistic kernel from shots as `wyscout_shots` gives them (shoot-out kicks left out).

    Penalties are a constant, the share of them that were scored; every other shot is fitted by maximum likelihood.
    Errors: UsageError where scikit-learn is missing or the shots are too few to fit.
    """
    penalty = training["shot_kind"].to_numpy() == "penalty"
    goal = training["goal"].to_numpy()
    if not 0 < goal[penalty].sum() < penalty.sum() or not 0 < goal[~penalty].sum() < (~penalty).sum():
        raise UsageError("Training xg takes scored and missed shots, of penalties and of other shots.")
    coefficients, intercept = _regress(shots.design(training.filter(~pl.Series(penalty)))[:, :-1], goal[~penalty])
    share = float(goal[penalty].mean())
    coefficients.append(math.log(share / (1 - share)) - intercept)
    return {
        "features": list(xg.TERMS),
        "coefficients": [artifact.rounded(c) for c in coefficients],
        "intercept": artifact.rounded(intercept),
    }


def train(data: Path) -> dict[str, Any]:
    """The artifact, fitted on the shots before HELD_OUT_FROM and measured on those after."""
    every = in_play(wyscout_shots(data)).sort("date", "match_id", maintain_order=True)
    training, test = every.filter(pl.col("date") < HELD_OUT_FROM), every.filter(pl.col("date") >= HELD_OUT_FROM)
    made = artifact.build("xg", "logistic", fit(training), {})
    predicted = shots.predict(test, artifact.ready(made))
    measured = metrics.summary(test["goal"].to_numpy(), predicted)
    made["card"] = {
        "title": "Expected goals: logistic regression on shot geometry, body part and kind of shot",
        **WYSCOUT_CARD,
        "trained_by": "touchline train xg --data FOLDER",
        "features": list(xg.TERMS),
        "n_train": len(training),
        "n_test": len(test),
        "metrics": {k: round(v, 5) if isinstance(v, float) else v for k, v in measured.items()},
        "limits": "Knows nothing of goalkeeper, defenders or the pass before the shot. Wyscout does not tell head "
        "from trunk. A provider that logs more blocked shots, or places them nearer, gets too high a sum.",
    }
    return made


def _regress(design: np.ndarray, goal: np.ndarray) -> tuple[list[float], float]:
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise UsageError(
            "Training needs scikit-learn, which is an extra: pip install 'touchline[train]', then run this again."
        ) from error
    mean, spread = design.mean(axis=0), design.std(axis=0)
    spread[spread == 0] = 1.0
    # Standardised for the solver only; the penalty on the weights is too weak to matter but keeps a
    # term that never varies (no header in the sample) at zero.
    fitted = LogisticRegression(C=100.0, max_iter=5000, tol=1e-8).fit((design - mean) / spread, goal)
    coefficients = fitted.coef_[0] / spread
    return [float(c) for c in coefficients], float(fitted.intercept_[0] - coefficients @ mean)
