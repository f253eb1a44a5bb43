"""Quality reports that are kept: what is stored, that two runs can be compared, and that it is said where."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app import __version__
from app.commands.demo import match_file
from app.db.pool import Pool
from app.errors import DatabaseUnavailable
from app.warehouse.quality import code_version, history, store
from tests.running import touchline

XG = {
    "signal_version": 1,
    "model": "xg@1",
    "held_out_from": "2018-02-17",
    "files": {"wyscout/shots.parquet": "ab" * 32},
    "held_out": {"n": 9, "log_loss": 0.25, "brier": 0.08, "auc": None, "brier_parts": {"reliability": 0.1}},
    "held_out_provider": {"by": "StatsBomb", "n": 9, "log_loss": 0.24, "auc": 0.75},
}
WIN = {
    "signal_version": 1,
    "model": "win_probability@1",
    "data_set": "season",
    "files": {"wyscout/events.parquet": "cd" * 32},
    "n": 18,
    "log_loss": 0.9,
    "rps": 0.17,
    "by_minute": [{"minute": 0, "rps": 0.2}],
    "outcome_home": {"n": 18, "log_loss": 0.5},
}


async def test_a_row_a_group_with_what_is_needed_to_compare(pool: Pool) -> None:
    report: dict[str, Any] = {
        "xg": XG,
        "win_probability": WIN,
        "xt": {"model": "xt@1", "signal_version": 1, "files": {}},
    }
    assert await store(pool, report) == 4
    found = {(r.signal, r.data_set): r for r in await history(pool, None)}
    assert found.keys() == {
        ("xg", "held_out"), ("xg", "held_out_provider"), ("win_probability", "season"), ("win_probability", "outcome_home"),
    }  # fmt: skip
    ours, theirs = found["xg", "held_out"], found["xg", "held_out_provider"]
    assert (ours.model, theirs.model, ours.n, ours.files) == ("xg@1", "StatsBomb", 9, XG["files"])
    assert ours.metrics == {"log_loss": 0.25, "brier": 0.08, "auc": None, "brier_parts": {"reliability": 0.1}}
    season = found["win_probability", "season"]
    assert season.metrics == {"log_loss": 0.9, "rps": 0.17, "by_minute": [{"minute": 0, "rps": 0.2}]}
    assert (season.signal_version, season.code_version) == (1, code_version())
    assert len({r.measured_at for r in found.values()}) == 1


async def test_the_newest_comes_first_and_a_card_is_no_measurement(pool: Pool) -> None:
    await store(pool, {"xg": XG})
    assert await store(pool, {"xg": {"signal_version": 1, "model": "xg@1", "card": {"log_loss": 0.2}}}) == 0
    better = {**XG, "held_out": {**XG["held_out"], "log_loss": 0.2}}
    await store(pool, {"xg": better, "win_probability": WIN})
    told = [r.metrics["log_loss"] for r in await history(pool, "xg") if r.data_set == "held_out"]
    assert told == [0.2, 0.25]
    assert len(await history(pool, "xg")) == 4
    assert len(await history(pool, None, limit=3)) == 3


async def test_a_report_is_stored_whole_or_not_at_all(pool: Pool) -> None:
    with pytest.raises(Exception, match="quality_report_n_check"):
        await store(pool, {"xg": {**XG, "none": {"n": 0, "log_loss": 0.0}}})
    assert await history(pool, None) == []


def test_the_code_is_named() -> None:
    assert re.fullmatch(rf"{re.escape(__version__)}(\+[0-9a-f]{{7,}}(-dirty)?)?", code_version())


EVENT = dict.fromkeys(("match_id", "event_id", "period", "t_ms", "team_id", "player_id"), pl.Int32)
EVENT |= dict.fromkeys(("event_type", "sub_event", "x1", "y1", "x2", "y2"), pl.Int16) | {"tags": pl.List(pl.Int16)}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A real StatsBomb match, and no Wyscout match."""
    (tmp_path / "wyscout").mkdir()
    matches = pl.DataFrame(schema={"match_id": pl.Int32, "date_utc": pl.Datetime("us")})
    matches.write_parquet(tmp_path / "wyscout" / "matches.parquet")
    pl.DataFrame(schema=EVENT).write_parquet(tmp_path / "wyscout" / "events.parquet")
    (tmp_path / "statsbomb" / "events").mkdir(parents=True)
    shutil.copy(match_file("15986"), tmp_path / "statsbomb" / "events" / "15986.json")
    return tmp_path


def test_two_runs_side_by_side(dsn: str, data: Path) -> None:
    arguments = ("quality", "--signal", "xg", "--data", str(data), "--resamples", "10")
    nothing = touchline("quality", "--history", database_url=dsn)
    assert "No quality report was kept" in nothing.stdout
    done = touchline(*arguments, database_url=dsn)
    assert done.returncode == 0, done.stderr
    assert re.search(r"Stored in the database of DATABASE_URL: \d+ rows", done.stderr)
    left = touchline(*arguments, "--no-store", "--json", database_url=dsn)
    assert "Not stored" in left.stderr
    assert json.loads(left.stdout)["xg"]["statsbomb"]["n"] > 10
    assert touchline(*arguments, "--json", database_url=dsn).returncode == 0
    rows = json.loads(touchline("quality", "--history", "--signal", "xg", "--json", database_url=dsn).stdout)
    ours = [r for r in rows if r["data_set"] == "statsbomb"]
    assert len(ours) == 2
    assert ours[0]["metrics"] == ours[1]["metrics"]
    assert ours[0]["files"] == ours[1]["files"] == json.loads(left.stdout)["xg"]["files"]
    told = touchline("quality", "--history", database_url=dsn).stdout.splitlines()
    assert len(told) == 1 + len(rows)
    assert any("StatsBomb" in line and "statsbomb_provider" in line for line in told)


def test_without_a_database_the_figures_are_told_all_the_same(data: Path, tmp_path: Path) -> None:
    arguments = ("quality", "--signal", "xg", "--data", str(data), "--resamples", "0")
    done = touchline(*arguments, home=tmp_path / "home")
    assert done.returncode == 0
    assert "statsbomb_provider" in done.stdout
    assert done.stderr.strip() == "Not stored: no database is in use. --store starts the embedded one."
    gone = touchline(*arguments, database_url="postgresql://touchline@127.0.0.1:1/none")
    assert gone.returncode == 0
    assert "Not stored: " in gone.stderr
    wanted = touchline(*arguments, "--store", database_url="postgresql://touchline@127.0.0.1:1/none")
    assert wanted.returncode == DatabaseUnavailable("x").exit_code
    assert touchline("quality", "--store").returncode == 2
