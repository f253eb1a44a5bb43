"""The state that streams begin with: read and encoded once a moment, as of one place, and held by no client."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from typing import Any

import pytest
import pytest_asyncio

from app.db.pool import Pool
from app.live import shared
from app.live.client import RETRY, Client, Subscription, begin
from app.live.counters import counters
from app.live.hub import Hub
from app.live.ring import WRITE_BYTES, Filter
from app.live.shared import States
from app.live.state import NO_EPOCH
from app.settings import Settings
from tests.engine_kit import scored, tiny, told
from tests.integration.test_stream_slow import publish

MATCHES = [f"m{n:02d}" for n in range(80)]


async def hub_over(pool: Pool, dsn: str, settings: Settings, matches: list[str]) -> Hub:
    """A hub over matches that are on, each scored from 39 events."""
    for match in matches:
        await told(pool, tiny()[:-1], match)
    await scored(pool, dsn)
    made = Hub(pool, dsn, settings)
    await made.start()
    return made


@pytest_asyncio.fixture
async def few(pool: Pool, dsn: str, settings: Settings) -> Hub:
    return await hub_over(pool, dsn, settings, MATCHES[:4])


@pytest_asyncio.fixture
async def hub(pool: Pool, dsn: str, settings: Settings) -> Hub:
    """Over so many that their state is several writes."""
    return await hub_over(pool, dsn, settings, MATCHES)


async def client(hub: Hub, *matches: str, delay_s: float = 0.0) -> Client:
    return await begin(hub, Subscription(Filter(matches or None), delay_s), None, 60)


async def page(client: Client) -> Any:
    found = await client.next()
    assert found is not None
    return found


async def first_write(client: Client) -> bytes:
    """The first write of the state, without copying it."""
    assert (await page(client)).wire == RETRY
    return (await page(client)).wire


def read(wire: bytes) -> list[dict[str, Any]]:
    """The frames of one write: their CloudEvents."""
    return [json.loads(line[6:]) for line in wire.split(b"\n") if line.startswith(b"data: ")]


async def whole_state(client: Client) -> list[dict[str, Any]]:
    """Frames up to the snapshot that has the id of a place."""
    found: list[dict[str, Any]] = []
    while not found or found[-1]["type"] == "touchline.resync" or found[-1]["id"].startswith(f"{NO_EPOCH}-"):
        written = await page(client)
        assert len(written.wire) <= WRITE_BYTES
        found += read(written.wire)
    return found


@pytest.mark.parametrize(("matches", "delay_s"), [((), 0.0), (("m02", "m03"), 0.0), (("m02", "m03"), 0.3)])
async def test_clients_that_begin_at_one_moment_share_one_reading(
    few: Hub, matches: tuple[str, ...], delay_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "MOMENT_S", 60.0)
    clients = await asyncio.gather(*[client(few, *matches, delay_s=delay_s) for _ in range(20)])
    writes = [await first_write(c) for c in clients]
    assert len({id(w) for w in writes}) == 1
    assert {s["data"]["match"] for s in read(writes[0])} == set(matches or MATCHES[:4])
    monkeypatch.setattr(shared, "MOMENT_S", 0.0)
    few.states.trim()
    assert few.states.kept_bytes() == 0, "all of it is written"


async def test_who_comes_after_a_frame_gets_the_state_after_it(few: Hub, pool: Pool) -> None:
    before = await client(few, "m01")
    last = await publish(pool, 1, "m01", size=1)
    tail = asyncio.create_task(few.run())
    assert await few.reached(last, 10)
    after = await client(few, "m01")
    assert [s["id"] for s in await whole_state(after)] == [f"{few.epoch}-{last}"]
    assert [s["id"] for s in await whole_state(before)] == [f"{few.epoch}-{last - 1}"]
    assert [f.seq for f in (await page(before)).frames] == [last]
    tail.cancel()


async def test_all_snapshots_are_as_of_one_place_however_late_they_are_written(hub: Hub, pool: Pool) -> None:
    late = await client(hub)
    begun = hub.head
    written = read(await first_write(late))
    tail = asyncio.create_task(hub.run())
    last = await publish(pool, 3, "m05", size=1)
    assert await hub.reached(last, 10)
    other = await client(hub)
    for state, place in ((written + await whole_state(late), begun), (await whole_state(other), last)):
        assert {s["id"].rpartition("-")[2] for s in state} == {str(place)}
        assert {s["id"].partition("-")[0] for s in state[:-1]} == {NO_EPOCH}
        assert state[-1]["id"] == f"{hub.epoch}-{place}"
        assert sorted(s["data"]["match"] for s in state) == MATCHES
        assert all(len(s["data"]["snapshot"]["signals"]) > 5 for s in state)
    assert [f.seq for f in (await page(late)).frames] == [begun + 1, begun + 2, begun + 3]
    tail.cancel()


async def test_a_client_that_stops_in_its_state_holds_nothing_of_it(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "MOMENT_S", 60.0)
    one = await client(hub)
    await first_write(one)
    size = hub.states.kept_bytes()
    assert size > WRITE_BYTES, "several writes"
    tracemalloc.start()
    try:
        held = tracemalloc.get_traced_memory()[0]
        clients = await asyncio.gather(*[client(hub) for _ in range(200)])
        for each in clients:
            await first_write(each)
        grown = tracemalloc.get_traced_memory()[0] - held
    finally:
        tracemalloc.stop()
    assert grown < len(clients) * 8 * 1024 < len(clients) * size / 30
    assert hub.states.kept_bytes() == size
    assert (await whole_state(clients[0]))[-1]["id"] == f"{hub.epoch}-{hub.head}"


async def test_states_of_many_moments_are_bounded_and_who_was_too_slow_begins_anew(hub: Hub, pool: Pool) -> None:
    one = await client(hub)
    await first_write(one)
    size = hub.states.kept_bytes()
    hub.states = States(pool, kept_bytes=3 * size + size // 2)
    tail = asyncio.create_task(hub.run())
    told_before = counters.slow_resyncs
    clients = []
    for _ in range(8):
        clients.append(await client(hub))
        await first_write(clients[-1])
        assert hub.states.kept_bytes() <= 3 * size + size // 2
        last = await publish(pool, 1, "m05", size=1)
        assert await hub.reached(last, 10)
    # The newest three go on where they were.
    for each in clients[-3:]:
        state = await whole_state(each)
        assert {s["type"] for s in state} == {"touchline.snapshot"}
    assert counters.slow_resyncs == told_before
    for each in clients[:5]:
        state = await whole_state(each)
        assert (state[0]["type"], state[0]["data"]["reason"]) == ("touchline.resync", "slow")
        assert sorted(s["data"]["match"] for s in state[1:]) == MATCHES
        assert {s["id"].rpartition("-")[2] for s in state[1:]} == {str(last)}
    assert counters.slow_resyncs == told_before + 5
    fresh = await publish(pool, 1, "m05", size=1)
    assert [f.seq for f in (await page(clients[0])).frames] == [fresh]
    tail.cancel()
