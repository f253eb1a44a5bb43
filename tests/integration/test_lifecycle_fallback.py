"""A version on the air that cannot be run: the one before it takes its place, everybody is told, and it can be mended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analytics import artifact
from app.api.metrics import _Reports
from app.db.pool import Pool
from app.db.sql import query
from app.scoring import catalogue
from app.scoring.bound import ModelFile
from app.scoring.lifecycle import Brought, NotNow, deploy
from app.scoring.register import write
from app.scoring.versions import versions
from app.scoring.worker import Worker
from app.sports.loading import loaded
from app.sports.soccer.sport import SPORT
from tests.engine_kit import clean, drain, frames, free, last_seq, new_worker, scored, tiny, told
from tests.lifecycle_kit import filled, known, on_air, text_of

REST = tiny()[20:]


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this process has read of versions before is forgotten: a worker begins like a new process."""
    monkeypatch.setattr(catalogue, "_ready", catalogue._Ready())


async def began(pool: Pool, dsn: str, monkeypatch: pytest.MonkeyPatch) -> Worker:
    """A new process scores all that waits."""
    monkeypatch.setattr(catalogue, "_ready", catalogue._Ready())
    await free(pool)
    worker = new_worker(pool, dsn)
    await drain(worker)
    return worker


async def stages(pool: Pool) -> dict[int, tuple[str, bool]]:
    """Of each version: its stage, and whether something is said to be wrong with it."""
    return {v.version: (v.stage, v.problem is not None) for v in await versions(pool, "counted")}


async def weights(pool: Pool, after: int, match: str = "m1") -> set[int]:
    """Which versions the frames of the signal name."""
    return {f["signal_version"] for f in await frames(pool, match, after) if f.get("signal") == "counted"}


async def audit(pool: Pool) -> Any:
    """The newest line about the signal."""
    return (await pool.fetch(query("deployments"), "soccer", "counted", 1))[0]


async def two_versions(pool: Pool, dsn: str) -> tuple[str, str, int]:
    """The first half of a match; version 2 is on the air, and version 1 was before it."""
    await known(pool, 1, stage="live")
    await told(pool, tiny()[:20])
    await scored(pool, dsn)
    two = await known(pool, 2, weight=3)
    await filled(pool, two)
    await on_air(pool, two)
    return two


async def test_a_text_that_is_not_what_was_registered(
    pool: Pool, dsn: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    two = await two_versions(pool, dsn)
    other = text_of(2, weight=5)
    await pool.execute("UPDATE registry.signal_version SET source = $1 WHERE signal = 'counted' AND version = 2", other)
    before = await last_seq(pool)
    await told(pool, REST[:8])
    worker = await began(pool, dsn, monkeypatch)
    assert await weights(pool, before) == {1}
    assert await stages(pool) == {1: ("live", False), 2: ("shadow", True)}
    line = await audit(pool)
    assert (line["action"], line["principal"], line["version"], line["from_version"]) == (
        "fell_back",
        "touchline",
        1,
        2,
    )
    assert line["reason"] == (
        "counted@2 cannot be run: the stored text of counted@2 does not have the hash it was registered with"
    )
    report = json.loads(worker._report.to_json())
    assert (report["counts"]["fell_back"], len(worker._air.now.problems())) == (1, 1)
    await clean(pool)
    # Once is enough: another process finds nothing to do, and the broken version does not come back by a wrong turn.
    await began(pool, dsn, monkeypatch)
    assert await pool.fetchval("SELECT count(*) FROM registry.deployment WHERE action = 'fell_back'") == 1
    with pytest.raises(NotNow, match=r"cannot be run: .* `touchline signals deploy counted --shadow` mends it"):
        await on_air(pool, two)
    file = tmp_path / "counted.py"
    file.write_text(text_of(2, weight=3))
    await deploy(pool, "counted", "tester", None, when_filled=False, brought=Brought(file=file))
    await filled(pool, two)
    await on_air(pool, two)
    before = await last_seq(pool)
    await told(pool, REST[8:])
    await began(pool, dsn, monkeypatch)
    assert await weights(pool, before) == {2}
    await clean(pool)


def bound(version: int, weight: int) -> tuple[str, ModelFile]:
    """A version of the signal that uses a model, and the model: the weight lies in it."""
    text = (
        text_of(version)
        .replace("    features=(", '    model="lab",\n    features=(')
        .replace("+ 1\n", "+ model.kernel.weight\n")
    )
    made = artifact.build("lab", "params", {"weight": weight}, {}, version)
    return text, ModelFile(artifact.ready(made), json.dumps(made))


async def with_model(pool: Pool, version: int, weight: int, stage: str) -> tuple[str, str, int]:
    """Register it."""
    text, model = bound(version, weight)
    async with pool.acquire() as connection, connection.transaction():
        await write(connection, SPORT, loaded(text, "counted", SPORT), text, stage, model=model)
        await connection.execute(query("changed_on_air"))
    return ("soccer", "counted", version)


@pytest.mark.parametrize("broken", ['{"name": "lab"', "other numbers"])
async def test_a_model_that_is_not_what_was_registered(
    pool: Pool, dsn: str, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    await with_model(pool, 1, 1, "live")
    await told(pool, tiny()[:20])
    await scored(pool, dsn)
    two = await with_model(pool, 2, 3, "shadow")
    await filled(pool, two)
    await on_air(pool, two)
    if broken == "other numbers":
        # Whole in itself, and not what the registry knows.
        broken = json.dumps(artifact.build("lab", "params", {"weight": 7}, {}, 2))
    await pool.execute("UPDATE registry.model_version SET artifact = $1 WHERE model = 'lab' AND version = 2", broken)
    before = await last_seq(pool)
    await told(pool, REST)
    await began(pool, dsn, monkeypatch)
    assert await weights(pool, before) == {1}
    assert await stages(pool) == {1: ("live", False), 2: ("shadow", True)}
    assert (await audit(pool))["action"] == "fell_back"
    models = await pool.fetch("SELECT DISTINCT model FROM signal.point WHERE signal = 'counted' AND signal_version = 1")
    assert [r["model"] for r in models] == ["lab@1"]
    await clean(pool)


async def test_where_nothing_was_before_the_older_model_is_named_and_it_is_said(
    pool: Pool, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, model = bound(1, 1)
    newer = artifact.build("lab", "params", {"weight": 3}, {}, 2)
    async with pool.acquire() as connection, connection.transaction():
        await write(connection, SPORT, loaded(text, "counted", SPORT), text, "live", model=model)
        await write(
            connection, SPORT, loaded(text, "counted", SPORT), text, "live",
            model=ModelFile(artifact.ready(newer), json.dumps(newer)),
        )  # fmt: skip
        await connection.execute("UPDATE registry.model_version SET artifact = '' WHERE model = 'lab' AND version = 2")
        await connection.execute(query("changed_on_air"))
    await told(pool, tiny())
    worker = await began(pool, dsn, monkeypatch)
    [version] = await versions(pool, "counted")
    assert (version.stage, version.model) == ("live", "lab@2")
    assert version.problem is not None
    assert version.problem.endswith("lab@1 is used in its place.")
    assert {r["model"] for r in await pool.fetch("SELECT model FROM signal.point WHERE signal = 'counted'")} == {
        "lab@1"
    }
    assert worker._fallback._told.keys() == {("soccer", "counted", 1)}


async def test_a_canary_that_cannot_be_run_ends(pool: Pool, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await known(pool, 1, stage="live")
    for match in ("m1", "m2"):
        await told(pool, tiny()[:20], match)
    await scored(pool, dsn)
    two = await known(pool, 2, weight=3)
    await filled(pool, two)
    await on_air(pool, two, matches=["m2"])
    await pool.execute("UPDATE registry.signal_version SET source = 'x' WHERE signal = 'counted' AND version = 2")
    before = await last_seq(pool)
    for match in ("m1", "m2"):
        await told(pool, REST, match)
    await began(pool, dsn, monkeypatch)
    assert (await weights(pool, before), await weights(pool, before, "m2")) == ({1}, {1})
    line = await audit(pool)
    assert (line["action"], line["match_ids"]) == ("fell_back", ["m2"])
    assert await pool.fetchval("SELECT count(*) FROM registry.canary") == 0
    await clean(pool, "m2")


async def test_what_was_retired_does_not_come_back(pool: Pool, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await two_versions(pool, dsn)
    await pool.execute("UPDATE registry.signal_version SET stage = 'retired' WHERE signal = 'counted' AND version = 1")
    await pool.execute("UPDATE registry.signal_version SET source = 'x' WHERE signal = 'counted' AND version = 2")
    before = await last_seq(pool)
    await told(pool, REST)
    await began(pool, dsn, monkeypatch)
    assert await weights(pool, before) == set()
    assert await stages(pool) == {1: ("retired", False), 2: ("live", True)}


def test_metrics_say_which_worker_fell_back_and_cannot_run_what() -> None:
    reports = [("w1", {"counts": {"fell_back": 2}, "broken": 1}), ("w2", {}), (None, {"broken": 7})]
    families = {f.name: f for f in _Reports(reports).collect()}
    fell_back, broken = families["touchline_signal_fallbacks"], families["touchline_broken_versions"]
    assert [(s.labels, s.value) for s in fell_back.samples] == [({"worker": "w1"}, 2), ({"worker": "w2"}, 0)]
    assert [(s.labels, s.value) for s in broken.samples] == [({"worker": "w1"}, 1), ({"worker": "w2"}, 0)]
