"""A small reader of server-sent events for tests, strict about their grammar."""

from __future__ import annotations

import json
import re
import socket
import time
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class Sent:
    """One server-sent event. A comment has the event `comment`."""

    id: str
    event: str
    cloud: dict[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        """The data of the CloudEvent."""
        return self.cloud.get("data", {})

    @property
    def seq(self) -> int:
        """The number in the id."""
        return int(self.id.rpartition("-")[2])


# The same frame comes to many streams.
@lru_cache(maxsize=2048)
def _event(*lines: str) -> Sent:
    assert [line.partition(": ")[0] for line in lines] == ["id", "event", "data"], lines
    event_id, event, data = (line.partition(": ")[2] for line in lines)
    assert re.fullmatch(r"[0-9a-f]+-\d+", event_id), event_id
    assert event in ("snapshot", "event", "signal", "correction", "withdrawn", "resync", "end")
    cloud = json.loads(data)
    assert cloud.keys() == {"specversion", "id", "source", "type", "time", "datacontenttype", "data"}
    assert (cloud["specversion"], cloud["id"], cloud["type"]) == ("1.0", event_id, f"touchline.{event}")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", cloud["time"])
    return Sent(event_id, event, cloud)


class Stream:
    """One open stream over a socket of our own, so that nothing reads ahead of the test."""

    def __init__(
        self, port: int, query: str = "", last_id: str | None = None, receive_buffer: int = 0, patience_s: float = 20
    ) -> None:
        self._socket = socket.socket()
        if receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(patience_s)
        self._socket.connect(("127.0.0.1", port))
        head = f"GET /v1/stream?{query} HTTP/1.1\r\nHost: localhost\r\n"
        self._socket.sendall((head + (f"Last-Event-ID: {last_id}\r\n" if last_id else "") + "\r\n").encode())
        self._file = self._socket.makefile("rb")
        self._text = b""
        self._lines: deque[bytes] = deque()
        self._patience_s = patience_s
        self.status = 0
        self.ended = False  # by the last chunk; a connection that was cut has none
        self.headers: dict[str, str] = {}

    def open(self) -> Stream:
        """Read the head of the answer."""
        self.status = int(self._file.readline().split()[1])
        while (line := self._file.readline().strip()) != b"":
            name, _, value = line.decode().partition(": ")
            self.headers[name.lower()] = value
        return self

    def __enter__(self) -> Stream:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()

    def _line(self) -> bytes:
        """One line of the body, which comes in chunks; nothing at the end of the body or of the connection."""
        while not self._lines:
            size = self._file.readline()
            length = int(size, 16) if size.strip() else 0
            if length == 0:
                self.ended = size.strip() == b"0"
                return b""
            *whole, self._text = (self._text + self._file.read(length)).split(b"\n")
            self._lines.extend(whole)
            self._file.readline()
        return self._lines.popleft() + b"\n"

    def next(self) -> Sent | None:
        """The next event or comment; None at the end of the stream."""
        lines: list[str] = []
        while True:
            line = self._line()
            if not line:
                assert not lines, f"cut in the middle: {lines}"
                return None
            text = line.decode()
            assert text.endswith("\n")
            if text != "\n":
                lines.append(text[:-1])
                continue
            if not lines or lines == ["retry: 1000"]:
                lines = []
                continue
            if lines[0].startswith(":"):
                assert len(lines) == 1
                return Sent("", "comment", {})
            return _event(*lines)

    def frame(self) -> Sent:
        """The next event, comments left out."""
        end = time.monotonic() + self._patience_s
        while True:
            found = self.next()
            assert found is not None, "the stream has ended"
            assert time.monotonic() < end, "nothing but comments"
            if found.event != "comment":
                return found

    def frames(self, count: int) -> list[Sent]:
        """So many events."""
        return [self.frame() for _ in range(count)]

    def until_end(self, match: str) -> list[Sent]:
        """Everything up to the frame that says the match is over."""
        found = [self.frame()]
        while not (found[-1].event == "end" and found[-1].data["match"] == match):
            found.append(self.frame())
        return found

    def rest(self) -> list[Sent]:
        """Everything up to the end of the body or of the connection, comments left out."""
        found: list[Sent] = []
        while (sent := self.next()) is not None:
            if sent.event != "comment":
                found.append(sent)
        return found

    def quiet(self) -> list[Sent]:
        """Everything up to the next comment but one: nothing more was there."""
        found: list[Sent] = []
        comments = 0
        while comments < 2:
            sent = self.next()
            assert sent is not None
            if sent.event == "comment":
                comments += 1
            else:
                found.append(sent)
                comments = 0
        return found
