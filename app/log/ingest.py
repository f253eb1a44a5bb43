"""From a provider's bytes to the log: split, decode, append; what cannot be decoded goes to quarantine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.errors import DecodeError
from app.feeds.base import FeedEvent, Provider
from app.log.append import Mode, Origin, Stream, append, open_stream

KEPT_PAYLOAD_BYTES = 256 * 1024
CHUNK = 1000


class Ingested(msgspec.Struct):
    """What became of the messages of one body or file."""

    match: str
    received: int = 0
    appended: int = 0
    repeated: int = 0
    quarantined: int = 0
    first_version: int | None = None
    last_version: int | None = None
    problems: list[str] = []

    def add(self, other: Ingested) -> None:
        """Count another part in. At most ten problems are told."""
        self.received += other.received
        self.appended += other.appended
        self.repeated += other.repeated
        self.quarantined += other.quarantined
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
    pool: Pool, match_id: str, provider: str, payload: bytes, error: DecodeError, principal: str = "local"
) -> None:
    """Keep one message that could not be decoded, with the reason."""
    await pool.fetchval(
        query("quarantine_message"),
        match_id,
        provider,
        error.source_event_id,
        error.reason,
        hashlib.blake2b(payload, digest_size=16).digest(),
        payload[:KEPT_PAYLOAD_BYTES],
        len(payload),
        principal,
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
) -> Ingested:
    """Decode and append messages. When this returns, every one is durable: in the log or in quarantine."""
    done = Ingested(match=stream.match_id, received=len(messages))
    for start in range(0, len(messages), CHUNK):
        events, failed = decode(provider, stream, messages[start : start + CHUNK])
        appended = await append(pool, stream, events, mode, principal)
        done.appended += appended.appended
        done.repeated += appended.repeated
        if appended.appended:
            done.first_version = done.first_version or appended.first_version
            done.last_version = appended.last_version
        for payload, error in failed:
            await quarantine(pool, stream.match_id, provider.name, payload, error, principal)
            done.quarantined += 1
            if len(done.problems) < 10:
                done.problems.append(error.reason)
    return done
