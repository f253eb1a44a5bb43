"""How good the win probability is on matches that were left out of training."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl

from analytics import metrics
from analytics.matches import Incidents, states
from app.models.registry import Model
from app.sports.soccer.signals import win_probability
from app.sports.soccer.win_chances import OUTCOMES

STATE = ("period", "elapsed_s", "home_score", "away_score", "home_reds", "away_reds")


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


def measure(training: Incidents, test: Incidents, model: Model) -> dict[str, Any]:
    """RPS, log loss and calibration at each 5 minutes of the matches of `test`.

    Beside it the pre-match base rate: the shares of results among the matches of `training`, all match long.
    `ece` and `reliability` pool the three outcomes as class probabilities (10 quantile bins). The states of one
    match depend on each other, so the Wilson intervals are too narrow.
    """
    marks = states(test)
    result = marks["result"].to_numpy()
    predicted = predict(marks, model)
    shares = np.bincount(states(training, every_min=90)["result"].to_numpy(), minlength=3) / training.matches.height
    base = np.tile(shares, (len(result), 1))
    happened = np.eye(3)[result].ravel()
    minute = marks["minute"].to_numpy()
    by_minute = [
        {
            "minute": int(m),
            "rps": metrics.rps(result[minute == m], predicted[minute == m]),
            "rps_base_rate": metrics.rps(result[minute == m], base[minute == m]),
        }
        for m in np.unique(minute)
    ]
    return {
        "matches": test.matches.height,
        "states": len(result),
        "rps": metrics.rps(result, predicted),
        "rps_base_rate": metrics.rps(result, base),
        "kickoff_rps": by_minute[0]["rps"],
        "log_loss": float(-np.mean(np.log(np.maximum(predicted[np.arange(len(result)), result], 0.0005)))),
        "ece": metrics.ece(happened, predicted.ravel()),
        "by_minute": by_minute,
        "reliability": metrics.reliability(happened, predicted.ravel()),
    }
