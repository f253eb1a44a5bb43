"""The report of `touchline quality` on small made-up tables, and evaluators that are added as files."""

import hashlib
import sys
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from analytics import evaluators, metrics, quality, quality_win_probability
from analytics.data import statsbomb_shots, wyscout_shots
from analytics.evaluators import xg
from analytics.matches import Incidents
from analytics.scorecard import groups, measured
from app.errors import UnreadableFile
from app.models.registry import load
from app.sports.soccer.build_up import LedBy

BINARY = {"n", "positives", "expected", "log_loss", "brier", "auc", "ece", "matches", "brier_parts", "reliability"}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """40 shots of 8 Wyscout matches, half of them before the split; 6 StatsBomb shots, one of a shoot-out."""
    n = 40
    match = np.arange(n) // 5
    ours = {
        "match_id": match,
        "date_utc": [date(2018, 1, 1) if m < 4 else date(2018, 3, 1) for m in match],
        "period": np.arange(n) % 2 + 1,
        "x": [80 + i % 20 for i in range(n)],
        "y": [40 + i % 7 for i in range(n)],
        "body_part": ["right_foot"] * n,
        "shot_kind": ["penalty" if i % 10 == 0 else "open_play_or_other" for i in range(n)],
        "is_goal": [i % 4 == 0 for i in range(n)],
        "shootout": [i == 39 for i in range(n)],
    }
    theirs = {
        "match_id": [1, 1, 1, 2, 2, 2],
        "period": [1, 1, 2, 2, 2, 5],
        "x": [110.5, 100.3, 95.1, 112.2, 90.7, 108.1],
        "y": [41.3, 30.2, 50.9, 44.4, 40.1, 40.1],
        "is_goal": [True, False, False, True, False, True],
        "body_part": ["Head", "Left Foot", "Other", "Right Foot", "Right Foot", "Right Foot"],
        "shot_type": ["Open Play"] * 5 + ["Penalty"],
        "statsbomb_xg": [0.5, 0.05, 0.02, 0.6, 0.01, 0.78],
    }
    for name, rows in (("wyscout", ours), ("statsbomb", theirs)):
        (tmp_path / name).mkdir()
        pl.DataFrame(rows).write_parquet(tmp_path / name / "shots.parquet")
    nothing = {name: pl.lit(0.0) for name in LedBy._fields}
    monkeypatch.setattr(xg, "wyscout", lambda folder: wyscout_shots(folder).with_columns(**nothing))
    monkeypatch.setattr(xg, "statsbomb", lambda folder: statsbomb_shots(folder).with_columns(**nothing))
    for name in ("events", "matches"):
        (tmp_path / "wyscout" / f"{name}.parquet").write_bytes(name.encode())
    return tmp_path


def test_xg_is_measured_beside_the_base_rate_and_the_provider(data: Path) -> None:
    entry = quality.run(data, "xg", 20)["xg"]
    assert (entry["model"], entry["signal_version"]) == (load("xg").label, 3)
    held_out, base = entry["wyscout_held_out"], entry["wyscout_held_out_base_rate"]
    assert (held_out["n"], held_out["matches"], held_out["positives"]) == (19, 4, 5)
    assert entry["wyscout_held_out_first_half"]["n"] + entry["wyscout_held_out_second_half"]["n"] == 19
    # A quarter of the 20 shots before the split were goals; the shoot-out kick is in neither.
    assert base["brier"] == pytest.approx((5 * 0.75**2 + 14 * 0.25**2) / 19)
    assert base["auc"] == 0.5
    assert base["ece"] == pytest.approx(5 / 19 - 0.25)
    assert entry["statsbomb"]["n"] == entry["statsbomb_provider"]["n"] == 5
    assert entry["statsbomb_with_shoot_outs"]["n"] == 6
    assert entry["statsbomb_provider"]["expected"] == pytest.approx(1.18)
    assert groups(entry).keys() == {k for k in entry if k.startswith(("wyscout_", "statsbomb"))}
    for name, figures in groups(entry).items():
        assert figures.keys() - {"intervals", "by"} == BINARY, name
        parts = figures["brier_parts"]
        told = parts["reliability"] - parts["resolution"] + parts["uncertainty"] + parts["within_bin"]
        assert told == pytest.approx(figures["brier"], abs=1e-12)
    low, high = held_out["intervals"]["brier"]
    assert low <= held_out["brier"] <= high
    assert low < high


def test_the_files_that_were_read_are_named_by_their_hash(data: Path) -> None:
    entry = quality.run(data, "xg", 0)["xg"]
    path = data / "wyscout" / "events.parquet"
    assert entry["files"].keys() == {"wyscout/events.parquet", "wyscout/matches.parquet"}
    assert entry["files"]["wyscout/events.parquet"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert "intervals" not in entry["statsbomb"]


def test_the_report_for_people_has_every_group_and_figure(data: Path) -> None:
    report = quality.run(data, "xg", 20)
    text = quality.render(report)
    for name, figures in groups(report["xg"]).items():
        row = next(line for line in text.splitlines() if line.startswith(f"  {name} "))
        assert f"{figures['log_loss']:.4f}" in row
    assert "wyscout_held_out: 95 % by match: log loss " in text
    assert "+ within bins" in text
    assert "statsbomb: bin, n, mean p, observed" in text


def test_win_probability_is_measured_by_outcome_phase_and_minute() -> None:
    matches = pl.DataFrame(
        {"match_id": [1, 2, 3], "home_score": [1, 0, 0], "away_score": [0, 0, 2]},
        schema_overrides={"match_id": pl.Int32},
    )
    goals = pl.DataFrame(
        {"match_id": [1, 3, 3], "period": [1, 1, 2], "t_s": [600.0, 900.0, 900.0], "kind": ["goal"] * 3}
        | {"home": [True, False, False]},
        schema_overrides={"match_id": pl.Int32},
    )
    found = Incidents(matches, goals, pl.DataFrame())
    figures = quality_win_probability.measure(found, found, load("win_probability"), 20)
    assert (figures["matches"], figures["states"]) == (3, 54)
    # One of each result: 1/3 each, all match long.
    assert figures["log_loss_base_rate"] == pytest.approx(np.log(3))
    assert figures["brier_base_rate"] == pytest.approx(2 / 9)
    assert figures["rps_base_rate"] == pytest.approx((5 / 18 + 1 / 9 + 5 / 18) / 3)
    assert figures["rps"] < figures["rps_base_rate"]
    outcomes = [figures[f"outcome_{name}"] for name in ("home", "draw", "away")]
    assert [o["n"] for o in outcomes] == [54] * 3
    assert [o["positives"] for o in outcomes] == [18] * 3
    assert sum(o["brier"] for o in outcomes) == pytest.approx(3 * figures["brier"])
    phases = [figures[f"phase_{name}"] for name in quality_win_probability.PHASES]
    assert [p["n"] for p in phases] == [3 * 3 * marks for marks in (9, 6, 3)]
    assert sum(p["rps"] * p["n"] for p in phases) / (3 * 54) == pytest.approx(figures["rps"])
    assert figures["intervals"].keys() == {"log_loss", "brier", "ece", "rps"}
    low, high = figures["intervals"]["rps"]
    assert low <= figures["rps"] <= high
    assert groups(figures).keys() == {k for k in figures if k.startswith(("outcome_", "phase_"))}
    text = quality.render({"win_probability": {"model": "win_probability@1", **figures}})
    assert f"all: 95 % by match: log loss {figures['intervals']['log_loss'][0]:.4f} to " in text
    assert "  minute 85   RPS " in text


def test_all_figures_of_a_group_by_hand() -> None:
    figures = measured(np.array([0, 1]), np.array([0.5, 0.5]), np.array([1, 1]), 0)
    assert figures["log_loss"] == pytest.approx(np.log(2))
    assert (figures["brier"], figures["auc"], figures["ece"]) == (0.25, 0.5, 0.5)
    assert (figures["n"], figures["matches"], figures["positives"], figures["expected"]) == (2, 1, 1, 1.0)
    assert figures["reliability"] == metrics.reliability(np.array([0, 1]), np.array([0.5, 0.5]))


ADDED = '''"""Always one half."""
import numpy as np
from analytics.scorecard import measured
from app.sports.soccer.signals.ppda import SIGNAL
MODEL = "xg"
FILES = ("made.bin",)
def evaluate(data, model, resamples):
    return {"made_up": measured(np.array([0, 1]), np.array([0.5, 0.5]), np.array([1, 2]), resamples)}
'''


def test_a_file_that_is_added_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "added").mkdir()
    (tmp_path / "added" / "just_added.py").write_text(ADDED)
    (tmp_path / "made.bin").write_bytes(b"abc")
    before = set(evaluators.evaluators())
    monkeypatch.setattr(evaluators, "__path__", [*evaluators.__path__, str(tmp_path / "added")])
    try:
        report = quality.run(tmp_path, "just_added", 3)
        assert set(quality.run()) == {"just_added", *before}
    finally:
        sys.modules.pop("analytics.evaluators.just_added", None)
        vars(evaluators).pop("just_added", None)
    assert report["just_added"]["made_up"]["brier"] == 0.25
    assert report["just_added"]["files"]["made.bin"].startswith("ba7816bf")


def test_every_evaluator_measures_a_signal_of_its_name() -> None:
    found = evaluators.evaluators()
    assert found.keys() >= {"xg", "win_probability", "xt"}
    for name, of in found.items():
        # Sports may have signals of one name: all but soccer's are told by their sport.
        assert name in (of.signal.name, f"gridiron_{of.signal.name}")
        assert of.signal.model == of.model


def test_missing_data_is_told_with_its_path(tmp_path: Path) -> None:
    for name in ("xg", "win_probability"):
        with pytest.raises(UnreadableFile, match="wyscout"):
            quality.run(tmp_path, name)
