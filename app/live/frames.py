"""Frames as they go over the wire: a CloudEvents 1.0 object in a server-sent event, encoded once for everyone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode
HEARTBEAT = b": ping\n\n"


class Frame(msgspec.Struct, frozen=True):
    """One published frame. `wire` is the whole server-sent event."""

    seq: int
    match: str
    event: str
    signal: str | None
    event_type: str | None
    published_at: float
    wire: bytes


def sse(event_id: str, event: str, data: bytes) -> bytes:
    """One server-sent event; data is one line of JSON."""
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (event_id.encode(), event.encode(), data)


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


def from_row(epoch: str, row: Mapping[str, Any]) -> Frame:
    """The frame of one row of signal.publication. processing_ms is the time from recorded to published."""
    published_at: datetime = row["published_at"]
    extra: dict[str, Any] = {"published_at": published_at}
    if row["recorded_at"] is not None:
        extra["processing_ms"] = round((published_at - row["recorded_at"]).total_seconds() * 1000, 3)
    body = b"%b,%b" % (row["body"].encode()[:-1], _encode(extra)[1:])
    event_id = f"{epoch}-{row['pub_seq']}"
    return Frame(
        seq=row["pub_seq"],
        match=row["match_id"],
        event=row["event"],
        signal=row["signal"],
        event_type=row["event_type"],
        published_at=published_at.timestamp(),
        wire=sse(event_id, row["event"], cloud_event(event_id, row["match_id"], row["event"], published_at, body)),
    )
