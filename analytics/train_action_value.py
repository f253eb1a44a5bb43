"""Trains "action_value": the chance to score and to concede within ten actions, two logistic regressions on one row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from analytics import actions, artifact, metrics, newton
from analytics.data import HELD_OUT_FROM, WYSCOUT_CARD
from app.models.registry import Model
from app.sports.soccer.action_state import TERMS

# A goal follows one action in fifty. Of the others every sixth says as much as all of them, in a sixth of the time.
_EVERY = 6


def fit(training: actions.Rows) -> dict[str, Any]:
    """Parameters of a LogisticPair from rows as `actions.rows` gives them. Errors: UsageError, as `newton.fit`.

    Every row that a goal of either team follows is taken, and every sixth of the others, which stands for six.
    """
    goal = training.scores | training.concedes
    other = np.cumsum(~goal) % _EVERY == 1
    taken = goal | other
    stands_for = np.where(goal[taken], 1.0, float(_EVERY))
    terms = training.terms[taken]
    score, score_intercept = newton.fit(terms, training.scores[taken], stands_for)
    concede, concede_intercept = newton.fit(terms, training.concedes[taken], stands_for)
    return {
        "features": list(TERMS),
        "first": [artifact.rounded(c) for c in score],
        "second": [artifact.rounded(c) for c in concede],
        "first_intercept": artifact.rounded(score_intercept),
        "second_intercept": artifact.rounded(concede_intercept),
    }


def predict(terms: np.ndarray, model: Model) -> tuple[np.ndarray, np.ndarray]:
    """P(score) and P(concede) of rows of terms (each of shape (n,)). To be measured, not to be said: vectorised."""
    kernel: Any = model.kernel
    score = terms @ np.array(kernel.first) + kernel.first_intercept
    concede = terms @ np.array(kernel.second) + kernel.second_intercept
    return 1.0 / (1.0 + np.exp(-score)), 1.0 / (1.0 + np.exp(-concede))


def measure(rows: actions.Rows, model: Model) -> dict[str, dict[str, Any]]:
    """Figures of both probabilities on rows; `brier_share` is of the Brier score of the mean rate of these rows."""
    found: dict[str, dict[str, Any]] = {}
    for name, happened, p in zip(("score", "concede"), rows[1:], predict(rows.terms, model), strict=True):
        share = float(happened.mean())
        figures = metrics.summary(happened, p)
        found[name] = {**figures, "brier_share": figures["brier"] / (share * (1 - share))}
    return found


def train(data: Path) -> dict[str, Any]:
    """The artifact, fitted on the actions of matches before HELD_OUT_FROM and measured on those after."""
    training = actions.rows(actions.wyscout_matches(data, before=HELD_OUT_FROM))
    test = actions.rows(actions.wyscout_matches(data, since=HELD_OUT_FROM))
    made = artifact.build("action_value", "logistic_pair", fit(training), {})
    measured = measure(test, artifact.ready(made))
    made["card"] = {
        "title": "Chance to score and to concede within ten actions: two logistic regressions on the last three actions",
        **WYSCOUT_CARD,
        "trained_by": "touchline train action_value --data FOLDER",
        "method": "VAEP (Decroos et al. 2019): state of three actions, label within ten; first is score, second concede",
        "features": list(TERMS),
        "n_train": len(training.scores),
        "n_test": len(test.scores),
        "metrics": {
            f"{name}_{k}": round(v, 6) if isinstance(v, float) else v
            for name, figures in measured.items()
            for k, v in figures.items()
        },
        "limits": "Knows nothing of where players are. Another provider tells more or fewer actions in the same play, so that "
        "ten of them are another time, and may make both chances too high or too low.",
    }
    return made
