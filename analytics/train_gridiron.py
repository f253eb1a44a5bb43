"""Trains "gridiron": expected points, win probability with and without spread, and what fourth downs lead to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from analytics import artifact, gridiron_data, gridiron_tables, gridiron_terms, metrics, multinomial
from analytics.gridiron_data import CFB_HELD_OUT_EVERY, NFL_HELD_OUT_FROM
from analytics.gridiron_ratings import nfl_lines
from app.sports.gridiron import expected_points, fourth_terms, win_chances
from app.sports.gridiron.play_outcomes import outcomes
from app.sports.gridiron.situation import Situation
from app.sports.gridiron.win_chances import expected_swing

# Ratings need two seasons to settle, and the game of 2012 is not today's.
NFL_FROM_SEASON = 2014
LEAGUES = ("cfb", "nfl")
POINTS = expected_points.POINTS
# Leverage is 1 on average over so many situations of the training games, evenly drawn.
_SWINGS = 3000


def tables_of(data: Path, league: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Training rows and held-out rows of a league; the NFL's have the line of `gridiron_ratings` as their spread."""
    if league == "cfb":
        rows = gridiron_data.cfb(data)
    else:
        rows = gridiron_data.nfl(data).filter(pl.col("season") >= NFL_FROM_SEASON).drop("home_spread")
        rows = rows.join(nfl_lines(data).rename({"line": "home_spread"}), on="game_id", maintain_order="left")
    return rows.filter(~pl.col("held_out")), rows.filter("held_out")


def win_regressions(rows: pl.DataFrame, league: str) -> dict[str, Any]:
    """Next score and win probability of a league, by name, from plays of regulation.

    A clock that stands at 0:00 while plays go on (college feeds) says nothing of the time left: those rows are left out."""
    rows = rows.filter(~pl.col("is_overtime") & (pl.col("game_s") > 0))
    scores = gridiron_terms.next_score(rows)
    happened = rows["next_score"].to_numpy()
    next_score = multinomial.fit(scores, happened, expected_points.TERMS, expected_points.CLASSES)
    points = points_of(next_score, scores)
    won = gridiron_terms.won(rows)
    shares = np.stack([won, 1.0 - won], axis=1)
    made: dict[str, Any] = {f"{league}_next_score": next_score}
    for name, spread in (("win", False), ("win_spread", True)):
        names = win_chances.SPREAD_TERMS if spread else win_chances.TERMS
        made[f"{league}_{name}"] = multinomial.fit(
            gridiron_terms.win(rows, points, spread), shares, names, ("win", "lose")
        )
    return made


def regressions(rows: pl.DataFrame, league: str) -> dict[str, Any]:
    """All regressions of a league by name, from plays of regulation."""
    rows = rows.filter(~pl.col("is_overtime"))
    made = win_regressions(rows, league)
    tried = converting(rows)
    made[f"{league}_convert"] = multinomial.fit(
        gridiron_terms.convert(tried), _twofold(tried["converted"]), fourth_terms.CONVERT_TERMS, ("converted", "not")
    )
    kicks = kicking(rows)
    made[f"{league}_field_goal"] = multinomial.fit(
        gridiron_terms.field_goal(kicks), _twofold(kicks["made"]), fourth_terms.FIELD_GOAL_TERMS, ("made", "missed")
    )
    return made


def points_of(next_score: dict[str, Any], terms: np.ndarray) -> np.ndarray:
    """Expected points of rows of terms (shape: n)."""
    return gridiron_terms.ready(next_score).predict_many(terms) @ np.array(expected_points.POINTS)


def converting(rows: pl.DataFrame) -> pl.DataFrame:
    """Third and fourth downs that were run or passed, with `converted`."""
    tried = rows.filter((pl.col("down") >= 3) & (pl.col("play") == "run_or_pass"))
    first = pl.col("next_is_ours") & (pl.col("next_down") == 1)
    return tried.with_columns(converted=(pl.col("scored") == 7) | (first.fill_null(False) & (pl.col("scored") == 0)))


def kicking(rows: pl.DataFrame) -> pl.DataFrame:
    """Field goals that were tried."""
    return rows.filter(pl.col("play") == "field_goal")


def _twofold(happened: pl.Series) -> np.ndarray:
    return np.where(happened.to_numpy(), 0, 1)


def _sureness(rows: pl.DataFrame, made: dict[str, Any], league: str) -> dict[str, Any]:
    """The covariance of the coefficients of each regression of two classes."""
    rows = rows.filter(~pl.col("is_overtime") & (pl.col("game_s") > 0))
    points = points_of(made[f"{league}_next_score"], gridiron_terms.next_score(rows))
    won, tried, kicks = gridiron_terms.won(rows), converting(rows), kicking(rows)
    of = {
        "win": (gridiron_terms.win(rows, points, False), won, rows),
        "win_spread": (gridiron_terms.win(rows, points, True), won, rows),
        "convert": (gridiron_terms.convert(tried), tried["converted"].to_numpy() * 1.0, tried),
        "field_goal": (gridiron_terms.field_goal(kicks), kicks["made"].to_numpy() * 1.0, kicks),
    }
    return {
        name: gridiron_tables.covariance(
            gridiron_terms.ready(made[f"{league}_{name}"]), terms, happened, frame["game_id"].to_numpy()
        )
        for name, (terms, happened, frame) in of.items()
    }


def situations(rows: pl.DataFrame) -> list[Situation]:
    """The rows as live. The NFL's stand-in for a spread is left out: live, nobody tells it."""
    names = Situation.__struct_fields__
    if rows.height and rows["league"].item(0) == "nfl":
        rows = rows.with_columns(home_spread=pl.lit(None, pl.Float64))
    return [Situation(*row) for row in rows.select(names).iter_rows()]


def train(data: Path) -> dict[str, Any]:
    """The artifact, fitted on the games before each league's held-out ones and measured on those."""
    parts: dict[str, Any] = {"regressions": {}, "tables": {}}
    counts, figures = {"train": 0, "test": 0}, {}
    for league in LEAGUES:
        before, after = tables_of(data, league)
        made = regressions(before, league)
        parts["regressions"] |= made
        parts["tables"][league] = {
            "gains": gridiron_tables.gains(before),
            "extra_yards": gridiron_tables.extra_yards(before),
            "punts": gridiron_tables.punts(before),
            "choices": gridiron_tables.choices(before),
            **gridiron_tables.seconds(before),
            "two_point": gridiron_data.two_point_share(data),
            "covariance": _sureness(before, made, league),
        }
        parts["tables"][league]["mean_swing"] = artifact.rounded(_mean_swing(before, parts), 5)
        figures |= {f"{league}_{k}": artifact.rounded(v, 5) for k, v in _figures(after, made, league).items()}
        counts["train"] += before.height
        counts["test"] += after.height
    made = artifact.build("gridiron", "parts", parts, {})
    made["card"] = {
        "title": "American football: expected points, win probability with and without spread, fourth downs",
        "training_data": "College: two of three ESPN game summaries of the 2022 season. NFL: league game details of "
        "2014 to 2020",
        "licence": "none stated upstream",
        "licence_position": "The publishing repositories carry no licence, and the content comes from a broadcaster and a "
        "league. None of the data is passed on with this model: it holds coefficients and counts only. Whoever puts it to "
        "commercial use settles with ESPN and the NFL what may be learned from their data, or trains on data of their own.",
        "source": "github.com/sportsdataverse/gp-cfb-raw (ESPN) and github.com/sportsdataverse/nfl-raw (NFL)",
        "split": f"college: every {CFB_HELD_OUT_EVERY}rd game by kick-off is tested on, the others are trained on; NFL: trained "
        f"before the season of {NFL_HELD_OUT_FROM:%Y}, tested on the games from there on",
        "trained_by": "touchline train gridiron --data FOLDER",
        "features": ["moment"],
        "n_train": counts["train"],
        "n_test": counts["test"],
        "metrics": figures,
        "limits": "NFL data has no spreads: its variant with a spread is fitted on lines made from earlier results, which say "
        "less than a market's. NFL tables tell no time-outs. One college season. Overtime follows the rules with turns as "
        "in regulation.",
    }
    return made


def _mean_swing(rows: pl.DataFrame, parts: dict[str, Any]) -> float:
    """Mean expected swing of the training situations, in regulation."""
    kernel = gridiron_terms.kernel(parts)
    chosen = rows.filter(~pl.col("is_overtime")).gather_every(max(rows.height // _SWINGS, 1))
    return float(np.mean([expected_swing(kernel, outcomes(kernel, s)) for s in situations(chosen)]))


def _figures(rows: pl.DataFrame, made: dict[str, Any], league: str) -> dict[str, float]:
    rows = rows.filter(~pl.col("is_overtime"))
    terms = gridiron_terms.next_score(rows)
    chances = gridiron_terms.ready(made[f"{league}_next_score"]).predict_many(terms)
    happened = np.eye(len(expected_points.CLASSES))[rows["next_score"].to_numpy()]
    points, won = points_of(made[f"{league}_next_score"], terms), gridiron_terms.won(rows)
    found = {"next_score_ece": metrics.ece(happened.ravel(), chances.ravel())}
    decided = won != 0.5
    for name, spread in (("win", False), ("win_spread", True)):
        p = gridiron_terms.ready(made[f"{league}_{name}"]).predict_many(gridiron_terms.win(rows, points, spread))[:, 0]
        found[f"{name}_brier"] = metrics.brier(won[decided], p[decided])
        found[f"{name}_ece"] = metrics.ece(won[decided], p[decided])
    return found
