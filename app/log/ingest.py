"""From a provider's bytes to the log: split, decode, append; what cannot be decoded goes to quarantine."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.errors import DecodeError, UsageError
from app.feeds.base import FeedEvent, Provider
from app.log.append import Appended, Mode, Origin, Stream, append, hash_of, open_stream
from app.log.learn import provisional, settle
from app.log.order import Arranged, Held, arrange
from app.log.problems import Problems
from app.sports.base import sports
from app.timing import stages

KEPT_PAYLOAD_BYTES = 256 * 1024
CHUNK = 1000


class Ingested(msgspec.Struct):
    """What became of the messages of one body or file. problems: why some are in quarantine (see `problems`).

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
    """Open the event stream of a provider. `messages`: the whole file where there is one, else nothing; of a provider
    that learns (`Provider.learn`) whatever came first."""
    options = provider.stream_options(list(messages))
    if kickoff_at is None and provider.kickoff_at is not None:
        kickoff_at = provider.kickoff_at(options)
    return await open_stream(
        pool,
        match_id,
        sport=provider.sport,
        provider=provider.name,
        origin=origin,
        connection=connection,
        kickoff_at=kickoff_at,
        options=options,
        principal=principal,
    )


async def may_begin(pool: Pool, provider: Provider, match_id: str, messages: Sequence[bytes | Exception]) -> bool:
    """Is there anything to open a stream for: a match that is known, or one message that can be read? A wrong file or a
    stray request must not leave a match behind that never was."""
    if await pool.fetchrow(query("match_row"), match_id) is not None:
        return True
    options = provider.stream_options([m for m in messages if isinstance(m, bytes)])
    for message in messages:
        try:
            if isinstance(message, bytes):
                provider.decode(message, options)
                return True
        except DecodeError:
            continue
    return False


async def refuse(
    pool: Pool, provider: Provider, match_id: str, messages: Sequence[bytes | Exception], principal: str = "local"
) -> Ingested:
    """Put messages of which none can be read into quarantine, of a match that there is not (see `may_begin`)."""
    done = Ingested(match=match_id, received=len(messages))
    found = Problems()
    options = provider.stream_options([m for m in messages if isinstance(m, bytes)])
    for start in range(0, len(messages), CHUNK):
        _, failed = decode(provider, options, messages[start : start + CHUNK], start + 1)
        await _set_aside(pool, match_id, provider, failed, principal, done, found)
    done.problems = found.lines()
    return done


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
    provider: Provider, options: Mapping[str, Any], messages: Sequence[bytes | Exception], first: int
) -> tuple[list[FeedEvent], list[tuple[int, bytes, DecodeError]]]:
    """Decode every message on its own: one that fails takes none along.

    first: which of its body or file the first of them is. Returns events, and (position, bytes, error) of the others.
    """
    events: list[FeedEvent] = []
    failed: list[tuple[int, bytes, DecodeError]] = []
    for position, message in enumerate(messages, first):
        if isinstance(message, Exception):
            error = message if isinstance(message, DecodeError) else DecodeError(str(message))
            failed.append((position, error.payload, error))
            continue
        try:
            events.append(provider.decode(message, options))
        except DecodeError as error:
            failed.append((position, message, error))
    return events, failed


async def _set_aside(
    pool: Pool,
    match_id: str,
    provider: Provider,
    failed: Sequence[tuple[int, bytes, DecodeError]],
    principal: str,
    done: Ingested,
    found: Problems,
) -> None:
    """Into quarantine with what could not be decoded, and note why."""
    if not failed:
        return
    await quarantine(pool, match_id, provider.name, [(payload, error) for _, payload, error in failed], principal)
    done.quarantined += len(failed)
    for position, _, error in failed:
        found.note(position, error)


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
    found = Problems()
    opened, stream = stream, provisional(provider, stream, messages)
    for start in range(0, len(messages), CHUNK):
        began = time.monotonic()
        decoded, failed = decode(provider, stream.options, messages[start : start + CHUNK], start + 1)
        stages["decode"].note(time.monotonic() - began)
        await _set_aside(pool, stream.match_id, provider, failed, principal, done, found)
        if mode == "follow":
            events += decoded
            await asyncio.sleep(0)
        else:
            await _append(pool, stream, decoded, mode, principal, done, durable)
    if mode == "follow":
        told = await _as_held(pool, provider, stream, events, snapshot and not done.quarantined, done)
        # One append for all of a document, and where something moves: an event is never there twice, or gone meanwhile.
        size = max(len(told), 1) if snapshot or any(e.kind == "absent" for e in told) else CHUNK
        for start in range(0, len(told), size):
            await _append(pool, stream, told[start : start + size], mode, principal, done, durable)
    if provider.learn is not None:
        settled = await settle(pool, provider, opened, stream, bool(done.retracted), principal)
        if settled is not None:
            _count(done, settled)
    done.problems = found.lines()
    return done


async def _append(
    pool: Pool,
    stream: Stream,
    events: Sequence[FeedEvent],
    mode: Mode,
    principal: str,
    done: Ingested,
    durable: bool,
) -> None:
    began = time.monotonic()
    appended = await append(pool, stream, events, mode, principal, durable=durable)
    stages["append"].note(time.monotonic() - began)
    done.repeated += appended.repeated
    _count(done, appended)


def _count(done: Ingested, appended: Appended) -> None:
    done.appended += appended.appended
    if appended.appended:
        done.first_version = done.first_version or appended.first_version
        done.last_version = appended.last_version


async def _as_held(
    pool: Pool, provider: Provider, stream: Stream, events: Sequence[FeedEvent], whole: bool, done: Ingested
) -> list[FeedEvent]:
    """What a file says, in the light of what the log holds of this provider: events at their places among the known ones,
    those that end as they stand already left out, and, where it is the whole, what it leaves out retracted.
    """
    if len(events) < 2 and not whole:
        # A message of a file that is played at its pace.
        return list(events)
    rows = await pool.fetch(query("held"), stream.match_id, provider.name)
    if not rows:
        return list(events)
    held = {r["source_event_id"]: Held(r["period"], r["order_key"], r["content_hash"], r["retracted"]) for r in rows}
    told = _without_detours(events, held)
    done.repeated += len(events) - len(told)
    # What a provider numbers says itself when it has moved.
    numbered = any(e.revision is not None for e in told)
    arranged = Arranged({}, frozenset()) if numbered else arrange(events, held)
    nothing = sports()[stream.sport].fields()
    by_name = {r["source_event_id"]: r for r in rows}
    gone = [_gone(by_name[name], nothing) for name in sorted(arranged.moved)]
    keys = arranged.order_keys
    placed = [
        msgspec.structs.replace(e, order_key=keys[e.source_event_id]) if e.source_event_id in keys else e for e in told
    ]
    if not whole or not events:
        return [*gone, *placed]
    there = {e.source_event_id for e in events}
    absent = [_gone(r, nothing) for r in rows if not r["retracted"] and r["source_event_id"] not in there]
    done.retracted = len(absent)
    return [*gone, *placed, *absent]


def _without_detours(events: Sequence[FeedEvent], held: Mapping[str, Held]) -> list[FeedEvent]:
    """The events without those of identities that a file tells of several times and that end as they stand: a file with
    amendments in it, taken in again, would undo and do them again."""
    last: dict[str, FeedEvent] = {}
    several: set[str] = set()
    for event in events:
        if event.source_event_id in last:
            several.add(event.source_event_id)
        last[event.source_event_id] = event
    same = {n for n in several if n in held and held[n].content_hash == hash_of(last[n])}
    return [e for e in events if e.source_event_id not in same] if same else list(events)


def _gone(row: Mapping[str, Any], nothing: Any) -> FeedEvent:
    """The retraction of what stands there, by its absence."""
    return FeedEvent(
        source_event_id=row["source_event_id"],
        type=row["type"],
        period=row["period"],
        order_key=row["order_key"],
        elapsed_s=row["elapsed_s"],
        team=row["team_id"],
        fields=nothing,
        raw=b"",
        kind="absent",
    )
