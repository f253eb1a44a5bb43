"""The worker of the bench of corrections tells how many events each of them made it fold."""

from pathlib import Path

import msgspec
import pytest

from app.db.pool import Pool
from app.scoring import session
from tests.bench.kit import folding_worker
from tests.engine_kit import drain, free, new_worker, tiny, told


async def test_what_is_folded_anew_and_what_is_read(
    pool: Pool, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("fold_part", "read_current"):
        monkeypatch.setattr(session, name, getattr(session, name))
    file = tmp_path / "folded"
    folding_worker.tell(file)
    events = tiny()
    edited = next(e for e in events if e.type == "shot")

    async def edit(y_m: float) -> folding_worker.Folded:
        fields = msgspec.structs.replace(edited.fields, y_m=y_m)
        await told(pool, [msgspec.structs.replace(edited, fields=fields, kind="amended")])
        await drain(worker)
        return folding_worker.told(file)["m1", await pool.fetchval("SELECT version FROM log.match")]

    worker = new_worker(pool, dsn)
    await told(pool, events)
    await drain(worker)
    warm = await edit(30.0)
    assert (warm.anew, warm.read) == (len(events), 0), "a match this short has no checkpoint"
    await free(pool)
    worker = new_worker(pool, dsn)
    cold = await edit(31.0)
    assert (cold.anew, cold.read) == (len(events), len(events))
