"""What odds before kick-off are worth to the win probability."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from analytics import metrics, pre_match
from analytics.data import HELD_OUT_FROM
from analytics.matches import Incidents, states
from analytics.quality_win_probability import predict
from app.models.registry import Model
from app.sports.odds import shin
from app.sports.soccer.win_chances import means_of

# The least that the signal shows but 0, halved: a result that came against it is not infinitely surprising.
_LEAST = 0.0005


def priors(data: Path, found: Incidents) -> pl.DataFrame:
    """match_id, home_goals, away_goals that closing odds stand for, of the matches that have them; empty without a table."""
    nothing = {"match_id": pl.Int64, "home_goals": pl.Float64, "away_goals": pl.Float64}
    if not (Path(data) / pre_match.TABLE).is_file():
        return pl.DataFrame(schema=nothing)
    odds = pre_match.closing_odds(data, found.matches)
    goals = [means_of(*shin(row)) for row in odds.select("home_odds", "draw_odds", "away_odds").iter_rows()]
    return odds.select(
        "match_id",
        home_goals=pl.Series([home for home, _ in goals], dtype=pl.Float64),
        away_goals=pl.Series([away for _, away in goals], dtype=pl.Float64),
    )


def measure(data: Path, found: Incidents, model: Model) -> dict[str, Any]:
    """RPS and log loss of the matches with odds, with them (`odds_…`) and without (`odds_…_without`); empty without a table.

    Nothing was fitted on odds, so that all matches count; `odds_held_out_…` are those that no rate was fitted on either.
    """
    known = priors(data, found)
    if known.is_empty():
        return {}
    marks = states(found).join(known, on="match_id", how="inner", maintain_order="left")
    held_out = found.matches.filter(pl.col("date") >= HELD_OUT_FROM).select("match_id")
    return {
        **_figures("odds", marks, model),
        **_figures("odds_held_out", marks.join(held_out, on="match_id", how="semi", maintain_order="left"), model),
    }


def _figures(name: str, marks: pl.DataFrame, model: Model) -> dict[str, Any]:
    if marks.is_empty():
        return {f"{name}_matches": 0}
    result, begin = marks["result"].to_numpy(), marks["minute"].to_numpy() == 0
    report: dict[str, Any] = {f"{name}_matches": int(begin.sum())}
    for label, predicted in (
        ("", predict(marks, model)),
        ("_without", predict(marks.drop("home_goals", "away_goals"), model)),
    ):
        happened = np.eye(3)[result].ravel()
        report |= {
            f"{name}_rps{label}": metrics.rps(result, predicted),
            f"{name}_kickoff_rps{label}": metrics.rps(result[begin], predicted[begin]),
            f"{name}_log_loss{label}": float(
                -np.mean(np.log(np.maximum(predicted[np.arange(len(result)), result], _LEAST)))
            ),
            f"{name}_ece{label}": metrics.ece(happened, predicted.ravel()),
        }
    return report
