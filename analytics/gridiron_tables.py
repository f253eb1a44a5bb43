"""What plays of American football lead to, counted: gains, punts, choices on fourth down, how sure the regressions are."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from app.models.softmax import Softmax
from app.sports.gridiron.play_outcomes import DISTANCE_CLASSES, GAINS, PUNT_PARTS, distance_class

# Equally likely gains are the middles of as many slices.
_MIDDLES = (np.arange(GAINS) + 0.5) / GAINS
_PUNT_MIDDLES = (np.arange(PUNT_PARTS) + 0.5) / PUNT_PARTS
_FEWEST = 30


def gains(rows: pl.DataFrame) -> dict[str, Any]:
    """By "down:distance class": GAINS equally likely gains of runs and passes that kept the ball, and the share lost.

    A touchdown gains what was left; plays with a foul are left out, as their gain is not the play's own.
    """
    plays = rows.filter(
        (pl.col("play") == "run_or_pass") & (pl.col("next_is_ours").is_not_null() | (pl.col("scored") != 0))
    )
    classes = np.array([distance_class(d) for d in plays["distance_yd"].to_list()])
    down = plays["down"].to_numpy()
    touchdown = plays["scored"].to_numpy() == 7
    kept = touchdown | (plays["next_is_ours"].fill_null(False).to_numpy() & plays["next_down"].is_not_null().to_numpy())
    # On fourth down the ball goes over where nothing was gained enough: no turnover.
    lost = ~kept & (plays["scored"].to_numpy() <= 0)
    left = plays["yards_to_goal"].to_numpy().astype(float)
    gained = np.where(touchdown, left, left - plays["next_yards_to_goal"].fill_null(0).to_numpy())
    found: dict[str, Any] = {}
    for d in (1, 2, 3):
        for c in range(DISTANCE_CLASSES):
            here = (down == d) & (classes == c)
            if (here & kept).sum() < _FEWEST:
                # A rare distance takes the gains of that down, whatever the distance.
                here = down == d
            found[f"{d}:{c}"] = {
                "gains": [round(float(g)) for g in np.quantile(gained[here & kept], _MIDDLES)],
                "lost": round(float(lost[here].mean()), 4),
            }
    return found


def extra_yards(rows: pl.DataFrame) -> list[int]:
    """GAINS equally likely yards beyond the line to gain, of third and fourth downs that were converted short of the goal."""
    made = rows.filter(
        (pl.col("play") == "run_or_pass")
        & (pl.col("down") >= 3)
        & pl.col("next_is_ours")
        & (pl.col("next_down") == 1)
        & (pl.col("scored") == 0)
    )
    beyond = (made["yards_to_goal"] - made["next_yards_to_goal"] - made["distance_yd"]).clip(0, 99).to_numpy()
    return [round(float(y)) for y in np.quantile(beyond, _MIDDLES)]


def punts(rows: pl.DataFrame) -> dict[str, list[int]]:
    """By tens of yards to the goal line: PUNT_PARTS equally likely places of the receivers, in yards to their goal line."""
    kicked = rows.filter((pl.col("play") == "punt") & ~pl.col("next_is_ours") & (pl.col("scored") == 0)).drop_nulls(
        ["next_yards_to_goal"]
    )
    tens = kicked["yards_to_goal"].to_numpy() // 10
    place = kicked["next_yards_to_goal"].to_numpy()
    return {
        str(t): [round(float(y)) for y in np.quantile(place[tens == t], _PUNT_MIDDLES)]
        for t in range(3, 10)
        if (tens == t).sum() >= _FEWEST
    }


def choices(rows: pl.DataFrame) -> dict[str, list[float]]:
    """By "tens of yards to the goal line:distance class" on fourth down: shares of going for it, kicking, punting."""
    fourth = rows.filter((pl.col("down") == 4) & (pl.col("play") != "other"))
    found: dict[str, list[float]] = {}
    keys = [f"{y // 10}:{distance_class(d)}" for y, d in fourth.select("yards_to_goal", "distance_yd").iter_rows()]
    plays = fourth["play"].to_numpy()
    places = np.array(keys)
    for key in sorted(set(keys)):
        here = plays[places == key]
        found[key] = [round(float(np.mean(here == p)), 3) for p in ("run_or_pass", "field_goal", "punt")]
    return found


def seconds(rows: pl.DataFrame) -> dict[str, float]:
    """Mean seconds of the clock from a snap to the next one of the half: after a play, and after a kick."""
    took = rows.with_columns(took=pl.col("half_s") - pl.col("next_half_s")).filter(pl.col("took").is_between(0, 60))
    play, kick = took.filter(pl.col("play") == "run_or_pass"), took.filter(pl.col("play").is_in(["punt", "field_goal"]))
    return {
        "play_s": round(float(play["took"].to_numpy().mean()), 1),
        "kick_s": round(float(kick["took"].to_numpy().mean()), 1),
    }


def covariance(regression: Softmax, terms: np.ndarray, happened: np.ndarray, game: np.ndarray) -> list[list[float]]:
    """Of the coefficients of a regression of two classes and its intercept (last), robust to plays of one game depending
    on each other (the sandwich of Liang and Zeger 1986). happened: (n,), 0 to 1. game: (n,)."""
    design = np.c_[terms, np.ones(len(terms))]
    p = regression.predict_many(terms)[:, 0]
    _, codes = np.unique(game, return_inverse=True)
    pushes = np.zeros((int(codes.max()) + 1, design.shape[1]))
    np.add.at(pushes, codes, design * (happened - p)[:, None])
    scale = np.maximum(np.abs(design).max(axis=0), 1e-9)
    curve = (design / scale).T @ ((design / scale) * (p * (1 - p))[:, None])
    bread = np.linalg.inv(curve + 1e-9 * np.eye(len(curve)) * np.trace(curve)) / np.outer(scale, scale)
    found = bread @ (pushes.T @ pushes) @ bread
    return [[float(f"{v:.4g}") for v in row] for row in found]
