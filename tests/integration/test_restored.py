"""A database that goes back under running processes: all of them agree on a new epoch, and every client begins anew."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import Any

import httpx
import msgspec
import pytest

from app.db.pool import Pool
from app.live.client import Client, Subscription, begin
from app.live.ring import Filter
from app.log.purge import purge
from tests.engine_kit import TINY, opened, scored, tiny, told
from tests.integration.test_epoch import epoch_of, hub_of
from tests.integration.test_stream_slow import older_than, publish, running, until
from tests.sse import Stream

# The application is built in the test's own process here, and Litestar has something to say about that.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def kinds(wire: bytes) -> list[tuple[str, str, dict[str, Any]]]:
    """The frames of one write: id, kind and data."""
    clouds = [msgspec.json.decode(line[6:]) for line in wire.split(b"\n") if line.startswith(b"data: ")]
    return [(c["id"], c["type"].removeprefix("touchline."), c["data"]) for c in clouds]


async def reads(client: Client, count: int) -> list[tuple[str, str, dict[str, Any]]]:
    """The next frames, so many at least."""
    found: list[tuple[str, str, dict[str, Any]]] = []
    async with asyncio.timeout(60):
        while len(found) < count:
            page = await client.next()
            assert page is not None
            found += kinds(page.wire)
    return found


async def back_to(pool: Pool, seq: int) -> None:
    """As if a backup of that moment had been restored into the same tables, by hand."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(7355608)")
        await connection.execute("SELECT set_config('touchline.purging', 'on', true)")
        await connection.execute("DELETE FROM signal.publication WHERE pub_seq > $1", seq)
        await connection.execute("SELECT setval('signal.pub_seq', $1)", seq)


async def test_going_back_under_running_processes(dsn: str, pool: Pool) -> None:
    """Two of them, with clients of every kind: one epoch for both, one resync and the state for each, and then frames."""
    for match in ("m1", "m2"):
        await told(pool, tiny(), match)
    await scored(pool, dsn)
    # For those who want it later.
    await older_than(pool, await pool.fetchval("SELECT max(pub_seq) FROM signal.publication"), 0.5)
    async with hub_of(dsn) as one, hub_of(dsn) as two:
        old = one.epoch
        assert two.epoch == old
        clients, states = [], []
        for hub in (one, two):
            for matches, delay_s in ((None, 0.0), (("m1",), 0.0), (("m2", "m1"), 0.0), (("m1",), 0.3)):
                client = await begin(hub, Subscription(Filter(matches), delay_s), None, 60)
                states.append(await reads(client, len(matches or "12")))
                clients.append(client)
        kept = one.head
        # One that has its state still to write, and one that comes back with an id.
        unread = await begin(one, Subscription(), None, 60)
        lost = await publish(pool, 20, "m1", size=1)
        for client in clients:
            assert len(await reads(client, 20)) == 20
        returned = await begin(two, Subscription(Filter(("m1",))), f"{old}-{lost - 3}", 60)
        assert [k for _, k, _ in await reads(returned, 3)] == ["event"] * 3
        waiting = [asyncio.create_task(reads(c, 1)) for c in (*clients, returned)]

        await back_to(pool, kept)
        await until(lambda: old not in (one.epoch, two.epoch))
        assert one.epoch == two.epoch
        assert (one.head, two.head) == (kept, kept)
        assert one.frames_held() == 0

        everyone = [*clients, returned, unread]
        waiting.append(asyncio.create_task(reads(unread, 1)))
        many = [2, 1, 2, 1, 2, 1, 2, 1, 1, 2]
        for client, told_first, count in zip(everyone, await asyncio.gather(*waiting), many, strict=True):
            assert [(k, d["reason"]) for _, k, d in told_first] == [("resync", "other_epoch")]
            state = await reads(client, count)
            assert {k for _, k, _ in state} == {"snapshot"}
            assert state[-1][0] == f"{one.epoch}-{kept}"
        # Numbers that were lost are given to other frames now: everybody gets those.
        fresh = await publish(pool, 3, "m1", size=1)
        assert kept < fresh < lost
        for client in everyone:
            assert [i for i, _, _ in await reads(client, 3)] == [f"{one.epoch}-{kept + n}" for n in (1, 2, 3)]
            client.leave()
        for hub in (one, two):
            assert await hub.place(f"{old}-{kept}") == "other_epoch"
            assert await hub.place(f"{one.epoch}-{lost}") == "ahead"
        assert await epoch_of(dsn) == one.epoch


async def test_a_database_that_went_back_and_has_overtaken_us_unseen(dsn: str, pool: Pool) -> None:
    """Restored while this process was cut off, and further on than before by the time it is back."""
    await opened(pool)
    kept = await publish(pool, 10, size=1)
    lost = await publish(pool, 5, size=1)
    async with hub_of(dsn, runs=False) as hub:
        old, client = hub.epoch, await begin(hub, Subscription(Filter(("m1",))), None, 60)
        await reads(client, 1)
        await back_to(pool, kept)
        # The newest frame's own number was skipped this time.
        await publish(pool, lost - kept - 1, size=1)
        await pool.execute("SELECT nextval('signal.pub_seq')")
        last = await publish(pool, 20, size=1)
        tail = asyncio.create_task(hub.run())
        assert [k for _, k, _ in await reads(client, 1)] == ["resync"]
        assert [i for i, _, _ in await reads(client, 1)] == [f"{hub.epoch}-{last}"]
        assert hub.epoch != old
        tail.cancel()


async def test_a_purge_of_the_newest_frames_is_no_restore(dsn: str, pool: Pool) -> None:
    await opened(pool)
    await opened(pool, "m2", origin="simulation")
    await publish(pool, 5, size=1)
    async with hub_of(dsn, runs=False) as hub:
        last = await publish(pool, 5, "m2", size=1)
        tail = asyncio.create_task(hub.run())
        assert await hub.reached(last, 10)
        epoch = hub.epoch
        assert await purge(pool, "m2")
        tail.cancel()
        await asyncio.gather(tail, return_exceptions=True)
        tail = asyncio.create_task(hub.run())
        client = await begin(hub, Subscription(Filter(("m1",))), f"{epoch}-{last}", 60)
        fresh = await publish(pool, 1, size=1)
        assert [i for i, _, _ in await reads(client, 1)] == [f"{epoch}-{fresh}"]
        assert hub.epoch == epoch
        tail.cancel()
    assert await epoch_of(dsn) == epoch


async def test_an_operator_asks_for_a_new_epoch(dsn: str, pool: Pool) -> None:
    await opened(pool)
    await publish(pool, 3, size=1)
    async with running(dsn) as api:
        old = api.hub.epoch
        with closing(Stream(api.port, "match=m1")) as stream:
            assert (await asyncio.to_thread(lambda: stream.open().frame())).id == f"{old}-3"
            await pool.execute("DELETE FROM ops.instance")
            resync, state = await asyncio.to_thread(stream.frames, 2)
            assert (resync.event, resync.data["reason"], state.event) == ("resync", "other_epoch", "snapshot")
            assert state.id == f"{api.hub.epoch}-3" != f"{old}-3"
            await publish(pool, 1, size=1)
            assert (await asyncio.to_thread(stream.frame)).id == f"{api.hub.epoch}-4"
        with closing(Stream(api.port, "match=m1", last_id=f"{old}-2")) as stream:
            assert (await asyncio.to_thread(lambda: stream.open().frame())).data["reason"] == "other_epoch"


async def test_a_stream_of_a_feed_is_looked_up_anew(dsn: str, pool: Pool) -> None:
    """Its number may be another stream's after a restore."""
    lines = TINY.read_bytes().splitlines()
    async with running(dsn) as api, httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}") as http:
        for line in lines[:2]:
            (await http.post("/v1/feeds/touchline/m1", content=line)).raise_for_status()
        await pool.execute("UPDATE log.stream SET provider = 'statsbomb' WHERE role = 'events'")
        old = api.hub.epoch
        await pool.execute("DELETE FROM ops.instance")
        await until(lambda: api.hub.epoch != old)
        (await http.post("/v1/feeds/touchline/m1", content=lines[2])).raise_for_status()
    told_by = await pool.fetch(
        "SELECT s.provider FROM log.feed_event e JOIN log.stream s USING (stream_id) WHERE NOT e.control ORDER BY e.version"
    )
    assert [r["provider"] for r in told_by] == ["statsbomb", "statsbomb", "touchline"]
