"""as_of_time is what one would have been told, had one asked then."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.running import TINY, Running

LINES = TINY.read_bytes().splitlines()
# Shots of the fixture match: its second goal, and one that was saved.
LATE = (
    b'{"id":"late","type":"shot","period":1,"order":20.5,"clock_s":700,"team":"touchline:team:harbour","player":"h9",'
    b'"fields":{"x_m":98,"y_m":34,"outcome":"goal","shot_kind":"open_play","body_part":"right_foot"}}'
)
KEPT = (
    "signal", "subject", "team", "anchor", "source_event_id", "value", "status", "revision", "period", "elapsed_s",
    "order_key", "clock_display", "model",
)  # fmt: skip


def told(service: Running, match: str, **query: Any) -> list[tuple[Any, ...]]:
    """The values as the API shows them."""
    return [tuple(p[k] for k in KEPT) for p in service.walk(f"/v1/matches/{match}/signals", **query)]


@pytest.fixture(scope="module")
def match() -> str:
    """A match of its own each time that the steps are taken: one process may come back to this module."""
    return f"as-of-{uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def steps(service: Running, match: str) -> dict[str, tuple[str, list[tuple[Any, ...]]]]:
    """What happened to a match, one thing after the other: when it was asked, and what it said then."""
    seen: dict[str, tuple[str, list[tuple[Any, ...]]]] = {}

    def step(name: str) -> None:
        service.scored(match)
        seen[name] = (datetime.now(UTC).isoformat(), told(service, match))

    def push(*lines: bytes) -> None:
        service.push(match, b"\n".join(lines))

    def status(now: str) -> None:
        service.http.post("/v1/matches", json={"id": match, "status": now}).raise_for_status()

    push(*LINES[:14])
    step("begun")
    push(*LINES[14:30])
    step("goes on")
    push(LATE)
    step("a late goal")
    push(LATE.replace(b'"outcome":"goal"', b'"outcome":"saved"').replace(b'"id"', b'"kind":"amended","id"'))
    step("it was none")
    push(b'{"id":"late","kind":"retracted"}')
    step("it never was")
    push(*LINES[30:])
    step("played")
    status("finished")
    step("final")
    push(LATE)
    step("a goal after the end")
    status("live")
    step("not over after all")
    push(b'{"id":"late","kind":"retracted"}')
    status("finished")
    step("over")
    return seen


STEPS = (
    "begun", "goes on", "a late goal", "it was none", "it never was", "played", "final", "a goal after the end",
    "not over after all", "over",
)  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_the_past_is_what_it_was_when_it_was_now(
    service: Running, match: str, steps: dict[str, tuple[str, list[tuple[Any, ...]]]], name: str
) -> None:
    at, then = steps[name]
    assert then
    assert told(service, match, as_of_time=at) == then


def test_the_steps_are_worth_asking_about(steps: dict[str, tuple[str, list[tuple[Any, ...]]]]) -> None:
    """Values that changed, came, went, and became final."""
    assert tuple(steps) == STEPS
    values = [frozenset(points) for _, points in steps.values()]
    assert len(set(values)) >= len(STEPS) - 1
    revised = {p[KEPT.index("revision")] for _, points in steps.values() for p in points}
    assert max(revised) >= 2
    keys = [{p[:4] for p in points} for _, points in steps.values()]
    assert any(a - b for a, b in itertools.pairwise(keys))
    assert {p[KEPT.index("status")] for p in steps["final"][1]} != {p[KEPT.index("status")] for p in steps["played"][1]}


def test_one_signal_may_be_asked_for(
    service: Running, match: str, steps: dict[str, tuple[str, list[tuple[Any, ...]]]]
) -> None:
    at, then = steps["a late goal"]
    assert told(service, match, as_of_time=at, signal="xg") == [p for p in then if p[0] == "xg"] != []
