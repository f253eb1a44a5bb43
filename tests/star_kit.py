"""One database with a few matches of two feeds in it, for every test that only reads marts: what is in it is known."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, LiteralString

import msgspec
import polars as pl
import psycopg
import psycopg.sql
import pytest
from psycopg.rows import dict_row, tuple_row
from pytest_postgresql.executors import NoopExecutor

from app.commands.ingest import ingest_file
from app.db.migrate import grant_roles
from app.db.pool import Pool, open_pool
from app.feeds.base import provider
from app.log.append import Origin
from app.log.ingest import ingest, open_events
from app.log.matches import load_match, parse
from app.scoring.register import register
from app.settings import Settings
from app.warehouse.keeping import keep_facts
from tests.conftest import Cluster, _databases
from tests.engine_kit import HARBOUR, feed, scored, shot, tiny, told
from tests.gridiron_kit import CLE, nfl_detail, nfl_play, stat
from tests.shared_data import STATSBOMB, WYSCOUT

# The small ones are there whatever lies beside the repository; the real ones where they do.
SMALL = {
    "cup-1": ("2021-05-01T14:00:00Z", "Cup", "2021", "Quay"),
    "cup-2": ("2021-06-05T14:00:00Z", "Cup", "2021", "Hill"),
    "cup-3": ("2022-05-07T14:00:00Z", "Cup", "2022", "Quay"),
}
REAL = {
    "barca": ("statsbomb", STATSBOMB / "events" / "15986.json.gz", "2018-08-18T20:15:00Z", "La Liga", "2018/2019"),
    "euro": ("wyscout", WYSCOUT / "files" / "1694392.json.gz", "2016-06-10T19:00:00Z", "Euro", "2016"),
}


class Star:
    """The database, and short ways to ask it."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.connection = psycopg.connect(dsn, autocommit=True, row_factory=dict_row)

    def rows(self, text: LiteralString, *values: Any) -> list[dict[str, Any]]:
        """What a statement answers."""
        return self.connection.execute(text, values).fetchall()

    def one(self, text: LiteralString, *values: Any) -> Any:
        """The first column of the first row."""
        row = self.connection.execute(text, values).fetchone()
        return None if row is None else next(iter(row.values()))

    def figures(self, what: str, of: str) -> list[Any]:
        """What is selected from a relation whose name is only known here; one row, its columns in order."""
        with self.connection.cursor(row_factory=tuple_row) as cursor:
            row = cursor.execute(f"SELECT {what} FROM {of}").fetchone()  # pyright: ignore  # noqa: S608
        return [] if row is None else list(row)

    def frame(self, text: LiteralString, *values: Any) -> pl.DataFrame:
        """The same as a data frame."""
        return pl.DataFrame(self.rows(text, *values), infer_schema_length=None)


async def _bowl(pool: Pool, name: str, origin: Origin) -> None:
    """A very short football game, 7:0; as a replay it is of no fact."""
    stats = [stat(11, CLE, 20, "00-1")]
    score = {"playScored": True, "scoringTeamId": CLE, "scoringPlayType": "TOUCHDOWN", "stats": stats}
    document = nfl_detail(
        nfl_play(41, "KICK_OFF", "HOU  KO  HOU 35", "kicks, Touchback.", clockTime="15:00"),
        nfl_play(60, "RUSH", "CLE  1-10  CLE 25", "run", clockTime="14:00", yardsGained=3),
        nfl_play(80, "RUSH", "CLE  2-7  HOU 20", "for 20 yards, TOUCHDOWN.", clockTime="04:00", **score),
        nfl_play(81, "XP_KICK", "CLE  XP  HOU 15", "GOOD", scoringPlayType="PAT", clockTime="04:00", playScored=True,
                 scoringTeamId=CLE),
        nfl_play(99, "END_GAME", "END GAME", "END GAME", quarter=4, clockTime="00:00"),
        over=(7, 0),
    )  # fmt: skip
    read = provider("nfl")
    messages = [m for m in read.split(json.dumps(document).encode()) if isinstance(m, bytes)]
    stream = await open_events(pool, read, name, messages, origin=origin)
    assert (await ingest(pool, read, stream, messages, "follow")).quarantined == 0


async def _fill(dsn: str) -> None:
    settings = Settings(poll_s=0.2, lease_s=1.0)
    pool = await open_pool(dsn, size=6)
    await register(pool)
    for name, (kickoff, competition, season, venue) in SMALL.items():
        said = {"id": name, "kickoff_at": kickoff, "competition": competition, "season": season, "venue": venue}
        (info,) = parse(msgspec.json.encode(said))
        await load_match(pool, info)
        # The second one ends otherwise, and one of its events is corrected afterwards.
        more = [shot("late", 38.5, "goal", period=2, clock_s=5395.0)] if name == "cup-2" else []
        if name == "cup-3":
            # An own goal of which only is told whose it was.
            more = [feed("own", 38.5, "own_goal", team=None, period=2, clock_s=5395.0, conceded_by=HARBOUR)]
        await told(pool, [*tiny()[:38], *more, *tiny()[38:]], name)
        if name == "cup-2":
            await told(pool, [shot("late", 38.5, "goal", period=2, clock_s=5395.0, x_m=99.0)], name)
        (ended,) = parse(msgspec.json.encode({"id": name, "status": "finished"}))
        await load_match(pool, ended)
    games: tuple[tuple[str, Origin], ...] = (("bowl", "import"), ("bowl-again", "replay"))
    for name, origin in games:
        await _bowl(pool, name, origin)
    await scored(pool, dsn)
    for name, (source, path, kickoff, competition, season) in REAL.items():
        if path.exists():
            said = {"id": name, "kickoff_at": kickoff, "competition": competition, "season": season}
            (info,) = parse(msgspec.json.encode(said))
            await load_match(pool, info)
            await ingest_file(pool, dsn, settings, provider(source), path, name, None, None, lambda done, of: None)
    await keep_facts(pool, limit=100)
    await pool.close()


def _owned(dsn: str) -> None:
    """As in a service: the database belongs to the service's own role, which has said what others may."""
    with psycopg.connect(dsn.replace("//touchline@", "//postgres@"), autocommit=True) as admin:
        name = psycopg.sql.Identifier(admin.info.dbname)
        admin.execute(psycopg.sql.SQL("ALTER DATABASE {} OWNER TO touchline").format(name))
    assert grant_roles(dsn) == []


def made(cluster: Cluster, postgresql_noproc: NoopExecutor) -> Iterator[Star]:
    """The database, filled."""
    for make in _databases(cluster, postgresql_noproc.template_dbname):
        dsn = make()
        _owned(dsn)
        asyncio.run(_fill(dsn))
        star = Star(dsn)
        yield star
        star.connection.close()


@pytest.fixture(scope="session")
def star(cluster: Cluster, postgresql_noproc: NoopExecutor) -> Iterator[Star]:
    """Three small matches of a cup and, where they lie beside the repository, a match of StatsBomb and one of Wyscout."""
    yield from made(cluster, postgresql_noproc)


def real_there() -> bool:
    """Do the real matches lie beside the repository?"""
    return all(Path(path).exists() for _, path, *_ in REAL.values())
