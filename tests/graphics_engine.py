"""A graphics engine for tests: a real HTTP server that can fail, stall, hang up, be slow, and recover."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Mode = Literal["well", "fail", "refuse", "redirect", "stall", "reset", "slow", "drip"]
SLOW_S = 0.3


class Engine(ThreadingHTTPServer):
    """What it has taken is in `taken`, in order; `posts` counts every post. It does what `mode` says."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.mode: Mode = "well"
        self.taken: list[dict[str, Any]] = []
        self.posts = 0
        self.moved = 0
        self.ending = threading.Event()
        self.connections: set[socket.socket] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/graphics"

    def of(self, graphic: str) -> list[dict[str, Any]]:
        """What one graphic was told."""
        return [c for c in list(self.taken) if c["graphic"] == graphic]

    def last(self, graphic: str) -> dict[str, Any]:
        """What a graphic shows; nothing of it before it was told anything."""
        return (self.of(graphic) or [{}])[-1]

    def stop(self) -> None:
        """End it as a crash does: nobody is answered any more."""
        self.ending.set()
        self.shutdown()
        self.server_close()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients hang up here on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Engine  # pyright: ignore[reportIncompatibleVariableOverride]

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        engine, mode = self.server, self.server.mode
        if self.path != "/graphics":
            engine.moved += 1
        engine.posts += 1
        if mode == "stall":
            # Taken or not, nobody is told.
            engine.ending.wait(5)
            self.close_connection = True
            return
        if mode == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        if mode == "slow":
            time.sleep(SLOW_S)
        if mode in ("well", "slow", "drip"):
            assert self.headers["Content-Type"] == "application/json"
            engine.taken.append(json.loads(body))
        status = {"fail": 500, "refuse": 404, "redirect": 307}.get(mode, 200)
        self.send_response(status)
        if mode == "redirect":
            self.send_header("Location", engine.url.replace("/graphics", "/elsewhere"))
        if mode == "drip":
            # An answer without an end.
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            while not engine.ending.wait(0.05):
                self.wfile.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            return
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Not on the terminal."""


@contextmanager
def engine(port: int = 0) -> Iterator[Engine]:
    """One that runs until the end of the block."""
    made = Engine(port)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        if not made.ending.is_set():
            made.stop()


def assert_ordered(commands: list[dict[str, Any]]) -> None:
    """Of each graphic no number is below one before it, and one number always says the same."""
    said: dict[tuple[str, int], dict[str, Any]] = {}
    last: dict[str, int] = {}
    for command in commands:
        graphic, number = command["graphic"], command["sequence"]
        assert number >= last.get(graphic, 0)
        last[graphic] = number
        assert said.setdefault((graphic, number), command) == command
