"""The live stream over server-sent events: a raw ASGI answer, so that a frame is encoded once for everyone."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Annotated, Any

import structlog
from litestar import Request, get
from litestar.params import Parameter
from litestar.types import ASGIApp, Receive, Scope, Send

from app.api.state import Principal, Service
from app.db.pool import UNREACHABLE
from app.db.sql import query
from app.errors import UsageError
from app.live.client import Subscription, stream
from app.sports.base import sports

log = structlog.get_logger()
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"access-control-allow-origin", b"*"),
]


@get("/v1/stream", tags=["live"], summary="Live frames (server-sent events)", media_type="text/event-stream")
async def live_stream(
    request: Request[Any, Any, Any],
    service: Service,
    principal: Principal,
    match: Annotated[list[str] | None, Parameter(query="match", description="match ids; none: all matches")] = None,
    signal: Annotated[list[str] | None, Parameter(query="signal", description="only these signals")] = None,
    event: Annotated[list[str] | None, Parameter(query="event", description="only these types of events")] = None,
    delay_ms: Annotated[
        int, Parameter(ge=0, le=600_000, description="how much later than published everything arrives, milliseconds")
    ] = 0,
    last_event_id: Annotated[
        str | None, Parameter(query="last_event_id", description="as the header Last-Event-ID, for clients without it")
    ] = None,
) -> ASGIApp:
    """State first (`snapshot`), then changes. With `Last-Event-ID`, every later frame once, or one `resync`."""
    known = {"match", "signal", "event", "delay_ms", "last_event_id", "token"}
    if unknown := [name for name in request.query_params if name not in known]:
        raise UsageError(f"The stream knows no '{unknown[0]}'. Known: {', '.join(sorted(known))}.")
    await _check_names(service, signal or [], event or [])
    wanted = Subscription(
        matches=tuple(dict.fromkeys(match)) if match else None,
        signals=frozenset(signal or ()),
        events=frozenset(event or ()),
        delay_s=delay_ms / 1000,
    )
    chunks = stream(
        service.hub,
        wanted,
        request.headers.get("last-event-id") or last_event_id,
        service.settings.heartbeat_s,
    )
    # The first bytes come before the headers: an unknown match is a problem document, not a broken stream.
    first = await anext(chunks)
    return _answer(service, first, chunks)


async def _check_names(service: Service, asked_signals: list[str], asked_events: list[str]) -> None:
    """A filter that nothing can ever pass is a typing mistake."""
    if asked_signals:
        known = sorted({r["signal"] for r in await service.pool.fetch(query("catalogue"))})
        if unknown := [s for s in asked_signals if s not in known]:
            raise UsageError(f"'{unknown[0]}' is no signal. Known: {', '.join(known)}.")
    types = [t for sport in sports().values() for t in (*sport.feed_types, *sport.control_types)]
    if unknown := [e for e in asked_events if e not in types]:
        raise UsageError(f"'{unknown[0]}' is no type of event. Known: {', '.join(types)}.")


def _answer(service: Service, first: bytes, chunks: Any) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        sender = asyncio.create_task(_send(send, first, chunks))
        leaver = asyncio.create_task(_gone(receive))
        service.hub.clients += 1
        try:
            await asyncio.wait((sender, leaver), return_when=asyncio.FIRST_COMPLETED)
        finally:
            service.hub.clients -= 1
            service.hub.forget_idle_rings()
            for task in (sender, leaver):
                task.cancel()
            await asyncio.gather(sender, leaver, return_exceptions=True)

    return app


async def _send(send: Send, first: bytes, chunks: Any) -> None:
    """Write until the stream ends. `send` waits while the client's buffer is full: a slow client holds up itself."""
    async with aclosing(chunks):
        await send({"type": "http.response.body", "body": first, "more_body": True})
        try:
            async for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except UNREACHABLE as exc:
            # The client reconnects with its last id and misses nothing.
            log.info("stream.cut", error=str(exc) or type(exc).__name__)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
