"""The terms of American football's regressions for every row of a table of situations, as live, in numpy."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import polars as pl

from app.models.parts import Parts
from app.models.softmax import Softmax
from app.sports.gridiron import expected_points, fourth_terms, win_chances


def numbers(rows: pl.DataFrame, name: str) -> np.ndarray:
    """A column as floats (shape: n), 0 where it is not told."""
    return rows[name].cast(pl.Float64).fill_null(0.0).to_numpy()


def sign(rows: pl.DataFrame) -> np.ndarray:
    """1 where the home team has the ball, -1 where the away team has (shape: n)."""
    return np.where(rows["offense_is_home"].to_numpy(), 1.0, -1.0)


def ready(parameters: dict[str, Any]) -> Softmax:
    """A fitted regression, to predict with."""
    return msgspec.convert(parameters, Softmax)


def next_score(rows: pl.DataFrame) -> np.ndarray:
    """Shape: n x expected_points.TERMS."""
    place = [numbers(rows, name) for name in ("down", "distance_yd", "yards_to_goal", "half_s")]
    return np.stack(expected_points.terms(*place, of=np), axis=1)


def win(rows: pl.DataFrame, points: np.ndarray, spread: bool) -> np.ndarray:
    """Shape: n x win_chances.TERMS (or SPREAD_TERMS). points: expected points of the team with the ball."""
    side = sign(rows)
    lead = side * (numbers(rows, "home_score") - numbers(rows, "away_score"))
    first_half = rows["period"].to_numpy() <= 2
    receives = np.where(first_half, side * np.where(rows["home_receives_second_half"].to_numpy(), 1.0, -1.0), 0.0)
    known = rows["home_timeouts"].is_not_null().to_numpy()
    home, away = numbers(rows, "home_timeouts"), numbers(rows, "away_timeouts")
    timeouts = np.where(known, side * (home - away), 0.0)
    down = numbers(rows, "down")
    favoured = side * numbers(rows, "home_spread") if spread else None
    found = win_chances.terms(lead, points, numbers(rows, "game_s"), side, receives, timeouts, down, favoured, of=np)
    return np.stack(found, axis=1)


def knelt_out(rows: pl.DataFrame) -> np.ndarray:
    """As `win_chances.knelt_out`, of each row (shape: n)."""
    side = sign(rows)
    lead = side * (numbers(rows, "home_score") - numbers(rows, "away_score"))
    of_defense = np.where(side > 0, _timeouts(rows, "away"), _timeouts(rows, "home"))
    return win_chances.knelt_out(lead, numbers(rows, "game_s"), numbers(rows, "down"), of_defense)


def _timeouts(rows: pl.DataFrame, side: str) -> np.ndarray:
    return rows[f"{side}_timeouts"].cast(pl.Float64).fill_null(float(win_chances.ALL_TIMEOUTS)).to_numpy()


def won(rows: pl.DataFrame) -> np.ndarray:
    """What the team with the ball made of the game: 1, 0, or 0.5 for a tie (shape: n)."""
    home = rows["home_won"].cast(pl.Float64).fill_null(0.5).to_numpy()
    return np.where(sign(rows) > 0, home, 1.0 - home)


def convert(rows: pl.DataFrame) -> np.ndarray:
    """Shape: n x fourth_terms.CONVERT_TERMS."""
    place = [numbers(rows, name) for name in ("down", "distance_yd", "yards_to_goal")]
    return np.stack(fourth_terms.convert_terms(*place, of=np), axis=1)


def field_goal(rows: pl.DataFrame) -> np.ndarray:
    """Shape: n x fourth_terms.FIELD_GOAL_TERMS."""
    return np.stack(fourth_terms.field_goal_terms(numbers(rows, "yards_to_goal")), axis=1)


def kernel(parts: dict[str, Any]) -> Parts:
    """Regressions and tables as a signal is given them."""
    return msgspec.convert(parts, Parts)
