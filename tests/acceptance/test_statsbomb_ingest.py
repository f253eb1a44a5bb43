"""Whole real matches through `touchline ingest`: everything in the log, the right score, and nothing that differs.

The two matches of the kloppy wheel always; where the shared data lies beside the repository every twentieth of its matches,
and all 156 with TEST_EVERY_MATCH=1 (minutes). Sports data is not part of the repository, so where it is missing these
are not collected.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.commands.demo import MATCHES, match_file
from app.commands.ingest import IngestedFile, ingest_file
from app.db.pool import Pool, open_pool
from app.feeds.base import provider
from app.settings import Settings
from tests.engine_kit import clean
from tests.shared_data import STATSBOMB, statsbomb_matches

SHOOT_OUT = 5


def stated() -> dict[str, dict[str, int]]:
    """Match to team to goals, as the index of the shared data states them: goals in play, extra time included."""
    if not (STATSBOMB / "match_index.csv").is_file():
        return {}
    with (STATSBOMB / "match_index.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return {r["match_id"]: {r["home_team"]: int(r["home_score"]), r["away_team"]: int(r["away_score"])} for r in rows}


STATED = stated()
FILES = statsbomb_matches(0)


def goals_told(events: list[dict[str, Any]]) -> Counter[str]:
    """Goals of each team counted straight from the raw file, shoot-out left out."""
    return Counter(
        e["team"]["name"]
        for e in events
        if e["period"] != SHOOT_OUT
        and (
            (e["type"]["name"] == "Shot" and e["shot"]["outcome"]["name"] == "Goal")
            or e["type"]["name"] == "Own Goal For"
        )
    )


@pytest_asyncio.fixture
async def database(dsn: str) -> AsyncIterator[tuple[Pool, str]]:
    opened = await open_pool(dsn, size=4)
    yield opened, dsn
    opened.terminate()


async def ingested(database: tuple[Pool, str], path: Path, name: str) -> IngestedFile:
    pool, dsn = database
    settings = Settings(lease_s=1.0, poll_s=0.2)
    return await ingest_file(
        pool, dsn, settings, provider("statsbomb"), path, name, None, None, lambda done, every: None
    )


def told(path: Path) -> list[dict[str, Any]]:
    """The provider's own events."""
    raw = path.read_bytes()
    return json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)


async def check(database: tuple[Pool, str], path: Path, name: str) -> IngestedFile:
    """All that must hold of every match."""
    pool, _ = database
    events = told(path)
    done = await ingested(database, path, name)
    assert (done.events, done.appended, done.quarantined) == (len(events), len(events), 0)
    assert await pool.fetchval("SELECT count(*) FROM log.feed_event WHERE NOT control") == len(events)

    goals = goals_told(events)
    assert (done.home_score, done.away_score) == (goals[done.home or ""], goals[done.away or ""])
    assert goals.keys() <= {done.home, done.away}

    shots = [e for e in events if e["type"]["name"] == "Shot"]
    in_play = [e for e in shots if e["period"] != SHOOT_OUT]
    points = await pool.fetch("SELECT source_event_id, value, status FROM signal.point WHERE signal = 'xg'")
    assert {r["source_event_id"] for r in points} == {e["id"] for e in in_play}
    assert {r["status"] for r in points} <= {"final"}
    assert all(0.0 < r["value"] < 1.0 for r in points)
    facts = await pool.fetchrow("SELECT count(*) AS shots, count(xg) AS rated FROM mart.fact_shot")
    assert tuple(facts) == (len(shots), len(in_play))

    assert done.status == "finished"
    assert await pool.fetchval("SELECT count(*) FROM signal.point WHERE status = 'degraded'") == 0
    digest = (await clean(pool, name)).digest
    again = await ingested(database, path, name)
    assert (again.appended, again.repeated) == (0, len(events))
    assert (await clean(pool, name)).digest == digest
    return done


@pytest.mark.parametrize("name", sorted(MATCHES))
async def test_a_match_of_the_wheel(database: tuple[Pool, str], name: str) -> None:
    done = await check(database, match_file(name), name)
    assert (done.home_score, done.away_score) == MATCHES[name][4]


if FILES:

    @pytest.mark.parametrize("name", FILES)
    async def test_a_match_of_the_shared_data(database: tuple[Pool, str], name: str) -> None:
        done = await check(database, FILES[name], name)
        assert {done.home: done.home_score, done.away: done.away_score} == STATED[name]
