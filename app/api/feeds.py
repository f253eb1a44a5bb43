"""Events coming in by push: one event, an array, or NDJSON of any provider."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, Request, post
from litestar.params import Parameter

from app.api.replies import Reply, reply
from app.api.state import Principal, Service
from app.errors import UnreadableFile
from app.feeds.base import provider as find_provider
from app.log.append import Stream, check_match_id
from app.log.ingest import ingest, open_events


class Feeds(Controller):
    """The push feed. A match that is not known yet begins with its first event."""

    path = "/v1/feeds"
    tags = ["feeds"]

    @post("/{provider:str}/{match_id:str}", summary="Push events of a match", status_code=200)
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
        body = await request.body()
        messages = list(feed.split(body))
        if not messages:
            raise UnreadableFile("The body holds no event.")
        stream = await _stream(service, feed, match_id, connection, principal.name)
        done = await ingest(service.pool, feed, stream, messages, "push", principal.name)
        return reply(request, done)


async def _stream(service: Service, feed: Any, match_id: str, connection: str, principal: str) -> Stream:
    """Open the stream once a process; a stream never changes once it is open."""
    key = (feed.name, match_id, connection)
    stream = service.streams.get(key)
    if stream is None:
        stream = await open_events(
            service.pool, feed, match_id, [], origin="live", connection=connection, principal=principal
        )
        service.streams[key] = stream
    return stream
