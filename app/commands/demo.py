"""The demo match day: two real matches from the kloppy wheel, replayed as live feeds, over and over."""

from __future__ import annotations

import asyncio
import importlib.util
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import structlog

from app.commands.ingest import ingest_file
from app.db.pool import UNREACHABLE, Pool, open_pool
from app.db.sql import query
from app.errors import TouchlineError, UnreadableFile
from app.feeds.base import provider
from app.log.matches import MatchInfo, Score, TeamInfo, load_match
from app.log.purge import purge
from app.log.replay import new_replay
from app.settings import Settings

log = structlog.get_logger()
SPEED = 20.0
PRINCIPAL = "demo"
KEPT_LOOPS = 1
PAUSE_S = 20.0

# StatsBomb Open Data, unedited; what the event files do not say is from its matches.json.
MATCHES = {
    "15986": ("La Liga", "2018/2019", "Camp Nou", datetime(2018, 9, 23, 18, 45, tzinfo=UTC), (2, 2)),
    "3788741": ("UEFA Euro", "2020", "Stadio Olimpico", datetime(2021, 6, 11, 19, 0, tzinfo=UTC), (0, 3)),
}


def match_file(match_id: str) -> Path:
    """The event file of a demo match inside the kloppy wheel. Raises UnreadableFile."""
    found = importlib.util.find_spec("kloppy")
    for folder in (found.submodule_search_locations or []) if found else []:
        path = Path(folder) / "tests" / "files" / f"statsbomb_{match_id}_event.json"
        if path.is_file():
            return path
    raise UnreadableFile(
        f"The kloppy package holds no match {match_id}: install the version of requirements.lock, or start without --demo."
    )


async def demo(settings: Settings, dsn: str, stopping: asyncio.Event) -> None:
    """Import the two matches once, then replay them in loops; a finished loop is purged when the next one ends."""
    pool = await open_pool(dsn, size=3, application="touchline-demo")
    try:
        await _import(pool, dsn, settings)
        loops = [asyncio.create_task(_loop(pool, m)) for m in MATCHES]
        ended = asyncio.create_task(stopping.wait())
        await asyncio.wait([*loops, ended], return_when=asyncio.FIRST_COMPLETED)
        for task in (*loops, ended):
            task.cancel()
        for result in await asyncio.gather(*loops, return_exceptions=True):
            if isinstance(result, Exception):
                raise result
    finally:
        await pool.close()


async def _import(pool: Pool, dsn: str, settings: Settings) -> None:
    for match_id, (competition, season, venue, kickoff_at, (home, away)) in MATCHES.items():
        path = match_file(match_id)
        await ingest_file(
            pool, dsn, settings, provider("statsbomb"), path, match_id, kickoff_at, None, lambda done, every: None
        )
        info = MatchInfo(
            id=match_id,
            origin="import",
            home=TeamInfo(),
            away=TeamInfo(),
            kickoff_at=kickoff_at,
            competition=competition,
            season=season,
            venue=venue,
            official_score=Score(home, away),
        )
        await load_match(pool, info, PRINCIPAL)


async def _loop(pool: Pool, match_id: str) -> None:
    while True:
        try:
            await _one_loop(pool, match_id)
        except (*UNREACHABLE, asyncpg.PostgresError, TouchlineError) as exc:
            log.warning("demo.interrupted", match=match_id, error=str(exc) or type(exc).__name__)
            await asyncio.sleep(2)


async def _one_loop(pool: Pool, match_id: str) -> None:
    """Go on with the loop that runs, or begin one; return when it has ended and been looked at for a while."""
    rows = await pool.fetch(query("replays_of"), match_id, PRINCIPAL)
    running = [r for r in rows if r["status"] in ("waiting", "running")]
    for row in [r for r in rows if r not in running][: -KEPT_LOOPS or None]:
        await purge(pool, row["match_id"], PRINCIPAL)
    if not running:
        await new_replay(pool, match_id, SPEED, None, PRINCIPAL)
    while True:
        await asyncio.sleep(1)
        rows = await pool.fetch(query("replays_of"), match_id, PRINCIPAL)
        if not any(r["status"] in ("waiting", "running") for r in rows):
            break
    await asyncio.sleep(PAUSE_S)
