"""Scoring beside the air: versions of signals in shadow, and those that are filled from the log before they go on air.

Every version and match has a cursor of its own, which follows the live one and never passes it. What it comes to is
stored under its version and told to nobody. It takes a small share of one core while matches are played, and what it
commits does not wait for the disk: after a crash it is done again.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import asyncpg
import structlog

from app.db.pool import TRY_AGAIN, UNREACHABLE, Pool
from app.db.sql import query
from app.errors import UnknownMatch
from app.log.read import match_row, read
from app.scoring.catalogue import Air, Name, Version
from app.scoring.commit import Batch, OtherAir, commit_all
from app.scoring.leases import PIPELINE, worker_id
from app.scoring.session import Session
from app.settings import Settings

log = structlog.get_logger()
# What a pool of ours asks of the server: nothing of this is acknowledged to anybody.
SESSION = {"synchronous_commit": "off"}
AT_ONE_CLAIM = 4
LEASE_S = 30.0
# Matches that are played now are followed event by event; these sessions are kept.
KEPT = 64
# Of a match that is further behind than this, the log is read as a whole.
FAR_BEHIND = 500


def beside(name: Name) -> str:
    """The pipeline of a version, as registry.beside says it."""
    sport, signal, version = name
    return f"beside:{sport}.{signal}@{version}"


class Beside:
    """Follows the live pipeline with every version that is not on air (or `only` one)."""

    def __init__(self, pool: Pool, settings: Settings, only: Name | None = None) -> None:
        self._pool = pool
        self._settings = settings
        self._only = only
        self._owner = worker_id()
        self._air = Air(pool)
        self._kept: OrderedDict[tuple[Name, str], Session] = OrderedDict()

    async def turn(self) -> int:
        """A few matches of each version. Returns how many were followed; 0 when nothing waits."""
        catalogue = await self._air.look()
        done = 0
        for version in catalogue.beside():
            if self._only is not None and version.name != self._only:
                continue
            await self._pool.execute(query("begin_beside"), *version.name)
            claims = await self._pool.fetch(query("claim_beside"), *version.name, self._owner, LEASE_S, AT_ONE_CLAIM)
            for claim in claims:
                began = time.process_time()
                done += await self._match(version, claim)
                await self._rest(time.process_time() - began)
        return done

    async def held(self, name: Name) -> str | None:
        """Who else has matches that wait for this version, and until when, in a sentence; None where nobody has."""
        row = await self._pool.fetchrow(query("beside_held"), *name, self._owner)
        if not row["matches"]:
            return None
        count = f"{row['matches']} match{'es are' if row['matches'] > 1 else ' is'}"
        return (
            f"{count} held by {row['owners']}, which fills it too. Where that has ended without giving them back, they are "
            f"free in {row['free_in_s']:.0f} s at most."
        )

    async def leave(self) -> None:
        """Give all leases back."""
        for version in self._air.now.beside():
            await self._pool.execute(query("release_beside"), beside(version.name), self._owner)

    async def _rest(self, worked_s: float) -> None:
        """Leave the core to what is played now."""
        if await self._pool.fetchval(query("played_now"), PIPELINE):
            await asyncio.sleep(worked_s * (1 / self._settings.fill_share - 1))
        else:
            await asyncio.sleep(0)

    async def _match(self, version: Version, claim: Mapping[str, Any]) -> bool:
        match_id, pipeline = claim["match_id"], beside(version.name)
        try:
            batch = await self._scored(version, claim)
            if await commit_all(self._pool, [batch], pipeline, LEASE_S):
                return True
            self._kept.pop((version.name, match_id), None)
        except (OtherAir, UnknownMatch):
            # Looked at again with the next turn.
            self._kept.pop((version.name, match_id), None)
        except UNREACHABLE:
            self._kept.clear()
            raise
        except TRY_AGAIN:
            self._kept.pop((version.name, match_id), None)
        except Exception as exc:
            self._kept.pop((version.name, match_id), None)
            if "could not extend file" in str(exc):
                # A quota that is used up, for which PostgreSQL has no number of its own: no match's fault.
                raise
            log.error("beside.parked", match=match_id, signal=version.signal.key, reason=f"{type(exc).__name__}: {exc}")
            reason = f"{type(exc).__name__}: {exc}"
            await self._pool.execute(query("park"), match_id, pipeline, claim["lease_epoch"], reason, None)
        return False

    async def _scored(self, version: Version, claim: Mapping[str, Any]) -> Batch:
        """One match up to where it is scored live."""
        match_id, since, head = claim["match_id"], claim["version"], claim["head"]
        key = version.signal.key
        session = self._kept.pop((version.name, match_id), None)
        generation = self._air.now.generation
        fits = session is not None and (session.epoch, session.version) == (claim["lease_epoch"], since)
        if session is None or not fits or claim["owed"] or head - since > FAR_BEHIND or not since:
            match = await match_row(self._pool, match_id)
            session = Session(match, {key: version.signal}, claim["lease_epoch"], generation, silent=True)
            await session.restore(self._pool, head, [key])
            out = await session.settled(self._pool)
        else:
            session.generation = generation
            rows = await read(self._pool, session.match, after=since, until=head)
            out = await session.score(self._pool, rows, head)
        for fault in session.fold.faults:
            log.warning("beside.degraded", match=match_id, signal=key, reason=fault.reason)
        session.fold.faults.clear()
        if out.finality != "final":
            self._kept[(version.name, match_id)] = session
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return Batch(match_id, session.epoch, since, out, generation, beside=True)


async def run(pool: Pool, settings: Settings) -> None:
    """Follow for ever; a version that was only to be filled goes on air when it is."""
    from app.scoring.lifecycle import promote_what_is_filled

    following = Beside(pool, settings)
    try:
        while True:
            try:
                busy = await following.turn()
                await promote_what_is_filled(pool, settings)
            except (*UNREACHABLE, asyncpg.PostgresError) as exc:
                log.warning("beside.failed", error=str(exc) or type(exc).__name__)
                busy = 0
                await asyncio.sleep(1.0)
            if not busy:
                await asyncio.sleep(settings.poll_s)
    finally:
        async with asyncio.timeout(2):
            await following.leave()
