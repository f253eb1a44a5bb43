"""How good the model "gridiron" is on games that no training has seen, from the view of the team with the ball."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from analytics import gridiron_terms, multinomial, train_gridiron
from analytics.gridiron_data import CFB_LATE_FROM
from analytics.scorecard import measured
from app.models.parts import Parts
from app.models.registry import Model
from app.sports.gridiron.expected_points import CLASSES, TERMS
from app.sports.gridiron.play_outcomes import outcomes
from app.sports.gridiron.situation import Situation
from app.sports.gridiron.win_chances import KNELT_OUT, expected_swing, home_wins, offense_wins

FOLDS = 5
_BINS = 5
# One play in so many: the swing of a situation takes a hundred times as long as its win probability.
_SWING_EVERY = {"cfb": 12, "nfl": 36}
_WIDTH = 0.05


def wins(kernel: Parts, rows: pl.DataFrame, spread: bool) -> np.ndarray:
    """P(the team with the ball wins) of rows (shape: n): regulation all at once, overtime one by one, as live."""
    league = rows["league"].item(0)
    terms = gridiron_terms.next_score(rows)
    points = kernel.regressions[f"{league}_next_score"].predict_many(terms) @ np.array(train_gridiron.POINTS)
    part = f"{league}_win_spread" if spread else f"{league}_win"
    found = kernel.regressions[part].predict_many(gridiron_terms.win(rows, points, spread))[:, 0]
    found = np.where(gridiron_terms.knelt_out(rows), np.maximum(found, KNELT_OUT), found)
    overtime = rows["is_overtime"].to_numpy()
    if overtime.any():
        found[overtime] = [offense_wins(kernel, s) for s in train_gridiron.situations(rows.filter(overtime))]
    return found


def win_groups(data: Path, model: Model, resamples: int) -> dict[str, Any]:
    """Each league's held-out plays (`held_out`), and all games, each predicted by a model of others (`cross_validated`)."""
    found: dict[str, Any] = {}
    for league in train_gridiron.LEAGUES:
        before, after = train_gridiron.tables_of(data, league)
        found |= held_out(after, model, resamples)
        found |= cross_validated(pl.concat([before, after]), league, resamples)
    return found


def held_out(rows: pl.DataFrame, model: Model, resamples: int) -> dict[str, Any]:
    """Held-out plays of a league with and without a spread; beside college's the data's own models on the same plays."""
    kernel: Any = model.kernel
    rows = rows.filter(pl.col("home_won").is_not_null())
    league = rows["league"].item(0)
    found: dict[str, Any] = {
        f"{league}_held_out_{name}": _measured(rows, wins(kernel, rows, spread), resamples)
        for name, spread in (("spread", True), ("no_spread", False))
    }
    if league == "cfb":
        for column, by in (("provider_home_wp", "gp-cfb model"), ("provider_tv_home_wp", "ESPN")):
            told = rows.filter(pl.col(column).is_not_null())
            home = gridiron_terms.numbers(told, column)
            p = np.where(gridiron_terms.sign(told) > 0, home, 1.0 - home)
            name = column.removesuffix("_home_wp")
            found[f"cfb_held_out_{name}"] = {"by": by, **_measured(told, p, resamples)}
    return found


def cross_validated(rows: pl.DataFrame, league: str, resamples: int) -> dict[str, Any]:
    """Every play of regulation, with and without spread, predicted by regressions that were fitted on the games of the other
    folds (college) or on other seasons (NFL); of college the late games by themselves, too."""
    rows = rows.filter(~pl.col("is_overtime") & pl.col("home_won").is_not_null())
    fold = _folds(rows, league)
    p = {True: np.empty(rows.height), False: np.empty(rows.height)}
    for number in range(FOLDS):
        made = train_gridiron.win_regressions(rows.filter(fold != number), league)
        kernel = gridiron_terms.kernel({"regressions": made, "tables": {}})
        for spread, of in p.items():
            of[fold == number] = wins(kernel, rows.filter(fold == number), spread)
    found = {
        f"{league}_cross_validated_spread": _measured(rows, p[True], resamples),
        f"{league}_cross_validated_no_spread": _measured(rows, p[False], resamples),
    }
    if league == "cfb":
        late = (rows["date"].dt.date() >= CFB_LATE_FROM).to_numpy()
        of_late = rows.filter(late)
        found["cfb_late_cross_validated_spread"] = _measured(of_late, p[True][late], resamples)
        home = gridiron_terms.numbers(of_late, "provider_home_wp")
        theirs = np.where(gridiron_terms.sign(of_late) > 0, home, 1.0 - home)
        found["cfb_late_provider"] = {"by": "gp-cfb model", **_measured(of_late, theirs, resamples)}
    return found


def _measured(rows: pl.DataFrame, p: np.ndarray, resamples: int) -> dict[str, Any]:
    won = gridiron_terms.won(rows)
    return measured(won > 0.5, p, rows["game_id"].to_numpy(), resamples)


def point_groups(data: Path, model: Model, resamples: int) -> dict[str, Any]:
    """Each league's held-out plays: the seven next scores as class probabilities, and three of them against the rest; and
    the seven of all games, each predicted by a model of others (folds as in `cross_validated`).

    `…_by_scores`: the calibration error as nflfastR reports it: 0.05 bins, each class weighted by how often it came.
    `…_mean_points`, `…_expected_points`: what the next scores were worth on average, and what was expected.
    """
    kernel: Any = model.kernel
    found: dict[str, Any] = {}
    points = np.array(train_gridiron.POINTS)
    for league in train_gridiron.LEAGUES:
        before, rows = (rows.filter(~pl.col("is_overtime")) for rows in train_gridiron.tables_of(data, league))
        every = pl.concat([before, rows])
        p = kernel.regressions[f"{league}_next_score"].predict_many(gridiron_terms.next_score(rows))
        for name, frame, q in (("held_out", rows, p), ("cross_validated", every, _next_scores(every, league))):
            happened, game = np.eye(len(CLASSES))[frame["next_score"].to_numpy()], frame["game_id"].to_numpy()
            group = f"{league}_{name}"
            found[f"{group}_next_score"] = measured(
                happened.ravel(), q.ravel(), np.repeat(game, len(CLASSES)), resamples if name == "held_out" else 0
            )
            found[f"{group}_by_scores"] = by_scores(happened, q)
            found[f"{group}_mean_points"] = float(np.mean(happened @ points))
            found[f"{group}_expected_points"] = float(np.mean(q @ points))
            if name == "held_out":
                for place, score in enumerate(CLASSES):
                    if score in ("touchdown", "field_goal", "opponent_touchdown"):
                        found[f"{group}_{score}"] = measured(happened[:, place], q[:, place], game, 0)
    return found


def _folds(rows: pl.DataFrame, league: str) -> np.ndarray:
    """The fold of each row, 0 to FOLDS - 1: by game (college), by season (NFL)."""
    return (rows["game_id" if league == "cfb" else "season"].rank("dense").to_numpy().astype(int) - 1) % FOLDS


def _next_scores(rows: pl.DataFrame, league: str) -> np.ndarray:
    """Probabilities of the next scores (shape: n x 7), each from a regression on the other folds."""
    fold, terms, happened = _folds(rows, league), gridiron_terms.next_score(rows), rows["next_score"].to_numpy()
    p = np.empty((rows.height, len(CLASSES)))
    for number in range(FOLDS):
        made = multinomial.fit(terms[fold != number], happened[fold != number], TERMS, CLASSES)
        p[fold == number] = gridiron_terms.ready(made).predict_many(terms[fold == number])
    return p


def by_scores(happened: np.ndarray, p: np.ndarray) -> float:
    """Calibration error over 0.05 bins of each class, weighted by plays, then over classes by how often each came.

    happened, p: (n, classes). After Baldwin 2021 (nflfastR)."""
    errors = []
    for y, q in zip(happened.T, p.T, strict=True):
        bins = np.round(q / _WIDTH).astype(int)
        errors.append(float(np.sum(np.abs(np.bincount(bins, q) - np.bincount(bins, y))) / len(q)))
    return float(np.average(errors, weights=happened.sum(axis=0)))


def fourth_groups(data: Path, model: Model, resamples: int) -> dict[str, Any]:
    """Held-out conversions of third and fourth down (and of fourth alone), and field goals, of each league."""
    kernel: Any = model.kernel
    found: dict[str, Any] = {}
    for league in train_gridiron.LEAGUES:
        _, rows = train_gridiron.tables_of(data, league)
        tried, kicks = train_gridiron.converting(rows), train_gridiron.kicking(rows)
        fourth = tried.filter(pl.col("down") == 4)
        for name, frame in (("converted", tried), ("converted_on_fourth", fourth)):
            p = kernel.regressions[f"{league}_convert"].predict_many(gridiron_terms.convert(frame))[:, 0]
            found[f"{league}_{name}"] = measured(
                frame["converted"].to_numpy(), p, frame["game_id"].to_numpy(), resamples
            )
        p = kernel.regressions[f"{league}_field_goal"].predict_many(gridiron_terms.field_goal(kicks))[:, 0]
        found[f"{league}_field_goal"] = measured(kicks["made"].to_numpy(), p, kicks["game_id"].to_numpy(), resamples)
    return found


def swings(data: Path, model: Model) -> dict[str, Any]:
    """Leverage of held-out snaps beside what the win probability then did until the next snap, by fifths of leverage."""
    kernel: Any = model.kernel
    expected, happened, games = [], [], 0
    for league in train_gridiron.LEAGUES:
        _, rows = train_gridiron.tables_of(data, league)
        every = train_gridiron.situations(rows)
        games += rows["game_id"].n_unique()
        ids, mean = rows["game_id"].to_list(), kernel.tables[league]["mean_swing"]
        for i in range(0, len(every) - 1, _SWING_EVERY[league]):
            if ids[i] == ids[i + 1] and not every[i + 1].is_overtime:
                expected.append(expected_swing(kernel, outcomes(kernel, every[i])) / mean)
                happened.append(_moved(kernel, every[i], every[i + 1]) / mean)
    order = np.argsort(expected, kind="stable")
    leverage, moved = np.array(expected), np.array(happened)
    return {
        "matches": games,
        "states": len(leverage),
        "mean_leverage": float(np.mean(leverage)),
        "highest": float(np.max(leverage)),
        "happened": float(np.mean(moved)),
        "by_fifth": [
            {"expected": float(np.mean(leverage[part])), "happened": float(np.mean(moved[part]))}
            for part in np.array_split(order, _BINS)
        ],
    }


def _moved(kernel: Any, s: Situation, after: Situation) -> float:
    return abs(home_wins(kernel, after) - home_wins(kernel, s))
