"""Events coming in by push: one event, an array, or NDJSON of any provider."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any

from litestar import Controller, Request, post
from litestar.params import Parameter

from app.api.bodies import OfAFeed
from app.api.replies import Reply, body_of, reply
from app.api.state import Principal, Service
from app.errors import UnknownMatch, UnreadableFile, UsageError
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
        stream = await _stream(service, feed, match_id, connection, principal.name)
        few = len(messages) <= FEW_MESSAGES
        try:
            done = await ingest(service.pool, feed, stream, messages, "push", principal.name, durable=not few)
        except UnknownMatch:
            # It was purged since its stream was opened; this is the first event of a new match.
            service.streams.pop(_key(service, feed, match_id, connection), None)
            stream = await _stream(service, feed, match_id, connection, principal.name)
            done = await ingest(service.pool, feed, stream, messages, "push", principal.name, durable=not few)
        if few:
            await service.durable.wait(match_id, done)
        return reply(request, done)


def _key(service: Service, feed: Any, match_id: str, connection: str) -> tuple[str, str, str, str]:
    # A database that was restored may give a stream's number to another one.
    return service.hub.epoch, feed.name, match_id, connection


async def _stream(service: Service, feed: Any, match_id: str, connection: str, principal: str) -> Stream:
    """Open the stream once a process; a stream never changes once it is open."""
    key = _key(service, feed, match_id, connection)
    stream = service.streams.get(key)
    if stream is None:
        stream = await open_events(
            service.pool, feed, match_id, [], origin="live", connection=connection, principal=principal
        )
        service.hub.scored.forget(match_id)
        if len(service.streams) >= KEPT_STREAMS:
            service.streams.clear()
        service.streams[key] = stream
    return stream
