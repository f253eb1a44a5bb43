"""A WebSocket that is refused before it is open is answered as any request: with a problem document."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import HANDLERS, MEDIA_TYPE

_WHY = "touchline.refused"


async def note_refusal(exc: Exception, scope: Scope) -> None:
    """Keep why. To be an `after_exception` of the application, which tells a socket no more than a number."""
    if scope["type"] == "websocket":
        scope[_WHY] = exc  # pyright: ignore[reportGeneralTypeIssues]


def refusals_as_problems(app: ASGIApp) -> ASGIApp:
    """Wrap an application: where it closes a socket that it has not accepted, the handshake gets the answer that a GET
    would have got."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await app(scope, receive, send)
            return
        begun = False

        async def say(message: Message) -> None:
            nonlocal begun
            if begun or message["type"] != "websocket.close":
                begun = True
                await send(message)
                return
            begun = True
            await _answer(scope, receive, send)

        await app(scope, receive, say)

    return wrapped


async def _answer(scope: Any, receive: Receive, send: Any) -> None:
    exc = scope.get(_WHY) or RuntimeError("a socket was closed before it was open")
    handler = next(HANDLERS[kind] for kind in type(exc).__mro__ if kind in HANDLERS)
    as_a_get: Any = {**scope, "type": "http", "method": "GET"}
    response = handler(Request(as_a_get, receive, send), exc)
    headers = [(k.lower().encode("latin-1"), str(v).encode("latin-1")) for k, v in response.headers.items()]
    headers.append((b"content-type", MEDIA_TYPE.encode()))
    await send({"type": "websocket.http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": response.content, "more_body": False})
