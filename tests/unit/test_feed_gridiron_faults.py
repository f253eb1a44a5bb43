"""Messages of football that are wrong on purpose: whatever the bytes, a decoder gives an event that the log can read again,
or says why not; and a rehearsal with faults ends as its file."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import msgspec
import pytest

from app.errors import DecodeError
from app.feeds.base import FeedEvent, Provider, provider
from app.feeds.faults import Rates, plan, timeline
from app.sports.gridiron.events import Fields
from tests.gridiron_kit import Folded
from tests.integration.test_gridiron_feeds import college, pro

DOCUMENTS = {"cfb_espn": college(), "nfl": pro()}
ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    7,
    999,
    10**12,
    1.5,
    -3.25,
    "",
    "0",
    "CLE 999",
    "15:00",
    "99:99",
    [],
    {},
    "x" * 500,
)


def messages(source: str) -> tuple[Provider, list[bytes]]:
    read = provider(source)
    return read, [m for m in read.split(json.dumps(DOCUMENTS[source]).encode()) if isinstance(m, bytes)]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place inside a JSON value, as (holder, key)."""
    items = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    return [(value, key) for key, _ in items] + [place for _, item in items for place in places(item)]


def mutated(raw: bytes, rng: Random) -> bytes:
    body = json.loads(raw)
    for _ in range(rng.randint(1, 3)):
        holder, key = rng.choice(places(body))
        holder[key] = rng.choice(ODD)
    return json.dumps(body).encode()


@pytest.mark.parametrize("source", DOCUMENTS)
def test_an_event_is_one_that_the_log_can_read_or_there_is_a_reason(source: str) -> None:
    read, raws = messages(source)
    options, rng = read.stream_options(raws), Random(11)
    decoded = refused = 0
    for _ in range(1500):
        raw = mutated(rng.choice(raws), rng)
        try:
            event = read.decode(raw, options)
        except DecodeError as error:
            assert str(error)
            refused += 1
            continue
        assert msgspec.convert(msgspec.to_builtins(event.fields), Fields) == event.fields
        assert event.period in (*range(21), 100)
        assert 0.0 <= event.elapsed_s <= 18_000.0
        decoded += 1
    assert decoded > 100
    assert refused > 100


@pytest.mark.parametrize("source", DOCUMENTS)
def test_documents_that_are_wrong_are_cut_or_refused_whole(source: str) -> None:
    read, rng = provider(source), Random(12)
    whole = json.dumps(DOCUMENTS[source]).encode()
    cut = 0
    for _ in range(150):
        body = mutated(whole, rng) if rng.random() < 0.7 else whole[: rng.randint(1, len(whole) - 1)]
        try:
            found = list(read.split(body))
        except Exception as error:
            # The one error that refuses a payload as a whole.
            assert type(error).__name__ == "UnreadableFile"
            continue
        cut += 1
        read.stream_options([m for m in found if isinstance(m, bytes)])
    assert cut > 50


@pytest.mark.parametrize("source", DOCUMENTS)
def test_a_rehearsal_with_faults_ends_as_its_file(source: str) -> None:
    read, raws = messages(source)
    options = read.stream_options(raws)
    rates = Rates(duplicate=0.2, reorder=0.2, delay=0.2, amend=0.4, malformed=0.2)
    sent = plan(read, timeline(read, raws), rates, 5)
    assert sent.faults["amend"] > 3
    assert sent.faults["malformed"] > 1
    told: list[FeedEvent] = []
    for send in sent.sends:
        try:
            told.append(read.decode(send.raw, options))
        except DecodeError:
            assert send.kind == "malformed"
    right = Folded([read.decode(m, options) for m in raws])
    again = Folded(told)
    assert again.score == right.score
    assert [(p.signal, p.subject, p.anchor, p.value) for p in again.points] == [
        (p.signal, p.subject, p.anchor, p.value) for p in right.points
    ]
