"""Features over HTTP and on the command line, in a service that folds them by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from app.db.pool import Pool
from app.warehouse.feature_cache import FeatureCache
from app.warehouse.feature_layout import declare
from app.warehouse.feature_store import Key
from tests import running
from tests.engine_kit import HARBOUR, TINY, feed, told
from tests.feature_kit import follow
from tests.integration.test_features import H9, KICK_OFF
from tests.running import Running, touchline, until

TEAM: Key = ("soccer", "team", HARBOUR)
H9_KEY: Key = ("soccer", "player", H9)


def values_of(service: Running, kind: str, entity: str) -> dict[str, Any] | None:
    answer = service.http.get(f"/v1/features/{kind}/{entity}")
    return answer.json() if answer.status_code == 200 else None


def test_a_pushed_match_has_features_and_a_correction_changes_them(make_database: Callable[[], str]) -> None:
    with running.service(database_url=make_database()) as service:
        service.push("tiny", TINY.read_bytes())
        body = until(lambda: (found := values_of(service, "player", H9)) and found["version"] >= 40 and found)
        assert (body["match"], body["values"]["goals"], body["values"]["on_pitch"], body["expired"]) == (
            "tiny",
            1,
            True,
            [],
        )
        assert body["age_s"] < 3 * 3600
        goal = next(line for line in TINY.read_bytes().splitlines() if b'"t-013"' in line)
        service.push("tiny", goal.replace(b'"goal"', b'"saved"').replace(b'"id"', b'"kind":"amended","id"', 1))
        until(lambda: (found := values_of(service, "player", H9)) and found["values"]["goals"] == 0)
        asked = {
            "entities": [{"kind": "team", "id": HARBOUR}, {"kind": "player", "id": "nobody"}],
            "features": ["goals"],
        }
        items = service.http.post("/v1/features/online", json=asked).json()["items"]
        assert [items[0]["values"], items[1]] == [{"goals": 1}, None]
        one = service.http.get("/v1/features/match/tiny?feature=home_goals&feature=period").json()
        assert one["values"] == {"home_goals": 1, "period": 2}
        catalogue = service.http.get("/v1/features?limit=1000").json()["items"]
        assert {"sport": "soccer", "entity": "team", "feature": "goals"}.items() <= next(
            f for f in catalogue if (f["entity"], f["feature"]) == ("team", "goals")
        ).items()
        metrics = service.http.get("/metrics").text
        for name in (
            "hits_total",
            "misses_total",
            "entities",
            'age_seconds{which="newest"}',
            "backlog_events",
            "lag_seconds",
        ):
            assert f"touchline_feature_{name}" in metrics, name
        assert "touchline_feature_backlog_events 0.0" in metrics


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "detail"),
    [
        ("GET", "/v1/features/player/nobody", None, 404, "No player 'nobody'"),
        ("GET", "/v1/features/planet/x", None, 400, "'planet' is no kind of entity"),
        ("GET", "/v1/features/player/x?feature=gaols", None, 400, "'gaols' is no feature"),
        ("GET", "/v1/features/player/x?sport=chess", None, 400, "features of 'chess'"),
        ("POST", "/v1/features/online", {"entities": "x"}, 400, "does not fit"),
        ("POST", "/v1/features/online", {"entities": [{"kind": "planet", "id": "x"}]}, 400, "no kind"),
        (
            "POST",
            "/v1/features/online",
            {"entities": [{"kind": "team", "id": "x"}], "features": ["minutes"]},
            400,
            "'minutes'",
        ),
        ("POST", "/v1/features/online", {"entities": [{"kind": "team", "id": "x"}] * 1001}, 400, "1000"),
    ],
)
def test_what_does_not_fit_is_told(
    service: Running, method: str, path: str, body: Any, status: int, detail: str
) -> None:
    until(lambda: service.http.get("/v1/features").json()["items"])
    answer = service.http.request(method, path, json=body)
    assert (answer.status_code, detail in answer.json()["detail"]) == (status, True), answer.text


@asynccontextmanager
async def caching(pool: Pool, dsn: str) -> AsyncIterator[FeatureCache]:
    cache = FeatureCache(pool, dsn)
    task = asyncio.create_task(cache.run())
    try:
        await asyncio.wait_for(cache._listener.connected.wait(), 10)
        yield cache
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def eventually(check: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not check():
            await asyncio.sleep(0.01)


async def test_a_line_up_warms_the_cache_before_anybody_asks(pool: Pool, dsn: str) -> None:
    await declare(pool)
    async with caching(pool, dsn) as cache:
        line_up = [feed("l", 0.1, "lineup", lineup=[{"player": H9}])]
        await told(pool, line_up, kickoff_at=KICK_OFF)
        await follow(pool)
        await eventually(lambda: len(cache._rows) == 3)
        (row,) = await cache.get([H9_KEY])
        assert row is not None
        assert (row.values["on_pitch"], cache.hits, cache.misses) == (True, 1, 0)


async def test_a_change_is_read_anew_and_nothing_stale_is_kept(pool: Pool, dsn: str) -> None:
    await told(pool, [feed("p0", 1.0, player=H9)], kickoff_at=KICK_OFF)
    pipeline = await follow(pool)
    async with caching(pool, dsn) as cache:
        for number in range(1, 6):
            before = await cache.get([H9_KEY, TEAM, ("soccer", "player", "nobody")])
            assert [row and row.values["passes"] for row in before] == [number, number, None]
            await told(pool, [feed(f"p{number}", 1.0 + number, player=H9)])
            await pipeline.turn()
            await eventually(
                lambda number=number: (r := cache._rows.get(H9_KEY)) is not None and r.version == number + 1
            )
        assert cache.misses >= 5 + 2


async def test_what_is_read_while_it_changes_is_not_kept(pool: Pool, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.warehouse import feature_cache

    await told(pool, [feed("p0", 1.0, player=H9)])
    await follow(pool)
    read = feature_cache.online

    async def slow(*arguments: Any) -> Any:
        found = await read(*arguments)
        cache._wake(msgspec.json.encode([H9_KEY]).decode())
        return found

    async with caching(pool, dsn) as cache:
        monkeypatch.setattr(feature_cache, "online", slow)
        (row,) = await cache.get([H9_KEY])
        assert row is not None
        assert H9_KEY not in cache._rows


async def test_a_cache_that_cannot_hear_holds_nothing(pool: Pool, dsn: str) -> None:
    await told(pool, [feed("p0", 1.0, player=H9)])
    await follow(pool)
    cache = FeatureCache(pool, dsn)
    for asked in (1, 2):
        (row,) = await cache.get([H9_KEY])
        assert row is not None
        assert (cache.hits, cache.misses, len(cache._rows)) == (0, asked, 0)


def test_the_command_writes_point_in_time_rows(make_database: Callable[[], str], tmp_path: Path) -> None:
    dsn = make_database()
    file = tmp_path / "tiny.jsonl"
    file.write_bytes(TINY.read_bytes())

    def features_export(*arguments: str) -> str:
        done = touchline("features", "export", *arguments, database_url=dsn)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert (
        touchline("ingest", "touchline", str(file), "--kickoff", "2024-05-04T14:00:00Z", database_url=dsn).returncode
        == 0
    )
    out = tmp_path / "rows.parquet"
    done = features_export("--as-of", "2024-05-04T14:11:30Z", "--out", str(out), "--json")
    rows = pl.read_parquet(out)
    assert msgspec.json.decode(done) == {"file": str(out), "rows": 6, "columns": rows.columns, "waiting": 0}
    forward = rows.filter(pl.col("player_id") == H9).row(0, named=True)
    assert (forward["goals"], forward["shots"], forward["minutes"]) == (1, 2, 11.0)
    spine = tmp_path / "spine.csv"
    spine.write_text(
        f"player_id,event_timestamp,label\n{H9},2024-05-04T14:00:30Z,1\n{H9},2024-05-04T15:46:40+00:00,0\n"
    )
    table = tmp_path / "rows.csv"
    features_export("--spine", str(spine), "--format", "csv", "--out", str(table), "--feature", "goals")
    assert table.read_text().splitlines()[0] == (
        "label,player_id,event_timestamp,goals,feature_timestamp,feature_created,match_id"
    )
    assert [line.split(",")[:2] + line.split(",")[3:4] for line in table.read_text().splitlines()[1:]] == [
        ["1", H9, "0"],
        ["0", H9, "1"],
    ]
    for wrong, told_ in (
        (["--as-of", "yesterday"], "no time with a UTC offset"),
        ([], "either --as-of TIME or --spine FILE"),
        (["--as-of", "2024-05-04T14:11:30Z", "--format", "xml"], "parquet or csv"),
        (["--spine", str(file)], "cannot be read as CSV"),
        (["--spine", str(spine), "--entity", "team"], "no column 'team_id'"),
        (["--spine", str(tmp_path / "nothing.csv")], "cannot be read"),
    ):
        done_ = touchline("features", "export", *wrong, database_url=dsn)
        assert (done_.returncode > 0, told_ in done_.stderr) == (True, True), done_.stderr
