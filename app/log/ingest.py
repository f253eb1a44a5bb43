"""From a provider's bytes to the log: split, decode, append; what cannot be decoded goes to quarantine."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Sequence
from datetime import datetime

import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.errors import DecodeError, UsageError
from app.feeds.base import FeedEvent, Provider
from app.log.append import Appended, Mode, Origin, Stream, append, open_stream
from app.sports.base import sports
from app.timing import stages

KEPT_PAYLOAD_BYTES = 256 * 1024
CHUNK = 1000


class Ingested(msgspec.Struct):
    """What became of the messages of one body or file.

    appended: new versions of the log; `retracted` of them take back what a whole document left out.
    """

    match: str
    received: int = 0
    appended: int = 0
    repeated: int = 0
    quarantined: int = 0
    retracted: int = 0
    first_version: int | None = None
    last_version: int | None = None
    problems: list[str] = []

    def add(self, other: Ingested) -> None:
        """Count another part in. At most ten problems are told."""
        self.received += other.received
        self.appended += other.appended
        self.repeated += other.repeated
        self.quarantined += other.quarantined
        self.retracted += other.retracted
        if self.first_version is None:
            self.first_version = other.first_version
        self.last_version = other.last_version or self.last_version
        self.problems = [*self.problems, *other.problems][:10]


async def open_events(
    pool: Pool,
    provider: Provider,
    match_id: str,
    messages: Sequence[bytes],
    *,
    origin: Origin = "live",
    connection: str = "main",
    kickoff_at: datetime | None = None,
    principal: str = "local",
) -> Stream:
    """Open the event stream of a provider. `messages`: the whole file where there is one, else nothing."""
    return await open_stream(
        pool,
        match_id,
        sport=provider.sport,
        provider=provider.name,
        origin=origin,
        connection=connection,
        kickoff_at=kickoff_at,
        options=provider.stream_options(list(messages)),
        principal=principal,
    )


async def quarantine(
    pool: Pool,
    match_id: str,
    provider: str,
    failed: Sequence[tuple[bytes, DecodeError]],
    principal: str = "local",
) -> None:
    """Keep the messages that could not be decoded, with their reasons, in one round trip."""
    await pool.fetchval(
        query("quarantine_messages"),
        match_id,
        provider,
        principal,
        [error.source_event_id for _, error in failed],
        [error.reason for _, error in failed],
        [hashlib.blake2b(payload, digest_size=16).digest() for payload, _ in failed],
        [payload[:KEPT_PAYLOAD_BYTES] for payload, _ in failed],
        [len(payload) for payload, _ in failed],
    )


def decode(
    provider: Provider, stream: Stream, messages: Sequence[bytes | Exception]
) -> tuple[list[FeedEvent], list[tuple[bytes, DecodeError]]]:
    """Decode every message on its own: one that fails takes none along."""
    events: list[FeedEvent] = []
    failed: list[tuple[bytes, DecodeError]] = []
    for message in messages:
        if isinstance(message, Exception):
            error = message if isinstance(message, DecodeError) else DecodeError(str(message))
            failed.append((error.payload, error))
            continue
        try:
            events.append(provider.decode(message, stream.options))
        except DecodeError as error:
            failed.append((message, error))
    return events, failed


async def ingest(
    pool: Pool,
    provider: Provider,
    stream: Stream,
    messages: Sequence[bytes | Exception],
    mode: Mode,
    principal: str = "local",
    *,
    snapshot: bool = False,
    durable: bool = True,
) -> Ingested:
    """Decode and append messages. When this returns, every one is durable: in the log or in quarantine.

    durable False: see `append`; quarantine is durable in any case.

    snapshot: the messages are a whole document of the provider, so what it has said of the match and leaves out now
    did not happen: it is retracted in the same append, and comes back with a later document that has it. A document
    of which any message fails to decode, or that holds no event, retracts nothing. Whether a shorter document is
    merely an older one cannot be known: whoever fetches documents hands them on in the order of fetching.
    Raises UsageError for a snapshot that is pushed (mode `push`): what was retracted would never come back.
    """
    if snapshot and mode != "follow":
        raise UsageError("A whole document replaces what was said before, so it is ingested in mode 'follow'.")
    done = Ingested(match=stream.match_id, received=len(messages))
    events: list[FeedEvent] = []
    for start in range(0, len(messages), CHUNK):
        began = time.monotonic()
        decoded, failed = decode(provider, stream, messages[start : start + CHUNK])
        stages["decode"].note(time.monotonic() - began)
        if failed:
            await quarantine(pool, stream.match_id, provider.name, failed, principal)
            done.quarantined += len(failed)
            done.problems = [*done.problems, *(error.reason for _, error in failed)][:10]
        if snapshot:
            # One append for all of it: an event that goes over to another identity is never there twice, or gone.
            events += decoded
            await asyncio.sleep(0)
        else:
            began = time.monotonic()
            _count(done, await append(pool, stream, decoded, mode, principal, durable=durable))
            stages["append"].note(time.monotonic() - began)
    if snapshot:
        absent = [] if done.quarantined else await _left_out(pool, provider, stream, events)
        _count(done, await append(pool, stream, events, mode, principal, absent=absent))
        done.retracted = len(absent)
    return done


def _count(done: Ingested, appended: Appended) -> None:
    done.appended += appended.appended
    done.repeated += appended.repeated
    if appended.appended:
        done.first_version = done.first_version or appended.first_version
        done.last_version = appended.last_version


async def _left_out(pool: Pool, provider: Provider, stream: Stream, events: Sequence[FeedEvent]) -> list[FeedEvent]:
    """Retractions of what holds and is not in a document, where their events stood."""
    if not events:
        return []
    rows = await pool.fetch(
        query("holding_absent"), stream.match_id, provider.name, [e.source_event_id for e in events]
    )
    nothing = sports()[stream.sport].fields()
    return [
        FeedEvent(
            source_event_id=r["source_event_id"],
            type=r["type"],
            period=r["period"],
            order_key=r["order_key"],
            elapsed_s=r["elapsed_s"],
            team=r["team_id"],
            fields=nothing,
            raw=b"",
            kind="retracted",
        )
        for r in rows
    ]
