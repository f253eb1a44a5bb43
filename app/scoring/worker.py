"""The scoring worker: woken by the log, it scores what waits of the matches that it holds, and commits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import asyncpg
import structlog

from app.db.listener import Listener
from app.db.pool import TRY_AGAIN, UNREACHABLE, Pool
from app.db.sql import query
from app.errors import UnknownMatch
from app.log.read import match_row, read
from app.scoring.catalogue import Catalogue
from app.scoring.commit import Batch, LeaseLost, OtherAir, Outdated
from app.scoring.committer import Committer
from app.scoring.fallback import Fallback
from app.scoring.leases import PIPELINE, Lease, Leases
from app.scoring.outcome import Outcome
from app.scoring.queue import Queue, Waiting
from app.scoring.readiness import AirWatch, Readiness
from app.scoring.refold import PoisonousEvent
from app.scoring.report import Report
from app.scoring.session import Session
from app.settings import Settings
from app.timing import stages
from app.waiting import happened

log = structlog.get_logger()
CHANNEL = "touchline_log"
REGISTRY = "touchline_registry"
BEAT_S = 1.0
# While the database writes some matches, others are folded.
AT_ONCE = 16
# Of many matches that are taken over at one time, the first are on air again soon, and not all of them late.
RESTORED_AT_ONCE = 2


class Worker:
    """Scores every match that waits, several at once, one batch of a match at a time.

    only: the matches it takes; None for all.
    """

    def __init__(
        self,
        pool: Pool,
        dsn: str,
        settings: Settings,
        only: Sequence[str] | None = None,
    ) -> None:
        self._pool = pool
        self._settings = settings
        self._woken = asyncio.Event()
        self._sessions: dict[str, Session] = {}
        self._queue = Queue()
        self._leases = Leases(pool, settings, self._queue, only)
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._restoring = asyncio.Semaphore(RESTORED_AT_ONCE)
        self._lost: Exception | None = None
        self._paused = False
        self._report = Report()
        self._committer = Committer(pool, PIPELINE, settings.lease_s)
        self._listener = Listener(dsn, [CHANNEL, REGISTRY], self._hear)
        self._held_back: set[str] = set()
        self._beat_soon = asyncio.Event()
        self._fallback = Fallback(pool, allow_research=settings.allow_research_models)
        readiness = Readiness(pool, self._sessions, self._alone)
        self._air = AirWatch(pool, readiness, self._beat_soon.set, self._fall_back)

    def _hear(self, payload: str | None) -> None:
        """Note which match got new versions; None means that some may have been missed, so look at all."""
        if payload is None:
            # What was heard of before may be gone with the server: the cursors say what waits.
            self._queue.clear()
            self._leases.look_at = 0.0
            self._air.moved = True
        elif payload == "registry":
            self._leases.look_at = 0.0
            self._air.moved = True
        else:
            match_id, _, last, importance = payload.rsplit(",", 3)
            if self._leases.hears(match_id, int(last), int(importance)):
                # At once: the loop's own turn would cost a few wake-ups more.
                self._start()
                if not self._settings.linger_ms:
                    return
        self._woken.set()

    async def _fall_back(self, catalogue: Catalogue) -> int:
        moved = await self._fallback.from_broken(catalogue)
        for _ in range(moved):
            self._report.count("fell_back")
        return moved

    async def run(self) -> None:
        """Score until cancelled; a database that goes away is waited for."""
        tasks = [asyncio.create_task(self._listener.run()), asyncio.create_task(self._beat())]
        try:
            while True:
                try:
                    await self._turn()
                except (*UNREACHABLE, asyncpg.PostgresError) as exc:
                    await self._database_lost(exc)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, self._stop_scoring(), return_exceptions=True)
            await self.leave()

    async def _stop_scoring(self) -> None:
        self._paused = True
        await self._air.stop()
        stopped = list(self._busy.values())
        for task in stopped:
            task.cancel()
        await asyncio.gather(*stopped, self._committer.stop(), return_exceptions=True)

    async def _turn(self) -> None:
        """Look for matches when it is time, start what can be started, then wait until there may be more."""
        self._raise_lost()
        self._woken.clear()
        if self._air.moved:
            await self._air.look()
        if time.monotonic() >= self._leases.look_at:
            await self._leases.claim(self._busy)
        self._start()
        wait_s = max(self._leases.look_at - time.monotonic(), 0.0)
        if self._settings.linger_ms and len(self._queue):
            wait_s = min(wait_s, self._settings.linger_ms / 1000)
        await happened(self._woken, wait_s)

    @asynccontextmanager
    async def _alone(self, match_id: str) -> AsyncIterator[None]:
        """Nobody scores the match meanwhile."""
        self._held_back.add(match_id)
        try:
            while (task := self._busy.get(match_id)) is not None:
                await asyncio.wait([task])
            yield
        finally:
            self._held_back.discard(match_id)
            self._start()

    def _start(self) -> None:
        """Score the most urgent matches that wait, as many at once as there is room for."""
        linger_s = self._settings.linger_ms / 1000
        while not self._paused and len(self._busy) < AT_ONCE and (found := self._next(linger_s)) is not None:
            match_id, waiting = found
            task = asyncio.create_task(self._score(match_id, waiting))
            self._busy[match_id] = task
            task.add_done_callback(lambda _, done=match_id: self._done(done))

    def _next(self, linger_s: float) -> tuple[str, Waiting] | None:
        return self._queue.next(self._busy.keys() | self._held_back if self._held_back else self._busy, linger_s)

    def _raise_lost(self) -> None:
        lost, self._lost = self._lost, None
        if lost is not None:
            raise lost

    def _done(self, match_id: str) -> None:
        self._busy.pop(match_id, None)
        self._start()
        if self._lost is not None or time.monotonic() >= self._leases.look_at:
            self._woken.set()

    async def _database_lost(self, exc: Exception) -> None:
        """Whatever is in memory may be ahead of what was committed: forget it all, and begin again."""
        await self._stop_scoring()
        self._sessions.clear()
        self._leases.lost()
        self._queue.clear()
        self._lost = None
        self._report.count("database_lost")
        log.warning("worker.database_lost", error=str(exc) or type(exc).__name__)
        await asyncio.sleep(0.5)
        self._paused = False

    async def _beat(self) -> None:
        """Say once a second that this worker lives, keep the leases of what waits, hand over more than a fair share."""
        forgotten = False
        while True:
            try:
                if not forgotten:
                    await self._pool.execute(query("forget_workers"))
                    forgotten = True
                self._report.ready = sorted(self._air.readiness.ready)
                self._report.broken = len(self._air.now.problems())
                for match_id in await self._leases.beat(self._busy, self._report):
                    self._sessions.pop(match_id, None)
            except (*UNREACHABLE, asyncpg.PostgresError) as exc:
                log.debug("worker.heartbeat_failed", error=str(exc) or type(exc).__name__)
            await happened(self._beat_soon, BEAT_S)
            self._beat_soon.clear()

    async def leave(self) -> None:
        """Give leases back, so that others need not wait for them to expire."""
        try:
            async with asyncio.timeout(4):
                await self._leases.leave()
        except (*UNREACHABLE, asyncpg.PostgresError) as exc:
            log.debug("worker.leave_failed", error=str(exc))

    async def score_waiting(self) -> int:
        """One batch of every match that waits and is free. Returns how many matches were looked at."""
        await self._air.look()
        claimed = await self._leases.claim(self._busy)
        taken = [found for _ in range(len(self._queue)) if (found := self._queue.next((), 0.0)) is not None]
        for match_id, waiting in taken:
            await self._score(match_id, waiting)
            self._raise_lost()
        self._queue.clear()
        return claimed

    async def _score(self, match_id: str, waiting: Waiting) -> None:
        """One batch of one match; whatever happens in it is this match's affair, unless the database is gone."""
        lease = self._leases.held.get(match_id)
        if lease is None:
            return
        try:
            session = await self._session(match_id, lease)
            if session.owed:
                await self._commit(session, await session.settled(self._pool), session.version)
                lease.owed = ()
            if lease.recompute:
                await self._recompute(session, lease)
            if waiting.head > session.version:
                await self._score_batch(session, lease, waiting.head)
            if session.version < waiting.head and match_id in self._leases.held:
                self._queue.add(match_id, waiting.head, waiting.importance, waiting.is_import)
        except LeaseLost as exc:
            self._forget(match_id)
            self._report.count("lease_lost")
            # Whoever took it may be done with it at once (a rebuild).
            self._leases.look_at = 0.0
            log.warning("worker.lease_lost", match=match_id, error=str(exc))
        except UnknownMatch:
            self._forget(match_id)
        except OtherAir:
            # It was not made ready for what is on the air now: it is read anew.
            self._forget(match_id)
            self._leases.look_at = 0.0
        except Outdated as exc:
            self._forget(match_id)
            self._leases.look_at = 0.0
            log.warning("worker.outdated", match=match_id, error=str(exc))
        except UNREACHABLE as exc:
            self._forget(match_id)  # its fold may have gone on while its cursor has not
            self._lost = exc
        except TRY_AGAIN:
            self._forget(match_id)
            self._leases.look_at = 0.0
        except asyncpg.InternalServerError as exc:
            self._forget(match_id)
            if "could not extend file" not in str(exc):
                await self._park(match_id, lease, exc)
            else:
                # A quota that is used up, for which PostgreSQL has no number of its own: no match's fault either.
                self._lost = exc
        except Exception as exc:
            # Whatever one match does to us, the others go on; this one waits, visibly, and is tried again.
            self._forget(match_id)
            await self._park(match_id, lease, exc)

    async def _park(self, match_id: str, lease: Lease, exc: Exception) -> None:
        self._report.count("parked")
        version = exc.version if isinstance(exc, PoisonousEvent) else None
        reason = str(exc) if isinstance(exc, PoisonousEvent) else f"{type(exc).__name__}: {exc}"
        log.error("worker.parked", match=match_id, reason=reason, exc_info=exc)
        try:
            await self._pool.execute(query("park"), match_id, PIPELINE, lease.epoch, reason, version)
        except (*UNREACHABLE, asyncpg.PostgresError) as gone:
            self._lost = gone

    async def _session(self, match_id: str, lease: Lease) -> Session:
        session = self._sessions.get(match_id)
        if session is not None and (session.epoch, session.version) == (lease.epoch, lease.version):
            if not session.on_air.issuperset(lease.owed):
                await self._air.look()
            follows = session.generation == self._air.now.generation or self._follows(session)
            if follows and (session.owed or not lease.owed):
                return session
        catalogue = self._air.now if self._air.now.generation else await self._air.look()
        match = await match_row(self._pool, match_id)
        session = Session(match, catalogue.on_air(match.sport, match_id), lease.epoch, catalogue.generation)
        async with self._restoring:
            await session.restore(self._pool, lease.version, lease.owed)
        self._sessions[match_id] = session
        self._air.make_ready()
        return session

    def _follows(self, session: Session) -> bool:
        """Does the session score all of what is on the air now?"""
        catalogue = self._air.now
        on_air = catalogue.on_air(session.match.sport, session.match.match_id)
        return session.follows(on_air, catalogue.generation)

    async def _commit(
        self, session: Session, out: Outcome, since: int, holds: Callable[[], bool] = lambda: True
    ) -> None:
        """Write an outcome, as of what is on the air by then. Raises LeaseLost, Outdated, OtherAir."""
        while True:
            shown = session.on_the_air(out)
            try:
                await self._committer.commit(
                    Batch(session.match.match_id, session.epoch, since, shown, session.generation, holds)
                )
            except OtherAir:
                await self._air.look()
                if not self._follows(session):
                    raise
                if session.owed:
                    await session.settle(self._pool, out)
            else:
                return

    async def _score_batch(self, session: Session, lease: Lease, head: int) -> None:
        since = session.version
        until = min(head, since + self._settings.batch_limit)
        losses = self._listener.losses
        began = time.monotonic()
        rows = await read(self._pool, session.match, after=since, until=until)
        read_at = time.monotonic()
        if rows:
            self._report.heard(rows[-1].recorded_at, read_at - began)
        inferred_s = session.fold.infer_s
        out = await session.score(self._pool, rows, until)
        folded_at = time.monotonic()
        await self._commit(session, out, since, lambda: self._listener.losses == losses)
        done_at = time.monotonic()
        lease.version, lease.until, lease.used = session.version, self._leases.end(folded_at), done_at
        stages["claim"].note(read_at - began)
        stages["fold"].note(folded_at - read_at)
        stages["infer"].note(max(session.fold.infer_s - inferred_s, 0.0))
        stages["commit"].note(done_at - folded_at)
        self._report.batch(len(rows))
        for fault in session.fold.faults:
            log.error("signal.degraded", match=session.match.match_id, signal=fault.signal, reason=fault.reason)
            self._report.count("signal_degraded")
        session.fold.faults.clear()
        if out.finality == "final":
            self._forget(session.match.match_id)
            # More of it may have been heard of meanwhile.
            self._leases.look_at = 0.0

    async def _recompute(self, session: Session, lease: Lease) -> None:
        """Correct stored values that hold what the fold no longer does; nobody else has."""
        row = await self._pool.fetchrow(query("cursor_row"), session.match.match_id, PIPELINE)
        out = await session.recompute(self._pool, row["recompute_versions"])
        await self._commit(session, out, session.version)
        lease.recompute = False
        log.info("worker.recomputed", match=session.match.match_id, points=len(out.points) + len(out.removed))

    def _forget(self, match_id: str) -> None:
        self._sessions.pop(match_id, None)
        self._leases.forget(match_id)
