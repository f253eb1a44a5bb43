"""Holes in a provider's own numbers: seen, shown, filled by whichever connection, harmless when they are absurd."""

import msgspec
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from app.api.gap_metrics import set_feed_gaps
from app.db.pool import Pool
from app.errors import UnknownMatch, UsageError
from app.feeds.base import FeedEvent, provider
from app.live.snapshot import frame_data, snapshot
from app.log.append import append
from app.log.gaps import close_gaps, open_gaps
from app.log.ingest import ingest
from tests.engine_kit import TINY, feed, opened
from tests.running import touchline


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


async def test_holes_that_will_never_be_filled_are_given_up(pool: Pool) -> None:
    await told(pool, 1, 2, 5, 9)
    await told(pool, 1, 3, source="statsbomb")
    await told(pool, 2, match="m2")
    (closed,) = await close_gaps(pool, "m1", "the provider lost them", "local:tester", "touchline")
    assert (closed.provider, closed.holes, closed.messages, closed.first, closed.last) == ("touchline", 2, 5, 3, 8)
    assert [(g.provider, g.first) for g in await open_gaps(pool, "m1")] == [("statsbomb", 2)]
    assert await holes(pool, "m2") == [(1, 1)]
    assert 'match="m1",provider="touchline"' not in await gauge(pool)
    row = await pool.fetchrow(
        "SELECT high, given_up, gap_since FROM log.feed_sequence WHERE provider = 'touchline' AND match_id = 'm1'"
    )
    assert tuple(row) == (9, 5, None)
    audit = await pool.fetchrow("SELECT principal, match_id, details FROM ops.audit WHERE action = 'close_gap'")
    assert (audit["principal"], audit["match_id"]) == ("local:tester", "m1")
    details = msgspec.json.decode(audit["details"])
    assert (details["messages"], details["reason"]) == (5, "the provider lost them")
    # What comes after all is taken in, and later holes are seen.
    await told(pool, 4, 12)
    assert [(g.provider, g.first, g.last) for g in await open_gaps(pool, "m1")] == [
        ("statsbomb", 2, 2),
        ("touchline", 10, 11),
    ]
    assert {c.provider for c in await close_gaps(pool, "m1", "x", "local")} == {"statsbomb", "touchline"}
    assert await open_gaps(pool, "m1") == []


async def test_after_an_absurd_number_counting_goes_on_from_the_last_that_came(pool: Pool) -> None:
    await told(pool, 1, 2, 4, 2**53)
    with pytest.raises(UsageError, match="number 3 has come"):
        await close_gaps(pool, "m1", "x", "local", highest=3)
    with pytest.raises(UsageError, match="number 77 has come"):
        await close_gaps(pool, "m1", "x", "local", highest=77)
    (closed,) = await close_gaps(pool, "m1", "a faulty logger", "local", highest=4)
    assert (closed.holes, closed.high) == (2, 4)
    assert tuple(await pool.fetchrow("SELECT high, given_up FROM log.feed_sequence")) == (4, 1)
    await told(pool, 5, 7)
    assert await holes(pool) == [(6, 6)]
    # Too late is not too late: the hole was given up before the absurdity was seen.
    await told(pool, 2**53)
    await close_gaps(pool, "m1", "x", "local")
    await close_gaps(pool, "m1", "x", "local", highest=7)
    await told(pool, 9)
    assert await holes(pool) == [(8, 8)]


async def test_what_cannot_be_given_up_is_told(pool: Pool) -> None:
    with pytest.raises(UnknownMatch):
        await close_gaps(pool, "m1", "x", "local")
    await told(pool, 1)
    for provider_ in (None, "touchline", "statsbomb"):
        with pytest.raises(UsageError, match="no open hole"):
            await close_gaps(pool, "m1", "x", "local", provider_)
    await told(pool, 3)
    with pytest.raises(UsageError, match="Say why"):
        await close_gaps(pool, "m1", " ", "local")
    await told(pool, 3, source="statsbomb")
    with pytest.raises(UsageError, match="With numbers here: statsbomb, touchline"):
        await close_gaps(pool, "m1", "x", "local", highest=1)
    assert len(await open_gaps(pool, "m1")) == 2


async def test_the_command_says_what_it_gave_up(pool: Pool, dsn: str) -> None:
    await told(pool, 1, 2**53)
    done = touchline("matches", "close-gap", "m1", "--reason", "a faulty logger", "--highest", "1", database_url=dsn)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "m1, touchline: 1 hole given up (9,007,199,254,740,990 messages between 2 and 9007199254740991); "
        "counting goes on after 1.\n"
    )
    done = touchline("matches", "close-gap", "m1", "--reason", "again", database_url=dsn)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no open hole" in done.stderr


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
