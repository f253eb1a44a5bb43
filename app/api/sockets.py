"""The WebSocket twin of the stream: the same frames of the same hub, for clients that need a socket."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

import structlog
from litestar import WebSocket, websocket
from litestar.exceptions import WebSocketException
from litestar.params import Parameter
from uvicorn.protocols.utils import ClientDisconnected

from app.api.state import Service
from app.api.stream import check_names
from app.db.pool import UNREACHABLE
from app.errors import UnknownMatch
from app.live.client import Client, Subscription, begin
from app.live.counters import counters
from app.live.ring import Filter
from app.live.socket import Allowance, hear, messages
from app.timing import stages

log = structlog.get_logger()
Socket = WebSocket[Any, Any, Any]
# uvicorn waits for room before it writes and not after. With nothing to write it only waits.
ROOM: Any = {"type": "websocket.send"}
# RFC 6455, 7.4.1.
UNSUPPORTED, POLICY, FAULT, RESTART, LATER = 1003, 1008, 1011, 1012, 1013
CLOSE_S = 2.0
_GONE = (ClientDisconnected, WebSocketException)


@websocket("/v1/ws/matches/{match_id:str}")
async def live_socket(
    socket: Socket,
    match_id: str,
    signal: Annotated[list[str] | None, Parameter(query="signal", description="only these signals")] = None,
    event: Annotated[list[str] | None, Parameter(query="event", description="only these types of events")] = None,
    delay_ms: Annotated[
        int, Parameter(ge=0, le=600_000, description="how much later than published everything arrives, milliseconds")
    ] = 0,
    last_event_id: Annotated[
        str | None, Parameter(query="last_event_id", description="go on after this id of a frame")
    ] = None,
) -> None:
    """State first (`snapshot`), then changes, a CloudEvent a message. With `last_event_id`, every later frame once, or one
    `resync`. A match that does not exist closes with 1008."""
    service: Service = socket.app.state.service
    await check_names(service, signal or [], event or [])
    wanted = Subscription(
        Filter(matches=(match_id,), signals=frozenset(signal or ()), events=frozenset(event or ())), delay_ms / 1000
    )
    asked = asyncio.Event()
    try:
        client = await begin(service.hub, wanted, last_event_id, service.settings.heartbeat_s, asked)
    except UnknownMatch as exc:
        # A browser is told nothing of a handshake that fails; of a close it is.
        await socket.accept()
        await _close(socket, POLICY, str(exc))
        return
    try:
        service.hub.clients += 1
        counters.sockets += 1
        await socket.accept()
        await _serve(socket, client, asked)
    except _GONE:
        pass
    finally:
        service.hub.clients -= 1
        counters.sockets -= 1
        client.leave()


async def _serve(socket: Socket, client: Client, asked: asyncio.Event) -> None:
    tasks = [asyncio.create_task(_write(socket, client)), asyncio.create_task(_listen(socket, asked))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        end = next(t for t in tasks if t.done()).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if end is not None:
        await _close(socket, *end)


async def _write(socket: Socket, client: Client) -> tuple[int, str] | None:
    """Write until the stream ends. The next write is made once there is room for it, as on the stream: a slow client
    holds up itself, and costs the transport's buffer (64 KiB) and one message. Returns how to close."""
    try:
        while (page := await client.next()) is not None:
            size = 0
            for text in messages(page):
                size += len(text)
                await socket.send({"type": "websocket.send", "text": text, "bytes": None})
            if page.since is not None:
                stages["write"].note(time.monotonic() - page.since)
            counters.wrote(len(page.frames), size)
            await socket.send(ROOM)
    except _GONE:
        return None
    except UNREACHABLE as exc:
        log.info("socket.cut", error=str(exc) or type(exc).__name__)
        return LATER, "The database does not answer. Come back with the last id: nothing is missed."
    except Exception:
        log.exception("socket.fault")
        return FAULT, "A fault in Touchline. Come back with the last id: nothing is missed."
    return RESTART, "This process stops. Come back with the last id: nothing is missed."


async def _listen(socket: Socket, asked: asyncio.Event) -> tuple[int, str] | None:
    """Take what the client says until it says too much or is gone. An answer waits for room, and so does what it says
    next. Returns how to close."""
    allowance = Allowance()
    while True:
        message: Any = await socket.receive()
        if message["type"] != "websocket.receive":
            return None
        if message.get("text") is None:
            counters.sockets_refused += 1
            return UNSUPPORTED, "Messages are text: JSON objects."
        heard = hear(message["text"])
        if not allowance.take(heard.cost):
            counters.sockets_refused += 1
            return POLICY, "Too many messages."
        if heard.kind == "request_snapshot":
            asked.set()
        if heard.reply is not None:
            try:
                await socket.send({"type": "websocket.send", "text": heard.reply, "bytes": None})
            except _GONE:
                return None


async def _close(socket: Socket, code: int, reason: str) -> None:
    """Close, unless the client takes nothing any more: then the connection is cut off (`SocketProtocol`)."""
    try:
        async with asyncio.timeout(CLOSE_S):
            # RFC 6455, 5.5: a control frame holds 125 bytes, two of them the code.
            await socket.close(code, reason.encode()[:123].decode(errors="ignore"))
    except (TimeoutError, *_GONE):
        pass
