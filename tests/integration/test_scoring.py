"""Scoring: the same values for every batch size, right after every correction, and final when the match is."""

from typing import Any

import msgspec
import pytest

from app.db.pool import Pool
from app.feeds.base import FeedEvent
from app.log.control import append_control
from app.log.read import match_row
from app.scoring.catalogue import signals_of
from app.scoring.history import clean_run
from app.scoring.rebuild import digest, verify
from app.scoring.stored import stored_points
from tests.engine_kit import (
    HARBOUR,
    NORTHGATE,
    clean,
    drain,
    feed,
    frames,
    gone,
    last_seq,
    new_worker,
    scored,
    shot,
    state,
    tiny,
    told,
)


async def control(pool: Pool, kind: str, match: str = "m1", **fields: Any) -> None:
    await append_control(pool, match, "soccer", kind, fields)


async def statuses(pool: Pool, match: str = "m1") -> set[str]:
    rows = await pool.fetch("SELECT DISTINCT status FROM signal.point WHERE match_id = $1", match)
    return {r["status"] for r in rows}


def line(frame: dict[str, Any]) -> tuple[Any, ...]:
    return (frame["frame"], frame.get("signal"), frame.get("subject"), frame.get("value"), frame.get("anchor"))


async def test_every_batch_size_says_and_stores_the_same(pool: Pool, dsn: str) -> None:
    seen = []
    for limit in (1, 7, 2000, 10_000):
        name = f"by-{limit}"
        await told(pool, tiny(), name)
        await control(pool, "status", name, status="finished")
        await scored(pool, dsn, limit)
        values = (await clean(pool, name)).digest
        seen.append((values, [line(f) for f in await frames(pool, name)]))
        if limit == 1:
            assert await pool.fetchval("SELECT count(*) FROM signal.point WHERE match_id = $1", name) > 100
    assert all(s == seen[0] for s in seen)


async def test_what_is_said_is_what_is_stored(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await control(pool, "status", status="finished")
    await scored(pool, dsn, 3)
    said = {(f["signal"], f["subject"], f["anchor"]): f["value"] for f in await frames(pool) if f["frame"] == "signal"}
    rows = await pool.fetch("SELECT signal, subject, anchor, value FROM signal.point WHERE match_id = 'm1'")
    assert said == {(r["signal"], r["subject"], r["anchor"]): r["value"] for r in rows}
    assert [f["frame"] for f in await frames(pool)].count("end") == 1


CHANGES: dict[str, list[FeedEvent]] = {
    "amended": [
        msgspec.structs.replace(tiny()[12], fields=msgspec.structs.replace(tiny()[12].fields, outcome="saved"))
    ],
    "retracted": [gone("t-020")],
    "late": [shot("late", 20.5, "goal", clock_s=700.0)],
    "late, without any value": [feed("late", 20.5, "clearance", clock_s=700.0)],
    "retracted and told again": [gone("t-020"), tiny()[19]],
    "amended twice at once": [
        msgspec.structs.replace(tiny()[12], type="pass", revision=None),
        msgspec.structs.replace(tiny()[12], fields=msgspec.structs.replace(tiny()[12].fields, body_part="left_foot")),
    ],
    "the last event": [gone("t-040")],
    "the line-up": [gone("t-001")],
    "late and new": [shot("late", 20.5, "goal", clock_s=700.0), shot("new", 41, period=2, clock_s=5641.0)],
}


@pytest.mark.parametrize("change", CHANGES, ids=str)
@pytest.mark.parametrize("limit", [1, 2000])
async def test_a_correction_changes_what_it_must_and_says_it_once(
    pool: Pool, dsn: str, change: str, limit: int
) -> None:
    await told(pool, tiny())
    worker = await scored(pool, dsn)
    before = {
        (r["signal"], r["subject"], r["anchor"]): (r["value"], r["status"])
        for r in await pool.fetch("SELECT * FROM signal.point")
    }
    seq = await last_seq(pool)
    await told(pool, CHANGES[change])
    del worker
    await scored(pool, dsn, limit)
    await clean(pool)
    after = {
        (r["signal"], r["subject"], r["anchor"]): (r["value"], r["status"])
        for r in await pool.fetch("SELECT * FROM signal.point")
    }
    said = [f for f in await frames(pool, after=seq) if f["frame"] != "event"]
    touched = {k[:2] for k in before.keys() | after.keys() if before.get(k) != after.get(k)}
    if limit > 1:
        corrected = [(f["signal"], f["subject"]) for f in said if f["frame"] in ("correction", "withdrawn")]
        assert len(corrected) == len(set(corrected)), "one correction for each signal and subject"
        assert {(f["signal"], f["subject"]) for f in said} == touched
        vanished = {k[:2] for k in before} - {k[:2] for k in after}
        assert {(f["signal"], f["subject"]) for f in said if f["frame"] == "withdrawn"} == vanished


async def test_a_correction_counts_revisions_only_where_a_value_changed(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await scored(pool, dsn)
    await told(pool, [shot("t-022", 22, "off_target", x_m=80.0, player="touchline:player:h9", clock_s=1502)])
    await scored(pool, dsn)
    rows = await pool.fetch("SELECT signal, anchor FROM signal.point WHERE revision > 0 AND signal = 'xg'")
    assert [tuple(r) for r in rows] == [("xg", "event:t-022")]


async def test_events_in_any_order_come_to_the_same(pool: Pool, dsn: str) -> None:
    digests = set()
    for name, events in {
        "in-order": tiny(),
        "backwards": tiny()[::-1],
        "halves": tiny()[20:] + tiny()[:20],
        "every-other": tiny()[::2] + tiny()[1::2],
    }.items():
        await told(pool, events, name)
        await scored(pool, dsn, 9)
        digests.add((await clean(pool, name)).digest)
    assert len(digests) == 1


async def test_a_finished_match_is_final_and_stays_so_when_something_comes_late(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await control(pool, "status", status="finished")
    await scored(pool, dsn)
    assert await statuses(pool) == {"final"}
    assert (await frames(pool))[-1]["frame"] == "end"
    seq = await last_seq(pool)
    await told(pool, [shot("late", 20.5, "goal", clock_s=700.0, end_y_m=34.0, end_z_m=1.0)])
    await scored(pool, dsn)
    assert await statuses(pool) == {"final"}
    assert (await state(pool))["home_score"] == 3
    await clean(pool)
    said = [f for f in await frames(pool, after=seq) if f["frame"] != "event"]
    assert {f["status"] for f in said} == {"final"}


async def test_a_match_that_goes_on_after_all_is_provisional_again(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await control(pool, "status", status="finished")
    await scored(pool, dsn)
    await control(pool, "status", status="live")
    await scored(pool, dsn)
    assert (await state(pool))["status"] == "live"
    assert await statuses(pool) == {"provisional"}
    await clean(pool)
    await control(pool, "status", status="finished")
    await scored(pool, dsn)
    assert await statuses(pool) == {"final"}
    assert [f["frame"] for f in await frames(pool)].count("end") == 2
    await clean(pool)


async def test_a_finished_match_may_turn_out_abandoned(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    for status in ("finished", "abandoned"):
        await control(pool, "status", status=status)
        await scored(pool, dsn)
        assert (await state(pool))["status"] == status
        await clean(pool)


async def test_statuses_without_events_between_them_hold_in_order_of_arrival(pool: Pool, dsn: str) -> None:
    """Suspended, and live again, with nothing told between: the names of the statuses must not decide."""
    await told(pool, tiny()[:10])
    for status in ("suspended", "live", "suspended", "half_time", "live"):
        await control(pool, "status", status=status)
        await scored(pool, dsn)
        assert (await state(pool))["status"] == status
    await clean(pool)


async def test_a_status_holds_against_the_event_it_came_after(pool: Pool, dsn: str) -> None:
    await told(pool, [feed("zz-start", 3, "period_start")])
    await control(pool, "status", status="suspended")
    await scored(pool, dsn)
    assert (await state(pool))["status"] == "suspended"


async def test_a_status_is_placed_by_what_holds_not_by_what_was_withdrawn(pool: Pool, dsn: str) -> None:
    await told(pool, [*tiny()[:10], feed("mistake", 1, period=4, clock_s=6300.0), gone("mistake")])
    await control(pool, "status", status="suspended")
    await told(pool, [shot("next", 11, clock_s=30.0)])
    await scored(pool, dsn)
    row = await pool.fetchrow("SELECT period FROM log.feed_event WHERE control")
    assert row["period"] == 1
    await clean(pool)


@pytest.mark.parametrize("limit", [1, 2000])
async def test_a_second_provider_never_doubles_a_score(pool: Pool, dsn: str, limit: int) -> None:
    await told(pool, tiny())
    await told(pool, tiny(), provider="statsbomb")
    await scored(pool, dsn, limit)
    picture = await state(pool)
    assert (picture["home_score"], picture["away_score"]) == (2, 1)
    assert await pool.fetchval("SELECT count(*) FROM mart.fact_shot") == 6
    await clean(pool)


async def test_changing_the_primary_stream_refolds_from_the_start(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await told(pool, tiny()[:13], provider="statsbomb")
    worker = await scored(pool, dsn)
    await control(pool, "primary_stream", provider="statsbomb")
    await drain(worker)
    picture = await state(pool)
    assert (picture["home_score"], picture["away_score"]) == (1, 0)
    assert await pool.fetchval("SELECT count(*) FROM mart.fact_shot") == 2
    await clean(pool)


async def test_values_after_a_version_depend_on_nothing_later(pool: Pool, dsn: str) -> None:
    """A switch of the primary stream, an amendment and a new shot wait in the log: none shows before its turn."""
    await told(pool, tiny()[:13])
    await told(pool, [shot("other", 1, "goal")], provider="statsbomb")
    await told(pool, [gone("t-013")])
    await control(pool, "primary_stream", provider="statsbomb")
    worker = new_worker(pool, dsn, 1)
    seen, digests = [], {}
    while await worker.score_waiting():
        version = await pool.fetchval("SELECT version FROM ops.cursor")
        stored = await stored_points(pool, await match_row(pool, "m1"), await signals_of(pool, "soccer", "m1"))
        digests[version] = digest(list(stored.values()))
        shots = await pool.fetch("SELECT source_event_id FROM mart.fact_shot ORDER BY 1")
        seen.append((version, (await state(pool))["home_score"], [r[0] for r in shots]))
        assert (await verify_now(pool)) == []
    assert seen[12:] == [
        (13, 1, ["t-010", "t-013"]),
        (14, 1, ["t-010", "t-013"]),
        (15, 0, ["t-010"]),
        (16, 1, ["other"]),
    ]
    for version, then in digests.items():
        on_air = await signals_of(pool, "soccer", "m1")
        points, _ = await clean_run(pool, await match_row(pool, "m1"), on_air, version)
        assert digest(points) == then, f"as of version {version}"


async def verify_now(pool: Pool) -> list[str]:
    return (await verify(pool, "m1")).differences


async def test_a_live_match_verifies_while_events_wait(pool: Pool, dsn: str) -> None:
    await told(pool, tiny()[:20])
    await scored(pool, dsn)
    await told(pool, [*tiny()[20:], gone("t-013")])
    assert await verify_now(pool) == []


async def test_a_match_of_which_only_a_status_is_known_has_its_row(pool: Pool, dsn: str) -> None:
    await control(pool, "status", status="scheduled")
    await scored(pool, dsn)
    assert await pool.fetchval("SELECT status FROM mart.dim_match WHERE match_id = 'm1'") == "scheduled"
    await clean(pool)


async def test_teams_keep_their_sides(pool: Pool, dsn: str) -> None:
    await control(pool, "match_info", home_team=NORTHGATE, away_team=HARBOUR)
    await told(pool, tiny())
    await scored(pool, dsn)
    picture = await state(pool)
    assert (picture["home_id"], picture["home_score"], picture["away_id"], picture["away_score"]) == (
        NORTHGATE,
        1,
        HARBOUR,
        2,
    )
