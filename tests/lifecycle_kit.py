"""Versions of signals as text, for tests of how they get on the air."""

from __future__ import annotations

from typing import Any

from app.db.pool import Pool
from app.db.sql import query
from app.scoring.beside import Beside
from app.scoring.catalogue import Name
from app.scoring.lifecycle import filling, promote
from app.scoring.register import write
from app.settings import Settings
from app.sports.loading import loaded
from app.sports.soccer.sport import SPORT
from tests.engine_kit import SETTINGS

COUNTED = '''"""Passes so far, times a weight."""

from app.sports.base import Signal

SIGNAL = Signal(
    name="NAME",
    title="Passes",
    description="Passes so far, times a weight.",
    unit="passes",
    range=(0.0, 100000.0),
    resolution=1.0,
    version=VERSION,
    subject="team",
    source="counted",
    events=frozenset({"pass", "shot"}),
    minute=True,
    features=("home_id", "away_id"),
)


class Counts:
    def __init__(self):
        self.of = {}

    def __eq__(self, other):
        return self.of == other.of

    __hash__ = None


def init():
    return Counts()


def step(memory, event, model):
    if event.type == "pass" and event.team is not None:
        memory.of[event.team] = memory.of.get(event.team, 0) + WEIGHT
    return memory


def value(f, model, memory):
    return {team: memory.of.get(team, 0) for team in (f.home_id, f.away_id)}
'''


def text_of(version: int, weight: int = 1, name: str = "counted") -> str:
    """A signal that counts passes; another weight gives other values."""
    return COUNTED.replace("NAME", name).replace("VERSION", str(version)).replace("WEIGHT", str(weight))


async def known(pool: Pool, version: int, weight: int = 1, stage: str = "shadow", name: str = "counted") -> Name:
    """Register a version of it."""
    text = text_of(version, weight, name)
    async with pool.acquire() as connection, connection.transaction():
        await write(connection, SPORT, loaded(text, name, SPORT), text, stage)
        await connection.execute(query("changed_on_air"))
    return ("soccer", name, version)


async def filled(pool: Pool, name: Name, settings: Settings = SETTINGS) -> None:
    """Follow with a version until it is where the live pipeline is."""
    beside = Beside(pool, settings, only=name)
    while await beside.turn():
        pass
    await beside.leave()
    state = await filling(pool, name)
    assert (state.done, state.parked) == (state.matches, 0)


async def on_air(pool: Pool, name: Name, **more: Any) -> Any:
    """Promote it."""
    return await promote(pool, SETTINGS, f"{name[0]}.{name[1]}@{name[2]}", "tester", "because", **more)


async def stored(pool: Pool, version: int, match: str = "m1", name: str = "counted") -> list[tuple[Any, ...]]:
    """All stored values of a version of one match, in match order."""
    rows = await pool.fetch(
        "SELECT subject, anchor, value, status FROM signal.point WHERE match_id = $1 AND signal = $3 "
        "AND signal_version = $2 ORDER BY period, elapsed_s, order_key, subject, anchor",
        match,
        version,
        name,
    )
    return [tuple(r) for r in rows]
