"""Every rollup is the plain GROUP BY, at every moment, on whichever edition of TimescaleDB is found."""

# ruff: noqa: S608  (names of our own rollups)

import asyncio
import math
import random
from typing import Any

import pytest

from app.db.pool import Pool
from app.feeds.base import FeedEvent
from app.log.replay import new_replay, play
from app.warehouse.rollup_files import _read
from app.warehouse.rollups import Refresher, declared
from tests.engine_kit import feed, gone, scored, shot, tiny, told

FIGURES = "sum(value) AS value_sum, count(value) AS value_count, min(value) AS value_min, max(value) AS value_max"
CLOCK = "min(date_trunc('minute', occurred_at)) AS bucket"
MINUTE = "trunc(elapsed_s / 60)::integer AS minute"
QUARTER = """(CASE WHEN period = 1 AND elapsed_s >= 2700 THEN 30 WHEN period = 2 AND elapsed_s >= 5400 THEN 75
                   WHEN period = 3 AND elapsed_s >= 6300 THEN 90 WHEN period = 4 AND elapsed_s >= 7200 THEN 105
                   ELSE 15 * trunc(elapsed_s / 900) END)::integer AS from_minute"""
# Written apart from the files, over the hypertables alone. The names of the keys; the first columns are in this order.
PLAIN: dict[str, tuple[str, str]] = {
    "signal_1m": ("bucket, match_id, signal, signal_version, subject", f"""
        SELECT date_trunc('minute', occurred_at) AS bucket, match_id, signal, signal_version, subject, {FIGURES}
        FROM signal.point GROUP BY 1, 2, 3, 4, 5"""),
    "signal_5m": ("bucket, match_id, signal, signal_version, subject", f"""
        SELECT date_bin('5 minutes', occurred_at, '2001-01-01Z') AS bucket, match_id, signal, signal_version, subject, {FIGURES}
        FROM signal.point GROUP BY 1, 2, 3, 4, 5"""),
    "team_minute": ("match_id, team_id, period, minute, signal, signal_version", f"""
        SELECT match_id, team_id, period, {MINUTE}, signal, signal_version, {CLOCK}, {FIGURES}
        FROM signal.point WHERE team_id IN (SELECT team_id FROM mart.dim_team) GROUP BY 1, 2, 3, 4, 5, 6"""),
    "player_minute": ("match_id, player_id, team_id, period, minute, signal, signal_version", f"""
        SELECT match_id, subject AS player_id, team_id, period, {MINUTE}, signal, signal_version, {CLOCK}, {FIGURES}
        FROM signal.point WHERE subject IN (SELECT player_id FROM mart.dim_player) GROUP BY 1, 2, 3, 4, 5, 6, 7"""),
    "match_phase": ("match_id, period, from_minute, side, signal, signal_version", f"""
        SELECT match_id, period, {QUARTER}, coalesce(team_id, subject) AS side, signal, signal_version,
               min(date_trunc('hour', occurred_at)) AS bucket, {FIGURES}
        FROM signal.point GROUP BY 1, 2, 3, 4, 5, 6"""),
    "feed_health_1m": ("bucket, match_id, provider, role, connection", """
        SELECT date_trunc('minute', e.recorded_at) AS bucket, e.match_id, s.provider, s.role, s.connection,
               count(*) AS messages, sum((e.kind = 'amended')::integer) AS amended,
               sum((e.kind = 'retracted')::integer) AS retracted, sum((NOT e.effective)::integer) AS overtaken,
               sum(length(e.raw)) AS raw_bytes, sum(extract(epoch FROM e.recorded_at - e.occurred_at)) AS late_sum_s,
               min(extract(epoch FROM e.recorded_at - e.occurred_at)) AS late_min_s,
               max(extract(epoch FROM e.recorded_at - e.occurred_at)) AS late_max_s
        FROM log.feed_event e JOIN log.stream s ON s.stream_id = e.stream_id GROUP BY 1, 2, 3, 4, 5"""),
}  # fmt: skip


async def assert_equal(pool: Pool) -> dict[str, int]:
    """Every bucket of every rollup, against the plain text. Returns how many rows each has."""
    counted = {}
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
        for name, (keys, text) in PLAIN.items():
            plain = {_key(keys, r): r for r in await connection.fetch(text)}
            rows = await connection.fetch(f"SELECT * FROM rollup.{name}_all")
            rolled = {_key(keys, r): r for r in rows}
            assert len(rows) == len(rolled), f"{name}: a key comes twice"
            assert rolled.keys() == plain.keys(), name
            for key, theirs in plain.items():
                assert set(rolled[key].keys()) == set(theirs.keys()), name
                for column in theirs.keys():  # noqa: SIM118  (a Record iterates over values)
                    a, b = rolled[key][column], theirs[column]
                    assert _same(a, b), (name, column, rolled[key], theirs)
            counted[name] = len(plain)
    return counted


def _key(keys: str, row: Any) -> tuple[Any, ...]:
    return tuple(row[k] for k in keys.split(", "))


def _same(mine: Any, plain: Any) -> bool:
    if isinstance(mine, float):
        return math.isclose(mine, float(plain), rel_tol=1e-9, abs_tol=1e-9)
    return mine == plain


async def drained(pool: Pool) -> None:
    refresher = Refresher(pool)
    while await refresher.refresh():
        pass
    assert await pool.fetchval("SELECT count(*) FROM rollup.dirty") == 0


def random_changes(dice: random.Random) -> list[FeedEvent]:
    changes: list[FeedEvent] = []
    for number in range(dice.randint(1, 6)):
        event = dice.choice(tiny())
        kind = dice.choice(["gone", "moved", "new", "late"])
        period = dice.choice([1, 1, 2])
        clock_s = dice.uniform(0, 2900.0) + 2700.0 * (period - 1)
        if kind == "gone":
            changes.append(gone(event.source_event_id))
        elif kind == "moved":
            changes.append(shot(event.source_event_id, event.order_key, clock_s=clock_s, period=period))
        else:
            name = f"{kind}-{dice.random()}-{number}"
            outcome = dice.choice(["goal", "saved"])
            changes.append(shot(name, dice.uniform(0, 40), outcome, clock_s=clock_s, period=period))
    return changes


async def test_the_rollups_are_right_before_and_after_each_refresh(pool: Pool, dsn: str) -> None:
    assert set(PLAIN) == {r.name for r in declared()}, "a rollup that is added is compared, too"
    dice = random.Random(20180818)
    for name in ("m1", "m2"):
        await told(pool, tiny(), name)
    await scored(pool, dsn)
    counted = await assert_equal(pool)
    assert min(counted.values()) > 0 and counted["signal_1m"] > 100 and counted["player_minute"] > 20
    await drained(pool)
    await assert_equal(pool)
    for turn in range(8):
        await told(pool, random_changes(dice), dice.choice(["m1", "m2"]))
        await scored(pool, dsn)
        await assert_equal(pool)
        if turn % 2:
            await drained(pool)
            await assert_equal(pool)


async def test_a_part_of_the_queue_leaves_every_rollup_right(
    pool: Pool, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.warehouse.rollups.REFRESH_LIMIT", 7)
    await told(pool, tiny())
    await scored(pool, dsn)
    refresher = Refresher(pool)
    turns = 0
    while await refresher.refresh():
        turns += 1
        if turns % 3 == 1:
            await assert_equal(pool)
    assert turns > 3
    await assert_equal(pool)


async def test_two_refreshers_and_a_scorer_at_once(pool: Pool, dsn: str) -> None:
    dice = random.Random(7)
    await told(pool, tiny())
    await scored(pool, dsn)
    done = asyncio.Event()

    async def refresh() -> None:
        refresher = Refresher(pool)
        while not done.is_set():
            await refresher.refresh()
            await asyncio.sleep(0)

    refreshing = [asyncio.create_task(refresh()) for _ in range(2)]
    for _ in range(8):
        await told(pool, random_changes(dice))
        await scored(pool, dsn)
        await assert_equal(pool)
    done.set()
    await asyncio.gather(*refreshing)
    await drained(pool)
    await assert_equal(pool)


async def test_a_value_that_goes_away_takes_its_minute_along(pool: Pool, dsn: str) -> None:
    await told(pool, [feed("l", 1, "lineup"), shot("a", 2, clock_s=605.0)])
    await scored(pool, dsn)
    await drained(pool)
    minute = "SELECT period, minute, team_id, value_count FROM rollup.player_minute WHERE signal = 'xg'"
    assert [tuple(r) for r in await pool.fetch(minute)] == [(1, 10, "touchline:team:harbour", 1)]
    names = [r.name for r in declared() if r.root == "signal.point"]
    assert len(names) == 5
    for name in names:
        assert await pool.fetchval(f"SELECT sum(value_count) FROM rollup.{name} WHERE signal = 'xg'") == 1
    await told(pool, [gone("a")])
    await scored(pool, dsn)
    for _ in range(2):
        for name in names:
            assert await pool.fetchval(f"SELECT count(*) FROM rollup.{name} WHERE signal = 'xg'") == 0
        await drained(pool)


async def test_a_minute_of_the_clock_is_one_row_wherever_minutes_begin_on_the_wall(pool: Pool, dsn: str) -> None:
    # Anchored at 17 seconds past a minute: each minute of the clock lies in two of the wall.
    await told(pool, [feed("l", 1, "lineup"), shot("a", 2, clock_s=601.0), shot("b", 3, clock_s=659.0)])
    await pool.execute("UPDATE log.match SET anchor_at = date_trunc('hour', anchor_at) + INTERVAL '17 seconds'")
    await scored(pool, dsn)
    for _ in range(2):
        rows = await pool.fetch("SELECT minute, value_count FROM rollup.team_minute WHERE signal = 'xg'")
        assert [tuple(r) for r in rows] == [(10, 2)]
        assert await pool.fetchval("SELECT count(*) FROM rollup.signal_1m WHERE signal = 'xg'") == 2
        await drained(pool)


async def test_replays_are_in_none_of_them(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await scored(pool, dsn)
    await play(pool, await new_replay(pool, "m1", 10_000.0, "again", claimed_by="me"), "me")
    await scored(pool, dsn)
    await drained(pool)
    for name in PLAIN:
        matches = await pool.fetch(f"SELECT DISTINCT match_id FROM rollup.{name}_all ORDER BY 1")
        assert [m[0] for m in matches] == ["again", "m1"], name
        assert await pool.fetchval(f"SELECT string_agg(DISTINCT match_id, ',') FROM rollup.{name}") == "m1"


def test_rollups_are_found_by_their_files() -> None:
    assert {(r.name, r.source, r.root, r.bucket) for r in declared()} == {
        ("signal_1m", "signal.point", "signal.point", "1 minute"),
        ("signal_5m", "rollup.signal_1m", "signal.point", "5 minutes"),
        ("team_minute", "rollup.signal_1m", "signal.point", "1 minute"),
        ("player_minute", "rollup.signal_1m", "signal.point", "1 minute"),
        ("match_phase", "rollup.signal_1m", "signal.point", "1 hour"),
        ("feed_health_1m", "log.feed_event", "log.feed_event", "1 minute"),
    }
    order = [r.name for r in declared()]
    assert all(r.parent is None or order.index(r.parent) < order.index(r.name) for r in declared())


def test_a_file_without_a_comment_is_refused() -> None:
    with pytest.raises(ValueError, match="about"):
        _read("-- rollup: mine\n-- source: signal.point\n-- bucket: 1 minute\nSELECT 1")
