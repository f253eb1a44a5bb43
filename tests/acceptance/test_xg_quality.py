"""The committed models against the figures they must not fall behind, where the shared data lies beside the repository."""

from pathlib import Path

from analytics import quality

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

if DATA.is_dir():  # without the data there is nothing to measure, and nothing to skip

    def test_xg_on_wyscout_matches_left_out_of_training() -> None:
        report = quality.run(DATA, "xg")["xg"]
        held_out = report["wyscout_held_out"]
        assert held_out["n"] > 7000
        assert held_out["log_loss"] <= 0.280
        assert held_out["auc"] >= 0.795
        assert held_out["brier"] <= 0.081
        assert held_out["ece"] <= 0.0125
        assert report["wyscout_held_out_open_play"]["auc"] >= 0.781

    def test_xg_on_another_provider() -> None:
        """AUC: no logistic regression on geometry ranks these shots better than 0.79, not even one fitted on them."""
        report = quality.run(DATA, "xg")["xg"]
        assert report["statsbomb"]["n"] == report["statsbomb_provider"]["n"] > 4000
        assert report["statsbomb"]["log_loss"] <= 0.288
        assert report["statsbomb"]["auc"] >= 0.785

    def test_win_probability_beats_the_base_rate() -> None:
        found = quality.run(DATA, "win_probability")["win_probability"]
        assert found["rps"] < 0.17 < found["rps_base_rate"]
        assert found["ece"] < 0.025
        assert all(row["rps"] < row["rps_base_rate"] for row in found["by_minute"] if row["minute"] >= 5)
