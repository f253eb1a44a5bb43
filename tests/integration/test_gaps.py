"""Holes in a provider's own numbers: seen, shown, filled by whichever connection, harmless when they are absurd."""

import msgspec
from prometheus_client import CollectorRegistry, generate_latest

from app.api.gap_metrics import set_feed_gaps
from app.db.pool import Pool
from app.feeds.base import FeedEvent, provider
from app.live.snapshot import frame_data, snapshot
from app.log.append import append
from app.log.gaps import open_gaps
from app.log.ingest import ingest
from tests.engine_kit import TINY, feed, opened


def numbered(*numbers: int) -> list[FeedEvent]:
    """One event a number, its own one."""
    return [msgspec.structs.replace(feed(f"e{n}", 1.0), sequence=n) for n in numbers]


async def told(
    pool: Pool, *numbers: int, match: str = "m1", source: str = "touchline", connection: str = "main"
) -> None:
    await append(pool, await opened(pool, match, source, connection=connection), numbered(*numbers), "push")


async def holes(pool: Pool, match: str = "m1") -> list[tuple[int, int]]:
    return [(g.first, g.last) for g in await open_gaps(pool, match)]


async def gauge(pool: Pool) -> str:
    registry = CollectorRegistry()
    await set_feed_gaps(pool, registry)
    return generate_latest(registry).decode()


async def test_a_hole_is_shown_until_it_is_filled(pool: Pool) -> None:
    await told(pool, 1, 2, 3)
    assert await open_gaps(pool, "m1") == []
    assert "match=" not in await gauge(pool)
    await told(pool, 6, 9)
    found = await open_gaps(pool, "m1")
    assert [(g.provider, g.first, g.last) for g in found] == [("touchline", 4, 5), ("touchline", 7, 8)]
    assert 'touchline_feed_gap_messages{match="m1",provider="touchline"} 4.0' in await gauge(pool)
    snap = await snapshot(pool, "m1", "epoch")
    shown = msgspec.json.decode(msgspec.json.encode(frame_data(snap)))["snapshot"]["match"]["feed_gap"]
    assert shown == [msgspec.to_builtins(g) for g in found]
    await told(pool, 4, 8)
    assert await holes(pool) == [(5, 5), (7, 7)]
    assert [g.since for g in await open_gaps(pool, "m1")] == [found[0].since] * 2
    await told(pool, 7, 5)
    assert await open_gaps(pool, "m1") == []
    assert (await snapshot(pool, "m1", "epoch")).body["match"]["feed_gap"] == []
    assert "match=" not in await gauge(pool)


async def test_numbers_are_told_from_one_on(pool: Pool) -> None:
    await told(pool, 40)
    assert await holes(pool) == [(1, 39)]


async def test_another_connection_fills_the_hole_and_another_provider_does_not(pool: Pool) -> None:
    await told(pool, 1, 3)
    await told(pool, 1, 2, 3, match="m1", source="statsbomb")
    await told(pool, 2, match="m2")
    assert await holes(pool) == [(2, 2)]
    assert await holes(pool, "m2") == [(1, 1)]
    await told(pool, 1, 2, 3, connection="backup")
    assert await holes(pool) == []


async def test_a_repeat_counts_as_received(pool: Pool) -> None:
    """An amendment took number 2; the same content was known already, and its number fills the hole all the same."""
    await told(pool, 1, 3)
    known = msgspec.structs.replace(numbered(1)[0], sequence=2)
    assert (await append(pool, await opened(pool), [known], "push")).repeated == 1
    assert await holes(pool) == []


async def test_a_jump_of_a_million_million_is_one_hole(pool: Pool) -> None:
    far = 10**12
    await told(pool, 1, far)
    await told(pool, 2, far + 1)
    assert await holes(pool) == [(3, far - 1)]
    assert await pool.fetchval("SELECT pg_column_size(missing) FROM log.feed_sequence") < 100


async def test_numbers_that_nobody_has_are_left_out(pool: Pool) -> None:
    await told(pool, 1, 2**63 - 1, -(2**63), 0, 2)
    assert await pool.fetchval("SELECT high FROM log.feed_sequence") == 2
    assert await holes(pool) == []
    assert await pool.fetchval("SELECT version FROM log.match") == 5


async def test_of_too_many_holes_the_newest_are_kept_and_the_rest_is_counted(pool: Pool) -> None:
    await told(pool, *range(2, 3002, 2))
    rows = await pool.fetch("SELECT lower(r) AS hole FROM log.feed_sequence, unnest(missing) AS r")
    assert [r["hole"] for r in rows] == list(range(1001, 3001, 2))
    assert await pool.fetchval("SELECT given_up FROM log.feed_sequence") == 500
    assert await holes(pool) == [(n, n) for n in range(2801, 3001, 2)]
    await told(pool, *range(1, 3002, 2))
    assert await open_gaps(pool, "m1") == []


async def test_who_does_not_number_has_no_holes(pool: Pool) -> None:
    await append(pool, await opened(pool), [feed("a", 1.0), feed("b", 7.0)], "push")
    assert await pool.fetchval("SELECT count(*) FROM log.feed_sequence") == 0


async def test_a_message_in_quarantine_has_not_come(pool: Pool) -> None:
    stream, source = await opened(pool), provider("touchline")
    lines = [
        msgspec.json.encode({**msgspec.json.decode(line), "sequence": n})
        for n, line in enumerate(TINY.read_bytes().splitlines(), 1)
    ]
    broken = lines[10].replace(b'"type":"', b'"type":"un')
    await ingest(pool, source, stream, [*lines[:10], broken, *lines[11:]], "push")
    assert await holes(pool) == [(11, 11)]
    await ingest(pool, source, stream, [lines[10]], "push")
    assert await holes(pool) == []
