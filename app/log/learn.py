"""What a stream's messages say of how the others are to be read, for providers that have such messages (`Provider.learn`).

The options of such a stream always follow from what the log holds of the provider: not from the order in which messages
came, and not from one that was amended or taken back. When they change, every message that holds is decoded anew, and what
has become another event is appended as an amendment. So a kick-off that comes late, or is corrected, leaves the log as it
would be had it come first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.errors import DecodeError, UnknownMatch
from app.feeds.base import FeedEvent, Provider
from app.log.append import Appended, Stream, append, hash_of


def provisional(provider: Provider, stream: Stream, messages: Sequence[bytes | Exception]) -> Stream:
    """The stream with the options that hold once these messages are in the log, as far as can be said before."""
    if provider.learn is None:
        return stream
    options = provider.learn(stream.options, [m for m in messages if isinstance(m, bytes)])
    return stream if options == stream.options else msgspec.structs.replace(stream, options=dict(options))


async def settle(
    pool: Pool, provider: Provider, stream: Stream, used: Stream, left_out: bool, principal: str
) -> Appended | None:
    """Bring the stored options to what the log holds now, and events to what these options make of them.

    used: the stream as messages were just decoded; left_out: a whole document left something out. None where nothing had
    to be looked at: the options are those that were used, and nobody has changed them meanwhile. Whoever changes them
    holds the match, so that what was appended before is read anew by him, and what comes after sees it here.
    """
    row = await pool.fetchrow(query("stream_options"), stream.match_id, stream.stream_id)
    if row is None:
        raise UnknownMatch(stream.match_id)
    stored: dict[str, Any] = msgspec.json.decode(row["options"])
    if stored == used.options and not left_out:
        return None
    held: Any
    async with pool.acquire() as held, held.transaction():
        await held.fetchrow(query("hold_match"), stream.match_id)
        row = await held.fetchrow(query("stream_options"), stream.match_id, stream.stream_id)
        rows = await held.fetch(query("held_raw"), stream.match_id, provider.name)
        options = dict(provider.stream_options([r["raw"] for r in rows]))
        if row is not None and options != msgspec.json.decode(row["options"]):
            told = msgspec.json.encode(options).decode()
            await held.execute(query("set_stream_options"), stream.match_id, provider.name, told)
        elif options == used.options:
            return None
        now = msgspec.structs.replace(stream, options=options)
        return await append(held, now, await _changed(provider, now, rows), "follow", principal)


async def _changed(provider: Provider, stream: Stream, rows: Sequence[Any]) -> list[FeedEvent]:
    """What holds and is another event with these options than the one that the log has."""
    changed: list[FeedEvent] = []
    for count, row in enumerate(rows):
        if count % 100 == 0:
            await asyncio.sleep(0)
        try:
            event = provider.decode(row["raw"], stream.options)
        except DecodeError:
            # It was read before, and stays as it was read.
            continue
        if event.source_event_id == row["source_event_id"] and hash_of(event) != row["content_hash"]:
            changed.append(event)
    return changed
