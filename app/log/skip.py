"""What an operator takes out of the fold: one message of a log skipped, fixed, taken back; a parked match retried.

A skipped message stays in the log and counts as if it had not come, in every fold: live, rebuild, as of a version,
facts, replays. Each call takes the lease from whoever scores the match, so that no fold that has seen the message
can be committed, and lets the match be scored at once. `was_folded` says that stored values hold (or lack) it: they
are to be rebuilt.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from app.db.pool import Connection, Pool
from app.db.sql import query
from app.errors import DecodeError, UnknownMatch, UnreadableFile, UsageError
from app.feeds.base import FeedEvent, provider
from app.log.append import Stream, append
from app.log.read import match_row

NEIGHBOURS = 3


class NotSkippable(UsageError):
    """This version is skipped already, is not skipped, or is not folded anyway."""

    status = 409
    title = "This version cannot be skipped or taken back"


class UnknownVersion(UsageError):
    """The log of the match holds no such version."""

    status = 404
    title = "Unknown version"


class Parked(msgspec.Struct, frozen=True):
    """A match whose scoring failed. version, source_event_id, type: of the event that caused it, where one did.

    waiting: versions that are not scored. retry_at: when it is tried again by itself.
    """

    match: str
    parked_at: datetime
    attempts: int
    retry_at: datetime | None
    version: int | None
    source_event_id: str | None
    type: str | None
    reason: str
    waiting: int


class Message(msgspec.Struct, frozen=True):
    """One message of a log as it is kept. skipped: who left it out, when and why. effective: see log.feed_event."""

    match: str
    version: int
    stream_id: int
    source_event_id: str
    provider: str
    control: bool
    kind: str
    revision: int
    provider_revision: int | None
    effective: bool
    type: str
    period: int
    elapsed_s: float
    order_key: float
    team: str | None
    player: str | None
    fields: msgspec.Raw
    raw: bytes
    recorded_at: datetime
    principal: str
    options: dict[str, Any]
    skipped: dict[str, Any] | None


class Skip(msgspec.Struct, frozen=True):
    """What a skip (or its undoing) was about. appended: version of the amendment that a fix brought."""

    match: str
    version: int
    source_event_id: str
    was_folded: bool
    appended: int | None = None


async def parked(pool: Pool) -> list[Parked]:
    """Every parked match, those parked longest first."""
    return [Parked(**dict(r)) for r in await pool.fetch(query("parked_matches"))]


async def cause(pool: Pool, match_id: str) -> tuple[str | None, int | None]:
    """Why a match is parked, and the version that is the cause; (None, None) when it is not.

    Raises UnknownMatch.
    """
    await match_row(pool, match_id)
    row = await pool.fetchrow(query("parked_match"), match_id)
    return (None, None) if row is None or row["parked_at"] is None else (row["parked_reason"], row["parked_version"])


async def message(pool: Pool | Connection, match_id: str, version: int) -> Message:
    """One message of a log. Raises UnknownMatch, UnknownVersion."""
    match = await match_row(pool, match_id)
    row = await pool.fetchrow(query("log_message"), match_id, version)
    if row is None:
        raise UnknownVersion(f"The log of match '{match_id}' holds versions 1 to {match.version}, not {version}.")
    found = dict(row)
    skip = {name: found.pop(name) for name in ("skip_reason", "skip_principal", "skipped_at")}
    told = {"reason": skip["skip_reason"], "principal": skip["skip_principal"], "skipped_at": skip["skipped_at"]}
    return Message(
        match=match_id,
        skipped=None if skip["skipped_at"] is None else told,
        fields=msgspec.Raw(found.pop("fields").encode()),
        options=msgspec.json.decode(found.pop("options")),
        **found,
    )


async def neighbours(pool: Pool, about: Message) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The events before and after a message in match order, as they are known now, nearest in the middle."""
    place = (about.period, about.order_key, about.control, about.source_event_id)
    rows = [dict(r) for r in await pool.fetch(query("log_neighbours"), about.match, *place, about.version, NEIGHBOURS)]
    sides: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
    for row in rows:
        sides[row.pop("after")].append(row)
    return sides


async def skip(pool: Pool | Connection, match_id: str, version: int, reason: str, principal: str) -> Skip:
    """Leave a version out of every fold. Raises UnknownMatch, UnknownVersion, NotSkippable, UsageError (no reason)."""
    return await _decide(pool, "skip_event", match_id, version, reason, principal)


async def unskip(pool: Pool | Connection, match_id: str, version: int, reason: str, principal: str) -> Skip:
    """Take a skipped version back into the fold. Raises as `skip` does."""
    return await _decide(pool, "skip_undo", match_id, version, reason, principal)


async def retry(pool: Pool, match_id: str, principal: str) -> None:
    """Let a match be scored at once. Raises UnknownMatch."""
    async with pool.acquire() as connection, connection.transaction():
        if await connection.fetchval(query("skip_retry"), match_id) is None:
            raise UnknownMatch(match_id)
        await connection.execute(query("audit_event"), principal, "retry", match_id, "{}")


async def fix(pool: Pool, match_id: str, version: int, payload: bytes, reason: str, principal: str) -> Skip:
    """Put the right message in the place of a wrong one: append it as an amendment and skip that version, both or none.

    payload: one message of the provider that the version came from. The log keeps it under this principal. A later
    revision of the provider's own overtakes it.
    Raises as `skip` does; UsageError for a control event, another event's message, or one that says the same;
    UnreadableFile for what is no message of the provider.
    """
    wrong = await message(pool, match_id, version)
    right = _decoded(wrong, payload)
    match = await match_row(pool, match_id)
    stream = Stream(
        match_id=match_id,
        stream_id=wrong.stream_id,
        sport=match.sport,
        origin=match.origin,
        anchor_at=match.anchor_at,
        anchor_source=match.anchor_source,
        options=wrong.options,
    )
    held: Any
    async with pool.acquire() as held, held.transaction():
        await held.fetchrow(query("hold_cursor"), match_id)
        done = await append(held, stream, [right], "follow", principal)
        if not done.appended:
            raise UsageError(
                f"The message says what the log holds of event '{right.source_event_id}' already: nothing was changed. "
                "To leave a version out, `touchline matches skip`."
            )
        skipped = await skip(held, match_id, version, reason, principal)
        details = {
            "version": version,
            "source_event_id": right.source_event_id,
            "appended_version": done.first_version,
            "reason": reason,
        }
        told = msgspec.json.encode(details).decode()
        await held.execute(query("audit_event"), principal, "fix", match_id, told)
    return msgspec.structs.replace(skipped, appended=done.first_version)


def _decoded(wrong: Message, payload: bytes) -> FeedEvent:
    """The one message of the payload, read as the stream of the wrong one is read."""
    if wrong.control:
        raise UsageError(
            f"Version {wrong.version} is a control event ({wrong.type}), which has no provider's message: say it anew "
            "with `touchline matches load`, and skip the version."
        )
    feed = provider(wrong.provider)
    messages = list(feed.split(payload))
    if len(messages) != 1:
        raise UsageError(f"A fix is one message of {feed.name}, not {len(messages)}.")
    try:
        if not isinstance(messages[0], bytes):
            raise messages[0]
        right = feed.decode(messages[0], wrong.options)
    except DecodeError as exc:
        raise UnreadableFile(f"This is no message of {feed.name}: {exc.reason}") from None
    if right.source_event_id != wrong.source_event_id:
        raise UsageError(
            f"The message is of event '{right.source_event_id}'; version {wrong.version} is of '{wrong.source_event_id}'."
        )
    # Without a number of its own: it holds whatever the provider counted, until the provider counts on.
    return msgspec.structs.replace(right, revision=None)


async def _decide(pool: Pool | Connection, what: str, match_id: str, version: int, reason: str, principal: str) -> Skip:
    if not reason.strip():
        raise UsageError("Say why: --reason TEXT. It is kept with the decision.")
    await match_row(pool, match_id)
    with _told(match_id, version):
        row: Any = await pool.fetchrow(query(what), match_id, version, reason.strip(), principal)
    return Skip(match_id, version, row["source_event_id"], row["was_folded"])


@contextmanager
def _told(match_id: str, version: int) -> Iterator[None]:
    try:
        yield
    except asyncpg.PostgresError as exc:
        code = getattr(exc, "sqlstate", None)
        if code == "TL404":
            raise UnknownVersion(f"The log of match '{match_id}' holds no version {version}.") from None
        if code == "TL409":
            raise NotSkippable(f"Version {version} of match '{match_id}': {exc}.") from None
        raise
