"""How good the goal probability is on matches that were left out of training."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl

from analytics import metrics
from analytics.matches import Incidents, states
from app.models.registry import Model
from app.sports.soccer.signals import goal_probability
from app.sports.soccer.win_chances import SOON_S

SUBJECTS = ("home", "away", "either")


def predict(marks: pl.DataFrame, model: Model) -> np.ndarray:
    """The live signal's values at the marks of `analytics.matches.states` (shape: marks x home, away, either).

    Where the marks have the columns home_goals and away_goals, these are what the odds before kick-off stand for.
    """
    if "home_goals" not in marks.columns:
        marks = marks.with_columns(home_goals=pl.lit(0.0), away_goals=pl.lit(0.0))
    rows = marks.select("period", "elapsed_s", "home_reds", "away_reds", "home_goals", "away_goals").iter_rows()
    values = [
        goal_probability.value(
            SimpleNamespace(
                chances_may_turn=True,
                match_status="live",
                match_period=period,
                match_elapsed_s=elapsed_s,
                home_red_cards=home_reds,
                away_red_cards=away_reds,
                pre_match_home_goals=home_goals,
                pre_match_away_goals=away_goals,
            ),
            model,
            None,
        )
        for period, elapsed_s, home_reds, away_reds, home_goals, away_goals in rows
    ]
    return np.array([[v[name] for name in SUBJECTS] for v in values if v is not None])


def happened(found: Incidents, marks: pl.DataFrame) -> np.ndarray:
    """Did home, away, either score within the next SOON_S of play after each mark (shape: marks x 3, bool).

    What a half has no room for goes on in the next half of the 90 minutes, as it was played.
    """
    length_s = {(m, p): s for m, p, s in found.periods.select("match_id", "period", "length_s").iter_rows()}
    goals: dict[tuple[int, bool], list[float]] = {}
    fell = found.incidents.filter((pl.col("kind") == "goal") & (pl.col("period") <= 2))
    for match_id, period, t_s, home in fell.select("match_id", "period", "t_s", "home").iter_rows():
        at_s = t_s + (length_s[match_id, 1] if period == 2 else 0.0)
        goals.setdefault((match_id, home), []).append(at_s)
    rows: list[tuple[bool, bool, bool]] = []
    for match_id, period, elapsed_s in marks.select("match_id", "period", "elapsed_s").iter_rows():
        since_s = elapsed_s if period == 1 else elapsed_s - 2700.0 + length_s[match_id, 1]
        home, away = (
            any(since_s <= at_s < since_s + SOON_S for at_s in goals.get((match_id, side), ()))
            for side in (True, False)
        )
        rows.append((home, away, home or away))
    return np.array(rows)


def measure(training: Incidents, test: Incidents, model: Model) -> dict[str, Any]:
    """Log loss, Brier, AUC and ECE at each 5 minutes of the matches of `test`, for home, away and either.

    `…_base_rate` gives each mark the share of the same marks of `training` at which a goal followed: one number each for
    home, away and either. AUC says little here: within a match the chances hardly differ from one mark to the next.
    """
    marks, before = states(test), states(training)
    predicted, truth = predict(marks, model), happened(test, marks)
    rates = happened(training, before).mean(axis=0)
    report: dict[str, Any] = {"matches": test.matches.height, "states": marks.height}
    for column, name in enumerate(SUBJECTS):
        y = truth[:, column]
        report[name] = {
            **metrics.summary(y, predicted[:, column]),
            "reliability": metrics.reliability(y, predicted[:, column]),
        }
        report[f"{name}_base_rate"] = metrics.summary(y, np.full(len(y), rates[column]))
    return report


def with_odds(found: Incidents, priors: pl.DataFrame, model: Model) -> dict[str, Any]:
    """The same figures of the matches of `priors` (analytics.quality_prior.priors): with odds, without, and a constant.

    Nothing was fitted on odds. The constant is the share of these very marks at which a goal followed.
    """
    marks = states(found).join(priors, on="match_id", how="inner", maintain_order="left")
    if marks.is_empty():
        return {}
    truth = happened(found, marks)
    informed, average = predict(marks, model), predict(marks.drop("home_goals", "away_goals"), model)
    report: dict[str, Any] = {}
    for column, name in enumerate(SUBJECTS):
        y = truth[:, column]
        report[f"{name}_with_odds"] = metrics.summary(y, informed[:, column])
        report[f"{name}_same_matches_without"] = metrics.summary(y, average[:, column])
        report[f"{name}_same_matches_constant"] = metrics.summary(y, np.full(len(y), y.mean()))
    return report
