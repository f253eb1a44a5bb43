"""Which matches a worker may score: claimed by lease, kept by a heartbeat, shared fairly, given back.

Nobody is configured and nobody leads: each worker takes no more than its share of the active matches among the workers
that were seen lately. A lease is a courtesy that saves work; what keeps a worker from doing harm is the fence of the
commit (lease epoch and version).
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Collection, Sequence

import msgspec
import structlog

from app.db.pool import Pool
from app.db.sql import query
from app.scoring.queue import Queue
from app.scoring.report import Report
from app.settings import Settings
from app.timing import stages

log = structlog.get_logger()
PIPELINE = "live"
CLAIM_LIMIT = 64
# In place of an importance, in a notification of matches that were given back: whoever has room takes them.
FREED = 9
# A match that nothing is heard of for so long is given back, and its memory with it; if it goes on, it is read anew.
KEEP_S = 60.0
# A match that waits, and that neither this worker was given nor another one has, is asked for again so soon, then later.
ASK_AGAIN_S = 0.02


def worker_id() -> str:
    """Names this process among the workers of all machines."""
    return f"{socket.gethostname()}:{os.getpid()}:{os.urandom(3).hex()}"


class Lease(msgspec.Struct):
    """This worker may score a match. version: what the cursor stands at; until, used: monotonic. recompute: stored
    values up to there are to be computed anew first. owed: signals (by key) whose stored values may not be whole."""

    epoch: int
    version: int
    until: float
    used: float = 0.0
    is_import: bool = False
    recompute: bool = False
    owed: tuple[str, ...] = ()


class Leases:
    """The leases of one worker. What waits of its matches goes into `queue`.

    look_at: when to claim again (monotonic). only: the matches it takes; None for all.
    """

    def __init__(self, pool: Pool, settings: Settings, queue: Queue, only: Sequence[str] | None) -> None:
        self.id = worker_id()
        self.held: dict[str, Lease] = {}
        self.look_at = 0.0
        self._pool = pool
        self._settings = settings
        self._queue = queue
        self._only = None if only is None else list(only)
        self._of_others: dict[str, float] = {}
        self._asked: dict[str, int] = {}

    def hears(self, match_id: str, head: int, importance: int) -> bool:
        """A match has new versions, or was given back. True where it is ours and waits now."""
        now = time.monotonic()
        lease = self.held.get(match_id)
        if importance == FREED:
            self._of_others.pop(match_id, None)
        elif lease is not None and now < lease.until:
            self._queue.add(match_id, head, importance, lease.is_import)
            return True
        elif self._of_others.get(match_id, 0.0) >= now:
            return False
        self._asked.setdefault(match_id, 0)
        self.look_at = 0.0
        return False

    async def claim(self, busy: Collection[str]) -> int:
        """Lease what waits and is free. Returns how many matches were given."""
        began = time.monotonic()
        self.look_at = began + self._settings.poll_s
        asked, self._asked = self._asked, {}
        claims = await self._pool.fetch(
            query("claim"), PIPELINE, self.id, self._settings.lease_s, CLAIM_LIMIT, self._only
        )
        stages["claim"].note(time.monotonic() - began)
        if len(claims) == CLAIM_LIMIT and all(c["match_id"] not in self.held for c in claims):
            # There may be more that are free; what is ours already comes last.
            self.look_at = began
        for match_id, version, head, epoch, importance, is_import, recompute, owed in claims:
            asked.pop(match_id, None)
            lease = self.held.get(match_id)
            if match_id not in busy:
                # While one of its batches is being written, the version may be the one before or the one after.
                lease = self.held[match_id] = Lease(
                    epoch, version, 0.0, is_import=is_import, recompute=recompute, owed=tuple(owed)
                )
            if lease is not None:
                lease.until = self.end(began)
                self._queue.add(match_id, head, importance, is_import)
        if asked:
            await self._not_given(asked)
        return len(claims)

    async def _not_given(self, asked: dict[str, int]) -> None:
        """Matches that wait, and were not among those that were given: another worker has them, or is about to."""
        rows = await self._pool.fetch(query("leased_by_others"), PIPELINE, list(asked), self.id)
        now = time.monotonic()
        theirs = {r["match_id"] for r in rows}
        self._of_others.update(dict.fromkeys(theirs, now + self._settings.poll_s))
        for match_id, times in asked.items():
            again_s = ASK_AGAIN_S * 2**times
            if match_id not in theirs and again_s < self._settings.poll_s:
                self._asked.setdefault(match_id, times + 1)
                self.look_at = min(self.look_at, now + again_s)

    def end(self, began: float) -> float:
        """Until when a lease that was renewed then may be counted on: half of it, as it runs on the database's clock.
        The fence holds whatever the clocks say."""
        return began + self._settings.lease_s / 2

    def forget(self, match_id: str) -> None:
        """It is ours no longer, or what is known of it is wrong."""
        self.held.pop(match_id, None)
        self._queue.drop(match_id)

    async def beat(self, busy: Collection[str], report: Report) -> list[str]:
        """Say that this worker lives, keep the leases of what waits, hand over more than a fair share.

        Returns the matches that were forgotten.
        """
        began, sent = time.monotonic(), time.time()
        kept = [m for m, lease in self.held.items() if lease.used + KEEP_S > began or m in self._queue or m in busy]
        row = await self._pool.fetchrow(
            query("worker_seen"), self.id, report.to_json(), PIPELINE, kept, self._settings.lease_s
        )
        report.clock_ahead_s = row["now"].timestamp() - (sent + time.time()) / 2
        for match_id in row["kept"]:
            if match_id in self.held:
                self.held[match_id].until = self.end(began)
        gone = []
        share = -(-row["active"] // row["workers"])
        if row["own"] > share:
            gone += await self._hand_over(row["own"] - share, busy)
        for match_id in [m for m, lease in self.held.items() if lease.used + KEEP_S < began]:
            if match_id not in busy and match_id not in self._queue:
                self.forget(match_id)
                gone.append(match_id)
        self._of_others = {m: until for m, until in self._of_others.items() if until > began}
        return gone

    async def _hand_over(self, count: int, busy: Collection[str]) -> list[str]:
        """Another worker has come: give it some of ours, rather those where nothing waits."""
        free = sorted((m for m in self.held if m not in busy), key=lambda m: m in self._queue)
        given = free[:count]
        for match_id in given:
            self.forget(match_id)
            self._of_others[match_id] = time.monotonic() + self._settings.lease_s
        if given:
            await self._pool.execute(query("hand_over"), PIPELINE, self.id, given, FREED)
            log.info("worker.handed_over", matches=len(given))
        return given

    async def leave(self) -> None:
        """Give all back, so that others need not wait for them to expire."""
        await self._pool.execute(query("release"), PIPELINE, self.id, FREED)
        await self._pool.execute(query("worker_gone"), self.id)

    def lost(self) -> None:
        """Nothing that is remembered counts any more."""
        self.held.clear()
        self._asked.clear()
        self.look_at = 0.0
