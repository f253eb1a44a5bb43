"""Odds before kick-off, from a match's metadata to what is on air; and odds that come too late."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.db.pool import Pool
from app.errors import UsageError
from app.log.matches import load_match, parse
from tests.engine_kit import clean, scored, tiny, told

ODDS = {"home": 4.20, "draw": 3.70, "away": 1.95}


async def say(pool: Pool, **info: Any) -> int:
    [match] = parse(json.dumps({"id": "m1", **info}).encode())
    return await load_match(pool, match)


async def chances(pool: Pool, anchor: str) -> dict[str, float]:
    rows = await pool.fetch(
        "SELECT subject, value FROM mart.fact_signal WHERE signal = 'win_probability' AND anchor = $1", anchor
    )
    return {r["subject"]: r["value"] for r in rows}


async def places(pool: Pool) -> list[tuple[int, float]]:
    rows = await pool.fetch(
        "SELECT period, order_key FROM log.feed_event WHERE control AND type = 'pre_match' AND kind <> 'retracted' "
        "ORDER BY version"
    )
    return [tuple(r) for r in rows]


async def test_the_first_value_of_a_match_is_that_of_its_odds(pool: Pool, dsn: str) -> None:
    assert await say(pool, home="Harbour City", away="Northgate", odds=ODDS) == 2
    assert await say(pool, odds=ODDS) == 0
    await told(pool, tiny())
    await scored(pool, dsn)
    assert await chances(pool, "event:t-003") == {"home": 0.231, "draw": 0.264, "away": 0.505}
    await clean(pool)


async def test_the_last_word_before_kick_off_counts_and_none_after_it(pool: Pool, dsn: str) -> None:
    await say(pool, odds={"home": 1.5, "draw": 4.5, "away": 7.0})
    await told(pool, tiny()[:2])
    await say(pool, odds=ODDS)
    await told(pool, tiny()[:10])
    assert await say(pool, odds={"home": 1.1, "draw": 9.0, "away": 30.0}) == 1
    await told(pool, tiny())
    await scored(pool, dsn)
    assert await chances(pool, "event:t-003") == {"home": 0.231, "draw": 0.264, "away": 0.505}
    assert await places(pool) == [(0, 0.0), (1, 2.0), (1, 10.0)]
    await clean(pool)


async def test_odds_that_come_late_alone_change_nothing(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await scored(pool, dsn)
    before = await pool.fetch("SELECT signal, subject, anchor, value FROM mart.fact_signal ORDER BY 1, 2, 3")
    await say(pool, odds=ODDS)
    await scored(pool, dsn)
    after = await pool.fetch("SELECT signal, subject, anchor, value FROM mart.fact_signal ORDER BY 1, 2, 3")
    assert [tuple(r) for r in before] == [tuple(r) for r in after]
    await clean(pool)


@pytest.mark.parametrize(
    ("odds", "words"),
    [
        ({"home": 4.2, "draw": 3.9, "away": 2.0}, r"odds of match 'm1'.*add up to 0.9945"),
        ({"home": 1.0, "draw": 3.9, "away": 2.0}, r"odds.home"),
        ({"home": 4.2, "draw": 3.7}, "away"),
        ({"home": 4.2, "draw": 3.7, "away": 1.95, "book": "x"}, "book"),
    ],
    ids=["less than a whole book", "no profit", "an outcome is missing", "a misspelt member"],
)
async def test_odds_that_do_not_fit_are_refused_in_words(pool: Pool, odds: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        await say(pool, home="Harbour City", odds=odds)
    assert await pool.fetchval("SELECT count(*) FROM log.match") == 0
