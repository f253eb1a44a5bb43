"""HEAD: what GET would answer, without the body. A stream is not begun for it."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Scope, Send


def head_as_get(app: ASGIApp) -> ASGIApp:
    """Wrap an application that knows GET only."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await app(scope, receive, send)
            return
        begun = asyncio.Event()
        ended = False

        async def body_left_out(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                await send(message)
                begun.set()
            elif message["type"] == "http.response.body" and not message.get("more_body") and not ended:
                ended = True
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        async def leaving() -> Any:
            return {"type": "http.disconnect"} if begun.is_set() else await receive()

        await app({**scope, "method": "GET"}, leaving, body_left_out)  # pyright: ignore[reportArgumentType]
        if begun.is_set() and not ended:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return wrapped
