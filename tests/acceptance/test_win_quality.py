"""The win-probability family against the figures it must not fall behind, where the shared data lies beside the repository."""

import pytest

from analytics import pre_match, quality
from analytics.matches import wyscout
from app.sports.odds import multiplicative, overround, shin
from app.sports.soccer.win_chances import means_of, result
from tests.shared_data import DATA

if DATA.is_dir():  # without the data there is nothing to measure, and nothing to skip

    def test_odds_before_kick_off_make_the_win_probability_better() -> None:
        found = quality.run(DATA, "win_probability")["win_probability"]
        assert (found["odds_matches"], found["odds_held_out_matches"]) == (1087, 152)
        assert found["odds_rps"] < 0.14 < found["odds_rps_without"] - 0.015
        assert found["odds_held_out_rps"] < 0.135 < found["odds_held_out_rps_without"] - 0.015
        assert found["odds_kickoff_rps"] < 0.19
        assert found["odds_log_loss"] < found["odds_log_loss_without"] - 0.05
        assert found["odds_ece"] < 0.02

    def test_the_goal_probability_is_calibrated_and_no_worse_than_a_constant() -> None:
        found = quality.run(DATA, "goal_probability")["goal_probability"]
        for name in ("home", "away", "either"):
            assert found[name]["log_loss"] <= found[f"{name}_base_rate"]["log_loss"]
            assert found[name]["brier"] <= found[f"{name}_base_rate"]["brier"]
            assert found[name]["ece"] < 0.013
            assert found[f"{name}_with_odds"]["log_loss"] < found[f"{name}_same_matches_without"]["log_loss"]
            assert found[f"{name}_with_odds"]["expected"] == pytest.approx(
                found[f"{name}_with_odds"]["positives"], rel=0.11
            )

    def test_what_leverage_expects_happens() -> None:
        found = quality.run(DATA, "leverage")["leverage"]
        assert found["mean_leverage"] == pytest.approx(1.0, abs=0.02)
        assert found["happened"] == pytest.approx(found["expected"], abs=0.05)
        happened = [row["happened"] for row in found["by_fifth"]]
        assert happened == sorted(happened)

    def test_every_real_book_has_a_prior() -> None:
        """1,087 books: fair chances, and goals that give them back."""
        odds = pre_match.closing_odds(DATA, wyscout(DATA).matches).select("home_odds", "draw_odds", "away_odds")
        for row in odds.iter_rows():
            assert 0.0 < overround(row) < 0.06
            fair = shin(row)
            assert fair == pytest.approx(multiplicative(row), abs=0.02)
            assert result(0, *means_of(*fair)) == pytest.approx(fair, abs=1e-9)
