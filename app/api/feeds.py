"""Events coming in by push: one event, an array, NDJSON or an XML document, as its provider has it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Annotated, Any

from litestar import Controller, Request, post
from litestar.params import Parameter

from app.api.bodies import OfAFeed
from app.api.replies import Reply, body_of, reply
from app.api.state import Principal, Service
from app.errors import UnknownMatch, UnreadableFile, UsageError
from app.feeds.base import Provider
from app.feeds.base import provider as find_provider
from app.log.append import Stream, check_match_id
from app.log.ingest import ingest, may_begin, open_events, refuse

# A whole match is some 4,000; a body of nothing but line breaks and brackets must not keep us busy for long.
MOST_MESSAGES = 50_000
KEPT_STREAMS = 10_000
# So few are scored at once, and their scorer's commit makes them durable; more wait for the disk by themselves.
FEW_MESSAGES = 16


class TooManyMessages(UsageError):
    """One body holds more messages than are taken at once."""

    status = 413
    title = "Too many messages"


class Feeds(Controller):
    """The push feed. A match that is not known yet begins with its first event."""

    path = "/v1/feeds"
    tags = ["feeds"]

    @post("/{provider:str}/{match_id:str}", summary="Push events of a match", status_code=200, operation_class=OfAFeed)
    async def push(
        self,
        request: Request[Any, Any, Any],
        service: Service,
        principal: Principal,
        provider: str,
        match_id: str,
        connection: Annotated[
            str, Parameter(pattern="^[a-z0-9_-]{1,40}$", description="name of a redundant connection")
        ] = "main",
    ) -> Reply:
        """Answers once everything is durable: in the log, known already, or in quarantine with its reason."""
        feed = find_provider(provider)
        check_match_id(match_id)
        service.pressure.admit()
        messages = list(islice(feed.split(await body_of(request)), MOST_MESSAGES + 1))
        if not messages:
            raise UnreadableFile("The body holds no event.")
        if len(messages) > MOST_MESSAGES:
            raise TooManyMessages(f"The body holds more than {MOST_MESSAGES} messages: cut it up.")
        if _key(service, feed, match_id, connection) not in service.streams and not await may_begin(
            service.pool, feed, match_id, messages
        ):
            return reply(request, await refuse(service.pool, feed, match_id, messages, principal.name))
        stream = await _stream(service, feed, match_id, connection, principal.name, messages)
        few = len(messages) <= FEW_MESSAGES
        try:
            done = await ingest(service.pool, feed, stream, messages, "push", principal.name, durable=not few)
        except UnknownMatch:
            # It was purged since its stream was opened; this is the first event of a new match.
            service.streams.pop(_key(service, feed, match_id, connection), None)
            stream = await _stream(service, feed, match_id, connection, principal.name, messages)
            done = await ingest(service.pool, feed, stream, messages, "push", principal.name, durable=not few)
        if few:
            await service.durable.wait(match_id, done)
        return reply(request, done)


def _key(service: Service, feed: Provider, match_id: str, connection: str) -> tuple[str, str, str, str]:
    # A database that was restored may give a stream's number to another one.
    return service.hub.epoch, feed.name, match_id, connection


async def _stream(
    service: Service,
    feed: Provider,
    match_id: str,
    connection: str,
    principal: str,
    messages: Sequence[bytes | Exception],
) -> Stream:
    """Open the stream once a process, as it never changes once it is open; each time where its provider learns from
    messages, as another process may have learned since."""
    key = _key(service, feed, match_id, connection)
    known = service.streams.get(key)
    if known is not None and feed.learn is None:
        return known
    told = [] if feed.learn is None else [m for m in messages if isinstance(m, bytes)]
    stream = await open_events(
        service.pool, feed, match_id, told, origin="live", connection=connection, principal=principal
    )
    if known is None or known.stream_id != stream.stream_id:
        service.hub.scored.forget(match_id)
        if len(service.streams) >= KEPT_STREAMS:
            service.streams.clear()
    service.streams[key] = stream
    return stream
