"""What comes in between on a signal's way to the air: a disk that is full, two who move at one time, what may not go there."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import asyncpg
import msgspec
import pytest

from app.commands import signals_group
from app.commands.verify import verify_all
from app.db.pool import Connection, Pool
from app.db.sql import query
from app.scoring import beside as beside_module
from app.scoring import lifecycle
from app.scoring.beside import Beside
from app.scoring.catalogue import Name, read_catalogue, signals_of
from app.scoring.lifecycle import NotNow, filling, promote_what_is_filled
from app.sports.loading import loaded
from app.sports.soccer.sport import SPORT
from tests.engine_kit import SETTINGS, clean, scored, tiny, told
from tests.lifecycle_kit import filled, known, on_air, stored, text_of


@pytest.mark.parametrize("statement", ["put_on_air", "register_lock"])
async def test_what_is_said_to_be_done_is_durable(pool: Pool, statement: str) -> None:
    """Over a connection of those that fill, too, which do not wait for the disk."""
    one = await known(pool, 1)
    given = (*one, None, "tester", "promoted", None) if statement == "put_on_air" else ()
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL synchronous_commit = off")
        await connection.fetchval(query(statement), *given)
        assert await connection.fetchval("SHOW synchronous_commit") == "on"


async def test_what_may_not_go_on_air_by_itself_holds_up_nothing_else(pool: Pool, dsn: str) -> None:
    await pool.execute(query("register_model"), "lab", 1, "params", "0" * 64, "{}", "research only", True)
    await told(pool, tiny())
    await scored(pool, dsn)
    for name in ("counted", "tallied"):
        await filled(pool, await known(pool, 1, name=name))
    await pool.execute("UPDATE registry.signal_version SET model = 'lab', model_version = 1 WHERE signal = 'counted'")
    await pool.execute("UPDATE registry.signal_version SET promote_when_filled = true WHERE stage = 'shadow'")
    await promote_what_is_filled(pool, SETTINGS)
    waiting = await pool.fetchval("SELECT count(*) FROM registry.signal_version WHERE promote_when_filled")
    assert waiting == 0
    now = await signals_of(pool, "soccer", "m1")
    assert ("tallied@1" in now, "counted@1" in now) == (True, False)


async def test_a_match_that_is_held_by_a_worker_is_filled_before_it_goes_on_air_by_itself(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await scored(pool, dsn)
    one = await known(pool, 1)
    await pool.execute("UPDATE registry.signal_version SET promote_when_filled = true WHERE stage = 'shadow'")
    await pool.execute(
        "UPDATE ops.cursor SET lease_owner = 'somebody', lease_renewed_at = clock_timestamp(), "
        "lease_expires_at = clock_timestamp() + INTERVAL '2 minutes' WHERE pipeline = 'live'"
    )
    state = await filling(pool, one)
    assert (state.matches, state.behind, state.untouched) == (1, 0, 1)
    await promote_what_is_filled(pool, SETTINGS)
    assert "counted@1" not in await signals_of(pool, "soccer", "m1")
    await filled(pool, one)
    await promote_what_is_filled(pool, SETTINGS)
    assert "counted@1" in await signals_of(pool, "soccer", "m1")
    assert await stored(pool, 1)
    await clean(pool)


async def waits(connection: Connection, task: asyncio.Task[Any]) -> None:
    """Until the task waits for a lock of ours, or has not waited for it."""
    async with asyncio.timeout(30):
        while not task.done() and not await connection.fetchval(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        ):
            await asyncio.sleep(0.02)


async def one_that_is_tried(pool: Pool, dsn: str) -> Name:
    """A version beside a live one, ready to be tried on the air of m1."""
    await known(pool, 1, stage="live")
    await told(pool, tiny()[:20])
    await scored(pool, dsn)
    two = await known(pool, 2, 10)
    await filled(pool, two)
    return two


async def test_what_is_tried_on_a_match_in_the_same_moment_is_not_retired(pool: Pool, dsn: str) -> None:
    two = await one_that_is_tried(pool, dsn)
    async with pool.acquire() as connection, connection.transaction():
        await connection.fetchval(query("put_on_air"), *two, ["m1"], "tester", "canary", None)
        late = asyncio.create_task(lifecycle.retire(pool, "counted@2", "tester", None))
        await waits(connection, late)
    with pytest.raises(NotNow, match="end the canary"):
        await late
    assert (await pool.fetchrow(query("version_row"), *two))["stage"] == "shadow"
    assert "counted@2" in await signals_of(pool, "soccer", "m1")
    await clean(pool)


@pytest.mark.parametrize("matches", [["m1"], None])
async def test_what_is_retired_in_the_same_moment_is_not_put_on_the_air(
    pool: Pool, dsn: str, matches: list[str] | None
) -> None:
    two = await one_that_is_tried(pool, dsn)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(query("air_lock"))
        late = asyncio.create_task(on_air(pool, two, matches=matches))
        await waits(connection, late)
        assert await connection.fetchval(query("retire"), *two) == 2
    with pytest.raises(NotNow, match="was retired just now"):
        await late
    assert (await pool.fetchrow(query("version_row"), *two))["stage"] == "retired"
    assert "counted@1" in await signals_of(pool, "soccer", "m1")
    assert not await pool.fetch(query("canaries"))
    await clean(pool)


async def test_what_an_ended_process_still_holds_is_waited_for_and_said_once(
    pool: Pool, dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await told(pool, tiny()[:20])
    await scored(pool, dsn)
    one = await known(pool, 1)
    await pool.execute(query("begin_beside"), *one)
    await pool.execute(
        "UPDATE ops.cursor SET lease_owner = 'elsewhere:77:abc', lease_renewed_at = clock_timestamp(), "
        "lease_expires_at = clock_timestamp() + INTERVAL '30 seconds' WHERE pipeline LIKE 'beside:%'"
    )
    monkeypatch.setattr(signals_group, "SILENT_S", 0.0)
    looked = 0

    def progress(done: int, every: int) -> None:
        nonlocal looked
        looked += 1

    waiting = asyncio.create_task(signals_group._filled(pool, SETTINGS, one, progress))
    async with asyncio.timeout(30):
        while looked < 4:
            await asyncio.sleep(0.02)
        await pool.execute("UPDATE ops.cursor SET lease_expires_at = NULL WHERE pipeline LIKE 'beside:%'")
        state = await waiting
    assert (state.done, state.matches) == (1, 1)
    [line] = capsys.readouterr().err.splitlines()
    assert re.fullmatch(
        r"counted@1 waits: 1 match is held by elsewhere:77, which fills it too\. .* free in (30|2\d|1\d) s at most\.",
        line,
    )
    await clean(pool)


@pytest.mark.parametrize("verb", ["deploy", "retire"])
async def test_who_comes_too_late_takes_nothing_off_the_air(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """Deployed once more, or retired, while somebody else puts it on the air."""
    one = await known(pool, 1)
    text = text_of(1)
    monkeypatch.setattr(lifecycle, "file_of", lambda *_: (SPORT, loaded(text, "counted", SPORT), text))
    async with pool.acquire() as connection, connection.transaction():
        await connection.fetchval(query("put_on_air"), *one, None, "tester", "promoted", None)
        if verb == "deploy":
            late = asyncio.create_task(lifecycle.deploy(pool, "counted", "tester", None, when_filled=False))
        else:
            late = asyncio.create_task(lifecycle.retire(pool, "counted@1", "tester", None))
        await waits(connection, late)
    with pytest.raises(NotNow, match="is on air"):
        await late
    assert ("soccer", "counted", 1) in {
        n for n, v in (await read_catalogue(pool)).versions.items() if v.stage == "live"
    }


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.DeadlockDetectedError("deadlock detected"),
        asyncpg.InternalServerError('could not extend file "base/1/2": File too large'),
        asyncpg.DiskFullError('could not extend file "base/1/2": No space left on device'),
    ],
)
async def test_what_is_no_match_s_fault_parks_none(
    pool: Pool, dsn: str, monkeypatch: pytest.MonkeyPatch, error: asyncpg.PostgresError
) -> None:
    await told(pool, tiny())
    await scored(pool, dsn)
    one = await known(pool, 1)
    whole = beside_module.commit_all

    async def failing(*_: object) -> None:
        monkeypatch.setattr(beside_module, "commit_all", whole)
        raise error

    monkeypatch.setattr(beside_module, "commit_all", failing)
    beside = Beside(pool, SETTINGS, only=one)
    if isinstance(error, asyncpg.DeadlockDetectedError):
        await beside.turn()
    else:
        with pytest.raises(asyncpg.PostgresError, match="could not extend file"):
            await beside.turn()
    assert await pool.fetchval("SELECT count(*) FROM ops.cursor WHERE parked_at IS NOT NULL") == 0
    while await beside.turn():
        pass
    await beside.leave()
    await on_air(pool, one)
    await clean(pool)


async def test_a_version_is_not_filled_beside_its_own_air(pool: Pool, dsn: str) -> None:
    """A cursor that is left of a match that came while the version went on the air; another is tried on a second match, so
    that the version goes on beside it there."""
    await known(pool, 1, stage="live")
    for match in ("m1", "m2"):
        await told(pool, tiny()[:20], match)
    await scored(pool, dsn)
    await pool.execute("INSERT INTO ops.cursor (match_id, pipeline) VALUES ('m1', 'beside:soccer.counted@1')")
    two = await known(pool, 2, weight=3)
    await filled(pool, two)
    await on_air(pool, two, matches=["m2"])
    await told(pool, tiny()[20:], "m2")
    await scored(pool, dsn)
    await filled(pool, ("soccer", "counted", 1))
    followed = await pool.fetch(
        "SELECT match_id, version > 0 AS is_followed FROM ops.cursor WHERE pipeline = 'beside:soccer.counted@1' ORDER BY 1"
    )
    assert [tuple(r) for r in followed] == [("m1", False), ("m2", True)]
    for match in ("m1", "m2"):
        await clean(pool, match)


async def test_verify_says_what_it_has_left_out(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await scored(pool, dsn)
    one = await known(pool, 1)
    await filled(pool, one)
    await on_air(pool, one)
    count = len(await stored(pool, 1))
    await pool.execute("UPDATE ops.cursor SET owed = ARRAY['counted@1'] WHERE pipeline = 'live'")
    lines: list[str] = []
    assert await verify_all(dsn, None, False, lines.append)
    assert f", no difference, {count} values of counted@1 left out, digest" in lines[0]
    assert re.search(rf": no difference; {count} values of counted@1 left out, .*; digest", lines[-1])
    said: list[str] = []
    assert await verify_all(dsn, None, True, said.append)
    body = msgspec.json.decode(said[0])
    assert body["left_out"] == body["matches"][0]["left_out"] == {"counted@1": count}
    points = body["points"]
    await scored(pool, dsn)
    said.clear()
    assert await verify_all(dsn, None, True, said.append)
    body = msgspec.json.decode(said[0])
    assert (body["left_out"], body["points"]) == ({}, points + count)
