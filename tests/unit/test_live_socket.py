"""What a client may say over a WebSocket, and what frames become there."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.live.frames import HEARTBEAT, cloud_event, from_row, said, sse
from app.live.ring import Page
from app.live.socket import BURST, PING, Allowance, hear, messages

AT = datetime(2026, 5, 3, 13, 0, tzinfo=UTC)


def row(seq: int, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "pub_seq": seq, "match_id": "m1", "event": "event", "signal": None, "event_type": "pass", "was_type": None,
        "published_at": AT, "recorded_at": AT, "body": json.dumps(body),
    }  # fmt: skip


def test_a_frame_is_its_cloud_event_whatever_is_in_it() -> None:
    frames = [from_row("e", row(n, {"match": "m1", "text": "\n\ndata: x\r\n\u2028 é"})) for n in (7, 8)]
    told = list(messages(Page(b"".join(f.wire for f in frames), frames, 8)))
    assert [json.loads(t)["id"] for t in told] == ["e-7", "e-8"]
    assert all(json.loads(t)["data"]["text"] == "\n\ndata: x\r\n\u2028 é" for t in told)
    assert [said(f.wire).decode() for f in frames] == told


def test_a_write_of_state_is_one_message_a_snapshot() -> None:
    parts = [sse(f"e-{n}", "snapshot", cloud_event(f"e-{n}", "m1", "snapshot", AT, b'{"a":"\\n\\n"}')) for n in (1, 2)]
    told = list(messages(Page(b"".join(parts), (), 2)))
    assert [json.loads(t)["id"] for t in told] == ["e-1", "e-2"]
    assert list(messages(Page(b"retry: 1000\n\n", (), 0))) == []
    assert list(messages(Page(HEARTBEAT, (), 0))) == [PING]


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ('{"type":"ping"}', "ping", None),
        ('{"type":"pong","at":1}', "pong", None),
        ('{"type":"request_snapshot"}', "request_snapshot", None),
        ("", "nonsense", "not_json"),
        ("{", "nonsense", "not_json"),
        ("[" * 4000, "nonsense", "not_json"),
        ("[1]", "nonsense", "no_type"),
        ("null", "nonsense", "no_type"),
        ("{}", "nonsense", "no_type"),
        ('{"type":["ping"]}', "nonsense", "no_type"),
        ('{"type":"PING"}', "nonsense", "unknown_type"),
        ('{"type":"subscribe"}', "nonsense", "unknown_type"),
    ],
)
def test_every_message_is_understood_or_answered(text: str, kind: str, reason: str | None) -> None:
    heard = hear(text)
    assert heard.kind == kind
    if reason is not None:
        assert heard.reply is not None
        answer = json.loads(heard.reply)
        assert (answer["type"], answer["reason"]) == ("error", reason)
        assert answer["detail"].endswith(".")


@pytest.mark.parametrize("id_", [7, "a", 1.5])
def test_a_pong_says_which_ping(id_: object) -> None:
    reply = hear(json.dumps({"type": "ping", "id": id_})).reply
    assert reply is not None
    assert (json.loads(reply)["type"], json.loads(reply)["id"]) == ("pong", id_)
    nested = hear('{"type":"ping","id":{"a":[]}}').reply
    assert nested is not None
    assert "id" not in json.loads(nested)


def test_an_allowance_fills_with_time_and_not_beyond() -> None:
    now = 100.0
    allowance = Allowance(lambda: now)
    assert [allowance.take(1) for _ in range(int(BURST) + 1)] == [True] * int(BURST) + [False]
    now += 1.0
    assert [allowance.take(1) for _ in range(10)] == [True] * 9 + [False], "one is owed, and ten a second come"
    now += 3600.0
    assert allowance.take(BURST)
    assert not allowance.take(0.1)
