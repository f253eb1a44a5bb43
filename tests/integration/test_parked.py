"""A poisonous event parks its match and no other, is named, and is skipped, fixed or taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import msgspec
import psycopg
import pytest

from app.db.pool import Pool
from app.db.sql import query
from app.errors import TouchlineError, UnknownMatch, UnreadableFile, UsageError
from app.log import skip as log
from app.log.control import append_control
from app.log.purge import purge
from app.log.read import match_row
from app.scoring.history import as_of_version
from app.scoring.rebuild import rebuild
from app.sports.base import Event, sports
from tests.concurrency.running_workers import running, until_scored
from tests.engine_kit import (
    HARBOUR,
    clean,
    drain,
    feed,
    frames,
    free,
    gone,
    last_seq,
    new_worker,
    scored,
    shot,
    state,
    tiny,
    told,
)

WHO = "local:tester"
POISON = shot("poison", 20.5, "goal", clock_s=1400.0)
WITH_POISON = [*tiny()[:20], POISON, *tiny()[20:]]
AT = 21  # its version
RIGHT = (
    b'{"id":"poison","type":"shot","period":1,"order":20.5,"clock_s":1400.0,"team":"harbour","player":"harbour-9",'
    b'"fields":{"x_m":99.0,"y_m":34.0,"body_part":"head","shot_kind":"open_play","outcome":"goal"}}'
)


class Broken:
    """The fold of soccer with a fault in it: events for which `is_poison` is true cannot be folded."""

    def __init__(self, is_poison: Callable[[Event], bool]) -> None:
        self.is_poison = is_poison
        self._apply = sports()["soccer"].apply

    def apply(self, state: Any, event: Event) -> None:
        if self.is_poison(event):
            raise ZeroDivisionError("no such angle")
        self._apply(state, event)

    def mend(self) -> None:
        """The code is right again."""
        self.is_poison = lambda event: False


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Broken:
    """The event `poison`, as it first came, cannot be folded."""
    fault = Broken(lambda e: e.source_event_id == "poison" and e.fields.x_m == POISON.fields.x_m)
    monkeypatch.setitem(sports(), "soccer", msgspec.structs.replace(sports()["soccer"], apply=fault.apply))
    return fault


async def audit(pool: Pool) -> list[tuple[str, str, dict[str, Any]]]:
    rows = await pool.fetch("SELECT action, principal, match_id, details::text AS d FROM ops.audit ORDER BY audit_id")
    return [(r["action"], r["principal"], msgspec.json.decode(r["d"])) for r in rows]


async def digest_of(pool: Pool, dsn: str, events: list[Any], name: str = "other") -> str:
    """The values of another match with these events."""
    await told(pool, events, name)
    await scored(pool, dsn)
    return (await clean(pool, name)).digest


async def test_a_poisonous_event_parks_its_match_and_no_other_and_is_named(
    pool: Pool, dsn: str, broken: Broken
) -> None:
    await told(pool, WITH_POISON)
    await told(pool, tiny(), "m2")
    worker = new_worker(pool, dsn)
    await drain(worker)
    await clean(pool, "m2")
    (parked,) = await log.parked(pool)
    assert (parked.match, parked.version, parked.source_event_id, parked.type) == ("m1", AT, "poison", "shot")
    assert "poison" in parked.reason
    assert "ZeroDivisionError" in parked.reason
    assert parked.attempts == 1
    assert parked.retry_at is not None
    assert parked.retry_at > parked.parked_at
    assert parked.waiting >= len(WITH_POISON) - AT + 1
    assert await log.cause(pool, "m1") == (parked.reason, AT)
    about = await log.message(pool, "m1", AT)
    assert (about.source_event_id, about.provider, about.raw, about.skipped) == ("poison", "touchline", b"poison", None)
    assert msgspec.json.decode(about.fields)["x_m"] == 85.0
    before, after = await log.neighbours(pool, about)
    assert [e["source_event_id"] for e in before] == ["t-018", "t-019", "t-020"]
    assert [e["source_event_id"] for e in after] == ["t-021", "t-022", "t-023"]
    # Still taken in while it is parked, and tried again in vain when its turn comes.
    await told(pool, [shot("more", 41, period=2, clock_s=5641.0)])
    await pool.execute("UPDATE ops.cursor SET retry_at = NULL")
    await drain(worker)
    (again,) = await log.parked(pool)
    assert (again.attempts, again.parked_at, again.version) == (2, parked.parked_at, AT)


async def test_a_poisonous_event_that_comes_late_is_named_as_well(pool: Pool, dsn: str, broken: Broken) -> None:
    await told(pool, tiny())
    worker = await scored(pool, dsn)
    await told(pool, [POISON])
    await drain(worker)
    (parked,) = await log.parked(pool)
    assert (parked.version, parked.source_event_id, parked.waiting) == (41, "poison", 1)
    await log.skip(pool, "m1", 41, "no such angle", WHO)
    await drain(worker)
    assert (await clean(pool)).digest == await digest_of(pool, dsn, tiny())


async def test_new_code_may_be_unable_to_fold_what_was_folded_long_ago(pool: Pool, dsn: str, broken: Broken) -> None:
    poisonous, broken.is_poison = broken.is_poison, lambda event: False
    await told(pool, WITH_POISON)
    await scored(pool, dsn)
    broken.is_poison = poisonous
    next_shot = shot("next", 41, "goal", period=2, clock_s=5641.0)
    await told(pool, [next_shot])
    worker = await scored(pool, dsn)
    (parked,) = await log.parked(pool)
    assert (parked.version, parked.waiting) == (AT, 1)
    assert (await log.skip(pool, "m1", AT, "no such angle", WHO)).was_folded
    assert await rebuild(pool, "m1", 1.0) > 0
    await drain(worker)
    assert (await clean(pool)).digest == await digest_of(pool, dsn, [*tiny(), next_shot])


async def test_a_skip_lets_the_match_go_on_without_the_event(pool: Pool, dsn: str, broken: Broken) -> None:
    await told(pool, WITH_POISON)
    worker = await scored(pool, dsn)
    assert len(await log.parked(pool)) == 1
    done = await log.skip(pool, "m1", AT, "  no such angle ", WHO)
    assert done == log.Skip("m1", AT, "poison", was_folded=False)
    await drain(worker)
    assert await log.parked(pool) == []
    assert (await clean(pool)).digest == await digest_of(pool, dsn, tiny())
    details = {"version": AT, "source_event_id": "poison", "reason": "no such angle"}
    assert await audit(pool) == [("skip", WHO, details)]
    about = await log.message(pool, "m1", AT)
    assert about.skipped is not None
    assert (about.skipped["reason"], about.skipped["principal"], about.raw) == ("no such angle", WHO, b"poison")
    # Everything that reads the log agrees: facts, lists, replays, and what was known at any version.
    assert "poison" not in [r[0] for r in await pool.fetch("SELECT source_event_id FROM mart.fact_shot")]
    assert "poison" not in [r["source_event_id"] for r in await pool.fetch(query("read_for_replay"), "m1")]
    for version in (AT, len(WITH_POISON)):
        then = await as_of_version(pool, await match_row(pool, "m1"), version)
        assert "poison" not in {p["source_event_id"] for p in then}


async def test_a_skipped_event_that_is_told_again_stays_skipped(pool: Pool, dsn: str, broken: Broken) -> None:
    await told(pool, WITH_POISON)
    worker = await scored(pool, dsn)
    await log.skip(pool, "m1", AT, "no such angle", WHO)
    await told(pool, WITH_POISON)
    await drain(worker)
    assert await log.parked(pool) == []
    assert (await clean(pool)).version == len(WITH_POISON)


async def test_a_fix_puts_the_right_message_in_its_place(pool: Pool, dsn: str, broken: Broken) -> None:
    await told(pool, WITH_POISON)
    worker = await scored(pool, dsn)
    done = await log.fix(pool, "m1", AT, RIGHT, "typed wrong", WHO)
    head = len(WITH_POISON) + 1
    assert done == log.Skip("m1", AT, "poison", was_folded=False, appended=head)
    await drain(worker)
    right = shot(
        "poison",
        20.5,
        "goal",
        clock_s=1400.0,
        x_m=99.0,
        y_m=34.0,
        body_part="head",
        player="touchline:player:harbour-9",
    )
    assert (await clean(pool)).digest == await digest_of(pool, dsn, [*tiny()[:20], right, *tiny()[20:]])
    assert (await state(pool))["home_score"] == 3
    row = await log.message(pool, "m1", head)
    assert (row.kind, row.principal, row.raw, row.revision) == ("amended", WHO, RIGHT, 2)
    assert [(a, d["version"]) for a, _, d in await audit(pool)] == [("skip", AT), ("fix", AT)]
    assert (await audit(pool))[1][2]["appended_version"] == head


async def test_what_was_skipped_is_taken_back_when_the_code_is_mended(pool: Pool, dsn: str, broken: Broken) -> None:
    await told(pool, WITH_POISON)
    await scored(pool, dsn)
    await log.skip(pool, "m1", AT, "no such angle", WHO)
    worker = await scored(pool, dsn)
    broken.mend()
    done = await log.unskip(pool, "m1", AT, "the angle is mended", WHO)
    assert done.was_folded
    assert await rebuild(pool, "m1", 1.0) > 0
    await drain(worker)
    assert (await clean(pool)).digest == await digest_of(pool, dsn, WITH_POISON)
    rows = await pool.fetch("SELECT reason, undone_reason, undone_by FROM log.skipped")
    assert [tuple(r) for r in rows] == [("no such angle", "the angle is mended", WHO)]
    assert [a for a, _, _ in await audit(pool)] == ["skip", "unskip"]


async def test_skipping_what_was_folded_long_ago_is_a_correction(pool: Pool, dsn: str) -> None:
    await told(pool, WITH_POISON)
    worker = await scored(pool, dsn)
    whole = (await clean(pool)).digest
    assert (await state(pool))["home_score"] == 3
    seq = await last_seq(pool)
    assert (await log.skip(pool, "m1", AT, "it was no goal", WHO)).was_folded
    assert await rebuild(pool, "m1", 1.0) > 0
    told_of = await frames(pool, after=seq)
    said = {(f["frame"], f.get("signal")) for f in told_of}
    assert ("correction", "win_probability") in said
    # Whoever shows the score from events hears of it as well, whatever else he has asked for.
    assert [(f["event"]["kind"], f["event"]["type"]) for f in told_of if f["frame"] == "event"] == [
        ("retracted", "shot")
    ]
    assert {f["summary"]["home_score"] for f in told_of if f["frame"] != "signal"} == {2}
    assert said & {("correction", "xg"), ("withdrawn", "xg")}
    assert (await state(pool))["home_score"] == 2
    assert (await clean(pool)).digest == await digest_of(pool, dsn, tiny())
    # The worker that had folded it knows as well, whatever comes next.
    await told(pool, [shot("next", 41, "goal", period=2, clock_s=5641.0)])
    await free(pool)
    await drain(worker)
    assert (await state(pool))["home_score"] == 3
    await clean(pool)
    await log.unskip(pool, "m1", AT, "it was one", WHO)
    seq = await last_seq(pool)
    await rebuild(pool, "m1", 1.0)
    assert (await state(pool))["home_score"] == 4
    events = [f for f in await frames(pool, after=seq) if f["frame"] == "event"]
    assert [(f["event"]["kind"], f["event"]["version"], f["summary"]["home_score"]) for f in events] == [
        ("amended", AT, 4)
    ]
    assert (await pool.fetchval("SELECT recompute_versions FROM ops.cursor")) == []
    await told(pool, [gone("next")])
    await free(pool)
    await drain(worker)
    assert (await clean(pool)).digest == whole


async def test_a_decision_need_not_wait_for_the_worker_that_holds_the_match(pool: Pool, dsn: str) -> None:
    async with running(new_worker(pool, dsn, lease_s=5.0)):
        await told(pool, WITH_POISON)
        await until_scored(pool)
        await log.skip(pool, "m1", AT, "it was no goal", WHO)
        # The worker takes the match again before the values are corrected, and would keep it for minutes.
        await told(pool, [shot("next", 41, "goal", period=2, clock_s=5641.0)])
        await until_scored(pool)
        async with asyncio.timeout(60):
            await rebuild(pool, "m1", 1.0)
        assert (await state(pool))["home_score"] == 3
        await told(pool, [gone("next")])
        await until_scored(pool)
        assert (await state(pool))["home_score"] == 2
    assert (await clean(pool)).digest == await digest_of(pool, dsn, tiny())


async def test_a_fold_that_has_seen_the_event_cannot_be_committed_any_more(
    pool: Pool, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is skipped by somebody else between the reading of its batch and the commit."""
    apply = sports()["soccer"].apply
    skipped = []

    def skipping(state: Any, event: Event) -> None:
        apply(state, event)
        if event.source_event_id == "t-030" and not skipped:
            with psycopg.connect(dsn) as other:
                skipped.append(
                    other.execute("SELECT * FROM log.skip_event('m1', %s, 'in time', 'x')", (AT,)).fetchone()
                )

    monkeypatch.setitem(sports(), "soccer", msgspec.structs.replace(sports()["soccer"], apply=skipping))
    await told(pool, WITH_POISON)
    await scored(pool, dsn)
    assert skipped == [("poison", False)]
    assert (await state(pool))["home_score"] == 2
    await clean(pool)


async def test_when_an_amendment_is_skipped_what_was_said_before_holds_again(pool: Pool, dsn: str) -> None:
    await told(pool, WITH_POISON)
    await told(pool, [msgspec.structs.replace(POISON, elapsed_s=2000.0, order_key=25.5), gone("t-013")])
    await scored(pool, dsn)
    assert (await state(pool))["home_score"] == 2
    amended, retracted = len(WITH_POISON) + 1, len(WITH_POISON) + 2
    for version in (amended, retracted):
        assert (await log.skip(pool, "m1", version, "the sender was wrong", WHO)).was_folded
    await rebuild(pool, "m1", 1.0)
    await scored(pool, dsn)
    assert (await clean(pool)).digest == await digest_of(pool, dsn, WITH_POISON)


async def test_what_came_from_outside_the_feed_can_be_skipped_too(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await append_control(pool, "m1", "soccer", "status", {"status": "finished"})
    await scored(pool, dsn)
    await log.skip(pool, "m1", 41, "it goes on", WHO)
    await rebuild(pool, "m1", 1.0)
    assert (await state(pool))["status"] == "full_time"
    await clean(pool)
    # It can be said anew, for it does not hold.
    await append_control(pool, "m1", "soccer", "status", {"status": "finished"})
    await scored(pool, dsn)
    assert (await state(pool))["status"] == "finished"
    await clean(pool)


async def test_a_change_of_the_primary_stream_can_be_skipped(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await told(pool, tiny()[:13], provider="statsbomb")
    await append_control(pool, "m1", "soccer", "primary_stream", {"provider": "statsbomb"})
    worker = await scored(pool, dsn)
    assert (await state(pool))["home_score"] == 1
    await log.skip(pool, "m1", 54, "the wrong match", WHO)
    await rebuild(pool, "m1", 1.0)
    assert (await state(pool))["home_score"] == 2
    await drain(worker)
    assert (await clean(pool)).digest == await digest_of(pool, dsn, tiny())


async def test_a_retry_waits_for_nothing(pool: Pool, dsn: str, broken: Broken) -> None:
    await told(pool, WITH_POISON)
    worker = await scored(pool, dsn)
    broken.mend()
    await drain(worker)
    assert len(await log.parked(pool)) == 1, "its turn has not come"
    await log.retry(pool, "m1", WHO)
    await drain(worker)
    assert await log.parked(pool) == []
    await clean(pool)
    assert [(a, who) for a, who, _ in await audit(pool)] == [("retry", WHO)]


CONTROL_AT, OVERTAKEN_AT = len(WITH_POISON) + 1, len(WITH_POISON) + 3
MISTAKES: dict[str, tuple[Callable[[Pool], Any], type[TouchlineError], str]] = {
    "no match": (lambda p: log.skip(p, "nowhere", 1, "why", WHO), UnknownMatch, "nowhere"),
    "no match to retry": (lambda p: log.retry(p, "nowhere", WHO), UnknownMatch, "nowhere"),
    "no match to inspect": (lambda p: log.message(p, "nowhere", 1), UnknownMatch, "nowhere"),
    "no version": (lambda p: log.skip(p, "m1", 99, "why", WHO), log.UnknownVersion, "99"),
    "no version to inspect": (lambda p: log.message(p, "m1", 99), log.UnknownVersion, "1 to 44, not 99"),
    "no version to take back": (lambda p: log.unskip(p, "m1", 99, "why", WHO), log.UnknownVersion, "99"),
    "no version to fix": (lambda p: log.fix(p, "m1", 99, RIGHT, "why", WHO), log.UnknownVersion, "99"),
    "no reason": (lambda p: log.skip(p, "m1", AT, " ", WHO), UsageError, "--reason"),
    "not skipped": (lambda p: log.unskip(p, "m1", AT, "why", WHO), log.NotSkippable, "not skipped"),
    "overtaken": (lambda p: log.skip(p, "m1", OVERTAKEN_AT, "why", WHO), log.NotSkippable, "overtaken"),
    "a control": (lambda p: log.fix(p, "m1", CONTROL_AT, RIGHT, "why", WHO), UsageError, "matches load"),
    "two messages": (lambda p: log.fix(p, "m1", AT, RIGHT + b"\n" + RIGHT, "why", WHO), UsageError, "not 2"),
    "no message": (lambda p: log.fix(p, "m1", AT, b'{"id": "poison"}', "why", WHO), UnreadableFile, "type"),
    "no JSON": (lambda p: log.fix(p, "m1", AT, b"goal!", "why", WHO), UnreadableFile, "JSON"),
    "another event": (
        lambda p: log.fix(p, "m1", AT, RIGHT.replace(b'"poison"', b'"t-020"'), "why", WHO),
        UsageError,
        "t-020.*poison",
    ),
    "fixed without a reason": (lambda p: log.fix(p, "m1", AT, RIGHT, "", WHO), UsageError, "--reason"),
    "nothing new": (
        lambda p: log.fix(p, "m1", CONTROL_AT + 1, b'{"id":"once","kind":"retracted"}', "why", WHO),
        UsageError,
        "nothing was changed",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
async def test_a_mistake_is_told_and_changes_nothing(pool: Pool, mistake: str) -> None:
    attempt, error, says = MISTAKES[mistake]
    await told(pool, WITH_POISON)
    await append_control(pool, "m1", "soccer", "status", {"status": "suspended"})
    await told(pool, [gone("once"), feed("once", 30.0, team=HARBOUR)])
    with pytest.raises(error, match=says):
        await attempt(pool)
    assert await audit(pool) == []
    assert await pool.fetchval("SELECT count(*) FROM log.skipped") == 0
    assert (await match_row(pool, "m1")).version == len(WITH_POISON) + 3


async def test_a_decision_is_history(pool: Pool) -> None:
    await told(pool, WITH_POISON)
    await log.skip(pool, "m1", AT, "first", WHO)
    with pytest.raises(log.NotSkippable, match="skipped already"):
        await log.skip(pool, "m1", AT, "again", WHO)
    for statement in (
        "UPDATE log.skipped SET reason = 'another'",
        "UPDATE log.skipped SET version = 3",
        "DELETE FROM log.skipped",
        "TRUNCATE log.skipped",
    ):
        with pytest.raises(asyncpg.PostgresError, match="refused"):
            await pool.execute(statement)
    await log.unskip(pool, "m1", AT, "second", WHO)
    with pytest.raises(asyncpg.PostgresError, match="refused"):
        await pool.execute("UPDATE log.skipped SET undone_at = NULL, undone_by = NULL, undone_reason = NULL")
    await log.skip(pool, "m1", AT, "third", WHO)
    rows = await pool.fetch("SELECT reason, undone_reason FROM log.skipped ORDER BY skip_id")
    assert [tuple(r) for r in rows] == [("first", "second"), ("third", None)]


async def test_a_purge_takes_the_decisions_along(pool: Pool) -> None:
    await told(pool, WITH_POISON, origin="simulation")
    await told(pool, WITH_POISON, "m2")
    for name in ("m1", "m2"):
        await log.skip(pool, name, AT, "why", WHO)
    assert await purge(pool, "m1")
    assert [r[0] for r in await pool.fetch("SELECT match_id FROM log.skipped")] == ["m2"]
