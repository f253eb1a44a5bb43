"""The log: idempotent, gapless, and right about what is a repeat, an amendment and a tombstone."""

import asyncio
import random

import msgspec
import pytest

from app.db.pool import Pool
from app.errors import DecodeError, UsageError
from app.feeds.base import FeedEvent, Kind, provider
from app.log.append import Mode, Stream, append, open_stream
from app.log.ingest import ingest
from app.log.matches import Lineup, MatchInfo, PlayerInfo, load_match
from app.sports.soccer.events import Fields
from tests.engine_kit import feed, shot


def event(
    name: str, order: float = 1.0, x_m: float = 50.0, kind: Kind = "recorded", revision: int | None = None
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
async def test_a_b_a_is_two_changes_in_a_file_and_a_stale_retry_in_a_push(
    pool: Pool, mode: Mode, appended: int
) -> None:
    stream = await opened(pool)
    total = 0
    for x_m in (50.0, 60.0, 50.0):
        total += (await append(pool, stream, [event("a", x_m=x_m)], mode)).appended
    assert total == appended
    rows = await log_of(pool)
    assert [r[3] for r in rows] == ["recorded", "amended", "amended"][:appended]


@pytest.mark.parametrize("mode", ["follow", "push"])
async def test_one_batch_is_judged_like_many(pool: Pool, mode: Mode) -> None:
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


async def x_m_of(pool: Pool) -> list[float]:
    """Where the passes that hold are played from."""
    return [float(r["x"]) for r in await pool.fetch("SELECT fields ->> 'x_m' AS x FROM log.current_event('m1')")]


@pytest.mark.parametrize("together", [True, False])
async def test_an_original_that_comes_after_its_amendment_does_not_replace_it(pool: Pool, together: bool) -> None:
    """Over another connection that lags behind, say; and then everything is told again."""
    stream = await opened(pool)
    told = [event("a", x_m=60.0, kind="amended"), event("a", x_m=50.0)]
    for batch in [told] if together else [[e] for e in told]:
        await append(pool, stream, batch, "push")
    assert await log_of(pool) == [(1, "a", 1, "amended", True), (2, "a", 2, "amended", False)]
    assert (await append(pool, stream, told, "push")).appended == 0
    assert await x_m_of(pool) == [60.0]


async def test_an_amendment_may_say_again_what_was_said_at_first(pool: Pool) -> None:
    """A goal, no goal after a review, and a goal after all: a repeat of the first word it is not."""
    stream = await opened(pool)
    told = [event("a", x_m=50.0), event("a", x_m=60.0, kind="amended"), event("a", x_m=50.0, kind="amended")]
    for one in told:
        assert (await append(pool, stream, [one], "push")).appended == 1
    assert await x_m_of(pool) == [50.0]
    assert (await append(pool, stream, told, "push")).repeated == 3


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
    assert heard == ["m1,1,50,0"]


async def importance_of(pool: Pool) -> list[int]:
    return await pool.fetchval("SELECT newest_important FROM log.match WHERE match_id = 'm1'")


async def test_the_newest_version_of_each_importance_is_known(pool: Pool) -> None:
    stream = await opened(pool)
    await append(pool, stream, [event("a"), event("b", 2.0)], "push")
    assert await importance_of(pool) == [0, 0, 0]
    goal = shot("goal", 5.0, "goal")
    batch = [shot("s1", 3.0), event("c"), feed("card", 4.0, "card", card="red"), goal, shot("s2", 6.0), event("d")]
    await append(pool, stream, batch, "push")
    assert await importance_of(pool) == [7, 5, 6]
    await append(pool, stream, batch, "push")
    await append(pool, stream, [event("e")], "push")
    assert await importance_of(pool) == [7, 5, 6]
    await append(pool, stream, [event("a"), shot("s3", 7.0), event("a", x_m=9.0)], "follow")
    assert await importance_of(pool) == [10, 5, 6]


async def test_what_takes_something_back_is_as_important_as_a_goal(pool: Pool) -> None:
    stream = await opened(pool)
    await append(pool, stream, [shot("a", 1.0, "goal"), event("b"), event("c", revision=4)], "push")
    await append(pool, stream, [event("b", kind="retracted")], "push")
    assert await importance_of(pool) == [0, 0, 4]
    await append(pool, stream, [shot("a", 1.0, "saved")], "push")
    assert await importance_of(pool) == [0, 0, 5]
    # What arrives overtaken changes nothing.
    await append(pool, stream, [shot("c", 1.0, "goal", revision=3)], "push")
    assert await importance_of(pool) == [0, 0, 5]


async def test_the_notification_tells_the_highest_importance(pool: Pool) -> None:
    heard: list[str] = []
    stream = await opened(pool)
    async with pool.acquire() as listener:
        await listener.add_listener("touchline_log", lambda *told: heard.append(told[-1]))
        await append(pool, stream, [event("a")], "push")
        await append(pool, stream, [shot("b", 1.0, "goal"), shot("c", 2.0)], "push")
        await append(pool, stream, [event("a"), shot("b", 1.0, "goal"), event("d")], "push")
        for _ in range(500):
            if len(heard) == 3:
                break
            await asyncio.sleep(0.02)
        await listener.reset(timeout=5)
    assert heard == ["m1,1,1,0", "m1,2,3,3", "m1,4,4,0"]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("mode", ["follow", "push"])
async def test_many_revisions_at_once_are_judged_like_one_by_one(pool: Pool, mode: Mode, seed: int) -> None:
    """Whatever a batch holds of known and unknown, numbered and unnumbered: cutting it otherwise changes nothing."""
    dice = random.Random(seed)
    events = [
        event(
            dice.choice("abcde"),
            x_m=float(dice.randrange(3)),
            kind=dice.choice(["recorded", "recorded", "amended", "retracted"]),
            revision=dice.choice([None, None, dice.randrange(6)]),
        )
        for _ in range(150)
    ]
    for match, size in (("one", 1), ("seven", 7), ("all", 150)):
        stream = await opened(pool, match)
        for start in range(0, len(events), size):
            await append(pool, stream, events[start : start + size], mode)
    assert await log_of(pool, "one") == await log_of(pool, "seven") == await log_of(pool, "all")


async def seen(pool: Pool) -> dict[bytes, int]:
    return {r["payload"]: r["seen"] for r in await pool.fetch("SELECT payload, seen FROM log.quarantine")}


async def test_what_cannot_be_decoded_is_kept_once_and_counted(pool: Pool) -> None:
    stream, source = await opened(pool), provider("touchline")
    broken: list[bytes | Exception] = [b'{"id": "a"}', b"nonsense", b'{"id": "a"}', DecodeError("line 4", payload=b"x")]
    done = await ingest(pool, source, stream, broken, "push")
    assert (done.received, done.appended, done.quarantined, len(done.problems)) == (4, 0, 4, 3)
    assert await seen(pool) == {b'{"id": "a"}': 2, b"nonsense": 1, b"x": 1}
    await ingest(pool, source, stream, broken[1:], "push")
    assert await seen(pool) == {b'{"id": "a"}': 3, b"nonsense": 2, b"x": 2}
    row = await pool.fetchrow("SELECT source_event_id, reason FROM log.quarantine WHERE payload_bytes = 11")
    assert row["source_event_id"] == "a" and "type" in row["reason"]


async def test_what_is_said_at_once_about_a_match_is_said_whole_or_not_at_all(pool: Pool) -> None:
    lineup = Lineup("harbour", [PlayerInfo("h1")])
    info = MatchInfo(id="m1", home="Harbour", away="Northgate", lineups=[lineup], status="live", venue="Quay")
    assert await load_match(pool, info) == 3
    assert await load_match(pool, info) == 0
    recorded = await pool.fetch("SELECT DISTINCT recorded_at FROM log.feed_event")
    assert len(recorded) == 1
    wrong = MatchInfo(id="m2", home="Harbour", lineups=[Lineup("harbour", [PlayerInfo("h1", shirt=-1)])])
    with pytest.raises(UsageError, match="shirt"):
        await load_match(pool, wrong)
    assert await pool.fetchval("SELECT count(*) FROM log.match WHERE match_id = 'm2'") == 0
