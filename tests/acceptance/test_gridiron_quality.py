"""Football's models against the figures they must not fall behind, where the shared data lies beside the repository."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from analytics import gridiron_terms, metrics, quality_gridiron, train_gridiron
from app.models.registry import load
from app.sports.gridiron.expected_points import CLASSES
from tests.shared_data import DATA

if DATA.is_dir():  # without the data there is nothing to measure, and nothing to skip

    @pytest.fixture(scope="module")
    def held_out() -> dict[str, pl.DataFrame]:
        """The plays of each league that training never saw."""
        return {league: train_gridiron.tables_of(DATA, league)[1] for league in train_gridiron.LEAGUES}

    def test_college_is_as_good_as_the_data_s_own_models(held_out: dict[str, pl.DataFrame]) -> None:
        """Within what 213 games tell apart; over all 639, each predicted by a model of others, see docs/models.md."""
        found = quality_gridiron.held_out(held_out["cfb"], load("gridiron"), 0)
        ours, own = found["cfb_held_out_spread"], found["cfb_held_out_provider"]
        assert ours["matches"] == 213
        assert ours["brier"] < 0.14
        assert ours["brier"] < own["brier"] + 0.0025
        assert ours["brier"] < found["cfb_held_out_no_spread"]["brier"] - 0.02

    def test_the_nfl_without_a_spread(held_out: dict[str, pl.DataFrame]) -> None:
        """The seasons of 2021 to 2023 had more upsets than those before; over all seasons it is lower (docs/models.md)."""
        found = quality_gridiron.held_out(held_out["nfl"], load("gridiron"), 0)
        assert found["nfl_held_out_no_spread"]["ece"] < 0.01
        assert found["nfl_held_out_spread"]["brier"] < 0.162 < found["nfl_held_out_no_spread"]["brier"] < 0.169

    @pytest.mark.parametrize("league", train_gridiron.LEAGUES)
    def test_expected_points_are_calibrated(held_out: dict[str, pl.DataFrame], league: str) -> None:
        kernel: Any = load("gridiron").kernel
        rows = held_out[league].filter(~pl.col("is_overtime"))
        p = kernel.regressions[f"{league}_next_score"].predict_many(gridiron_terms.next_score(rows))
        happened = np.eye(len(CLASSES))[rows["next_score"].to_numpy()]
        assert metrics.ece(happened.ravel(), p.ravel()) < 0.005
        # As nflfastR reports it; a third of one college season is 213 games, three NFL seasons are 849.
        assert quality_gridiron.by_scores(happened, p) < {"cfb": 0.015, "nfl": 0.01}[league]
