"""Trains "xg_freeze_frame", for research alone: xG that sees goalkeeper and defenders, from one's own StatsBomb open data.

The data may be used for research and analysis, not commercially, and not be passed on (its user agreement). So the model
is never part of Touchline: it is written to the models of the user (`analytics.train`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from analytics import artifact, metrics
from analytics.regression import regress
from analytics.shot_events import Taken, shots_of, statsbomb_matches
from app.errors import UsageError
from app.models.odds import probability
from app.models.registry import load
from app.sports.soccer.build_up import BuildUp
from app.sports.soccer.features import FEATURES
from app.sports.soccer.freeze_frame import FRAME_TERMS, terms
from app.sports.soccer.shots import SHOOT_OUT_PERIOD, TERMS, XG_FEATURES, terms_of

FOLDS = 10
# Four thousand shots are few: standardised weights are held back a little.
STRENGTH = 0.3
_PENALTY = TERMS.index("penalty")
_INPUTS = [(name, FEATURES[name].compute) for name in XG_FEATURES]


class Shots(NamedTuple):
    """match_id, goal, provider_xg: of each shot (shape: shots). design: its terms (shape: shots x TERMS and FRAME_TERMS)."""

    match_id: np.ndarray
    goal: np.ndarray
    provider_xg: np.ndarray
    design: np.ndarray


def read(taken: Iterable[Taken]) -> Shots:
    """The shots that are told in full, freeze frame and the provider's own xG among it; a penalty needs no frame, and
    kicks of shoot-outs are left out."""
    rows: list[Sequence[float]] = []
    chosen: list[Taken] = []
    for shot in taken:
        fields, state = shot.event.fields, SimpleNamespace(build_up=BuildUp(led_by=shot.led_by))
        given = {name: compute(state, shot.event) for name, compute in _INPUTS}
        if (
            None in given.values()
            or None in (fields.outcome, fields.provider_xg)
            or shot.event.period == SHOOT_OUT_PERIOD
        ):
            continue
        if given["shot_is_penalty"]:
            seen: Sequence[float] = (0.0,) * len(FRAME_TERMS)
        elif fields.freeze_frame:
            seen = terms(fields.x_m, fields.y_m, fields.freeze_frame, fields.detail)
        else:
            continue
        rows.append((*terms_of(SimpleNamespace(**given)), *seen))
        chosen.append(shot)
    if not chosen:
        raise UsageError(
            "Training xg_freeze_frame takes StatsBomb matches whose shots have freeze frames; these have none."
        )
    return Shots(
        np.array([shot.match_id for shot in chosen]),
        np.array([shot.event.fields.outcome == "goal" for shot in chosen], dtype=bool),
        np.array([shot.event.fields.provider_xg for shot in chosen], dtype=float),
        np.array(rows, dtype=float),
    )


def fit(design: np.ndarray, goal: np.ndarray, xg: Any) -> dict[str, Any]:
    """Parameters of a Logistic kernel over TERMS and FRAME_TERMS.

    The committed xG (kernel `xg`, of seven times as many shots) goes in as one term, its log-odds, beside those of the
    frame; both are linear in the terms, so that one regression comes of it. Penalties are a constant, the share scored.
    Errors: UsageError where scikit-learn is missing or there are no scored and missed penalties and other shots.
    """
    penalty = design[:, _PENALTY] == 1.0
    for part in (penalty, ~penalty):
        if not 0 < goal[part].sum() < part.sum():
            raise UsageError("Training xg_freeze_frame takes scored and missed shots, of penalties and of other shots.")
    before = np.array(xg.coefficients)
    log_odds = design[~penalty, : len(TERMS)] @ before + xg.intercept
    (weight, *frame), intercept = regress(
        np.column_stack([log_odds, design[~penalty, len(TERMS) :]]), goal[~penalty], STRENGTH
    )
    coefficients, intercept = weight * before, intercept + weight * xg.intercept
    share = float(goal[penalty].mean())
    coefficients[_PENALTY] = math.log(share / (1 - share)) - intercept
    return {
        "features": [*TERMS, *FRAME_TERMS],
        "coefficients": [artifact.rounded(c) for c in (*coefficients, *frame)],
        "intercept": artifact.rounded(intercept),
    }


def cross_validated(shots: Shots, xg: Any) -> np.ndarray:
    """What each shot is given by a model that saw none of its match (shape: shots): ten folds of whole matches."""
    matches = np.unique(shots.match_id)
    fold_of = np.random.default_rng(1).permutation(len(matches)) % FOLDS
    fold = fold_of[np.searchsorted(matches, shots.match_id)]
    predicted = np.zeros(len(shots.goal))
    for number in range(FOLDS):
        chosen = fold == number
        made = fit(shots.design[~chosen], shots.goal[~chosen], xg)
        z = shots.design[chosen] @ np.array(made["coefficients"]) + made["intercept"]
        predicted[chosen] = [probability(value) for value in z.tolist()]
    return predicted


def train(data: Path) -> dict[str, Any]:
    """The artifact, fitted on every shot; its figures are those of cross-validation by match, beside the provider's own."""
    shots, committed = read(shots_of(statsbomb_matches(data))), load("xg")
    xg: Any = committed.kernel
    plain = xg.predict_many(shots.design[:, : len(TERMS)])
    figures: dict[str, Any] = metrics.summary(shots.goal, cross_validated(shots, xg))
    for name, other in (("provider", shots.provider_xg), ("without_frame", plain)):
        figures |= {f"{name}_{what}": v for what, v in metrics.summary(shots.goal, other).items() if what != "n"}
    card = {
        "title": "Expected goals with freeze frames: the committed xG, goalkeeper, defenders and open goal",
        "training_data": f"StatsBomb open data: {len(np.unique(shots.match_id))} matches of the user's own copy",
        "licence": "StatsBomb open data user agreement: non-commercial research only, not to be passed on",
        "research_only": True,
        "source": "StatsBomb open data, github.com/statsbomb/open-data; log-odds of the committed model "
        + committed.label,
        "split": f"{FOLDS}-fold cross-validation by match; fitted on all of them",
        "trained_by": "touchline train xg_freeze_frame --data FOLDER",
        "features": [*TERMS, *FRAME_TERMS],
        "n_train": len(shots.goal),
        "n_test": len(shots.goal),
        "metrics": {k: round(v, 5) if isinstance(v, float) else v for k, v in figures.items()},
        "limits": "The frame is that of the moment of the shot, without speeds or the height of the ball. The first "
        "five terms were chosen on the same matches that the figures are of.",
    }
    return artifact.build("xg_freeze_frame", "logistic", fit(shots.design, shots.goal, xg), card)
