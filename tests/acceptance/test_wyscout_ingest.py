"""Whole real Wyscout matches through `touchline ingest`: everything in the log, the right score, nothing that differs.

Where the shared data lies beside the repository every twelfth of its matches, all of them with TEST_EVERY_MATCH=1; where
it is missing these are not collected.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import pytest_asyncio

from app.commands.ingest import IngestedFile, ingest_file
from app.db.pool import Pool, open_pool
from app.feeds.base import provider
from app.settings import Settings
from tests.engine_kit import clean
from tests.shared_data import WYSCOUT, wyscout_matches

FILES = wyscout_matches(0)
PENALTY, FREE_KICK_SHOT, SHOT = 35, 33, 10
TEAM_SHEETS = 2


def is_shot(event: dict[str, Any]) -> bool:
    return event["eventId"] == SHOT or event["subEventId"] in (FREE_KICK_SHOT, PENALTY)


@pytest_asyncio.fixture
async def database(dsn: str) -> AsyncIterator[tuple[Pool, str]]:
    opened = await open_pool(dsn, size=4)
    yield opened, dsn
    opened.terminate()


async def ingested(database: tuple[Pool, str], path: Path, name: str) -> IngestedFile:
    pool, dsn = database
    settings = Settings(lease_s=1.0, poll_s=0.2)
    return await ingest_file(pool, dsn, settings, provider("wyscout"), path, name, None, None, lambda done, every: None)


def told_by(path: Path) -> list[dict[str, Any]]:
    return json.loads(gzip.decompress(path.read_bytes()))["events"]


async def check(database: tuple[Pool, str], path: Path, name: str, stated: dict[str, Any]) -> None:
    """All that must hold of every match. stated: its row of matches.parquet."""
    pool, _ = database
    told = told_by(path)
    every = len(told) + TEAM_SHEETS
    done = await ingested(database, path, name)
    assert (done.events, done.appended, done.quarantined) == (every, every, 0)
    assert await pool.fetchval("SELECT count(*) FROM log.feed_event WHERE NOT control") == every

    assert (done.home, done.away) == (stated["home_team"], stated["away_team"])
    assert (done.home_score, done.away_score) == (stated["home_score"], stated["away_score"])
    assert done.status == "finished"

    in_play = {str(e["id"]) for e in told if is_shot(e) and e["matchPeriod"] != "P"}
    points = await pool.fetch("SELECT source_event_id, value, status FROM signal.point WHERE signal = 'xg'")
    assert {r["source_event_id"] for r in points} == in_play
    assert {r["status"] for r in points} <= {"final"}
    assert all(0.0 < r["value"] < 1.0 for r in points)
    assert await pool.fetchval("SELECT count(*) FROM signal.point WHERE status = 'degraded'") == 0
    assert await pool.fetchval("SELECT count(*) FROM mart.dim_player WHERE name IS NULL") == 0

    digest = (await clean(pool, name)).digest
    again = await ingested(database, path, name)
    assert (again.appended, again.repeated) == (0, every)
    assert (await clean(pool, name)).digest == digest


if FILES:
    STATED = {str(r["match_id"]): r for r in pl.read_parquet(WYSCOUT / "matches.parquet").iter_rows(named=True)}

    @pytest.mark.parametrize("name", FILES)
    async def test_a_match_of_the_shared_data(database: tuple[Pool, str], name: str) -> None:
        await check(database, FILES[name], name, STATED[name])
