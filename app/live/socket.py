"""What goes over a WebSocket: frames of the hub as messages, and what a client may say. No transport here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from app.live.frames import HEARTBEAT, said
from app.live.ring import Page

# A client may say so much at once, and so much a second for as long as it likes. What costs us more counts more.
BURST = 60.0
A_SECOND = 10.0
COST = {"ping": 1.0, "pong": 1.0, "request_snapshot": 5.0}
COST_OF_NONSENSE = 5.0
PING = '{"type":"ping"}'
KNOWN = ", ".join(COST)

_encode = msgspec.json.Encoder().encode


class Heard(msgspec.Struct, frozen=True):
    """What a client said. reply: what it is answered, if anything."""

    kind: Literal["ping", "pong", "request_snapshot", "nonsense"]
    reply: str | None = None

    @property
    def cost(self) -> float:
        """How much of its allowance that takes."""
        return COST.get(self.kind, COST_OF_NONSENSE)


def messages(page: Page) -> Iterator[str]:
    """The messages of one write: one a frame, each its CloudEvent as it was encoded once for everyone."""
    if page.frames:
        for frame in page.frames:
            yield said(frame.wire).decode()
    elif page.wire == HEARTBEAT:
        yield PING
    else:
        # Snapshots and the like; the data of an event is one line. What has none is for browsers' EventSource alone.
        for event in page.wire.split(b"\n\n"):
            if b"\ndata: " in event:
                yield said(event + b"\n\n").decode()


def hear(text: str) -> Heard:
    """Read one message of a client, whatever it is."""
    try:
        message = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return _nonsense("not_json", "A message is a JSON object.")
    kind = message.get("type") if isinstance(message, dict) else None
    if not isinstance(kind, str):
        return _nonsense("no_type", f"A message is a JSON object with a `type`: {KNOWN}.")
    if kind == "ping":
        return Heard("ping", _encode(_pong(message.get("id"))).decode())
    if kind == "pong":
        return Heard("pong")
    if kind == "request_snapshot":
        return Heard("request_snapshot")
    return _nonsense("unknown_type", f"There is no type '{kind[:40]}'. Known: {KNOWN}.")


def _pong(id_: Any) -> dict[str, Any]:
    answer: dict[str, Any] = {"type": "pong", "at": datetime.now(UTC)}
    return {**answer, "id": id_} if isinstance(id_, str | int | float) else answer


def _nonsense(reason: str, detail: str) -> Heard:
    return Heard("nonsense", _encode({"type": "error", "reason": reason, "detail": detail}).decode())


class Allowance:
    """How much a client may say: a bucket that fills with time. clock: seconds, monotonic."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left = BURST
        self._at = clock()

    def take(self, cost: float) -> bool:
        """Take so much of it; False where that is more than is left."""
        now = self._clock()
        self._left = min(BURST, self._left + (now - self._at) * A_SECOND)
        self._at = now
        self._left -= cost
        return self._left >= 0
