"""A frame on the wire is a CloudEvents 1.0 object in a server-sent event, however it is put together."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from app.live.frames import cloud_event, from_row, sse

AT = datetime(2026, 5, 3, 20, 15, 7, 120_000, tzinfo=UTC)


@pytest.mark.parametrize("match", ["15986", 'a "quoted" \\ match', "zürich–bern", "<&>", "line\nbreak"])
@pytest.mark.parametrize("at", [AT, AT.replace(microsecond=0), AT.replace(microsecond=1)])
@pytest.mark.parametrize("took_ms", [None, 0.0, 0.001, 0.5, 3.217, 120.0, 86_400_000.0, -2.5])
def test_put_together_in_one_go_it_is_the_same(match: str, at: datetime, took_ms: float | None) -> None:
    data = {"match": match, "signal": "xg", "value": 0.1234, "status": "provisional", "team": None}
    recorded_at = None if took_ms is None else at - timedelta(milliseconds=took_ms)
    row = {
        "pub_seq": 42, "match_id": match, "event": "signal", "signal": "xg", "event_type": None, "was_type": None,
        "published_at": at, "recorded_at": recorded_at, "body": msgspec.json.encode(data).decode(),
    }  # fmt: skip
    more = {**data, "published_at": at, **({} if took_ms is None else {"processing_ms": took_ms})}
    frame = from_row("ab12", row)
    expected = sse("ab12-42", "signal", cloud_event("ab12-42", match, "signal", at, msgspec.json.encode(more)))
    assert frame.wire == expected
    assert (frame.seq, frame.match, frame.signal, frame.published_at) == (42, match, "xg", at.timestamp())
    lines = frame.wire.decode().split("\n")
    assert [line.partition(": ")[0] for line in lines] == ["id", "event", "data", "", ""]
    assert json.loads(lines[2].partition(": ")[2])["source"] == f"/v1/matches/{match}"
