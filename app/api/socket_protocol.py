"""WebSockets on uvicorn, with an end to what a client can make this process hold or do."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

# What clients have to say is a line or two. A message that is larger closes its connection (1009).
MOST_MESSAGE_BYTES = 4096
# A message may come in so many pieces: empty ones cost no bytes of it, and are held all the same.
MOST_PIECES = 64
# Pings that are answered while the client takes nothing. A good one sends its next ping after the answer.
MOST_UNREAD_PONGS = 100
# Whoever does not take the end of a connection within this time is cut off, seconds.
LINGER_S = 10.0


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn answers pings whether or not there is room, keeps pieces without counting them, and logs a stack trace of
    text that is none. And at the end of the service it cuts a connection off that still has frames to come."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._unread_pongs = 0

    def resume_writing(self) -> None:
        self._unread_pongs = 0
        super().resume_writing()

    def handle_ping(self) -> None:
        if not self.writable.is_set():
            self._unread_pongs += 1
            if self._unread_pongs > MOST_UNREAD_PONGS:
                self.transport.abort()
                return
        super().handle_ping()

    def handle_cont(self, event: Any) -> None:
        if len(self.frames) >= MOST_PIECES:
            self._fail(1008, "too many pieces")
            return
        super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self._fail(1007, "text is UTF-8")
                return
        super().send_receive_event_to_app()

    def _fail(self, code: int, reason: str) -> None:
        self.frames = []
        if self.close_sent:
            return
        self.conn.fail(code, reason)
        self.handle_parser_exception()

    async def send(self, message: Any) -> None:
        try:
            await super().send(message)
        except RuntimeError:
            # Closed for what the client sent, while the stream went on: to the stream the client is gone.
            if self.close_sent:
                raise ClientDisconnected from None
            raise

    def handle_parser_exception(self) -> None:
        if self.conn.close_sent is None:
            # It was wrong before it was open: there is nothing to close with a word.
            self.transport.abort()
            return
        super().handle_parser_exception()

    def shutdown(self) -> None:
        if self.handshake_complete and not self.close_sent:
            # Its stream ends by itself, after what was read.
            return
        super().shutdown()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        super().on_task_complete(task)
        self.loop.call_later(LINGER_S, self.transport.abort)
