"""How the win-probability family is measured: what happened is told from the right goals, and figures mean what they say."""

from datetime import date
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from analytics import (
    artifact,
    pre_match,
    quality,
    quality_goal_probability,
    quality_leverage,
    quality_prior,
    train_win_probability,
)
from analytics.matches import Incidents, states
from app.models.registry import load
from app.sports.odds import shin
from app.sports.soccer.signals import goal_probability, leverage
from app.sports.soccer.win_chances import chances, means_of

MODEL = load("win_probability")
K: Any = MODEL.kernel


def made(goals: list[tuple[int, float, bool]], home: int, away: int, match_id: int = 1) -> Incidents:
    """One match of 2,760 and 2,900 seconds with these goals: period, second of the period, by home."""
    matches = pl.DataFrame(
        {
            "match_id": [match_id],
            "date": [date(2018, 3, 1)],
            "home_team_id": [10],
            "away_team_id": [20],
            "competition": ["England"],
            "home_score": [home],
            "away_score": [away],
        }
    )
    incidents = pl.DataFrame(
        [(match_id, p, t_s, "goal", by_home) for p, t_s, by_home in goals],
        schema={"match_id": pl.Int64, "period": pl.Int64, "t_s": pl.Float64, "kind": pl.String, "home": pl.Boolean},
        orient="row",
    )
    periods = pl.DataFrame({"match_id": [match_id] * 2, "period": [1, 2], "length_s": [2760.0, 2900.0]})
    return Incidents(matches, incidents, periods)


def test_a_goal_happened_within_five_minutes_of_play() -> None:
    """At 2,650 s of the first half, and 150 s into the second."""
    found = made([(1, 2650.0, True), (2, 150.0, False)], 1, 1)
    marks = states(found).sort("minute")
    happened = dict(zip(marks["minute"], quality_goal_probability.happened(found, marks).tolist(), strict=True))
    assert happened[40] == [True, False, True]  # 2400 to 2700 s
    assert happened[35] == [False, False, False]
    assert happened[45] == [False, True, True]
    assert sum(map(sum, happened.values())) == 4


def test_the_window_goes_on_over_half_time() -> None:
    """The mark at 40:00 has 360 s left of a half of 2,760: the next half is out of reach; from one of 2,500 it is not."""
    found = made([(2, 150.0, True)], 1, 0)
    short = found._replace(periods=found.periods.with_columns(length_s=pl.Series([2500.0, 2900.0])))
    marks = states(found).filter(pl.col("minute") == 40)
    assert quality_goal_probability.happened(found, marks).tolist() == [[False, False, False]]
    assert quality_goal_probability.happened(short, marks).tolist() == [[True, False, True]]


def test_what_is_measured_is_what_the_signals_say() -> None:
    marks = states(made([(1, 100.0, True)], 1, 0)).filter(pl.col("minute") == 50)
    given = SimpleNamespace(chances_may_turn=True, match_status="live", match_period=2, match_elapsed_s=3000.0)
    given.home_score, given.away_score, given.home_red_cards, given.away_red_cards = 1, 0, 0, 0
    given.pre_match_home_goals = given.pre_match_away_goals = 0.0
    said = goal_probability.value(given, MODEL, None)
    assert said is not None
    assert quality_goal_probability.predict(marks, MODEL)[0].tolist() == list(said.values())
    assert quality_leverage.swings(marks, K)[0] / K.mean_swing == leverage.value(given, MODEL, None)


def test_the_base_rate_of_goals_is_that_of_training() -> None:
    training, test = made([(1, 10.0, True)], 1, 0), made([(1, 20.0, True), (2, 10.0, False)], 1, 1)
    report = quality_goal_probability.measure(training, test, MODEL)
    assert report["states"] == 18
    assert report["home_base_rate"]["expected"] == pytest.approx(1.0)
    assert (report["home"]["positives"], report["away"]["positives"], report["either"]["positives"]) == (1, 1, 2)


def test_leverage_is_compared_with_what_happened() -> None:
    report = quality_leverage.measure(made([], 0, 0), MODEL)
    assert (report["matches"], report["states"]) == (1, 18)
    # No goal fell: only time moved the chances, far less than was expected.
    assert report["happened"] < report["expected"] / 2
    assert len(report["by_fifth"]) == 5
    assert [row["expected"] for row in report["by_fifth"]] == sorted(row["expected"] for row in report["by_fifth"])


def test_the_mean_swing_is_that_of_the_minutes_of_training() -> None:
    found = made([(1, 1000.0, True), (1, 1100.0, False), (2, 1000.0, True), (2, 1200.0, False)], 2, 2)
    fitted = train_win_probability.fit(found)
    kernel = artifact.ready(artifact.build("win_probability", "params", fitted, {})).kernel
    every_minute = quality_leverage.swings(states(found, every_min=1), kernel)
    assert len(every_minute) == 90
    assert fitted["mean_swing"] == pytest.approx(float(np.mean(every_minute)), abs=5e-6)


def test_the_report_without_data_is_the_card_of_the_signal() -> None:
    report = quality.run(None)
    assert report["leverage"]["card"] == MODEL.card["signals"]["leverage"]
    assert report["goal_probability"]["model"] == MODEL.label
    assert "either_log_loss" in quality.render(report)


def season(folder: Path) -> Incidents:
    """Four clubs, home and away: by their scores alone each is told from the others."""
    clubs = {1: "Ajax", 2: "Basle", 3: "Celtic", 4: "Dynamo"}
    rows, quoted = [], []
    for (home, home_name), (away, away_name) in permutations(clubs.items(), 2):
        day, score = date(2017, 8, 1 + home), (home, (away + home) % 4)
        rows.append((home * 10 + away, day, home, away, "England", *score))
        quoted.append(("E0", day, home_name, away_name, *score, 4.20, 3.70, 1.95))
    matches = pl.DataFrame(
        rows,
        schema=["match_id", "date", "home_team_id", "away_team_id", "competition", "home_score", "away_score"],
        orient="row",
    )
    (folder / "odds").mkdir()
    columns = ["Div", "date", "HomeTeam", "AwayTeam", "FTHG", "FTAG", "PSCH", "PSCD", "PSCA"]
    table = pl.DataFrame(quoted, schema=columns, orient="row").with_columns(pl.lit("2017-18").alias("season"))
    table.with_columns(pl.col("PSCH", "PSCD", "PSCA").cast(pl.Float32)).write_parquet(
        folder / "odds/soccer_odds.parquet"
    )
    ids = matches["match_id"].to_list()
    periods = pl.DataFrame({"match_id": ids * 2, "period": [1] * len(ids) + [2] * len(ids)}).with_columns(
        length_s=2800.0
    )
    nothing = made([], 0, 0).incidents
    return Incidents(matches, nothing, periods)


def test_odds_are_found_by_dates_sides_and_scores(tmp_path: Path) -> None:
    found = season(tmp_path)
    odds = pre_match.closing_odds(tmp_path, found.matches)
    assert sorted(odds["match_id"]) == sorted(found.matches["match_id"])
    assert set(odds.select("home_odds", "draw_odds", "away_odds").iter_rows()) == {(4.2, 3.7, 1.95)}
    elsewhere = found.matches.with_columns(competition=pl.lit("France"))
    assert pre_match.closing_odds(tmp_path, elsewhere).height == 0


def test_odds_are_measured_beside_none(tmp_path: Path) -> None:
    found = season(tmp_path)
    report = quality_prior.measure(tmp_path, found, MODEL)
    assert (report["odds_matches"], report["odds_held_out_matches"]) == (12, 0)
    at_kick_off = chances(K, "live", 1, 0.0, (0, 0), (0, 0), means_of(*shin((4.20, 3.70, 1.95))))
    assert at_kick_off == {"home": 0.231, "draw": 0.264, "away": 0.505}
    won = [(h > a, h == a, h < a) for h, a in found.matches.select("home_score", "away_score").iter_rows()]
    by_hand = np.mean([((0.231 - w) ** 2 + (0.505 - lost) ** 2) / 2 for w, _, lost in won])
    assert report["odds_kickoff_rps"] == pytest.approx(by_hand, abs=1e-9)
    assert quality_prior.measure(tmp_path / "elsewhere", found, MODEL) == {}
    goals = quality_goal_probability.with_odds(found, quality_prior.priors(tmp_path, found), MODEL)
    assert goals["home_with_odds"]["n"] == 12 * 18
    # 0.908 goals by the odds against 1.507 on average
    ratio = goals["home_with_odds"]["expected"] / goals["home_same_matches_without"]["expected"]
    assert ratio == pytest.approx(0.908 / 1.507, rel=0.03)
    assert quality_goal_probability.with_odds(found, quality_prior.priors(tmp_path / "x", found), MODEL) == {}
