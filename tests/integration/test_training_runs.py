"""Trainings that are recorded: what is kept, that a model is traced to its run, and the commands that compare two."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from analytics import artifact
from analytics.files_read import DataRead
from app.db.pool import Pool
from app.errors import UsageError
from app.models.registry import load
from app.scoring.bound import OtherModel, read_model, register_model
from app.warehouse.training_runs import UnknownRun, known_hashes, registered, run_named, runs, store
from tests.research_kit import NAME, made, statsbomb, written
from tests.running import touchline

DATA = DataRead(["Made"], "d" * 64, 2, 9)
CARD = {"licence": "none but for research", "research_only": True, "split": "half"}
CARD |= {"metrics": {"log_loss": 0.25, "auc": None}, "n_train": 10, "n_test": 5}


def trained(version: int = 1, **weights: float) -> dict[str, Any]:
    """A model's file, with a card as training writes it."""
    return {**made(version, **weights), "card": CARD}


async def test_a_run_is_kept_whole_and_names_the_model_that_came_of_it(pool: Pool, tmp_path: Path) -> None:
    number = await store(pool, trained(), DATA, {"folds": 10})
    [run] = await runs(pool, NAME)
    assert (run.run_id, run.label, run.kind, run.model_sha256) == (number, f"{NAME}@1", "logistic", trained()["sha256"])
    assert (run.data_sets, run.data_sha256, run.data_files, run.data_bytes) == (["Made"], "d" * 64, 2, 9)
    assert (run.licence, run.research_only, run.split) == ("none but for research", True, "half")
    assert (run.settings, run.metrics, run.n_train, run.n_test) == ({"folds": 10}, CARD["metrics"], 10, 5)
    assert run.parameters == trained()["parameters"]
    assert run.registered is None
    async with pool.acquire() as connection:
        await register_model(connection, read_model(written(tmp_path), NAME))
    again = await store(pool, trained(), DATA, {"folds": 10})
    await store(pool, trained(2, lob=9.0), DATA, {"folds": 10})
    assert [(r.run_id, r.registered) for r in await runs(pool, NAME)] == [(again + 1, None), (again, 1), (number, 1)]
    [model] = await registered(pool, NAME)
    assert (model.version, model.sha256, model.run_id, model.signals) == (1, trained()["sha256"], again, [])
    assert await known_hashes(pool, NAME) == {1: trained()["sha256"]}
    assert (await run_named(pool, f"{NAME}@1")).run_id == again
    assert (await run_named(pool, str(number))).run_id == number
    for wrong, error in (("xg@7", UnknownRun), ("99", UnknownRun), ("xg", UsageError), ("xg@", UsageError)):
        with pytest.raises(error):
            await run_named(pool, wrong)
    assert {m.model: m.signals for m in await registered(pool, None)}["xt"] == ["momentum@2", "xt@1"]


async def test_a_label_in_the_registry_always_means_the_same_numbers(pool: Pool, tmp_path: Path) -> None:
    async with pool.acquire() as connection:
        await register_model(connection, read_model(written(tmp_path), NAME))
        with pytest.raises(
            OtherModel, match=r"xg_freeze_frame@1 is registered with other parameters .*touchline train"
        ):
            await register_model(connection, read_model(written(tmp_path, lob=9.0), NAME))
        # A stored file that is not whole is mended by one of the same parameters.
        await connection.execute("UPDATE registry.model_version SET artifact = 'x' WHERE model = $1", NAME)
        await register_model(connection, read_model(written(tmp_path), NAME))
        text = await connection.fetchval("SELECT artifact FROM registry.model_version WHERE model = $1", NAME)
    assert json.loads(text) == made()


def test_training_records_the_run_and_registers_a_model_for_research_only(dsn: str, tmp_path: Path) -> None:
    data, home = statsbomb(tmp_path / "data", 1, 2), tmp_path / "home"
    arguments = ("train", NAME, "--data", str(data), "--json")
    apart = touchline(*arguments, home=home)
    assert apart.returncode == 0, apart.stderr
    assert "The run was not recorded: no database is in use. --store starts the embedded one." in apart.stderr
    assert json.loads(apart.stdout)["run_id"] is None
    left = touchline(*arguments, "--no-store", home=home, database_url=dsn)
    assert "The run was not recorded, as --no-store says." in left.stderr

    def train() -> dict[str, Any]:
        done = touchline(*arguments, home=home, database_url=dsn)
        assert done.returncode == 0, done.stderr
        assert re.search(r"Recorded as run \d+ in the database of DATABASE_URL", done.stderr)
        assert "is registered there, for research only." in done.stderr
        return json.loads(done.stdout)

    first, second = train(), train()
    statsbomb(data, 3)
    third = train()
    assert [t["label"] for t in (first, second, third)] == [f"{NAME}@1", f"{NAME}@1", f"{NAME}@2"]
    assert first["data"] == second["data"] != third["data"]
    assert load(NAME, home / "models").version == 2
    told = json.loads(touchline("models", "runs", NAME, "--json", database_url=dsn).stdout)
    assert [(r["run_id"], r["version"], r["registered"]) for r in told] == [
        (third["run_id"], 2, 2), (second["run_id"], 1, 1), (first["run_id"], 1, 1),
    ]  # fmt: skip
    same = touchline("models", "compare", str(first["run_id"]), str(second["run_id"]), database_url=dsn)
    assert "data: the same, byte by byte" in same.stdout
    assert "parameters: the same" in same.stdout
    other = json.loads(touchline("models", "compare", f"{NAME}@1", f"{NAME}@2", "--json", database_url=dsn).stdout)
    assert other["data"]["data_files"] == [2, 3]
    assert other["parameters"]["changed"] > 0
    assert {m["name"] for m in other["metrics"]} >= {"log_loss", "auc", "provider_log_loss"}
    lines = touchline("models", "list", NAME, database_url=dsn).stdout.splitlines()
    assert [line.split(",")[1].strip() for line in lines] == [f"run {second['run_id']}", f"run {third['run_id']}"]
    assert all("research only" in line for line in lines)


def test_the_committed_files_are_whole_for_the_registry(tmp_path: Path) -> None:
    path = artifact.write(made(), tmp_path)
    assert read_model(path, NAME).model.sha256 == made()["sha256"]
    with pytest.raises(Exception, match="says it is 'xg_freeze_frame'"):
        read_model(path, "xg")
