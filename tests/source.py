"""A source of documents for tests: a server on loopback that gives exactly the answers it was told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Source:
    """Gives one answer after the other, byte for byte, and closes the connection each time; remembers the questions.

    When no answer is left it gives `always`, or, without one, says nothing until the client is tired of it. With
    `knows_conditions`, whoever has what `always` has (by its ETag) is told that nothing has changed.
    """

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.always: bytes | None = None
        self.knows_conditions = False
        self.asked: list[dict[str, str]] = []
        self.url = ""
        self.open: set[asyncio.Task[None]] = set()

    def will(self, status: str, body: bytes = b"", length: int | None = -1, **headers: str) -> None:
        """Answer so next. length: what Content-Length says, None for nothing; by default the truth."""
        lines = [
            f"HTTP/1.1 {status}",
            *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items()),
            "Connection: close",
        ]
        if length is not None:
            lines.append(f"Content-Length: {len(body) if length < 0 else length}")
        self.answers.append("\r\n".join([*lines, "", ""]).encode() + body)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        task = asyncio.current_task()
        assert task is not None
        self.open.add(task)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        self.asked.append({k.lower(): v for k, v in (line.split(": ", 1) for line in head)})
        answer = self.answers.pop(0) if self.answers else self.always
        known = self.asked[-1].get("if-none-match")
        if self.knows_conditions and known is not None and answer is not None and f"ETag: {known}".encode() in answer:
            answer = b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"
        if answer is not None:
            writer.write(answer)
            await writer.drain()
        else:
            await reader.read()
        writer.close()


@asynccontextmanager
async def serving() -> AsyncIterator[Source]:
    """A source that listens."""
    made = Source()
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/match"
    async with server:
        yield made
    await asyncio.gather(*made.open)
