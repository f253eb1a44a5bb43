"""`touchline signals diff`: two versions of a signal compared over what both have said, and what each costs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import polars as pl

from analytics.compare import compare
from app.db.pool import Pool
from app.db.sql import query
from app.errors import UsageError
from app.log.read import match_row, read_current
from app.scoring.catalogue import Catalogue, Name, read_catalogue
from app.scoring.lifecycle import NotNow, named
from app.sports.base import LoadedSignal, sports
from app.sports.fold import MatchFold

SCHEMA = {
    "match_id": pl.String,
    "subject": pl.String,
    "anchor": pl.String,
    "period": pl.Int64,
    "elapsed_s": pl.Float64,
    "a": pl.Float64,
    "b": pl.Float64,
    "has_a": pl.Boolean,
    "has_b": pl.Boolean,
    "happened": pl.Boolean,
}
TIMES = 3


async def diff(pool: Pool, text: str, against: str | None, match: str | None) -> dict[str, Any]:
    """Compare a version (`xg@2`; else the newest in shadow) with another (else the live one). against: its number, or one
    of another signal of the sport (`xg@2`, or `xg` for the live one).

    Raises UnknownSignal, UnknownMatch, NotNow where there are no two versions, or nothing to compare.
    """
    sport, signal, asked = await named(pool, text)
    other, wanted = signal, None
    if against is not None and against.isdigit():
        wanted = int(against)
    elif against is not None:
        other_sport, other, wanted = await named(pool, against)
        if other_sport != sport:
            raise UsageError(f"'{text}' is of {sport} and '{against}' of {other_sport}: there is nothing to compare.")
    mine, theirs = await _stages(pool, sport, signal), await _stages(pool, sport, other)
    live = next((v for v, stage in theirs.items() if stage == "live"), None)
    new = asked if asked is not None else max((v for v, s in mine.items() if s == "shadow"), default=None)
    if new is None and other != signal:
        new = next((v for v, stage in mine.items() if stage == "live"), None)
    old = wanted if wanted is not None else live
    if new is None or old is None or (other, old) == (signal, new):
        raise NotNow(
            f"There are no two versions of '{signal}' to compare: versions are "
            f"{', '.join(f'{v} ({stage})' for v, stage in mine.items())}. Name them: "
            f"`touchline signals diff {signal}@2 --with 1`; another signal's by name: `--with xg`."
        )
    for name, version, known in ((other, old, theirs), (signal, new, mine)):
        if version not in known:
            raise NotNow(f"'{name}' has no version {version}.")
    if match is not None:
        await match_row(pool, match)
    records = await pool.fetch(query("compared_points"), sport, [other, signal], [old, new], match)
    points = pl.DataFrame([tuple(r) for r in records], schema=SCHEMA, orient="row")
    if not len(points):
        raise NotNow(f"Neither version of '{signal}' has said anything{'' if match is None else f' in {match}'} yet.")
    names = [(sport, other, old), (sport, signal, new)]
    found = {"signal": f"{sport}.{signal}", "versions": [f"{n}@{v}" for _, n, v in names], **compare(points)}
    return {**found, **await _cost(pool, await read_catalogue(pool), names, match)}


async def _stages(pool: Pool, sport: str, signal: str) -> dict[int, str]:
    return {r["version"]: r["stage"] for r in await pool.fetch(query("signal_versions"), sport, signal)}


async def _cost(pool: Pool, catalogue: Catalogue, names: Sequence[Name], match: str | None) -> dict[str, Any]:
    """Processor time an event that each version adds to the fold of a match; the least of a few runs."""
    known = [catalogue.versions.get(name) for name in names]
    sport = names[0][0]
    match_id = await pool.fetchval(query("longest_match"), sport, match)
    if match_id is None or any(v is None for v in known):
        return {}
    events = await read_current(pool, await match_row(pool, match_id))

    def fold_us(signals: dict[str, LoadedSignal]) -> float:
        took = []
        for _ in range(TIMES):
            fold = MatchFold(sports()[sport], signals, {})
            began = time.process_time()
            for event in events:
                fold.add(event)
            took.append(time.process_time() - began)
        return min(took) / max(len(events), 1) * 1e6

    bare = fold_us({})
    cost = {v.signal.key: round(max(fold_us({v.signal.key: v.signal}) - bare, 0.0), 2) for v in known if v is not None}
    return {"cost_us_per_event": cost, "cost_match": match_id}
