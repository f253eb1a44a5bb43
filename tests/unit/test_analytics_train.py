"""Training on small made-up tables: what goes in is found again, and what is missing is said clearly."""

import sys
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from analytics import artifact, quality, shots, train, train_win_probability, train_xg, train_xt
from analytics.data import statsbomb_shots, table, wyscout_shots
from analytics.matches import states, wyscout
from analytics.quality_win_probability import predict
from app.errors import UnreadableFile, UsageError
from app.models.registry import load
from app.sports.soccer.signals import win_probability
from app.sports.soccer.win_chances import goals_to_come


def made_shots(n: int = 6000, seed: int = 7) -> pl.DataFrame:
    """Shots whose probability of a goal falls with the distance: logit = 1 - 0.15 * metres."""
    random = np.random.default_rng(seed)
    x, y = random.uniform(75, 104, n), random.uniform(14, 54, n)
    p = 1 / (1 + np.exp(-(1 - 0.15 * np.hypot(105 - x, 34 - y))))
    penalty = np.arange(n) % 20 == 0
    goal = np.where(penalty, np.arange(n) % 80 != 0, random.uniform(size=n) < p)
    return pl.DataFrame(
        {
            "match_id": np.arange(n) // 25,
            "period": [1] * n,
            "x_m": x,
            "y_m": y,
            "body_part": ["right_foot"] * n,
            "shot_kind": np.where(penalty, "penalty", "open_play"),
            "goal": goal,
        }
    )


def test_xg_training_finds_the_probability_again() -> None:
    made = made_shots()
    model = artifact.ready(artifact.build("xg", "logistic", train_xg.fit(made), {}))
    predicted = shots.predict(made, model)
    penalty = made["shot_kind"].to_numpy() == "penalty"
    assert predicted[penalty] == pytest.approx(0.75, abs=1e-5)
    truth = 1 / (1 + np.exp(-(1 - 0.15 * np.hypot(105 - made["x_m"].to_numpy(), 34 - made["y_m"].to_numpy()))))
    assert np.mean(np.abs(predicted - truth)[~penalty]) < 0.025
    assert predicted[~penalty].sum() == pytest.approx(made["goal"].to_numpy()[~penalty].sum(), rel=0.01)


def test_xg_training_says_what_it_lacks() -> None:
    with pytest.raises(UsageError, match="penalties"):
        train_xg.fit(made_shots().filter(pl.col("shot_kind") != "penalty"))


def test_training_without_scikit_learn_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(UsageError, match=r"touchline\[train\]"):
        train_xg.fit(made_shots(200))


def test_one_shot_alone_scores_as_among_many() -> None:
    made, model = made_shots(50), load("xg")
    together = shots.predict(made, model)
    assert [float(shots.predict(made[i], model)[0]) for i in range(len(made))] == together.tolist()


def toy_actions() -> pl.DataFrame:
    """From cell 0 one of two passes arrives in cell 100; there one of two actions is a shot, and all shots score."""
    rows = [("move", 0, 100, True), ("move", 0, 50, False), ("shot", 100, 0, True), ("move", 100, 0, True)]
    return pl.DataFrame(rows, schema=["kind", "start", "end", "success"], orient="row")


def test_xt_converges_to_the_solution_by_hand() -> None:
    grid, changes = train_xt.solve(toy_actions())
    # a = 1/2 * b and b = 1/2 + 1/2 * a, therefore b = 2/3 and a = 1/3
    assert grid[0, 0] == pytest.approx(1 / 3, abs=2e-5)
    assert grid[100 // 12, 100 % 12] == pytest.approx(2 / 3, abs=2e-5)
    assert changes[-1] <= 1e-5 < changes[-2]
    assert grid.shape == (16, 12)
    assert np.count_nonzero(grid) == 2


def test_xt_needs_shots_and_moves() -> None:
    with pytest.raises(UsageError):
        train_xt.solve(toy_actions().filter(pl.col("kind") == "move"))


EVENT = {"match_id": pl.Int32, "event_id": pl.Int64, "period": pl.Int8, "t_ms": pl.Int32, "team_id": pl.Int32}
EVENT |= dict.fromkeys(("event_type", "sub_event", "x1", "y1", "x2", "y2"), pl.Int16) | {"tags": pl.List(pl.Int16)}


def events(*rows: tuple[object, ...]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=EVENT, orient="row")


def test_xt_moves_are_passes_accelerations_and_carries() -> None:
    found = train_xt.actions(
        events(
            (1, 1, 1, 0, 10, 8, 85, 50, 50, 60, 50, [1801]),
            (1, 2, 1, 3000, 10, 8, 80, 70, 50, 100, 100, [1802]),
            (1, 3, 1, 5000, 20, 8, 85, 0, 0, 10, 10, [1801]),
            (1, 4, 1, 90000, 20, 10, 100, 90, 50, 0, 0, [101, 1801]),
            (1, 5, 5, 0, 20, 10, 100, 90, 50, 0, 0, [101]),
        ).lazy()
    )
    assert found.rows() == [
        ("shot", 14 * 12 + 6, 0, True),
        ("move", 8 * 12 + 6, 9 * 12 + 6, True),
        ("move", 11 * 12 + 6, 191, False),
        ("move", 0, 12 + 1, True),
        ("move", 9 * 12 + 6, 11 * 12 + 6, True),
    ]


@pytest.fixture
def season(tmp_path: Path) -> Path:
    """60 made-up matches of 95 minutes with a goal of each side in each half, a tenth with a red card."""
    first, rows, tables = date(2017, 9, 1), [], []
    for match in range(60):
        day = first + timedelta(days=4 * match)
        tables.append((match, "Made up", day, 10, 20, 2 + match % 2, 2))
        for period in (1, 2):
            last = 2760 if period == 1 else 2940
            rows.append((match, 0, period, 0, 10, 8, 85, 50, 50, 55, 50, [1801]))
            rows += [
                (match, 1, period, 600_000 + 20_000 * match, team, 10, 100, 90, 50, 0, 0, [101]) for team in (10, 20)
            ]
            rows.append((match, 2, period, 2_000_000, 20, 9, 91, 5, 50, 0, 0, [101]))
            if period == 2 and match % 2:
                rows.append((match, 3, 2, 2_500_000, 20, 7, 72, 5, 50, 0, 0, [102]))
            if period == 2 and match % 10 == 0:
                rows.append((match, 4, 1, 0, 10, 2, 20, 50, 50, 50, 50, [1701]))
            rows.append((match, 5, period, last * 1000, 10, 8, 85, 50, 50, 55, 50, [1801]))
    columns = ["match_id", "competition", "date_utc", "home_team_id", "away_team_id", "home_score", "away_score"]
    (tmp_path / "wyscout").mkdir()
    pl.DataFrame(tables, schema=columns, orient="row").write_parquet(tmp_path / "wyscout/matches.parquet")
    events(*rows).write_parquet(tmp_path / "wyscout/events.parquet")
    return tmp_path


def test_goals_own_goals_and_red_cards_are_read(season: Path) -> None:
    found = wyscout(season)
    assert found.matches.height == 60
    odd = found.incidents.filter(pl.col("match_id") == 1)
    assert odd.filter(pl.col("kind") == "goal")["home"].sum() == 3
    assert found.incidents.filter(pl.col("kind") == "red").height == 6
    marks = states(found).filter((pl.col("match_id") == 1) & pl.col("minute").is_in([0, 45, 85]))
    assert marks.select("home_score", "away_score", "result").rows() == [(0, 0, 0), (1, 1, 0), (2, 2, 0)]


def test_win_probability_training_finds_the_rates_again(season: Path) -> None:
    parameters = train_win_probability.fit(wyscout(season))
    assert parameters["stoppage_s"][:2] == [60.0, 240.0]
    kernel = artifact.ready(artifact.build("win_probability", "params", parameters, {})).kernel
    home, away = goals_to_come(kernel, 1, 0.0)
    assert (home, away) == pytest.approx((2.5, 2.0), abs=0.02)


def test_training_by_name_writes_and_counts_versions(season: Path, tmp_path: Path) -> None:
    folder = tmp_path / "artifacts"
    first = train.run("win_probability", season, folder)
    again = train.run("win_probability", season, folder)
    assert (first["label"], first["changed"]) == ("win_probability@1", True)
    assert (again["label"], again["changed"]) == ("win_probability@1", False)
    other = artifact.build("win_probability", "params", {"x": 1}, {}, version=4)
    artifact.write(other, folder)
    assert train.run("win_probability", season, folder)["label"] == "win_probability@5"


def test_errors_for_people(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="post_shot_xg, win_probability, xg, xg_freeze_frame, xt"):
        train.run("vaep", tmp_path)
    with pytest.raises(UnreadableFile, match=r"wyscout/matches\.parquet"):
        train.run("xg", tmp_path, tmp_path)
    with pytest.raises(UsageError, match="no quality measure for 'ppda'"):
        quality.run(tmp_path, "ppda")
    (tmp_path / "broken.parquet").write_bytes(b"not parquet")
    with pytest.raises(UnreadableFile, match="not a readable"):
        table(tmp_path, "broken.parquet")


def test_coordinates_of_both_providers_become_metres(tmp_path: Path) -> None:
    for name in ("wyscout", "statsbomb"):
        (tmp_path / name).mkdir()
    ours = {"match_id": [1], "date_utc": [date(2018, 1, 1)], "period": [2], "x": [90], "y": [50]}
    ours |= {"body_part": ["head_or_body"], "shot_kind": ["open_play_or_other"], "is_goal": [True], "shootout": [True]}
    pl.DataFrame(ours).write_parquet(tmp_path / "wyscout/shots.parquet")
    row = wyscout_shots(tmp_path).row(0, named=True)
    assert (row["x_m"], row["y_m"]) == pytest.approx((94.0, 34.0))  # 90 per cent is Wyscout's penalty spot
    assert (row["period"], row["body_part"], row["shot_kind"]) == (5, "head", "open_play")
    theirs = {"match_id": [1, 2], "period": [1, 1], "x": [109.0, 108.1], "y": [41.0, 40.1], "is_goal": [True, False]}
    theirs |= {"body_part": ["Head", "Other"], "shot_type": ["Penalty", "Free Kick"], "statsbomb_xg": [0.1, 0.2]}
    pl.DataFrame(theirs).write_parquet(tmp_path / "statsbomb/shots.parquet")
    frame = statsbomb_shots(tmp_path)
    assert frame["x_m"].to_list() == pytest.approx([94 + 0.5 * 5.5 / 6, 94 + 0.05 * 5.5 / 6])
    assert frame["y_m"].to_list() == pytest.approx([34 + 0.5 * 0.915, 34 + 0.05 * 0.915])


def test_the_report_without_data_is_the_card() -> None:
    report = quality.run(None, "xg")
    assert report["xg"]["card"] == load("xg").card["metrics"]
    assert "xg (xg@" in quality.render(report)


def test_a_value_of_the_signal_is_what_quality_measures() -> None:
    model = load("win_probability")
    given = SimpleNamespace(match_status="live", match_period=1, match_elapsed_s=0.0, home_score=0, away_score=0)
    given.home_red_cards = given.away_red_cards = 0
    given.pre_match_home_goals = given.pre_match_away_goals = 0.0
    marks = pl.DataFrame(
        {"period": [1], "elapsed_s": [0.0], "home_score": [0], "away_score": [0], "home_reds": [0], "away_reds": [0]}
    )
    assert predict(marks, model)[0].tolist() == list(win_probability.value(given, model, None).values())  # type: ignore[union-attr]
