"""Appends at once: each event once, versions gapless and in commit order, whoever sends."""

import asyncio
import random

import pytest

from app.db.pool import Pool, open_pool
from app.log.append import append, open_stream
from app.log.control import append_control
from tests.engine_kit import clean, feed, opened, scored, tiny


@pytest.mark.parametrize("mode", ["push", "follow"])
async def test_the_same_events_from_eight_senders_are_there_once(pool: Pool, dsn: str, mode: str) -> None:
    narrow = await open_pool(dsn, size=4)
    dice = random.Random(3)

    async def send(number: int) -> int:
        stream = await opened(narrow, connection=f"c{number % 2}")
        appended, at = 0, 0
        while at < 40:
            step = dice.randint(1, 7)
            appended += (await append(narrow, stream, tiny()[at : at + step], mode)).appended
            at += step
        return appended

    counts = await asyncio.gather(*(send(i) for i in range(8)))
    rows = await pool.fetch("SELECT version, source_event_id, revision FROM log.feed_event ORDER BY version")
    assert [r["version"] for r in rows] == list(range(1, 41))
    assert [r["source_event_id"] for r in rows] == [e.source_event_id for e in tiny()]
    assert {r["revision"] for r in rows} == {1}
    assert sum(counts) == 40
    await scored(pool, dsn)
    await clean(pool)
    narrow.terminate()


async def test_versions_are_seen_in_order_and_without_a_gap(pool: Pool, dsn: str) -> None:
    """A reader that asks for versions after the last it saw misses none, while senders of other events commit."""
    wide = await open_pool(dsn, size=8)
    seen: list[int] = []
    done = asyncio.Event()

    async def read() -> None:
        while True:
            ended = done.is_set()
            rows = await pool.fetch(
                "SELECT version FROM log.feed_event WHERE match_id = 'm1' AND version > $1 ORDER BY version",
                seen[-1] if seen else 0,
            )
            seen.extend(r["version"] for r in rows)
            if ended and not rows:
                return

    stream = await opened(pool)
    reading = asyncio.create_task(read())

    async def send(sender: int) -> None:
        for i in range(25):
            await append(wide, stream, [feed(f"{sender}-{i}-{j}", i) for j in range(i % 3 + 1)], "push")

    await asyncio.gather(*(send(s) for s in range(8)))
    done.set()
    await reading
    assert seen == list(range(1, 8 * 49 + 1))
    wide.terminate()


async def test_one_match_is_opened_once_by_many(pool: Pool) -> None:
    async def open_one(i: int) -> int:
        return (await open_stream(pool, "m1", sport="soccer", provider=f"p{i % 3}")).stream_id

    ids = await asyncio.gather(*(open_one(i) for i in range(18)))
    assert len(set(ids)) == 3
    assert await pool.fetchval("SELECT count(*) FROM log.stream WHERE is_primary") == 1


async def test_statuses_at_once_leave_a_log_that_verifies(pool: Pool, dsn: str) -> None:
    names = ("live", "suspended", "live", "finished", "live", "abandoned")
    await append(pool, await opened(pool), tiny(), "push")
    await asyncio.gather(*(append_control(pool, "m1", "soccer", "status", {"status": s}) for s in names))
    await scored(pool, dsn, 1)
    await clean(pool)


async def test_a_refused_batch_leaves_nothing(pool: Pool) -> None:
    stream = await opened(pool)
    with pytest.raises(Exception, match="0x00"):
        await append(pool, stream, [feed("a", 1), feed("b\x00", 2)], "push")
    assert await pool.fetchval("SELECT count(*) FROM log.feed_event") == 0
    assert (await append(pool, stream, [feed("a", 1)], "push")).first_version == 1


async def test_what_a_sender_repeated_after_a_retraction_a_file_brings_back(pool: Pool) -> None:
    """The pushed repeat is kept and not effective; it must not make the file's truth look like a repeat."""
    stream = await opened(pool)
    a, gone_a = feed("a", 1, x_m=5.0), feed("a", 1, kind="retracted")
    for event in (a, gone_a, feed("a", 1, x_m=6.0)):
        await append(pool, stream, [event], "push")
    assert await pool.fetch("SELECT * FROM log.current_event('m1')") == []
    assert (await append(pool, stream, [feed("a", 1, x_m=6.0)], "follow")).appended == 1
    assert (await append(pool, stream, [feed("a", 1, x_m=6.0)], "follow")).repeated == 1
    assert len(await pool.fetch("SELECT * FROM log.current_event('m1')")) == 1
