"""A signal on weights for research only: deployed with weights of one's own, compared with xG, refused by the air unless it is
allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.commands.signals_diff import diff
from app.db.pool import Pool
from app.errors import UsageError
from app.models.errors import UnknownModel
from app.scoring.bound import OtherModel
from app.scoring.catalogue import signals_of
from app.scoring.lifecycle import Brought, NotNow, deploy, promote
from app.scoring.register import OtherText
from app.scoring.versions import versions
from app.sports.loading import signals
from app.sports.soccer.sport import SPORT
from tests.engine_kit import SETTINGS, clean, feed, frames, last_seq, scored, shot, told
from tests.lifecycle_kit import filled, stored, text_of
from tests.research_kit import NAME, written

XG = signals(SPORT)["xg"].key
AT: dict[str, Any] = {"x_m": 94.0, "y_m": 34.0}
FRAME = [[103.0, 34.0, "keeper"], [94.0, 38.0, "opponent"]]
EVENTS = [
    feed("begin", 0.0, "period_start"),
    shot("a", 10.0, "goal", **AT, freeze_frame=FRAME),
    shot("b", 20.0, **AT),
    shot("c", 30.0, "goal", shot_kind="penalty"),
]


async def deployed(pool: Pool, **brought: Path) -> tuple[str, str, int]:
    """Deploy it, in shadow."""
    return await deploy(pool, NAME, "tester", None, when_filled=False, brought=Brought(**brought))


async def test_from_ones_own_weights_to_the_air(pool: Pool, dsn: str, tmp_path: Path) -> None:
    await told(pool, EVENTS)
    await scored(pool, dsn)
    with pytest.raises(UnknownModel, match=r"touchline train xg_freeze_frame --data FOLDER"):
        await deployed(pool, models=tmp_path / "none")
    written(tmp_path)
    name = await deployed(pool, models=tmp_path)
    assert name == ("soccer", NAME, 2)
    await filled(pool, name)
    [one] = await versions(pool, NAME)
    assert (one.stage, one.model, one.problem) == ("shadow", "xg_freeze_frame@1", None)
    values = {anchor: (value, status) for _, anchor, value, status in await stored(pool, 2, name=NAME)}
    assert values["event:b"] == (None, "degraded")
    assert (values["event:a"][0], values["event:c"][0]) == (pytest.approx(0.4069, abs=1e-4), 0.75)

    found = await diff(pool, NAME, "xg", "m1")
    assert (found["signal"], found["versions"]) == ("soccer.xg_freeze_frame", [XG, "xg_freeze_frame@2"])
    assert (found["both"], found["a"]["n"], found["b"]["n"], found["b"]["unknown"]) == (2, 3, 2, 1)
    assert {d["anchor"]: d["b"] for d in found["disagreements"]}["event:a"] == values["event:a"][0]
    assert found["outcomes"]["b"]["n"] == 2
    assert found["cost_us_per_event"].keys() == {XG, "xg_freeze_frame@2"}
    assert (await diff(pool, "xg_freeze_frame@2", XG, "m1"))["both"] == 2
    with pytest.raises(NotNow, match="has no version 7"):
        await diff(pool, NAME, "xg@7", "m1")
    with pytest.raises(NotNow, match="no two versions"):
        await diff(pool, NAME, None, "m1")

    with pytest.raises(NotNow) as refused:
        await promote(pool, SETTINGS, NAME, "tester", None)
    assert "research only (made up, for research only)" in str(refused.value)
    assert "TOUCHLINE_ALLOW_RESEARCH_MODELS=1" in str(refused.value)
    assert f"{NAME}@2" not in await signals_of(pool, "soccer", "m1")
    with pytest.raises(NotNow, match="research only"):
        await promote(pool, SETTINGS, NAME, "tester", None, ["m1"])
    before = await last_seq(pool)
    allowed = msgspec.structs.replace(SETTINGS, allow_research_models=True)
    moved = await promote(pool, allowed, NAME, "tester", "in the laboratory")
    assert (moved.version, moved.from_version) == (2, None)
    await told(pool, [shot("d", 40.0, **AT, freeze_frame=FRAME)])
    await scored(pool, dsn)
    said = [f for f in await frames(pool, after=before) if f.get("signal") == NAME]
    assert [(f["anchor"], f["value"]) for f in said] == [("event:d", values["event:a"][0])]
    await clean(pool)


async def test_a_version_keeps_its_weights(pool: Pool, tmp_path: Path) -> None:
    first, second = written(tmp_path / "one"), written(tmp_path / "two", 2, lob=9.0)
    other = written(tmp_path / "other", lob=9.0)
    await deployed(pool, model=first)
    assert await deployed(pool, model=first) == ("soccer", NAME, 2)
    with pytest.raises(OtherText, match=r"bound to xg_freeze_frame@1, .* give a copy of its file version 3"):
        await deployed(pool, model=second)
    await pool.execute("DELETE FROM registry.signal_version WHERE signal = $1", NAME)
    with pytest.raises(OtherModel, match="registered with other parameters"):
        await deployed(pool, model=other)
    assert await pool.fetchval("SELECT count(*) FROM registry.signal_version WHERE signal = $1", NAME) == 0
    # Where no file lies, the one that is registered is taken: it was trained elsewhere, with this database.
    await deployed(pool, models=tmp_path / "none")
    assert [v.model for v in await versions(pool, NAME)] == ["xg_freeze_frame@1"]


async def test_a_file_of_ones_own_is_deployed_from_where_it_lies(pool: Pool, tmp_path: Path) -> None:
    file = tmp_path / "counted.py"
    file.write_text(text_of(1))

    async def deploy_it(signal: str = "counted", **brought: Path) -> Any:
        return await deploy(
            pool, signal, "tester", None, when_filled=False, brought=Brought(**{"file": file, **brought})
        )

    assert await deploy_it() == ("soccer", "counted", 1)
    with pytest.raises(UsageError, match="brings the signal 'counted', not 'xg'"):
        await deploy_it("xg")
    await pool.execute("DELETE FROM registry.signal_version WHERE signal = 'counted'")
    with pytest.raises(UsageError, match="uses no model"):
        await deploy_it(model=written(tmp_path))
    file.write_text("import os\n")
    with pytest.raises(UsageError, match=r"The file is refused: .*counted\.py, line 1: .* 'os'"):
        await deploy_it()
    with pytest.raises(UsageError, match="nowhere"):
        await deploy_it(file=tmp_path / "nowhere.py")
