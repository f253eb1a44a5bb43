"""Trains "win_probability": how often goals fall, when, and what a red card and stoppage time change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from analytics import artifact, quality_goal_probability, quality_leverage, quality_win_probability
from analytics.data import HELD_OUT_FROM, WYSCOUT_CARD
from analytics.matches import Incidents, split, states, wyscout
from app.errors import UsageError
from app.models.kernels import Params
from app.sports.soccer.signals import win_probability

_LENGTHS_S = (2700.0, 2700.0, 900.0, 900.0)
# Where a half runs long, the seconds still to come hardly depend on those already over; measured beyond this.
_LATE_S = 240.0


def fit(found: Incidents) -> dict[str, Any]:
    """Parameters for app/sports/soccer/win_chances.py, from matches with their goals and red cards.

    home_per_s, away_per_s: goals a second in each period (maximum likelihood, players equal in number).
    rise: how much more frequent goals are at the end of a nominal period than at its start.
    stoppage_s: mean seconds beyond the nominal end; stoppage_left_s: those still to come late in stoppage time.
    own_red, other_red: what one dismissal multiplies the own and the opponents' goals by.
    mean_swing: mean over each full minute of the 90 (kick-offs included) of how much the home team's share is expected to
    change in the next five minutes by the parameters above; the measure that leverage is told in.
    Extra time takes the mean rates of the second half: nine matches are too few to fit their own.
    Errors: UsageError where there is a half without a goal for each side.
    """
    goals = found.incidents.filter(pl.col("kind") == "goal")
    home_per_s, away_per_s, rise, stoppage = [], [], [], []
    for period in (1, 2):
        lengths = found.periods.filter(pl.col("period") == period)["length_s"].to_numpy()
        here = goals.filter(pl.col("period") == period)
        home = int(here["home"].sum())
        if home in (0, here.height):
            raise UsageError("Training win_probability takes matches in which both sides score in both halves.")
        slope = _rise(here["t_s"].to_numpy() / 2700.0, lengths / 2700.0)
        exposure = float(np.sum(_weight(lengths, slope)))
        home_per_s.append(home / exposure)
        away_per_s.append((here.height - home) / exposure)
        rise.append(slope)
        stoppage.append(float(np.mean(np.maximum(lengths - 2700.0, 0.0))))
    for period in (3, 4):
        lengths = found.periods.filter(pl.col("period") == period)["length_s"].to_numpy()
        home_per_s.append(home_per_s[1])
        away_per_s.append(away_per_s[1])
        rise.append(0.0)
        stoppage.append(float(np.mean(np.maximum(lengths - 900.0, 0.0))) if len(lengths) else 60.0)
    second = found.periods.filter(pl.col("period") == 2)["length_s"].to_numpy() - 2700.0
    late = second[second > _LATE_S]
    rates = {"home_per_s": home_per_s, "away_per_s": away_per_s}
    own, other = _red_cards(found, rates, rise)
    fitted = {
        **{name: [artifact.rounded(v, 9) for v in values] for name, values in rates.items()},
        "rise": [artifact.rounded(v, 3) for v in rise],
        "stoppage_s": [artifact.rounded(v, 1) for v in stoppage],
        "stoppage_left_s": artifact.rounded(float(np.mean(late - _LATE_S)), 1) if len(late) else 60.0,
        "own_red": artifact.rounded(own, 3),
        "other_red": artifact.rounded(other, 3),
    }
    every_minute = quality_leverage.swings(states(found, every_min=1), Params(fitted))
    return {**fitted, "mean_swing": artifact.rounded(float(np.mean(every_minute)), 5)}


def train(data: Path) -> dict[str, Any]:
    """The artifact, fitted on the matches before HELD_OUT_FROM and measured on those after."""
    found = wyscout(data)
    training, test = split(found, True, HELD_OUT_FROM), split(found, False, HELD_OUT_FROM)
    made = artifact.build("win_probability", "params", fit(training), {})
    model = artifact.ready(made)
    measured = quality_win_probability.measure(training, test, model)
    goals, leverage = quality_goal_probability.measure(training, test, model), quality_leverage.measure(test, model)
    made["card"] = {
        "title": "Win probability: Poisson goals to come from score, clock and red cards",
        **WYSCOUT_CARD,
        "trained_by": "touchline train win_probability --data FOLDER",
        "features": list(win_probability.SIGNAL.features),
        "n_train": training.matches.height,
        "n_test": test.matches.height,
        "metrics": {
            k: artifact.rounded(measured[k], 5) for k in ("rps", "rps_base_rate", "log_loss", "ece", "kickoff_rps")
        },
        "signals": {
            "goal_probability": {
                f"{name}_{figure}": artifact.rounded(goals[name][figure], 5)
                for name in ("home", "away", "either", "either_base_rate")
                for figure in ("log_loss", "brier", "ece")
            },
            "leverage": {k: artifact.rounded(leverage[k], 3) for k in ("mean_leverage", "expected", "happened")},
        },
        "mean_swing": "mean of the expected change of P(win) + P(draw) / 2 in five minutes, at each full minute of the 90 "
        "of the training matches",
        "limits": "Knows no team strengths but by odds that are told before kick-off. Stoppage time is that of 2016 to 2018; it is longer today.",
    }
    return made


def _weight(until_s: np.ndarray, slope: float, since_s: np.ndarray | float = 0.0) -> np.ndarray:
    """Seconds of play from `since_s` to `until_s` of a half, weighted by how frequent goals are then."""
    middle = (until_s + since_s) / 2 / 2700.0
    return (until_s - since_s) * (1.0 + slope * (middle - 0.5))


def _rise(at: np.ndarray, until: np.ndarray) -> float:
    """Maximum likelihood of the slope, given when goals fell and when halves ended (both in nominal halves)."""
    slopes = np.arange(-0.9, 0.901, 0.005)
    total = np.array([np.sum(until * (1.0 + s * (until / 2 - 0.5))) for s in slopes])
    fell = np.array([np.sum(np.log(1.0 + s * (at - 0.5))) for s in slopes])
    return float(slopes[np.argmax(fell - len(at) * np.log(total))])


def _red_cards(found: Incidents, rates: dict[str, list[float]], rise: list[float]) -> tuple[float, float]:
    """Goals of the side that is a man down, and of the other, over what equal numbers would have scored.

    Only matches with exactly one dismissal in the 90 minutes count, from the dismissal on.
    """
    red = found.incidents.filter((pl.col("kind") == "red") & (pl.col("period") <= 2))
    single = red.filter(pl.len().over("match_id") == 1)
    lengths = {(m, p): s for m, p, s in found.periods.iter_rows()}
    goals = found.incidents.filter(pl.col("kind") == "goal")
    after = goals.join(
        single.select("match_id", red_period="period", red_s="t_s", red_home="home"), on="match_id"
    ).filter(
        (pl.col("period") <= 2)
        & (
            (pl.col("period") > pl.col("red_period"))
            | ((pl.col("period") == pl.col("red_period")) & (pl.col("t_s") > pl.col("red_s")))
        )
    )
    scored_own = int((after["home"] == after["red_home"]).sum())
    expected_own = expected_other = 0.0
    for match_id, period, t_s, home in single.select("match_id", "period", "t_s", "home").iter_rows():
        for p in range(period, 3):
            since = t_s if p == period else 0.0
            until = max(lengths.get((match_id, p), 2700.0), since)
            weight = float(_weight(np.array(until), rise[p - 1], since))
            own, other = ("home_per_s", "away_per_s") if home else ("away_per_s", "home_per_s")
            expected_own += rates[own][p - 1] * weight
            expected_other += rates[other][p - 1] * weight
    if expected_own <= 0 or scored_own in (0, after.height):
        return 1.0, 1.0
    return scored_own / expected_own, (after.height - scored_own) / expected_other
