"""The feature pipeline: follows the log with a cursor of its own, a small batch of one match after the other.

It shares a process with other work of the background and must never be what live matches wait for: after each turn it rests for as long as its share
of the CPU asks. Whoever holds a match's lease has its fold in memory; another one folds it from the log.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

import asyncpg
import msgspec
import structlog

from app.db.pool import UNREACHABLE, Pool
from app.db.sql import query
from app.errors import UnknownMatch
from app.log.read import match_row, read
from app.warehouse.feature_layout import Layout, declare
from app.warehouse.feature_session import FeatureSession

log = structlog.get_logger()
PIPELINE = "features"
LEASE_S = 30.0
LIMIT = 400
# Of one core: beside live matches, and when none is being told.
BUSY_SHARE, QUIET_SHARE = 0.05, 0.5
LOOK_S, QUIET_LOOK_S = 1.0, 0.05
MOST_LOOK_S = 5.0
CLAIMED = 8
TRY_AGAIN = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError)
# A match of which nothing came for so long is forgotten; if it goes on, it is folded from the log.
KEEP_S = 120.0


class _Claim(msgspec.Struct, frozen=True):
    """One match that has something to fold, and is ours to fold."""

    match_id: str
    version: int
    head: int
    epoch: int
    recompute: bool


class FeaturePipeline:
    """Folds what waits into features. owner: names this process among the holders of leases."""

    def __init__(self, pool: Pool, owner: str) -> None:
        self._pool = pool
        self._owner = owner
        self._layouts: Mapping[str, Layout] | None = None
        self._sessions: dict[str, tuple[FeatureSession, float]] = {}
        self._spent_s = 0.0

    async def run(self) -> None:
        """Follow the log until cancelled."""
        idle_s = LOOK_S
        try:
            while True:
                try:
                    rest_s = await self._one()
                except (*UNREACHABLE, asyncpg.PostgresError) as exc:
                    log.warning("features.failed", error=str(exc) or type(exc).__name__)
                    rest_s = None
                except Exception:
                    # A fault in here is no reason for the scorer beside it to end.
                    log.exception("features.fault")
                    rest_s = None
                idle_s = LOOK_S if rest_s is not None else min(idle_s * 1.5, MOST_LOOK_S)
                await asyncio.sleep(idle_s if rest_s is None else rest_s)
        finally:
            await asyncio.shield(self._release())

    async def _one(self) -> float | None:
        """One turn. Returns how long to rest after it, seconds; None where nothing waited."""
        self._spent_s = 0.0
        if not await self.turn():
            return None
        if await self._pool.fetchval(query("feature_quiet")):
            return max(QUIET_LOOK_S, self._spent_s * (1 / QUIET_SHARE - 1))
        return max(LOOK_S, self._spent_s * (1 / BUSY_SHARE - 1))

    async def drain(self) -> int:
        """Fold all that waits and is not held by somebody else, without rests. Returns how many turns it took."""
        turns = 0
        try:
            while done := await self.turn():
                turns += done
        finally:
            await self._release()
        return turns

    async def turn(self) -> int:
        """One turn of each of a few matches that have something to fold. Returns how many had one."""
        if self._layouts is None:
            self._layouts = await declare(self._pool)
        await self._pool.execute(query("feature_cursors"), list(self._layouts))
        rows = await self._pool.fetch(query("claim"), PIPELINE, self._owner, LEASE_S, CLAIMED, None)
        claims = [_Claim(r["match_id"], r["version"], r["head"], r["lease_epoch"], r["recompute"]) for r in rows]
        for claim in claims:
            await self._fold(claim)
        self._forget()
        return len(claims)

    async def _fold(self, claim: _Claim) -> None:
        session = None
        try:
            session = await self._session(claim)
            rows = await read(self._pool, session.match, claim.version, claim.head, LIMIT)
            # A part of what waits is folded up to its last row; all of it up to the head, whoever told the rest.
            until = rows[-1].event.version if len(rows) == LIMIT else claim.head
            turn = await session.take(self._pool, rows, until, claim.recompute)
            values = turn.values(claim.match_id, claim.epoch, LEASE_S)
            if not await self._pool.fetchval(query("feature_commit"), *values):
                self._sessions.pop(claim.match_id, None)
        except (UnknownMatch, *TRY_AGAIN):
            self._sessions.pop(claim.match_id, None)
        except UNREACHABLE:
            self._sessions.pop(claim.match_id, None)
            raise
        except Exception as exc:
            self._sessions.pop(claim.match_id, None)
            # A quota that is used up, for which PostgreSQL has no number of its own: no match's fault.
            if "could not extend file" in str(exc):
                raise
            # What cannot be folded waits, longer each time, and holds up no other match.
            reason = f"{type(exc).__name__}: {exc}"
            log.warning("features.parked", match=claim.match_id, reason=reason)
            await self._pool.execute(query("park"), claim.match_id, PIPELINE, claim.epoch, reason, None)
        finally:
            if session is not None:
                self._spent_s += session.spent_s
                session.spent_s = 0.0

    async def _session(self, claim: _Claim) -> FeatureSession:
        """The match's fold at the cursor; from the log where it is not in memory, or not as the cursor says."""
        held = self._sessions.get(claim.match_id)
        session = held[0] if held else None
        if session is None or (session.epoch, session.version) != (claim.epoch, claim.version):
            match = await match_row(self._pool, claim.match_id)
            assert self._layouts is not None
            session = FeatureSession(match, self._layouts[match.sport], claim.epoch)
            if claim.version:
                await session.restore(self._pool, claim.version)
        self._sessions[claim.match_id] = (session, time.monotonic())
        return session

    def _forget(self) -> None:
        since = time.monotonic() - KEEP_S
        self._sessions = {match: kept for match, kept in self._sessions.items() if kept[1] > since}

    async def _release(self) -> None:
        """Give back what is held, so that another worker need not wait for the leases to end."""
        try:
            await self._pool.execute(query("feature_release"), self._owner)
        except (*UNREACHABLE, asyncpg.PostgresError) as exc:
            log.debug("features.not_released", error=str(exc) or type(exc).__name__)
