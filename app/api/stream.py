"""The live stream over server-sent events: a raw ASGI answer, so that a frame is encoded once for everyone."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

import structlog
from litestar import Request, get
from litestar.params import Parameter
from litestar.types import ASGIApp, HTTPResponseBodyEvent, Receive, Scope, Send

from app.api.state import Principal, Service
from app.db.pool import UNREACHABLE
from app.errors import UsageError
from app.live.client import Client, Subscription, begin
from app.live.counters import counters
from app.live.ring import Filter
from app.sports.base import sports
from app.timing import stages

log = structlog.get_logger()
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"access-control-allow-origin", b"*"),
]
# uvicorn waits for room before it writes and not after. With nothing to write it only waits.
ROOM: HTTPResponseBodyEvent = {"type": "http.response.body", "body": b"", "more_body": True}


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
    await check_names(service, signal or [], event or [])
    wanted = Subscription(
        Filter(
            matches=tuple(dict.fromkeys(match)) if match else None,
            signals=frozenset(signal or ()),
            events=frozenset(event or ()),
        ),
        delay_s=delay_ms / 1000,
    )
    # Before the headers: an unknown match is a problem document, not a broken stream.
    last_id = request.headers.get("last-event-id") or last_event_id
    client = await begin(service.hub, wanted, last_id, service.settings.heartbeat_s)
    return _answer(service, client)


async def check_names(service: Service, asked_signals: list[str], asked_events: list[str]) -> None:
    """A filter that nothing can ever pass is a typing mistake."""
    if asked_signals:
        known = await service.hub.known.signals(asked_signals)
        if unknown := [s for s in asked_signals if s not in known]:
            raise UsageError(f"'{unknown[0]}' is no signal. Known: {', '.join(sorted(known))}.")
    types = [t for sport in sports().values() for t in (*sport.feed_types, *sport.control_types)]
    if unknown := [e for e in asked_events if e not in types]:
        raise UsageError(f"'{unknown[0]}' is no type of event. Known: {', '.join(types)}.")


def _answer(service: Service, client: Client) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        service.hub.clients += 1
        tasks: list[asyncio.Task[None]] = []
        try:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            tasks = [asyncio.create_task(_send(send, client)), asyncio.create_task(_gone(receive))]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            service.hub.clients -= 1
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            client.leave()

    return app


async def _send(send: Send, client: Client) -> None:
    """Write until the stream ends. The next write is made once there is room for it: a slow client holds up itself,
    and costs the transport's buffer (64 KiB) and one write at most."""
    try:
        while (page := await client.next()) is not None:
            await send({"type": "http.response.body", "body": page.wire, "more_body": True})
            if page.since is not None:
                stages["write"].note(time.monotonic() - page.since)
            counters.wrote(len(page.frames), len(page.wire))
            await send(ROOM)
    except UNREACHABLE as exc:
        # The client reconnects with its last id and misses nothing.
        log.info("stream.cut", error=str(exc) or type(exc).__name__)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
