"""A signal's way to the air and back: filled from the log, beside the air, promoted between two events, rolled back."""

from __future__ import annotations

import asyncio

import pytest

from app.db.pool import Pool
from app.db.sql import query
from app.errors import UsageError
from app.scoring.catalogue import read_catalogue, signals_of
from app.scoring.lifecycle import NotNow, UnknownSignal, deploy, end_canary, promote, retire, rollback
from app.scoring.register import OtherText, register
from app.scoring.session import Session
from tests.concurrency.running_workers import running, until_scored
from tests.engine_kit import SETTINGS, clean, drain, feed, frames, free, gone, last_seq, new_worker, scored, tiny, told
from tests.lifecycle_kit import filled, known, on_air, stored

REST = tiny()[20:]


async def weights(pool: Pool, match: str = "m1", after: int = 0) -> list[int]:
    """Which versions the frames of the signal name, in order."""
    return [f["signal_version"] for f in await frames(pool, match, after) if f.get("signal") == "counted"]


async def test_filling_a_version_stores_its_past_and_tells_nobody(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await scored(pool, dsn)
    before = await last_seq(pool)
    await filled(pool, await known(pool, 1))
    assert await last_seq(pool) == before
    assert "counted" not in {k.split("@")[0] for k in await signals_of(pool, "soccer", "m1")}
    mine = await stored(pool, 1)
    passes = sum(e.type == "pass" for e in tiny())
    newest = {subject: value for subject, _, value, _ in mine}
    assert sum(newest.values()) == passes
    await clean(pool)


async def test_what_is_promoted_is_on_the_air_with_the_next_event_and_says_nothing_anew(pool: Pool, dsn: str) -> None:
    await told(pool, tiny()[:20])
    await scored(pool, dsn)
    one = await known(pool, 1, stage="live")
    await pool.execute("UPDATE ops.cursor SET owed = ARRAY['counted@1'] WHERE pipeline = 'live'")
    await scored(pool, dsn)
    await filled(pool, await known(pool, 2, weight=3))
    before = await last_seq(pool)
    moved = await on_air(pool, ("soccer", "counted", 2))
    assert (moved.version, moved.from_version) == (2, one[2])
    assert await last_seq(pool) == before
    await told(pool, REST)
    await scored(pool, dsn)
    versions = await weights(pool, after=before)
    assert set(versions) == {2}
    await clean(pool)
    await filled(pool, one)
    assert await stored(pool, 2) == [(s, a, v * 3, status) for s, a, v, status in await stored(pool, 1)]


async def test_promoted_in_the_middle_of_a_match_the_history_is_whole(pool: Pool, dsn: str) -> None:
    """While a worker scores: made ready beside the match, then on the air from one event to the next."""
    await known(pool, 1, stage="live")
    worker = new_worker(pool, dsn)
    async with running(worker):
        await told(pool, tiny()[:20])
        await until_scored(pool)
        two = await known(pool, 2, weight=3)
        await filled(pool, two)
        session = worker._sessions["m1"]
        before = await last_seq(pool)
        moved = await on_air(pool, two)
        assert moved.ready_after_s is not None
        for event in REST:
            await told(pool, [event])
        await until_scored(pool)
        assert worker._sessions.get("m1") in (session, None)
    assert set(await weights(pool, after=before)) == {2}
    assert 1 in await weights(pool)
    await clean(pool)
    await filled(pool, ("soccer", "counted", 1))
    whole = await stored(pool, 2)
    assert [(s, a, None if v is None else v * 3) for s, a, v, _ in await stored(pool, 1)] == [w[:3] for w in whole]


@pytest.mark.parametrize("seed", range(6))
async def test_promoting_back_and_forth_under_load_loses_and_repeats_nothing(pool: Pool, dsn: str, seed: int) -> None:
    await known(pool, 1, stage="live")
    names = ["m1", "m2", "m3"]
    for name in names:
        await told(pool, tiny()[:3], name)
    async with running(new_worker(pool, dsn)):
        await until_scored(pool)
        two = await known(pool, 2, weight=3)

        async def feeding() -> None:
            for event in tiny()[3:]:
                for name in names:
                    await told(pool, [event], name)
                await asyncio.sleep(0.01 * (seed % 3))

        load = asyncio.create_task(feeding())
        await filled_while(pool, two)
        await on_air(pool, two)
        if seed % 2:
            await rollback(pool, SETTINGS, "counted", "tester", None)
            await on_air(pool, two)
        await load
        await until_scored(pool)
        async with asyncio.timeout(60):
            while await pool.fetchval(
                "SELECT EXISTS (SELECT FROM ops.cursor WHERE pipeline = 'live' AND owed <> '{}')"
            ):
                await asyncio.sleep(0.02)
    for name in names:
        await clean(pool, name)
        told_of = [
            (f["signal"], f["subject"], f["anchor"])
            for f in await frames(pool, name)
            if f["frame"] == "signal" and f["signal"] != "counted"
        ]
        assert len(told_of) == len(set(told_of))
        of_counted = [(f["subject"], f["anchor"]) for f in await frames(pool, name) if f.get("signal") == "counted"]
        assert len(of_counted) == len(set(of_counted))
        versions = await weights(pool, name)
        assert versions == sorted(versions) or seed % 2
    await filled(pool, ("soccer", "counted", 1))
    for name in names:
        threefold = [(s, a, v * 3, status) for s, a, v, status in await stored(pool, 1, name)]
        assert await stored(pool, 2, name) == threefold


async def filled_while(pool: Pool, name: tuple[str, str, int]) -> None:
    """Filled as far as may be while matches go on."""
    from app.scoring.beside import Beside

    beside = Beside(pool, SETTINGS, only=name)
    for _ in range(5):
        await beside.turn()
    await beside.leave()


async def test_a_late_edit_between_ready_and_air_comes_to_the_clean_run(pool: Pool, dsn: str) -> None:
    await known(pool, 1, stage="live")
    worker = new_worker(pool, dsn)
    await told(pool, tiny()[:20])
    await drain(worker)
    two = await known(pool, 2, weight=3)
    await filled(pool, two)
    await pool.execute(query("adopt"), *two, 20.0)
    await worker._air.look()
    async with asyncio.timeout(30):
        while not worker._air.readiness.ready:
            await asyncio.sleep(0.01)
    session: Session = worker._sessions["m1"]
    assert set(session.made_ready) == {"counted@2"}
    # An amendment: what was made ready is put aside, and the match is read anew when it goes on air. What was said of it
    # in the same batch before is not said yet.
    before = await stored(pool, 2)
    await told(pool, [*REST[:5], feed("t-005", 5.0, "pass", kind="amended", clock_s=60.0)])
    await drain(worker)
    assert not session.made_ready
    assert set(await weights(pool)) == {1}
    assert await stored(pool, 2) == before
    await pool.execute(query("put_on_air"), *two, None, "tester", "promoted", None)
    await told(pool, REST[5:])
    await drain(worker)
    await worker._stop_scoring()
    await scored(pool, dsn)
    await clean(pool)
    await filled(pool, ("soccer", "counted", 1))
    assert [v and v * 3 for *_, v, _ in await stored(pool, 1)] == [v for *_, v, _ in await stored(pool, 2)]


async def test_a_canary_is_on_the_air_of_its_matches_alone(pool: Pool, dsn: str) -> None:
    await known(pool, 1, stage="live")
    for name in ("m1", "m2"):
        await told(pool, tiny()[:20], name)
    await scored(pool, dsn)
    two = await known(pool, 2, weight=3)
    await filled(pool, two)
    before = await last_seq(pool)
    await on_air(pool, two, matches=["m2"])
    for name in ("m1", "m2"):
        await told(pool, REST, name)
    await scored(pool, dsn)
    assert set(await weights(pool, "m1", before)) == {1}
    assert set(await weights(pool, "m2", before)) == {2}
    for name in ("m1", "m2"):
        await clean(pool, name)
    # The live version goes on beside it, and comes back whole.
    await filled(pool, ("soccer", "counted", 1))
    await end_canary(pool, "counted@2", "tester", None)
    await told(pool, [feed("more", 5000.0, period=2, clock_s=5500.0)], "m2")
    await scored(pool, dsn)
    assert (await weights(pool, "m2"))[-1] == 1
    await clean(pool, "m2")
    assert await stored(pool, 1, "m1") == (await stored(pool, 1, "m2"))[: len(await stored(pool, 1, "m1"))]


async def test_rollback_brings_the_version_back_that_was_there(pool: Pool, dsn: str) -> None:
    await known(pool, 1, stage="live")
    await told(pool, tiny()[:20])
    await scored(pool, dsn)
    with pytest.raises(NotNow, match="never another version"):
        await rollback(pool, SETTINGS, "counted", "tester", None)
    two = await known(pool, 2, weight=3)
    await filled(pool, two)
    await on_air(pool, two)
    await told(pool, REST[:5])
    await scored(pool, dsn)
    await filled(pool, ("soccer", "counted", 1))
    moved = await rollback(pool, SETTINGS, "counted", "tester", "too high")
    assert (moved.version, moved.from_version) == (1, 2)
    await told(pool, REST[5:])
    await scored(pool, dsn)
    assert (await weights(pool))[-1] == 1
    await clean(pool)
    audit = await pool.fetch(query("deployments"), "soccer", "counted", 10)
    assert [(a["action"], a["version"], a["from_version"], a["principal"], a["reason"]) for a in audit] == [
        ("rolled_back", 1, 2, "tester", "too high"),
        ("promoted", 2, 1, "tester", "because"),
    ]


async def test_what_is_not_filled_is_not_promoted(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await scored(pool, dsn)
    await free(pool)
    one = await known(pool, 1)
    with pytest.raises(NotNow, match="not filled from the log yet: 0 of 1 matches"):
        await on_air(pool, one)
    await filled(pool, one)
    await on_air(pool, one)
    with pytest.raises(NotNow, match="on air already"):
        await on_air(pool, one)


async def test_a_model_for_research_only_is_refused_unless_it_is_allowed(pool: Pool, dsn: str) -> None:
    await pool.execute(query("register_model"), "lab", 1, "params", "0" * 64, "{}", "research only", True)
    one = await known(pool, 1)
    await pool.execute("UPDATE registry.signal_version SET model = 'lab', model_version = 1 WHERE signal = 'counted'")
    with pytest.raises(NotNow, match="TOUCHLINE_ALLOW_RESEARCH_MODELS=1"):
        await on_air(pool, one)
    assert "counted@1" not in await signals_of(pool, "soccer", "m1")


async def test_retired_it_is_scored_no_longer_and_what_it_said_stays(pool: Pool, dsn: str) -> None:
    await known(pool, 1, stage="live")
    await told(pool, tiny()[:20])
    await scored(pool, dsn)
    two = await known(pool, 2, weight=3)
    await filled(pool, two)
    with pytest.raises(NotNow, match="is on air"):
        await retire(pool, "counted@1", "tester", None)
    before = await stored(pool, 2)
    await retire(pool, "counted@2", "tester", None)
    await told(pool, REST)
    await scored(pool, dsn)
    assert await stored(pool, 2) == before
    assert ("soccer", "counted", 2) not in (await read_catalogue(pool)).versions
    with pytest.raises(NotNow, match="retired"):
        await on_air(pool, two)


async def test_a_poisonous_event_parks_the_version_alone(pool: Pool, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await told(pool, tiny())
    await scored(pool, dsn)
    one = await known(pool, 1)

    async def broken(*_: object) -> None:
        raise RuntimeError("out of ideas")

    monkeypatch.setattr(Session, "restore", broken)
    from app.scoring.beside import Beside

    await Beside(pool, SETTINGS, only=one).turn()
    with pytest.raises(NotNow, match="cannot be filled in 1 matches: RuntimeError: out of ideas"):
        await on_air(pool, one)
    monkeypatch.undo()
    await pool.execute("UPDATE ops.cursor SET retry_at = NULL")
    await filled(pool, one)
    await clean(pool)


async def test_a_retraction_reaches_the_version_beside(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await scored(pool, dsn)
    one = await known(pool, 1)
    await filled(pool, one)
    await told(pool, [gone("t-003"), gone("t-004")])
    await scored(pool, dsn)
    await filled(pool, one)
    held = [e for e in tiny() if e.source_event_id not in ("t-003", "t-004")]
    newest = {subject: value for subject, _, value, _ in await stored(pool, 1)}
    assert sum(newest.values()) == sum(e.type == "pass" for e in held)
    await on_air(pool, one)
    await clean(pool)


@pytest.mark.parametrize(
    ("text", "error"),
    [("nothing", UnknownSignal), ("cricket.xg", UnknownSignal), ("xg@", UsageError), ("xg@99", UnknownSignal)],
)
async def test_a_name_that_names_nothing_is_told(pool: Pool, text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await promote(pool, SETTINGS, text, "tester", None)


async def test_a_version_with_another_text_is_refused(pool: Pool) -> None:
    await pool.execute("UPDATE registry.signal_version SET sha256 = repeat('0', 64) WHERE signal = 'xg'")
    with pytest.raises(OtherText, match="Give the file version"):
        await deploy(pool, "xg", "tester", None, when_filled=False)


async def test_what_a_release_registered_without_its_text_is_taken_over_with_its_past(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await scored(pool, dsn)
    await free(pool)
    before = await last_seq(pool)
    await pool.execute(
        "UPDATE registry.signal_version SET source = NULL, sha256 = NULL, model = NULL, model_version = NULL"
    )
    await pool.execute("UPDATE registry.signal_version SET version = 1 WHERE signal = 'xg'")
    await pool.execute("UPDATE signal.point SET signal_version = 1 WHERE signal = 'xg'")
    await register(pool)
    await scored(pool, dsn)
    stages = await pool.fetch("SELECT version, stage FROM registry.signal_version WHERE signal = 'xg' ORDER BY version")
    assert [tuple(r) for r in stages] == [(1, "retired"), (3, "live")]
    await clean(pool)
    assert await stored(pool, 3, name="xg") == await stored(pool, 1, name="xg") != []
    assert await pool.fetchval("SELECT count(*) FROM ops.cursor WHERE owed <> '{}'") == 0
    assert await last_seq(pool) == before
