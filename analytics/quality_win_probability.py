"""How good the win probability is on matches that were left out of training."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl

from analytics import metrics
from analytics.bootstrap import Resamples, intervals
from analytics.matches import Incidents, states
from analytics.scorecard import measured
from app.models.registry import Model
from app.sports.soccer.signals import win_probability
from app.sports.soccer.win_chances import OUTCOMES

STATE = ("period", "elapsed_s", "home_score", "away_score", "home_reds", "away_reds")

# Minutes of the match: from, up to.
PHASES = {"first_half": (0, 45), "second_half_until_75": (45, 75), "from_75": (75, 90)}


def predict(marks: pl.DataFrame, model: Model) -> np.ndarray:
    """The live signal's values at the marks `analytics.matches.states` gives (shape: marks x home, draw, away).

    Where the marks have the columns home_goals and away_goals, these are what the odds before kick-off stand for.
    """
    if "home_goals" not in marks.columns:
        marks = marks.with_columns(home_goals=pl.lit(0.0), away_goals=pl.lit(0.0))
    rows = marks.select(*STATE, "home_goals", "away_goals").iter_rows()
    values = [
        win_probability.value(
            SimpleNamespace(
                match_status="live",
                match_period=period,
                match_elapsed_s=elapsed_s,
                home_score=home,
                away_score=away,
                home_red_cards=home_reds,
                away_red_cards=away_reds,
                pre_match_home_goals=home_goals,
                pre_match_away_goals=away_goals,
            ),
            model,
            None,
        )
        for period, elapsed_s, home, away, home_reds, away_reds, home_goals, away_goals in rows
    ]
    return np.array([[v[name] for name in OUTCOMES] for v in values if v is not None])


def measure(training: Incidents, test: Incidents, model: Model, resamples: int = 0) -> dict[str, Any]:
    """RPS, log loss and calibration at each 5 minutes of the matches of `test`.

    Beside it the pre-match base rate: the shares of results among the matches of `training`, all match long.
    `ece`, `brier` and `reliability` pool the three outcomes as class probabilities (10 quantile bins). `outcome_…` is one
    outcome against the others, `phase_…` all three in one part of the match. The states of one match depend on each
    other: the Wilson intervals are too narrow, `intervals` (95 %, where resamples > 0) are drawn by match.
    """
    marks = states(test)
    result, match, minute = (marks[c].to_numpy() for c in ("result", "match_id", "minute"))
    predicted = predict(marks, model)
    shares = np.bincount(states(training, every_min=90)["result"].to_numpy(), minlength=3) / training.matches.height
    base = np.tile(shares, (len(result), 1))
    happened = np.eye(3)[result]
    by_minute = [
        {
            "minute": int(m),
            "rps": metrics.rps(result[minute == m], predicted[minute == m]),
            "rps_base_rate": metrics.rps(result[minute == m], base[minute == m]),
        }
        for m in np.unique(minute)
    ]
    found: dict[str, Any] = {
        "matches": test.matches.height,
        "n": len(result),
        "states": len(result),
        "rps": metrics.rps(result, predicted),
        "rps_base_rate": metrics.rps(result, base),
        "kickoff_rps": by_minute[0]["rps"],
        "log_loss": float(np.mean(_log_losses(result, predicted))),
        "log_loss_base_rate": float(np.mean(_log_losses(result, base))),
        "brier": metrics.brier(happened.ravel(), predicted.ravel()),
        "brier_base_rate": metrics.brier(happened.ravel(), base.ravel()),
        "ece": metrics.ece(happened.ravel(), predicted.ravel()),
        "brier_parts": metrics.brier_parts(happened.ravel(), predicted.ravel()),
        "by_minute": by_minute,
        "reliability": metrics.reliability(happened.ravel(), predicted.ravel()),
    }
    if resamples:
        pooled = Resamples(np.repeat(match, 3), resamples)
        found["intervals"] = {
            **intervals(happened.ravel(), predicted.ravel(), pooled),
            "log_loss": Resamples(match, resamples).mean(_log_losses(result, predicted)),
            "rps": Resamples(match, resamples).mean(metrics.ranked_scores(result, predicted)),
        }
        # Pooled, it would rank outcomes of one match against each other; the outcomes' own are below.
        del found["intervals"]["auc"]
    for i, name in enumerate(OUTCOMES):
        found[f"outcome_{name}"] = measured(happened[:, i], predicted[:, i], match, resamples)
    for name, (first, last) in PHASES.items():
        chosen = (minute >= first) & (minute < last)
        pooled_match = np.repeat(match[chosen], 3)
        found[f"phase_{name}"] = {
            **measured(happened[chosen].ravel(), predicted[chosen].ravel(), pooled_match, 0),
            "rps": metrics.rps(result[chosen], predicted[chosen]),
            "rps_base_rate": metrics.rps(result[chosen], base[chosen]),
        }
    return found


def _log_losses(result: np.ndarray, p: np.ndarray) -> np.ndarray:
    """-ln of the probability given to the result; at the signal's resolution 0 stands for less than 0.0005."""
    return -np.log(np.maximum(p[np.arange(len(result)), result], 0.0005))
