"""Append: the one door into the log. Idempotent, gapless, acknowledged only once it is durable."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import asyncpg
import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.errors import UnknownMatch, UsageError
from app.feeds.base import FeedEvent
from app.sports.base import Sport, sports

Mode = Literal["push", "follow"]
Origin = Literal["live", "import", "replay", "simulation"]
CONTROL_PROVIDER = "touchline"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:-]{0,119}")
_encode = msgspec.json.Encoder(order="deterministic").encode
_RETRACTED = hashlib.blake2b(_encode("retracted"), digest_size=16).digest()
MOST_IMPORTANT = 3
TAKES_AWAY = ("retracted", "absent")


class Stream(msgspec.Struct, frozen=True):
    """An open stream of a match. anchor_at is the kick-off on the wall; options belong to the provider's decoder."""

    match_id: str
    stream_id: int
    sport: str
    origin: str
    anchor_at: datetime
    anchor_source: str
    options: dict[str, Any]


class Appended(msgspec.Struct, frozen=True):
    """What an append did. first_version..last_version are the new versions (none when appended is 0)."""

    first_version: int
    last_version: int
    appended: int
    repeated: int


def content_hash(event: FeedEvent, fields: bytes) -> bytes:
    """16 bytes over the canonical content, positional fields (order_key) left out. `fields`: the event's, encoded."""
    if event.kind in TAKES_AWAY:
        return _RETRACTED
    head = _encode((event.type, event.period, event.elapsed_s, event.team, event.player))
    return hashlib.blake2b(b"%b,%b]" % (head[:-1], fields), digest_size=16).digest()


def hash_of(event: FeedEvent) -> bytes:
    """The content hash of an event."""
    return content_hash(event, _encode(event.fields))


def check_match_id(match_id: str) -> str:
    """The id itself. Raises UsageError for one that cannot stand in a URL."""
    if not _ID.fullmatch(match_id):
        raise UsageError(
            f"'{match_id[:80]}' cannot be a match id: use up to 120 ASCII letters, digits and . _ ~ : -, "
            "beginning with a letter or digit."
        )
    return match_id


async def open_stream(
    pool: Pool,
    match_id: str,
    *,
    sport: str,
    provider: str,
    role: Literal["events", "control"] = "events",
    origin: Origin = "live",
    provider_match_id: str | None = None,
    connection: str = "main",
    kickoff_at: datetime | None = None,
    replay_of: str | None = None,
    options: Mapping[str, Any] | None = None,
    principal: str = "local",
) -> Stream:
    """Find or make a match and one of its streams. What a match and a stream were first opened with holds.

    Raises UsageError for an impossible id, or for a sport that is not the match's.
    """
    row = await pool.fetchrow(
        query("open_stream"),
        check_match_id(match_id),
        sport,
        origin,
        replay_of,
        kickoff_at,
        provider,
        provider_match_id or match_id,
        role,
        connection,
        _encode(dict(options or {})).decode(),
        principal,
    )
    if row["sport"] != sport:
        raise UsageError(f"Match '{match_id}' is {row['sport']}; the feed '{provider}' tells of {sport}.")
    return Stream(
        match_id=match_id,
        stream_id=row["stream_id"],
        sport=sport,
        origin=row["origin"],
        anchor_at=row["anchor_at"],
        anchor_source=row["anchor_source"],
        options=msgspec.json.decode(row["options"]),
    )


async def append(
    pool: Pool,
    stream: Stream,
    events: Sequence[FeedEvent],
    mode: Mode,
    principal: str = "local",
    *,
    durable: bool = True,
) -> Appended:
    """Append a batch in one round trip; when this returns the events are durable, once each, in this order.

    durable False: they can be read, and it is up to the caller to wait until they are durable, by `flush` or by a
    later commit that waits for the disk (the scorer's of these events is one), before anybody is told.

    mode: `push` (a repeat of any earlier content is a repeat) or `follow` (the newest content is the truth).
    Events of kind `absent` retract what a whole document left out (mode follow).
    Message numbers (`sequence`) are noted, also those of repeats.
    Raises UnknownMatch when the match was purged meanwhile.
    """
    if not events:
        return Appended(0, 0, 0, 0)
    columns = _columns(stream, events)
    sequence = [e.sequence for e in events if e.sequence is not None]
    head = (stream.match_id, stream.stream_id, mode, principal)
    try:
        if len(events) == 1 and events[0].kind != "absent":
            one = [column[0] for column in columns]
            row = await pool.fetchrow(query("append_one"), *head, *one, *(sequence or (None,)), durable)
        else:
            row = await pool.fetchrow(query("append"), *head, *columns, sequence or None, durable)
    except asyncpg.PostgresError as exc:
        if getattr(exc, "sqlstate", None) == "TL404":
            raise UnknownMatch(stream.match_id) from None
        raise
    done = Appended(**dict(row))
    if durable and done.repeated and not done.appended:
        # What is there already may have come a moment ago, with a commit that did not wait; this one had nothing to.
        await flush(pool)
    return done


def _columns(stream: Stream, told: Sequence[FeedEvent]) -> list[list[Any]]:
    """What log.append takes of the events, one list a column."""
    sport: Sport = sports()[stream.sport]
    fields = [_encode(e.fields) for e in told]
    return [
        [e.source_event_id for e in told],
        [e.kind for e in told],
        [e.revision for e in told],
        [e.type for e in told],
        [e.period for e in told],
        [e.order_key for e in told],
        [e.elapsed_s for e in told],
        [sport.wall_offset_s(e.period, e.elapsed_s) for e in told],
        [e.team for e in told],
        [e.player for e in told],
        [f.decode() for f in fields],
        [e.raw for e in told],
        [content_hash(e, f) for e, f in zip(told, fields, strict=True)],
        # What a retraction takes away is not known here: it may be a goal.
        [MOST_IMPORTANT if e.kind in TAKES_AWAY else sport.importance(e.type, e.fields) for e in told],
    ]


async def flush(pool: Pool) -> None:
    """Wait until everything that was appended so far is durable."""
    await pool.execute(query("flush"))
