"""Slow clients: they cost a bounded piece of memory, delay nobody, and never see what is old by now as if it were live."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from typing import Any

import msgspec
import pytest

from app.api.listening import bind
from app.api.server import server
from app.db.pool import Pool
from app.live.client import Client, Subscription, begin
from app.live.counters import counters
from app.live.hub import Hub
from app.live.ring import WRITE_BYTES, Filter
from app.settings import Settings
from tests.engine_kit import opened
from tests.running import PATIENCE_S, free_port
from tests.sse import Sent, Stream

# The application is built in the test's own process here, and Litestar has something to say about that.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
# uvicorn's transport takes a write while it holds less than 64 KiB.
MOST_BYTES = 64 * 1024 + WRITE_BYTES + 1024
BODY_BYTES = 8 * 1024
SLOW_S = 1.0


async def publish(pool: Pool, count: int, match: str = "m1", size: int = BODY_BYTES) -> int:
    """Frames as a commit publishes them; the pub_seq of the last."""
    body = msgspec.json.encode({"match": match, "event": {"type": "pass"}, "filling": "x" * size}).decode()
    async with pool.acquire() as connection, connection.transaction():
        # As the commit of a scorer does, with its lock.
        await connection.execute("SELECT pg_advisory_xact_lock(7355608)")
        last = await connection.fetchval(
            "WITH new AS (INSERT INTO signal.publication (published_at, pub_seq, match_id, event, event_type, version, body)"
            " SELECT clock_timestamp(), nextval('signal.pub_seq'), $1, 'event', 'pass', 1, $2"
            " FROM generate_series(1, $3) RETURNING pub_seq)"
            " SELECT max(pub_seq) FROM new",
            match,
            body,
            count,
        )
        await connection.execute("SELECT pg_notify('touchline_pub', '')")
    return last


async def until(what: Callable[[], Any]) -> None:
    """Wait for it, with the patience of every test."""
    async with asyncio.timeout(PATIENCE_S):
        while not what():
            await asyncio.sleep(0.02)


async def older_than(pool: Pool, seq: int, bound_s: float) -> None:
    """Until what was published by then is older than this by the database's clock."""
    async with asyncio.timeout(PATIENCE_S):
        while not await pool.fetchval(
            "SELECT clock_timestamp() - max(published_at) > make_interval(secs => $2)"
            " FROM signal.publication WHERE pub_seq <= $1",
            seq,
            bound_s,
        ):
            await asyncio.sleep(0.05)


class Api:
    """An API in this process, so that a test can look at what it holds."""

    def __init__(self, serving: Any, port: int) -> None:
        self.port = port
        self._serving = serving

    @property
    def hub(self) -> Hub:
        return self._serving.config.app.state.service.hub

    def stop(self) -> None:
        """Let it end, as a signal does."""
        self._serving.should_exit = True

    def held_bytes(self) -> int:
        """What waits in the transport of the connection where most waits."""
        return max(c.transport.get_write_buffer_size() for c in self._serving.server_state.connections)


@asynccontextmanager
async def running(dsn: str, **settings: Any) -> AsyncIterator[Api]:
    chosen = Settings(port=free_port(), poll_s=0.2, heartbeat_s=0.2, slow_client_s=SLOW_S, **settings)
    serving = server(chosen, dsn)
    task = asyncio.create_task(serving.serve(sockets=[bind(chosen)]))
    try:
        await until(lambda: serving.started or task.done())
        yield Api(serving, chosen.port)
    finally:
        serving.should_exit = True
        await task


async def stalled(api: Api, pool: Pool, query: str = "match=m1") -> tuple[Stream, int]:
    """A client that has seen the state and reads nothing more, and the last seq of what was published until nothing
    more was taken for it."""
    deaf = Stream(api.port, query, receive_buffer=4096)
    assert (await asyncio.to_thread(lambda: deaf.open().frame())).event == "snapshot"
    still, held, last = 0, 0, 0
    while still < 5:
        before = held
        last = await publish(pool, 32)
        await until(lambda last=last: api.hub.head >= last)
        # Whoever could take something would take it now.
        await asyncio.sleep(0.05)
        held = api.held_bytes()
        assert held <= MOST_BYTES
        still = still + 1 if held == before > 0 else 0
    return deaf, last


async def rest_of(stream: Stream, count: int) -> list[Sent]:
    return await asyncio.to_thread(stream.frames, count)


async def test_a_client_that_reads_nothing_costs_one_buffer_and_one_write(pool: Pool, dsn: str) -> None:
    await opened(pool)
    async with running(dsn) as api:
        deaf, _ = await stalled(api, pool)
        written = counters.bytes
        for _ in range(40):
            last = await publish(pool, 32)
            await until(lambda last=last: api.hub.head >= last)
            assert api.held_bytes() <= MOST_BYTES
        assert counters.bytes == written, "ten more MiB, and nothing of them was taken for it"
        deaf.close()


@pytest.mark.parametrize("query", ["match=m1", "", "match=m1&match=m2", "match=m1&event=pass", "match=m1&delay_ms=300"])
async def test_a_client_that_returns_is_told_and_gets_the_state(pool: Pool, dsn: str, query: str) -> None:
    await opened(pool)
    await opened(pool, "m2")
    async with running(dsn) as api:
        told_before = counters.slow_resyncs
        with closing(Stream(api.port, "match=m1")) as reader:
            assert (await asyncio.to_thread(lambda: reader.open().frame())).event == "snapshot"
            first = api.hub.head + 1
            everything = asyncio.create_task(asyncio.to_thread(_until_filling_ends, reader))
            deaf, last = await stalled(api, pool, query)
            await older_than(pool, last, SLOW_S + 0.5)
            fresh = await publish(pool, 1, size=1)
            read = await everything
        # Whoever reads is not held up by whoever does not.
        assert [f.seq for f in read] == list(range(first, fresh + 1))

        found = [await asyncio.to_thread(deaf.frame)]
        while found[-1].event != "resync":
            found += await rest_of(deaf, 1)
        old, resync = [f for f in found[:-1] if f.event != "snapshot"], found[-1]
        assert [f.seq for f in old] == list(range(first, old[-1].seq + 1))
        assert resync.data["reason"] == "slow"
        assert resync.data["behind_ms"] > SLOW_S * 1000
        assert resync.seq == old[-1].seq, "cut off now, it misses nothing"
        matches = [part.removeprefix("match=") for part in query.split("&") if part.startswith("match=")]
        assert resync.data["match"] == (matches or None)
        states = await rest_of(deaf, len(matches) or 2)
        assert {f.event for f in states} == {"snapshot"}
        assert resync.data["skipped_frames"] == states[-1].seq - old[-1].seq > 0
        assert counters.slow_resyncs == told_before + 1
        # From there it is live again, and once only.
        expected = [states[-1].seq + 1 + n for n in range(fresh - states[-1].seq + 3)]
        await publish(pool, 3, size=1)
        assert [f.seq for f in await rest_of(deaf, len(expected))] == expected
        assert counters.slow_resyncs == told_before + 1
        with closing(Stream(api.port, "match=m1", last_id=resync.id)) as again:
            assert (await asyncio.to_thread(lambda: again.open().frame())).seq == old[-1].seq + 1
        deaf.close()


def _until_filling_ends(reader: Stream) -> list[Sent]:
    found = [reader.frame()]
    while len(found[-1].data["filling"]) > 1:
        found.append(reader.frame())
    return found


@pytest.mark.parametrize("ring_frames", [100, 50_000])
async def test_a_client_that_comes_back_with_an_old_id_gets_everything(pool: Pool, dsn: str, ring_frames: int) -> None:
    """However old it is, and however slowly it reads."""
    await opened(pool)
    async with running(dsn, ring_frames=ring_frames) as api:
        first = await publish(pool, 1)
        last = await publish(pool, 1200)
        await older_than(pool, last, SLOW_S + 0.5)
        told_before = counters.slow_resyncs
        with closing(Stream(api.port, "match=m1", f"{api.hub.epoch}-{first}", receive_buffer=4096)) as stream:
            await asyncio.to_thread(stream.open)
            written = -1
            while written != counters.bytes:
                # It was held up, more than once.
                written = counters.bytes
                await asyncio.sleep(0.3)
            found = await rest_of(stream, 600)
            await asyncio.sleep(0.3)
            found += await rest_of(stream, 600)
        assert [f.seq for f in found] == list(range(first + 1, last + 1))
        assert counters.slow_resyncs == told_before


async def client_of(hub: Hub, matches: tuple[str, ...] | None = ("m1",)) -> Client:
    """A client that has its state."""
    client = await begin(hub, Subscription(Filter(matches)), None, 60)
    for _ in range(1 + len(matches or ("",))):
        assert not (await _page(client)).frames
    return client


async def _page(client: Client) -> Any:
    page = await client.next()
    assert page is not None
    return page


async def test_what_was_read_is_written_before_a_stream_ends(pool: Pool, dsn: str, settings: Settings) -> None:
    await opened(pool)
    hub = Hub(pool, dsn, settings)
    await hub.start()
    tail = asyncio.create_task(hub.run())
    clients = [await client_of(hub) for _ in range(3)]
    begun = hub.head
    last = await publish(pool, 1200)
    await until(lambda: hub.head == last)
    hub.close()
    for client in clients:
        seen = []
        while (page := await client.next()) is not None:
            assert len(page.wire) <= WRITE_BYTES
            seen += [f.seq for f in page.frames]
        assert seen == list(range(begun + 1, last + 1))
        client.leave()
    tail.cancel()


async def test_clients_at_one_place_share_what_they_write(pool: Pool, dsn: str, settings: Settings) -> None:
    await opened(pool)
    hub = Hub(pool, dsn, settings)
    await hub.start()
    clients = [await client_of(hub) for _ in range(5)]
    tail = asyncio.create_task(hub.run())
    asked = [asyncio.create_task(_page(c)) for c in clients]
    await publish(pool, 3)
    pages = await asyncio.gather(*asked)
    assert len({id(p.wire) for p in pages}) == 1
    assert all(p.since is not None for p in pages)
    tail.cancel()


async def test_memory_holds_no_more_frames_than_the_setting_says(pool: Pool, dsn: str) -> None:
    names = [f"m{n}" for n in range(5)]
    for name in names:
        await opened(pool, name)
    hub = Hub(pool, dsn, Settings(ring_frames=100))
    await hub.start()
    tail = asyncio.create_task(hub.run())
    clients = [await client_of(hub, (name,)) for name in names]
    last = 0
    for _ in range(6):
        for name in names:
            last = await publish(pool, 11, name, size=1)
    await until(lambda: hub.head == last)
    assert hub.frames_held() == 100
    for client, name in zip(clients, names, strict=True):
        seen = []
        while len(seen) < 66:
            page = await _page(client)
            assert {f.match for f in page.frames} == {name}
            seen += [f.seq for f in page.frames]
        assert seen == sorted(set(seen))
        client.leave()
    tail.cancel()


async def test_the_past_is_read_in_pages_without_a_gap(pool: Pool, dsn: str) -> None:
    """Dense and sparse matches, clients at near and far places, all at once."""
    for name in ("m1", "m2", "m3"):
        await opened(pool, name)
    for count, name in ((1500, "m1"), (1, "m2"), (900, "m1"), (700, "m3"), (1, "m2"), (2000, "m3"), (5, "m2")):
        await publish(pool, count, name, size=1)
    hub = Hub(pool, dsn, Settings(ring_frames=100))
    await hub.start()
    rows = await pool.fetch("SELECT pub_seq, match_id FROM signal.publication ORDER BY pub_seq")

    async def tail_of(matches: tuple[str, ...] | None, start: int) -> tuple[list[int], list[int]]:
        client = await begin(hub, Subscription(Filter(matches)), f"{hub.epoch}-{start}", 60)
        expected = [r["pub_seq"] for r in rows if r["pub_seq"] > start and (not matches or r["match_id"] in matches)]
        seen: list[int] = []
        while len(seen) < len(expected):
            seen += [f.seq for f in (await _page(client)).frames]
        client.leave()
        return seen, expected

    for matches in (None, ("m1",), ("m2",), ("m3",), ("m1", "m2"), ("m3", "m1", "m2")):
        starts = [*range(hub.head - 1, 0, -211), 0, 1, 255, 256, 257, 1023, 1024, 1025]
        for seen, expected in await asyncio.gather(*[tail_of(matches, start) for start in starts]):
            assert seen == expected


async def test_an_id_is_looked_up_without_asking_where_it_is_known(pool: Pool, dsn: str, settings: Settings) -> None:
    hub = Hub(pool, dsn, settings)
    await hub.start()
    assert await hub.place(f"{hub.epoch}-{hub.head}") == hub.head
    assert await hub.place(f"{hub.epoch}-{hub.head + 1000}") == "ahead"
    assert await hub.place("0-1") == "other_epoch"
    for garbage in ("", "-", "what?", hub.epoch, f"{hub.epoch}--5", f"{hub.epoch}-{'9' * 400}", f"{hub.epoch}-١"):
        assert await hub.place(garbage) == "unknown_id"
