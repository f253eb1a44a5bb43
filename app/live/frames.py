"""Frames as they go over the wire: a CloudEvents 1.0 object in a server-sent event, encoded once for everyone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from time import monotonic
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode
HEARTBEAT = b": ping\n\n"
# `cloud_event` in `sse`, written out: a frame is put together in one go.
_FRAME = (
    b'id: %b\nevent: %b\ndata: {"specversion":"1.0","id":"%b","source":%b,"type":"touchline.%b","time":%b,'
    b'"datacontenttype":"application/json","data":%b,"published_at":%b%b}}\n\n'
)


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One published frame. `wire` is the whole server-sent event; `read_at`, monotonic, when this process read it.
    was_type: of an event that was of another type before, or is taken back, what it was."""

    seq: int
    match: str
    event: str
    signal: str | None
    event_type: str | None
    was_type: str | None
    published_at: float
    wire: bytes
    read_at: float


def sse(event_id: str, event: str, data: bytes) -> bytes:
    """One server-sent event; data is one line of JSON."""
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (event_id.encode(), event.encode(), data)


def said(wire: bytes) -> bytes:
    """The data of one server-sent event of ours: the CloudEvent alone, as it was encoded."""
    return wire[wire.index(b"\ndata: ") + 7 : -2]


def cloud_event(event_id: str, match: str, kind: str, time: datetime, data: bytes) -> bytes:
    """A CloudEvents 1.0 object in structured JSON."""
    head = _encode(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": f"/v1/matches/{match}",
            "type": f"touchline.{kind}",
            "time": time,
            "datacontenttype": "application/json",
        }
    )
    return b'%b,"data":%b}' % (head[:-1], data)


@lru_cache(1024)
def _source(match: str) -> bytes:
    return _encode(f"/v1/matches/{match}")


@lru_cache(64)
def _moment(at: datetime) -> tuple[bytes, float]:
    """The frames of one commit have one time: it is encoded once for them."""
    return _encode(at), at.timestamp()


def from_row(epoch: str, row: Mapping[str, Any]) -> Frame:
    """The frame of one row of signal.publication. processing_ms is the time from recorded to published."""
    seq, match, event, signal, event_type, was_type = (
        row["pub_seq"], row["match_id"], row["event"], row["signal"], row["event_type"], row["was_type"],
    )  # fmt: skip
    published_at: datetime = row["published_at"]
    recorded_at: datetime | None = row["recorded_at"]
    moment, published_s = _moment(published_at)
    took = b""
    if recorded_at is not None:
        took = b',"processing_ms":%b' % repr(round((published_at - recorded_at).total_seconds() * 1000, 3)).encode()
    event_id = f"{epoch}-{seq}".encode()
    kind = event.encode()
    body = row["body"].encode()[:-1]
    wire = _FRAME % (event_id, kind, event_id, _source(match), kind, moment, body, moment, took)
    return Frame(seq, match, event, signal, event_type, was_type, published_s, wire, monotonic())
