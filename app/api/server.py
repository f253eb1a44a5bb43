"""Serving the application: uvicorn, with streams that end when the process is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator

import uvicorn

from app.api.app import create_app
from app.errors import TouchlineError, UsageError
from app.settings import Settings, variable

GRACE_S = 3
# What the kernel takes for a connection before it has sent it. Without a bound that is megabytes, and a client that
# stopped reading would find minutes of old frames there when it returns.
UNSENT_BYTES = 128 * 1024


class PortInUse(UsageError):
    """Somebody else listens there."""

    title = "The port is in use"
    exit_code = 1


def bind(settings: Settings) -> socket.socket:
    """The listening socket. Raises PortInUse, or UsageError for an address that is not this machine's."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        # Connections inherit it.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as exc:
        listening.close()
        if exc.errno == errno.EADDRINUSE:
            raise PortInUse(
                f"Port {settings.port} on {settings.host} is in use. Stop what listens there, "
                f"or choose another: {variable('port')}={settings.port + 1}."
            ) from None
        raise UsageError(f"Cannot listen on {settings.host}:{settings.port}: {exc.strerror}.") from None
    return listening


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
