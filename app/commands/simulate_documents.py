"""The polled half of a simulation: each match as a growing whole document on a port of loopback, with the answers of
a bad day when they are asked for."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from email.utils import formatdate, parsedate_to_datetime
from random import Random
from typing import Any

import msgspec
import uvicorn

from app.api.listening import PortInUse
from app.errors import UsageError
from app.feeds.faults import Rates, Send, Truth

HOST = "127.0.0.1"
SILENT_S = 30.0


class Served(msgspec.Struct):
    """How often each answer was given. silent: none, for SILENT_S; cut: shorter than its length; broken: no JSON."""

    whole: int = 0
    not_modified: int = 0
    unavailable: int = 0
    silent: int = 0
    cut: int = 0
    broken: int = 0


class Growing:
    """One match's document: what its sends have told so far."""

    def __init__(self, rates: Rates, seed: str) -> None:
        self._truth = Truth()
        self._stale = True
        self._changed_at = time.time()
        self._body = b""
        self._etag = ""
        self._rates = rates
        self._rng = Random(f"{seed} documents")

    def apply(self, send: Send) -> None:
        """Take one send in."""
        if self._truth.apply(send):
            self._stale = True
            self._changed_at = time.time()

    def current(self) -> tuple[bytes, dict[str, str]]:
        """The document as it is, and its headers."""
        if self._stale:
            self._body = document(self._truth.messages())
            self._etag = f'"{hashlib.blake2b(self._body, digest_size=12).hexdigest()}"'
            self._stale = False
        headers = {"etag": self._etag, "cache-control": "no-cache"}
        # A date has whole seconds: what may change within the same one must not be told by it.
        if time.time() - self._changed_at >= 1.0:
            headers["last-modified"] = formatdate(self._changed_at, usegmt=True)
        return self._body, headers

    def mishap(self) -> str | None:
        """Which of the bad answers this one is to be."""
        if self._rng.random() < self._rates.disconnect:
            return self._rng.choice(("unavailable", "silent", "cut"))
        return "broken" if self._rng.random() < self._rates.malformed else None


def document(messages: Sequence[bytes]) -> bytes:
    """Messages as one whole document."""
    return b"[\n" + b",\n".join(messages) + b"\n]\n"


class Documents:
    """The ASGI application: /{provider}/{match}."""

    def __init__(self) -> None:
        self.served = Served()
        self.growing: dict[str, Growing] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one question."""
        if scope["type"] != "http":
            return
        document = self.growing.get(scope["path"])
        if scope["method"] not in ("GET", "HEAD") or document is None:
            status = 404 if document is None else 405
            await _answer(send, status, b"no such document\n", {"content-type": "text/plain"})
            return
        body, headers = document.current()
        mishap = document.mishap()
        if mishap is not None:
            setattr(self.served, mishap, getattr(self.served, mishap) + 1)
            await _misbehave(mishap, body, receive, send)
        elif _known(scope, headers):
            self.served.not_modified += 1
            await _answer(send, 304, b"", headers)
        else:
            self.served.whole += 1
            head = scope["method"] == "HEAD"
            await _answer(send, 200, b"" if head else body, {**headers, "content-length": str(len(body))})


def _known(scope: Any, headers: dict[str, str]) -> bool:
    """Does the client have it already? An ETag decides where both are asked for (RFC 9110)."""
    asked = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
    if "if-none-match" in asked:
        return headers["etag"] in [t.strip().removeprefix("W/") for t in asked["if-none-match"].split(",")]
    if "if-modified-since" in asked and "last-modified" in headers:
        with contextlib.suppress(ValueError):
            since = parsedate_to_datetime(asked["if-modified-since"])
            return parsedate_to_datetime(headers["last-modified"]) <= since
    return False


async def _answer(send: Any, status: int, body: bytes, headers: dict[str, str]) -> None:
    told = {"content-type": "application/json", **headers}
    if status != 304:
        told.setdefault("content-length", str(len(body)))
    pairs = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


async def _misbehave(mishap: str, body: bytes, receive: Any, send: Any) -> None:
    if mishap == "unavailable":
        await _answer(send, 503, b"", {"retry-after": "1"})
    elif mishap == "broken":
        await _answer(send, 200, body[: len(body) // 2], {})
    elif mishap == "cut":
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        # That the body ends here makes the server close the connection.
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    else:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SILENT_S):
                while (await receive())["type"] != "http.disconnect":
                    pass


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # The command owns the signals.
        yield


@asynccontextmanager
async def serving(documents: Documents, port: int) -> AsyncIterator[int]:
    """Serve on loopback; gives the port (a free one for 0). Raises PortInUse, UsageError."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
        except OSError as exc:
            raise PortInUse(f"--poll-port {port} cannot be listened on: {exc.strerror}. Choose another.") from None
        except OverflowError:
            raise UsageError(f"--poll-port {port} is no port: 0 (any free one) to 65535.") from None
        config = uvicorn.Config(
            documents, log_config=None, log_level="critical", access_log=False, lifespan="off", timeout_graceful_shutdown=1
        )  # fmt: skip
        server = _Server(config)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            await running
