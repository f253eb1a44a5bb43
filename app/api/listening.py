"""The socket that the API listens on. Who starts it asks first whether that can be had, and imports nothing else of it."""

from __future__ import annotations

import errno
import socket

from app.errors import UsageError
from app.settings import Settings, variable

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
