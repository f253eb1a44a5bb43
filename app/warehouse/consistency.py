"""What is on the air, checked against a batch over the same log: reads what is stored, has it computed, keeps the pairs.

A match is read in one snapshot, up to the version that it is scored to, so that one that goes on can be checked. The batch
(`analytics.batch`) shares nothing with the fold; `touchline verify` is the check that the fold repeats itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from analytics.backfill import NoRay, each
from analytics.batch.log import LOG
from analytics.batch.matches import NOT_COVERED, Done, Item, compare
from analytics.consistency import OFF, ON_AIR, Tolerance, judged, tolerances
from app.db.pool import Pool
from app.db.sql import query
from app.errors import UnknownMatch, UsageError
from app.log.read import ALL

PIPELINE = "live"
_POINTS = {**ON_AIR, "version": pl.Int64, "model": pl.String}


class Checked(msgspec.Struct):
    """A match: who played, what was compared, what was left out and why, and why it failed (null where it did not)."""

    match: str
    sport: str
    kickoff_at: datetime
    home: str | None
    away: str | None
    home_score: int | None
    away_score: int | None
    pairs: int = 0
    left_out: dict[str, str] = {}
    failed: str | None = None


class Report(msgspec.Struct):
    """signals: a row a signal (`analytics.consistency.judged`) and its sport. not_covered: by sport and signal, why."""

    computed_at: datetime
    matches: list[Checked]
    signals: list[dict[str, Any]]
    not_covered: dict[str, dict[str, str]]

    @property
    def sound(self) -> bool:
        """Is every signal within its tolerance, and could every match be computed?"""
        return all(s["verdict"] != OFF for s in self.signals) and not any(m.failed for m in self.matches)


async def check(
    pool: Pool,
    folder: Path,
    matches: Sequence[str] | None = None,
    since: datetime | None = None,
    workers: int = 1,
    ray: str | None = None,
) -> Report:
    """Compare these matches, or all real ones that kicked off since then.

    folder: gets `pairs/` and `shots/`, a Parquet file a match. workers, ray: see `analytics.backfill.each`.
    Raises UnknownMatch, UsageError where there is nothing to compare, or no Ray.
    """
    limits = tolerances()
    rows = await pool.fetch(query("consistency_matches"), matches, since, list(limits))
    found = {r["match_id"]: Checked(r["match_id"], r["sport"], *list(r)[2:]) for r in rows}
    for match_id in matches or ():
        if match_id not in found and since is None:
            raise await _why_not(pool, match_id)
    if not found:
        raise UsageError("No match is scored that could be compared. `touchline verify` shows what there is.")
    for name in ("pairs", "shots"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    loop = asyncio.get_running_loop()

    def items() -> Iterator[Item]:
        for one in found.values():
            yield asyncio.run_coroutine_threadsafe(_item(pool, one, limits[one.sport]), loop).result()

    steps: dict[str, dict[str, float]] = {}

    def work() -> None:
        for number, done in enumerate(each(compare, _noting(items(), steps), workers, ray)):
            _keep(folder, number, done, found[done.match_id])

    try:
        await asyncio.to_thread(work)
    except NoRay as exc:
        raise UsageError(str(exc)) from exc
    signals = await asyncio.to_thread(_judge, folder, steps, limits, {m.sport for m in found.values()})
    not_covered = {sport: NOT_COVERED[sport] for sport in sorted({m.sport for m in found.values()})}
    return Report(datetime.now(UTC), list(found.values()), signals, not_covered)


async def _why_not(pool: Pool, match_id: str) -> Exception:
    row = await pool.fetchrow(query("match_row"), match_id)
    if row is None:
        return UnknownMatch(match_id)
    return UsageError(f"The match '{match_id}' ({row['sport']}) is not scored yet, or of a sport without a batch.")


async def _item(pool: Pool, match: Checked, covered: dict[str, Tolerance]) -> Item:
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        cursor = await connection.fetchrow(query("cursor_row"), match.match, PIPELINE)
        told = await connection.fetch(query("read_events"), match.match, 0, cursor["version"], ALL)
        points = await connection.fetch(query("consistency_points"), match.match, list(covered), cursor["owed"])
    owed = {key.partition("@")[0] for key in cursor["owed"]}
    return Item(
        match_id=match.match,
        sport=match.sport,
        log=pl.DataFrame([tuple(r)[: len(LOG)] for r in told], schema=LOG, orient="row"),
        on_air=pl.DataFrame([tuple(r) for r in points], schema=_POINTS, orient="row"),
        covered={signal: limit for signal, limit in covered.items() if signal not in owed},
    )


def _noting(items: Iterator[Item], steps: dict[str, dict[str, float]]) -> Iterator[Item]:
    for item in items:
        steps.setdefault(item.sport, {}).update(item.on_air.select("signal", "step").unique().iter_rows())
        yield item


def _keep(folder: Path, number: int, done: Done, match: Checked) -> None:
    match.pairs, match.left_out, match.failed = len(done.pairs), done.left_out, done.failed
    of = {"match_id": pl.lit(done.match_id), "sport": pl.lit(done.sport)}
    for name, frame in (("pairs", done.pairs), ("shots", done.shots)):
        frame.with_columns(**of).write_parquet(folder / name / f"{number:06d}.parquet")


def _judge(
    folder: Path, steps: dict[str, dict[str, float]], limits: dict[str, dict[str, Tolerance]], sports: set[str]
) -> list[dict[str, Any]]:
    """One signal at a time: a season of all of them together needs not fit into memory."""
    every = pl.scan_parquet(folder / "pairs" / "*.parquet")
    rows = []
    for sport in sorted(sports):
        for signal, limit in sorted(limits[sport].items()):
            own = every.filter((pl.col("sport") == sport) & (pl.col("signal") == signal)).collect()
            rows += [{"sport": sport, **row} for row in judged(own, steps.get(sport, {}), {signal: limit})]
    return rows
