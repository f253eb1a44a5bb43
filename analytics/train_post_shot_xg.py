"""Trains "post_shot_xg": logistic regression on how a shot on target was taken and which part of the goal it came to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from analytics import artifact, metrics
from analytics.data import HELD_OUT_FROM, WYSCOUT_CARD
from analytics.regression import regress
from analytics.shot_events import Taken, shots_of, wyscout_matches
from app.errors import UsageError
from app.sports.soccer.post_shot import TERMS, inputs_of, terms_of
from app.sports.soccer.shots import SHOOT_OUT_PERIOD


def on_target(taken: Iterable[Taken]) -> tuple[list[Taken], np.ndarray, np.ndarray]:
    """The shots on target that are told in full, no kicks of shoot-outs; their terms (shape: shots x len(TERMS)), and
    whether each was scored (shape: shots)."""
    chosen: list[Taken] = []
    rows: list[Sequence[float]] = []
    for shot in taken:
        f = inputs_of(shot.event)
        if shot.event.period != SHOOT_OUT_PERIOD and f is not None and f.shot_on_target:
            chosen.append(shot)
            rows.append(terms_of(f))
    goal = np.array([shot.event.fields.outcome == "goal" for shot in chosen], dtype=bool)
    return chosen, np.array(rows, dtype=float).reshape(len(rows), len(TERMS)), goal


def fit(design: np.ndarray, goal: np.ndarray) -> dict[str, Any]:
    """Parameters of a Logistic kernel, by maximum likelihood; penalties, whose terms are their own, and all others at once.

    Errors: UsageError where scikit-learn is missing, or where penalties or other shots were all scored or all saved.
    """
    penalty = design[:, TERMS.index("penalty")] == 1.0
    for part in (penalty, ~penalty):
        if not 0 < goal[part].sum() < part.sum():
            raise UsageError(
                "Training post_shot_xg takes scored and saved shots on target, of penalties and of others."
            )
    coefficients, intercept = regress(design, goal)
    return {
        "features": list(TERMS),
        "coefficients": [artifact.rounded(c) for c in coefficients],
        "intercept": artifact.rounded(intercept),
    }


def train(data: Path) -> dict[str, Any]:
    """The artifact, fitted on the shots before HELD_OUT_FROM and measured on those after."""
    chosen, design, goal = on_target(shots_of(wyscout_matches(data)))
    training = np.array([shot.day is not None and shot.day < HELD_OUT_FROM for shot in chosen], dtype=bool)
    made = artifact.build("post_shot_xg", "logistic", fit(design[training], goal[training]), {})
    kernel: Any = artifact.ready(made).kernel
    measured = metrics.summary(goal[~training], kernel.predict_many(design[~training]))
    made["card"] = {
        "title": "Post-shot expected goals: logistic regression on shot and part of the goal mouth",
        **WYSCOUT_CARD,
        "trained_by": "touchline train post_shot_xg --data FOLDER",
        "features": list(TERMS),
        "n_train": int(training.sum()),
        "n_test": int((~training).sum()),
        "metrics": {k: round(v, 5) if isinstance(v, float) else v for k, v in measured.items()},
        "limits": "Knows nine parts of the goal mouth and no finer place, and nothing of the goalkeeper or the speed of the "
        "ball. A saved ball is placed where it was saved.",
    }
    return made
