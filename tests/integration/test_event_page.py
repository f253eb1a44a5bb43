"""A page of a match's events is what log.current_event says, whatever was corrected, skipped, or told by somebody else."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import Any

import pytest

from app.db.pool import Pool
from app.db.sql import query
from app.log.append import append
from app.log.control import append_control
from app.log.skip import NotSkippable, skip, unskip
from tests.engine_kit import feed, gone, opened, tiny

# As the list was asked for before there was a page; and by it, every page can be checked by itself.
WHOLE = """
SELECT e.version, e.source_event_id, s.provider, e.kind, e.type, e.period, e.elapsed_s, e.order_key, e.team_id AS team,
       e.player_id AS player, e.fields::text AS fields, e.recorded_at
FROM log.current_event($1) e JOIN log.stream s USING (stream_id)
WHERE NOT e.control AND ($2::text[] IS NULL OR e.type = ANY ($2))
ORDER BY e.period, e.order_key, e.source_event_id
"""


async def pages(pool: Pool, types: list[str] | None, size: int) -> list[tuple[Any, ...]]:
    """All pages of so many events, one after the other."""
    after: tuple[Any, ...] = (None, None, None)
    found: list[tuple[Any, ...]] = []
    while part := await pool.fetch(query("list_events"), "m1", types, *after, size):
        found += [tuple(row) for row in part]
        after = tuple(part[-1][k] for k in ("period", "order_key", "source_event_id"))
    return found


async def assert_same(pool: Pool, dice: random.Random) -> int:
    for types in (None, ["pass"], ["shot", "foul"], []):
        whole = [tuple(row) for row in await pool.fetch(WHOLE, "m1", types)]
        assert await pages(pool, types, dice.randint(1, 60)) == whole, types
    return await pool.fetchval("SELECT count(*) FROM log.current_event('m1') WHERE NOT control")


async def change(pool: Pool, dice: random.Random, turn: int) -> None:
    """Something that may happen to a log: corrections by push or document, skips, another provider, another primary."""
    provider, connection = dice.choice([("touchline", "main"), ("touchline", "second"), ("elsewhere", "main")])
    stream = await opened(pool, provider=provider, connection=connection)
    event = dice.choice(tiny())
    # Places that several events share, too.
    order = dice.choice([1.0, 2.5, event.order_key, dice.uniform(0, 40)])
    revision = dice.choice([None, None, dice.randint(1, 9)])
    told = [
        feed(event.source_event_id, order, dice.choice(["pass", "shot", "foul"]), period=dice.choice([1, 2]), x_m=dice.uniform(0, 105)),
        feed(event.source_event_id, order, kind="amended", revision=revision, x_m=dice.uniform(0, 105)),
        feed(event.source_event_id, order, kind="recorded", revision=revision),
        feed(f"new-{turn}", order),
        gone(event.source_event_id, revision=revision),
    ]  # fmt: skip
    await append(pool, stream, dice.sample(told, dice.randint(1, 4)), dice.choice(["push", "push", "follow"]))
    version = dice.randint(1, await pool.fetchval("SELECT version FROM log.match WHERE match_id = 'm1'"))
    with suppress(NotSkippable):
        await dice.choice([skip, unskip])(pool, "m1", version, "tried", "tester")
    if turn % 20 == 19:
        name = dice.choice(["elsewhere", "touchline"])
        await append_control(pool, "m1", "soccer", "primary_stream", {"provider": name})


@pytest.mark.parametrize("seed", [1, 2])
async def test_pages_are_what_is_known_now(pool: Pool, seed: int) -> None:
    dice = random.Random(seed)
    assert await assert_same(pool, dice) == 0
    await append(pool, await opened(pool), tiny(), "push")
    assert await assert_same(pool, dice) == 40
    counts = set()
    for turn in range(60):
        await change(pool, dice, turn)
        counts.add(await assert_same(pool, dice))
    assert len(counts) > 5
    # All that a page has to look out for has come.
    seen = await pool.fetchrow(
        "SELECT count(*) FILTER (WHERE revision > 2) AS corrected, count(*) FILTER (WHERE kind = 'retracted') AS retracted, "
        "count(*) FILTER (WHERE NOT effective) AS overtaken, count(DISTINCT stream_id) AS streams, "
        "(SELECT count(*) FROM log.skipped WHERE undone_at IS NULL) AS skipped FROM log.feed_event WHERE NOT control"
    )
    assert min(seen) > 0 and seen["streams"] == 3, seen
    outside = (
        "SELECT count(*) FROM log.feed_event e JOIN log.match m USING (match_id) WHERE NOT e.recorded_at BETWEEN "
        "m.first_recorded_at AND m.last_recorded_at + INTERVAL '1 minute'"
    )
    assert await pool.fetchval(outside) == 0
    assert await pool.fetchval("SELECT count(*) FROM log.event_page('nobody', NULL, NULL, NULL, NULL, 10)") == 0
