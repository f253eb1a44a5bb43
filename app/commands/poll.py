"""`touchline poll`: a whole document that grows, fetched again and again, and taken into the log."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Coroutine
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg
import httpx
import msgspec
import structlog

from app import __version__
from app.commands.database import pool_of
from app.db.pool import UNREACHABLE, Pool
from app.errors import DecodeError, TouchlineError, UnknownMatch, UnreadableFile, UsageError
from app.feeds.base import Provider
from app.feeds.poll import Backoff, Document, Failed, Outcome, Poller, Unfilled
from app.log.append import Origin, Stream, check_match_id
from app.log.gaps import open_gaps
from app.log.ingest import Ingested, ingest, may_begin, open_events, quarantine, refuse
from app.waiting import happened

T = TypeVar("T")
log = structlog.get_logger()
PRINCIPAL = "poll"
STOP_S = 5.0
DATABASE_LOST = (*UNREACHABLE, asyncpg.PostgresError)


class PollFailed(TouchlineError):
    """One round was asked for, and it brought no document."""

    status = 502
    title = "The poll brought no document"


class Polled(msgspec.Struct, frozen=True, kw_only=True):
    """What is polled. every_s: seconds between two rounds that went well; snapshot: an event that is absent from the
    document is taken back."""

    provider: Provider
    url: str
    match: str
    every_s: float
    timeout_s: float
    snapshot: bool
    origin: Origin


async def poll(dsn: str, what: Polled, once: bool, stopping: asyncio.Event) -> Ingested:
    """Poll until `stopping`, or once. Returns what was taken in altogether.

    Never ends for what the source does or for a database that goes away. Raises UsageError for an impossible match
    or address, DatabaseUnavailable at the start, and, of one round, PollFailed.
    """
    check_match_id(what.match)
    if urlsplit(what.url).scheme not in ("http", "https") or not urlsplit(what.url).hostname:
        raise UsageError(f"'{what.url}' is no address to poll: give one that begins with http:// or https://.")
    async with pool_of(dsn, "touchline-poll") as pool, client_of(what.url, what.timeout_s) as client:
        rounds = Rounds(pool, what, Poller(client, what.url))
        while True:
            found = await unless(rounds.fetch(), stopping)
            # What has come is taken in before the end, so that the counts say it.
            wait_s = None if found is None else await unless(rounds.take(found), stopping, STOP_S)
            if once and rounds.trouble is not None:
                raise PollFailed(f"{what.url}: {rounds.trouble}.")
            if once or wait_s is None or await happened(stopping, wait_s):
                return rounds.done


def client_of(url: str, timeout_s: float, **more: Any) -> httpx.AsyncClient:
    """A client for one address; a proxy of the environment is left out on loopback."""
    host = urlsplit(url).hostname or ""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    headers = {"User-Agent": f"touchline/{__version__}"}
    return httpx.AsyncClient(timeout=timeout_s, headers=headers, trust_env=not local, follow_redirects=True, **more)


class Rounds:
    """The rounds of one poll: fetch, take in, look for holes. `trouble` says why the last one brought nothing."""

    def __init__(self, pool: Pool, what: Polled, poller: Poller) -> None:
        self.done = Ingested(match=what.match)
        self.trouble: str | None = None
        self._pool = pool
        self._what = what
        self._poller = poller
        self._backoff = Backoff(what.every_s)
        self._stream: Stream | None = None
        self._unfilled = Unfilled(what.every_s)
        self._refused: bytes | None = None
        self._log = log.bind(match=what.match, url=what.url)

    async def fetch(self) -> Outcome:
        """The first half of a round: ask, now and then for the whole document while a hole is open."""
        return await self._poller.fetch(whole=self._unfilled.due())

    async def take(self, outcome: Outcome) -> float:
        """The second half: take in what came. Returns the seconds until the next round.

        Raises UsageError when match and feed do not go together.
        """
        if isinstance(outcome, Failed):
            return self._failed("poll.source_failed", outcome.reason, outcome.retry_after_s)
        try:
            if isinstance(outcome, Document) and (reason := await self._document(outcome)) is not None:
                return self._failed("poll.malformed", reason)
            self._unfilled.went()
            await self._look_for_holes()
        except DATABASE_LOST as exc:
            # The document was not accepted and is asked for again, or it was and holes are looked for next time.
            told = (str(exc).strip() or type(exc).__name__).splitlines()[0]
            return self._failed("poll.database_failed", f"the database failed: {told}")
        if self.trouble is not None:
            self.trouble = None
            self._log.info("poll.resumed", failures=self._backoff.failures)
        self._backoff.succeeded()
        return self._what.every_s

    def _failed(self, event: str, reason: str, retry_after_s: float | None = None) -> float:
        wait_s = self._backoff.failed(retry_after_s)
        if reason != self.trouble:
            self._log.warning(event, reason=reason, next_s=round(wait_s, 1))
        self.trouble = reason
        return wait_s

    async def _document(self, document: Document) -> str | None:
        """Take a document in. Returns why it is none, if it is none; then it is in quarantine."""
        what = self._what
        try:
            messages = list(what.provider.split(document.body))
        except UnreadableFile as exc:
            if document.digest != self._refused:
                await quarantine(
                    self._pool, what.match, what.provider.name, [(document.body, DecodeError(str(exc)))], PRINCIPAL
                )
                self._refused = document.digest
            return str(exc).rstrip(".")
        if messages or self._stream is not None:
            self._tell(await self._ingest(messages))
        self._poller.accept(document)
        return None

    async def _ingest(self, messages: list[bytes | Exception]) -> Ingested:
        for _ in range(2):
            if self._stream is None:
                if not await may_begin(self._pool, self._what.provider, self._what.match, messages):
                    return await refuse(self._pool, self._what.provider, self._what.match, messages, PRINCIPAL)
                self._stream = await open_events(
                    self._pool,
                    self._what.provider,
                    self._what.match,
                    [m for m in messages if isinstance(m, bytes)],
                    origin=self._what.origin,
                    principal=PRINCIPAL,
                )
            try:
                return await ingest(
                    self._pool,
                    self._what.provider,
                    self._stream,
                    messages,
                    "follow",
                    PRINCIPAL,
                    snapshot=self._what.snapshot,
                )
            except UnknownMatch:
                # It was purged since its stream was opened; this is the first document of a new match.
                self._stream = None
        raise UnknownMatch(self._what.match)

    def _tell(self, done: Ingested) -> None:
        known = self.done.problems
        self.done.add(done)
        if done.appended or any(p not in known for p in done.problems):
            counts = {
                k: v
                for k, v in (
                    ("appended", done.appended),
                    ("retracted", done.retracted),
                    ("quarantined", done.quarantined),
                )
                if v
            }
            first = {"problem": done.problems[0]} if done.problems else {}
            self._log.info("poll.changed", **counts, version=done.last_version, **first)

    async def _look_for_holes(self) -> None:
        found = [
            (gap.first, gap.last)
            for gap in await open_gaps(self._pool, self._what.match)
            if gap.provider == self._what.provider.name
        ]
        if self._unfilled.found(found):
            self._log.info("poll.holes" if found else "poll.no_hole", holes=found)


async def unless(work: Coroutine[Any, Any, T], stopping: asyncio.Event, grace_s: float = 0.0) -> T | None:
    """The result of the work; None when `stopping` came first and it did not end within the grace: it is cancelled."""
    task, stop = asyncio.create_task(work), asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait((task, stop), return_when=asyncio.FIRST_COMPLETED)
        if not task.done() and grace_s:
            await asyncio.wait((task,), timeout=grace_s)
        return await task if task.done() else None
    finally:
        for each in (task, stop):
            each.cancel()
        await asyncio.gather(task, stop, return_exceptions=True)
