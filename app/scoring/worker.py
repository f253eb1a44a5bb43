"""The scoring worker: woken by the log, it claims matches by lease, scores what waits, and commits."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import asyncpg
import structlog

from app.db.listener import Listener
from app.db.pool import UNREACHABLE, Pool
from app.db.sql import query
from app.errors import UnknownMatch
from app.log.read import match_row, read
from app.scoring.commit import LeaseLost, commit
from app.scoring.session import Session
from app.settings import Settings
from app.waiting import happened

log = structlog.get_logger()
PIPELINE = "live"
CLAIM_LIMIT = 32
CHANNEL = "touchline_log"


def worker_id() -> str:
    """Names this process among the workers of all machines."""
    return f"{socket.gethostname()}:{os.getpid()}:{os.urandom(3).hex()}"


class Worker:
    """Scores every match that waits, one batch of one match at a time."""

    def __init__(self, pool: Pool, dsn: str, settings: Settings, models: Mapping[str, Any]) -> None:
        self._pool = pool
        self._settings = settings
        self._models = models
        self._woken = asyncio.Event()
        self._sessions: dict[str, Session] = {}
        self._id = worker_id()
        self._hints: dict[str, int] = {}
        self._look_at = 0.0
        self._listener = Listener(dsn, [CHANNEL], self._hear)

    def _hear(self, payload: str | None) -> None:
        """Note which match got new versions; None means that some may have been missed, so look at all."""
        if payload is None:
            self._look_at = 0.0
        else:
            match_id, _, last = payload.rsplit(",", 2)
            self._hints[match_id] = int(last)
        self._woken.set()

    async def run(self) -> None:
        """Score until cancelled; a database that goes away is waited for."""
        tasks = [asyncio.create_task(self._listener.run()), asyncio.create_task(self._beat())]
        try:
            while True:
                try:
                    self._woken.clear()
                    if await self._score_hinted():
                        idle = not self._hints
                    else:
                        idle = not await self.score_waiting()
                    if idle:
                        await self._wait()
                except (*UNREACHABLE, asyncpg.PostgresError) as exc:
                    self._sessions.clear()
                    log.warning("worker.database_lost", error=str(exc) or type(exc).__name__)
                    await asyncio.sleep(0.5)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.leave()

    async def _wait(self) -> None:
        await happened(self._woken, self._settings.poll_s)

    async def _beat(self) -> None:
        """Say once a second that this worker lives; those long dead are forgotten."""
        with suppress(*UNREACHABLE, asyncpg.PostgresError):
            await self._pool.execute(query("forget_workers"))
        while True:
            try:
                await self._pool.execute(query("worker_seen"), self._id)
            except (*UNREACHABLE, asyncpg.PostgresError) as exc:
                log.debug("worker.heartbeat_failed", error=str(exc))
            await asyncio.sleep(1)

    async def leave(self) -> None:
        """Give leases back, so that others need not wait for them to expire."""
        try:
            async with asyncio.timeout(4):
                await self._pool.execute(query("release"), PIPELINE, self._id)
                await self._pool.execute(query("worker_gone"), self._id)
        except (*UNREACHABLE, asyncpg.PostgresError) as exc:
            log.debug("worker.leave_failed", error=str(exc))

    async def _score_hinted(self) -> bool:
        """Score the matches that were notified and whose lease is ours anyway, without asking for it again.

        False when there is somebody else's match among them, or it is time to look at all of them.
        """
        hints, self._hints = self._hints, {}
        strange = not hints or time.monotonic() >= self._look_at
        for match_id, head in hints.items():
            session = self._sessions.get(match_id)
            if session is None or time.monotonic() >= session.leased_until:
                strange = True
            elif head > session.version:
                await self._score_one(match_id, session.epoch, session.version, head)
                if session.version < head:
                    self._hints.setdefault(match_id, head)
        return not strange

    async def score_waiting(self) -> int:
        """One batch of every match that waits and is free. Returns how many matches were looked at."""
        self._look_at = time.monotonic() + self._settings.poll_s / 2
        claims = await self._pool.fetch(query("claim"), PIPELINE, self._id, self._settings.lease_s, CLAIM_LIMIT)
        for claim in claims:
            await self._score_one(claim["match_id"], claim["lease_epoch"], claim["version"], claim["head"])
        return len(claims)

    async def _score_one(self, match_id: str, epoch: int, version: int, head: int) -> None:
        try:
            session = await self._session(match_id, epoch, version)
            await self._score_batch(session, head)
        except LeaseLost as exc:
            self._sessions.pop(match_id, None)
            log.warning("worker.lease_lost", match=match_id, error=str(exc))
        except UnknownMatch:
            self._sessions.pop(match_id, None)
        except UNREACHABLE:
            self._sessions.pop(match_id, None)  # its fold may have gone on while its cursor has not
            raise
        except Exception as exc:
            # Whatever one match does to us, the others go on; this one waits, visibly, and is tried again.
            self._sessions.pop(match_id, None)
            log.exception("worker.parked", match=match_id)
            await self._pool.execute(query("park"), match_id, PIPELINE, epoch, f"{type(exc).__name__}: {exc}")

    async def _session(self, match_id: str, epoch: int, version: int) -> Session:
        session = self._sessions.get(match_id)
        if session is None or session.epoch != epoch or session.version != version:
            session = Session(await match_row(self._pool, match_id), self._models, epoch)
            await session.restore(self._pool, version)
            self._sessions[match_id] = session
        return session

    async def _score_batch(self, session: Session, head: int) -> None:
        since = session.version
        until = min(head, since + self._settings.batch_limit)
        rows = await read(self._pool, session.match, after=since, until=until)
        out = await session.score(self._pool, rows, until)
        began = time.monotonic()
        await commit(self._pool, session, PIPELINE, since, out, self._settings.lease_s)
        # Half of it, as the lease counts on the database's clock; the fence holds whatever the clocks say.
        session.leased_until = began + self._settings.lease_s / 2
        for fault in session.fold.faults:
            log.error("signal.degraded", match=session.match.match_id, signal=fault.signal, reason=fault.reason)
        session.fold.faults.clear()
        if out.finality == "final":
            self._sessions.pop(session.match.match_id, None)
