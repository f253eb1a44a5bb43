"""Serving the application: uvicorn, with streams that end when the process is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn

from app.api.app import create_app
from app.api.listening import bind
from app.api.socket_protocol import MOST_MESSAGE_BYTES, SocketProtocol
from app.errors import TouchlineError
from app.settings import Settings

GRACE_S = 3


class _Server(uvicorn.Server):
    """Ends open streams first, so that stopping does not wait for clients that never leave."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        state = getattr(self.config.app, "state", None)
        service = None if state is None else state.get("service")
        if service is not None:
            service.hub.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # The caller owns the signals.
        yield


def server(settings: Settings, dsn: str) -> uvicorn.Server:
    """The server of one API process, for `serve(sockets=[bind(settings)])`."""
    config = uvicorn.Config(
        create_app(settings, dsn),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=30,
        server_header=False,
        lifespan="on",
        ws=SocketProtocol,
        ws_max_size=MOST_MESSAGE_BYTES,
        # Compression would be done anew for every client, and holds memory for each. Whether a client still lives shows
        # as on the stream: by the heartbeats that it takes.
        ws_per_message_deflate=False,
        ws_ping_interval=None,
    )
    return _Server(config)


async def serve(settings: Settings, dsn: str, stop: asyncio.Event) -> None:
    """Serve until `stop` is set."""
    listening = bind(settings)
    serving = server(settings, dsn)
    running = asyncio.create_task(serving.serve(sockets=[listening]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
    serving.should_exit = True
    await running
    stopping.cancel()
    if not serving.started:
        raise TouchlineError("The API did not start; the lines above say why.")
