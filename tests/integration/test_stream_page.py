"""docs/stream.md says everything that the stream says: every kind of frame, and every member of what it carries."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.live.ring import Filter
from app.live.state import resync
from app.sports.soccer.events import Fields
from tests.running import ROOT, TINY, Running
from tests.sse import Sent, Stream

PAGE = (ROOT / "docs" / "stream.md").read_text()
KINDS = ("snapshot", "event", "signal", "correction", "withdrawn", "resync", "end")
# Of these the members are no words of ours: signals and teams, and the sport's own fields.
OPEN = ("totals", "fields")
LINES = TINY.read_bytes().splitlines()


def sections() -> dict[str, set[str]]:
    """The members that each table of the page names, by the section it is in."""
    found: dict[str, set[str]] = {}
    for part in re.split(r"^##+ ", PAGE, flags=re.MULTILINE)[1:]:
        title, _, text = part.partition("\n")
        if "| member | meaning |" in text:
            firsts = [row.split("|")[1] for row in text.splitlines() if row.startswith("| `")]
            found[title.replace("`", "")] = {name for first in firsts for name in re.findall(r"`(\w+)`", first)}
    return found


SECTIONS = sections()


def unnamed(value: Any, section: str) -> Iterator[str]:
    """Members that the page does not name, as `section.member`."""
    if isinstance(value, list):
        for item in value:
            yield from unnamed(item, section)
    if not isinstance(value, dict):
        return
    known = SECTIONS.get(section)
    for name, inner in value.items():
        if known is None or name not in known:
            yield f"{section}.{name}"
        elif name not in OPEN and isinstance(inner, dict | list):
            yield from unnamed(inner, f"Object {name}")


def event(name: str, type: str, **more: Any) -> bytes:
    told = {"id": name, "type": type, "period": 2, "order": 900, "clock_s": 5000, "team": "harbour", "player": "h77"}
    return json.dumps({**told, **more}).encode()


@pytest.fixture(scope="module")
def frames(service: Running) -> list[Sent]:
    """At least one frame of every kind, with all that can be in them."""
    place = {"x_m": 98, "y_m": 34, "shot_kind": "open_play", "body_part": "head"}
    about = {"id": "page", "kickoff_at": "2026-05-03T13:00:00Z", "official_score": {"home": 2, "away": 1}}
    service.http.post("/v1/matches", json=about).raise_for_status()
    service.push("page", LINES[0].replace(b'"type"', b'"sequence":7,"type"'))
    service.scored("page")
    with Stream(service.port, "match=page") as stream:
        found = [stream.frame()]
        for message in (
            *LINES[1:],
            event("late", "shot", fields={**place, "outcome": "goal"}),
            event("late", "shot", kind="amended", fields={**place, "x_m": 90, "outcome": "saved"}),
            event("late", "pass", kind="amended", fields={"outcome": "complete"}),
            event("once", "shot", fields={**place, "outcome": "goal"}),
            b'{"id":"once","kind":"retracted"}',
        ):
            service.push("page", message)
            service.scored("page")
        service.http.post("/v1/matches", json={"id": "page", "status": "finished"}).raise_for_status()
        found += stream.until_end("page")
    for query, last_id in (("match=page", None), ("match=page&delay_ms=1", None), ("match=page", "ffff-1")):
        with Stream(service.port, query, last_id=last_id) as stream:
            found += stream.quiet()
    return found


def test_every_frame_and_member_is_on_the_page(frames: list[Sent]) -> None:
    assert {f.event for f in frames} == set(KINDS)
    for frame in frames:
        assert [*unnamed(frame.cloud | {"data": None}, "What a frame is")] == []
        assert [*unnamed(frame.data, f"Frame {frame.event}")] == [], frame
    slow = resync("e", 1, Filter(), "slow", behind_ms=1, skipped_frames=None).decode()
    assert [*unnamed(json.loads(slow.split("data: ")[1])["data"], "Frame resync")] == []


def test_nothing_is_on_the_page_that_is_never_sent(frames: list[Sent]) -> None:
    sent: dict[str, set[str]] = {"Frame resync": {"behind_ms", "skipped_frames"}, "What a frame is": {"data"}}

    def note(value: Any, section: str) -> None:
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                sent.setdefault(section, set()).update(item)
                for name, inner in item.items():
                    if name not in OPEN:
                        note(inner, f"Object {name}")

    for frame in frames:
        note(frame.cloud | {"data": None}, "What a frame is")
        note(frame.data, f"Frame {frame.event}")
    assert sent == SECTIONS


def test_the_examples_are_frames(frames: list[Sent]) -> None:
    examples = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
    assert [e["type"] for e in examples] == [f"touchline.{kind}" for kind in KINDS]
    for example in examples:
        kind = example["type"].removeprefix("touchline.")
        assert [*unnamed(example["data"], f"Frame {kind}")] == []
        shapes = [(f.cloud.keys(), f.data.keys()) for f in frames if f.event == kind]
        assert (example.keys(), example["data"].keys()) in shapes


def test_reasons_and_filters_are_those_of_the_service(frames: list[Sent]) -> None:
    for reason in ("slow", "unknown_id", "other_epoch", "ahead"):
        assert f"`{reason}`" in PAGE.split("### Frame `resync`")[1].split("###")[0]
    for parameter in ("match", "signal", "event", "delay_ms", "last_event_id", "token"):
        assert f"`{parameter}`" in PAGE.split("## What a frame is")[0]
    for frame in frames:
        if frame.event == "event":
            assert frame.data["event"]["fields"].keys() <= set(Fields.__struct_fields__)


def test_the_page_is_linked() -> None:
    for page in ("README.md", "docs/graphics.md"):
        assert "stream.md" in (ROOT / page).read_text(), page
