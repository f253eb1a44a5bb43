"""The log: idempotent, gapless, and right about what is a repeat, an amendment and a tombstone."""

import asyncio

import msgspec
import pytest

from app.db.pool import Pool
from app.feeds.base import FeedEvent
from app.log.append import Stream, append, open_stream
from app.sports.soccer.events import Fields


def event(
    name: str, order: float = 1.0, x_m: float = 50.0, kind: str = "recorded", revision: int | None = None
) -> FeedEvent:
    return FeedEvent(
        source_event_id=name,
        type="pass",
        period=1,
        order_key=order,
        elapsed_s=order,
        team="touchline:team:a",
        fields=Fields(x_m=x_m, y_m=30.0),
        raw=b"{}",
        kind=kind,
        revision=revision,
    )


async def opened(pool: Pool, match: str = "m1", connection: str = "main") -> Stream:
    return await open_stream(pool, match, sport="soccer", provider="touchline", connection=connection)


async def log_of(pool: Pool, match: str = "m1") -> list[tuple[int, str, int, str, bool]]:
    rows = await pool.fetch(
        "SELECT version, source_event_id, revision, kind, effective FROM log.feed_event WHERE match_id = $1 ORDER BY version",
        match,
    )
    return [tuple(r) for r in rows]


async def test_versions_are_gapless_and_a_repeat_appends_nothing(pool: Pool) -> None:
    stream = await opened(pool)
    first = await append(pool, stream, [event("a"), event("b", 2.0)], "push")
    again = await append(pool, stream, [event("b", 2.0), event("a"), event("c", 3.0)], "push")
    assert (first.first_version, first.last_version, first.appended) == (1, 2, 2)
    assert (again.first_version, again.last_version, again.appended, again.repeated) == (3, 3, 1, 2)
    assert [row[:2] for row in await log_of(pool)] == [(1, "a"), (2, "b"), (3, "c")]


async def test_the_order_key_is_no_content(pool: Pool) -> None:
    stream = await opened(pool)
    await append(pool, stream, [event("a", 1.0)], "push")
    moved = msgspec.structs.replace(event("a", 1.0), order_key=7.0)
    assert (await append(pool, stream, [moved], "push")).repeated == 1


@pytest.mark.parametrize(("mode", "appended"), [("follow", 3), ("push", 2)])
async def test_a_b_a_is_two_changes_in_a_file_and_a_stale_retry_in_a_push(pool: Pool, mode: str, appended: int) -> None:
    stream = await opened(pool)
    total = 0
    for x_m in (50.0, 60.0, 50.0):
        total += (await append(pool, stream, [event("a", x_m=x_m)], mode)).appended
    assert total == appended
    rows = await log_of(pool)
    assert [r[3] for r in rows] == ["recorded", "amended", "amended"][:appended]


@pytest.mark.parametrize("mode", ["follow", "push"])
async def test_one_batch_is_judged_like_many(pool: Pool, mode: str) -> None:
    events = [event("a", x_m=x) for x in (50.0, 60.0, 60.0, 50.0, 70.0)] + [event("b", 2.0), event("b", 2.0)]
    alone = await opened(pool, "alone")
    for one in events:
        await append(pool, alone, [one], mode)
    together = await opened(pool, "together")
    await append(pool, together, events, mode)
    assert await log_of(pool, "alone") == await log_of(pool, "together")


async def test_a_retraction_holds_even_when_it_comes_first(pool: Pool) -> None:
    stream = await opened(pool)
    await append(pool, stream, [event("a", kind="retracted")], "push")
    await append(pool, stream, [event("a")], "push")
    assert await log_of(pool) == [(1, "a", 1, "retracted", True), (2, "a", 2, "amended", False)]
    assert await pool.fetch("SELECT * FROM log.current_event('m1')") == []


async def test_an_older_provider_revision_is_kept_and_not_folded(pool: Pool) -> None:
    stream = await opened(pool)
    await append(pool, stream, [event("a", revision=5, x_m=55.0)], "push")
    late = await append(pool, stream, [event("a", revision=4, x_m=44.0), event("a", revision=5, x_m=55.0)], "push")
    assert (late.appended, late.repeated) == (1, 1)
    assert await log_of(pool) == [(1, "a", 1, "recorded", True), (2, "a", 2, "amended", False)]
    current = await pool.fetchval("SELECT fields ->> 'x_m' FROM log.current_event('m1')")
    assert float(current) == 55.0


async def test_two_connections_of_one_provider_share_identities(pool: Pool) -> None:
    first, second = await opened(pool), await opened(pool, connection="backup")
    await append(pool, first, [event("a")], "push")
    assert (await append(pool, second, [event("a")], "push")).repeated == 1


async def test_the_log_cannot_be_changed_in_place(pool: Pool) -> None:
    await append(pool, await opened(pool), [event("a")], "push")
    for statement in ("UPDATE log.feed_event SET x = 1", "DELETE FROM log.feed_event"):
        with pytest.raises(Exception, match="append-only"):
            await pool.execute(statement.replace("SET x = 1", "SET period = 2"))
    assert len(await log_of(pool)) == 1


async def test_one_notification_for_one_append(pool: Pool) -> None:
    heard: list[str] = []
    async with pool.acquire() as listener:

        def hear(_connection: object, _pid: int, _channel: str, payload: str) -> None:
            heard.append(payload)

        await listener.add_listener("touchline_log", hear)
        await append(pool, await opened(pool), [event(str(i), float(i)) for i in range(50)], "push")
        for _ in range(50):
            if heard:
                break
            await asyncio.sleep(0.02)
        await listener.remove_listener("touchline_log", hear)
    assert heard == ["m1,1,50"]
