"""Football's tables as situations with what became of them, ratings without a look ahead, and terms as live."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from msgspec.structs import asdict, replace

from analytics import gridiron_data, gridiron_ratings, gridiron_tables, gridiron_terms, quality_gridiron, train_gridiron
from app.models.registry import load
from app.models.softmax import Softmax
from app.sports.gridiron import expected_points, win_chances
from app.sports.gridiron.situation import Situation

K: Any = load("gridiron").kernel
BASE = Situation(True, 1, 10, 75, 1200.0, 3000.0, 2, 14, 10, 2, 3, False, False, "cfb", 6.5)
STATES = [
    BASE,
    replace(BASE, offense_is_home=False, down=3, distance_yd=4, yards_to_goal=40),
    replace(BASE, down=4, distance_yd=1, yards_to_goal=1, half_s=90.0, game_s=90.0, period=4, home_score=9),
    replace(BASE, half_s=60.0, game_s=60.0, period=4, away_timeouts=0),
    replace(BASE, home_timeouts=None, away_timeouts=None, home_receives_second_half=True),
    replace(BASE, half_s=0.0, game_s=0.0, period=5, is_overtime=True, home_score=10),
]


def rows(league: str) -> pl.DataFrame:
    return pl.DataFrame([asdict(replace(s, league=league)) for s in STATES], infer_schema_length=None)


@pytest.mark.parametrize("league", ["cfb", "nfl"])
@pytest.mark.parametrize("spread", [True, False])
def test_many_rows_are_as_live(league: str, spread: bool) -> None:
    """The NFL's overtime is told without the spread, which counts for nothing there."""
    live = [win_chances.offense_wins(K, replace(s, league=league), spread=spread) for s in STATES]
    assert quality_gridiron.wins(K, rows(league), spread) == pytest.approx(live, abs=1e-12)


def test_expected_points_of_many_rows_are_as_live() -> None:
    k = K.regressions["cfb_next_score"]
    together = k.predict_many(gridiron_terms.next_score(rows("cfb"))) @ np.array(expected_points.POINTS)
    live = [
        expected_points.expected_points(k, s.down or 1, s.distance_yd or 10, s.yards_to_goal or 75, s.half_s)
        for s in STATES
    ]
    assert together == pytest.approx(live, abs=1e-12)


def nfl_play(
    number: int, kind: str, home: bool, down: int | None, to_go: int | None, goal: int | None, **more: Any
) -> dict:
    given = {
        "game_id": "g", "play_number": number, "quarter": 1, "clock_seconds": 900 - 30 * number,
        "game_seconds_remaining": 3600 - 30 * number, "possession_is_home": home, "down": down, "yards_to_go": to_go,
        "yards_to_endzone": goal, "play_type": kind, "scored": False, "scoring_type": None,
        "home_score_before": 0, "away_score_before": 0, "home_score_after": 0, "away_score_after": 0,
    }  # fmt: skip
    return given | more


@pytest.fixture
def nfl(tmp_path: Path) -> Path:
    """A kick-off, a drive of home with a touchdown, its try, a kick-off back, a missed field goal and a punt."""
    six, seven = {"home_score_after": 6}, {"home_score_before": 6, "home_score_after": 7}
    later = {"home_score_before": 7, "home_score_after": 7}
    plays = [
        nfl_play(1, "KICK_OFF", False, None, None, 65),
        nfl_play(2, "RUSH", True, 1, 10, 75),
        nfl_play(3, "PASS", True, 2, 4, 69, scored=True, scoring_type="TOUCHDOWN", **six),
        nfl_play(4, "XP_KICK", True, None, None, 15, scored=True, scoring_type="PAT", **seven),
        nfl_play(5, "KICK_OFF", True, None, None, 65, **later),
        nfl_play(6, "FIELD_GOAL", False, 4, 3, 30, **later),
        nfl_play(7, "PUNT", True, 4, 9, 63, **later),
        nfl_play(8, "RUSH", False, 1, 10, 80, **later),
    ]
    games = {
        "game_id": ["g"], "season": [2020], "kickoff_utc": ["2020-09-13T17:00:00Z"], "start_time_utc": ["x"],
        "home_win": [True], "scores_consistent": [True], "home": ["A"], "away": ["B"], "home_final": [7],
        "away_final": [0], "neutral_site": [False],
    }  # fmt: skip
    (tmp_path / "nfl").mkdir()
    pl.DataFrame(plays, infer_schema_length=None, schema_overrides={"scoring_type": pl.String}).write_parquet(
        tmp_path / "nfl" / "plays.parquet"
    )
    pl.DataFrame(games).write_parquet(tmp_path / "nfl" / "games.parquet")
    return tmp_path


def test_a_table_becomes_situations_and_what_became_of_them(nfl: Path) -> None:
    found = gridiron_data.nfl(nfl)
    assert found["play"].to_list() == ["run_or_pass", "run_or_pass", "field_goal", "punt", "run_or_pass"]
    # Home's touchdown is the next score of both its plays; nothing follows until the half ends.
    assert [expected_points.CLASSES[i] for i in found["next_score"].to_list()] == ["touchdown"] * 2 + ["no_score"] * 3
    assert found["scored"].to_list() == [0, 7, 0, 0, 0]
    assert found["made"].to_list() == [False] * 5
    # After the touchdown the other team receives; a miss and a punt change hands.
    assert found["next_is_ours"].to_list() == [True, False, False, False, None]
    assert found["next_down"].to_list() == [2, None, 4, 1, None]
    assert found["half_s"].to_list()[0] == 900 - 60 + 900
    # The away team kicked off, and receives after half-time.
    assert found["home_receives_second_half"].to_list() == [False] * 5
    assert not found["held_out"].any()
    assert gridiron_terms.won(found).tolist() == [1.0, 1.0, 0.0, 1.0, 0.0]


def test_conversions(nfl: Path) -> None:
    fourth = {"down": 4, "play": "run_or_pass", "scored": 0, "next_is_ours": True, "next_down": 1}
    rows = pl.DataFrame(
        [fourth, fourth | {"next_is_ours": False}, fourth | {"scored": 7, "next_is_ours": False, "next_down": None},
         fourth | {"next_is_ours": None}, fourth | {"scored": -7}, fourth | {"play": "punt"}],
        infer_schema_length=None,
    )  # fmt: skip
    assert train_gridiron.converting(rows)["converted"].to_list() == [True, False, True, False, False]


def test_a_line_knows_earlier_games_only(tmp_path: Path) -> None:
    (tmp_path / "nfl").mkdir()

    def lines(last_margin: int) -> list[float]:
        games = {
            "game_id": ["1", "2", "3"], "season": [2014, 2014, 2015], "kickoff_utc": ["2014-09-07", "2014-09-14", "2015-09-10"],
            "home": ["A", "B", "A"], "away": ["B", "C", "B"], "home_final": [30, 20, last_margin], "away_final": [10, 10, 0],
            "neutral_site": [False, True, False],
        }  # fmt: skip
        pl.DataFrame(games).write_parquet(tmp_path / "nfl" / "games.parquet")
        return gridiron_ratings.nfl_lines(tmp_path)["line"].to_list()

    found = lines(0)
    assert found == lines(40)
    advantage, moves, kept = gridiron_ratings.HOME_ADVANTAGE, gridiron_ratings.MOVES, gridiron_ratings.KEPT
    first = moves * (20 - advantage)
    second = -first
    assert found[:2] == pytest.approx([advantage, second])
    third = kept * (first - (second + moves * (10 - second)))
    assert found[2] == pytest.approx(advantage + third)


def test_calibration_weighted_by_scores_by_hand() -> None:
    happened = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]])
    p = np.tile([0.4, 0.6], (4, 1))
    # Both classes are off by 0.15; a quarter and three quarters came.
    assert quality_gridiron.by_scores(happened, p) == pytest.approx(0.15)


def test_the_covariance_of_a_share_by_hand() -> None:
    """With no terms it is that of a log-odds: the sandwich over games p (1 - p), here each row a game of its own."""
    model = Softmax(("x",), ("a", "b"), ((0.0,),), (0.0,))
    happened = np.array([1.0, 0.0] * 50)
    found = gridiron_tables.covariance(model, np.zeros((100, 1)), happened, np.arange(100))
    # Bread 1 / (100 / 4), meat 100 / 4.
    assert found[1][1] == pytest.approx(1 / 25, rel=1e-3)
    # Games of two rows each that cancel out say that nothing is unsure.
    paired = gridiron_tables.covariance(model, np.zeros((100, 1)), happened, np.arange(100) // 2)
    assert paired[1][1] == pytest.approx(0.0, abs=1e-9)


def test_held_out_games_are_named_in_the_card() -> None:
    card = load("gridiron").card
    assert str(gridiron_data.NFL_HELD_OUT_FROM.year) in card["split"]
    assert f"every {gridiron_data.CFB_HELD_OUT_EVERY}rd game" in card["split"]
