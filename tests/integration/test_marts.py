"""The star schema: the grain of the shots, their xG, and what is left out because it is not real."""

import json
from typing import Any

import msgspec

from app.db.pool import Pool
from app.log.control import append_control
from app.log.matches import MatchInfo, TeamInfo, load_match, parse
from app.log.replay import new_replay, play
from app.scoring.rebuild import rebuild
from tests.engine_kit import HARBOUR, clean, free, gone, scored, shot, tiny, told


async def shots(pool: Pool) -> list[dict[str, Any]]:
    return [
        dict(r)
        for r in await pool.fetch(
            "SELECT s.*, t.team_id, p.player_id FROM mart.fact_shot s LEFT JOIN mart.dim_team t USING (team_key) "
            "LEFT JOIN mart.dim_player p USING (player_key) ORDER BY match_key, period, elapsed_s, source_event_id"
        )
    ]


async def test_one_row_a_shot_with_the_value_of_its_signal(pool: Pool, dsn: str) -> None:
    kicks = [shot(f"k{i}", i, "goal", period=5, clock_s=7200.0 + i) for i in range(3)]
    await told(pool, [*tiny(), *kicks])
    await scored(pool, dsn, 5)
    rows = await shots(pool)
    told_shots = [e for e in (*tiny(), *kicks) if e.type == "shot"]
    assert [r["source_event_id"] for r in rows] == [e.source_event_id for e in told_shots]
    assert [(r["team_id"], r["player_id"], r["x_m"]) for r in rows] == [
        (e.team, e.player, e.fields.x_m) for e in told_shots
    ]
    points = {
        r["source_event_id"]: r["value"]
        for r in await pool.fetch("SELECT source_event_id, value FROM signal.point WHERE signal = 'xg'")
    }
    assert {r["source_event_id"]: r["xg"] for r in rows if r["xg"] is not None} == points
    assert [r["source_event_id"] for r in rows if r["is_shootout"]] == ["k0", "k1", "k2"]
    assert all(r["xg"] is None for r in rows if r["is_shootout"])


async def test_goals_of_the_shots_are_the_score_without_own_goals(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await scored(pool, dsn)
    row = await pool.fetchrow(
        "SELECT d.home_score, d.away_score, count(*) FILTER (WHERE s.is_goal AND s.team_key = d.home_team_key) AS home, "
        "count(*) FILTER (WHERE s.is_goal AND s.team_key = d.away_team_key) AS away "
        "FROM mart.dim_match d JOIN mart.fact_shot s USING (match_key) GROUP BY 1, 2"
    )
    own_goals = sum(e.type == "own_goal" and e.team == HARBOUR for e in tiny())
    assert (row["home"] + own_goals, row["away"]) == (row["home_score"], row["away_score"]) == (2, 1)


async def test_corrections_move_the_facts(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await scored(pool, dsn)
    before = {r["source_event_id"]: r for r in await shots(pool)}
    await told(
        pool,
        [
            gone("t-010"),
            shot("t-022", 22, "goal", x_m=100.0, clock_s=1502.0, player="touchline:player:new"),
            shot("late", 20.5, "saved", clock_s=700.0),
        ],
    )
    await scored(pool, dsn)
    await clean(pool)
    after = {r["source_event_id"]: r for r in await shots(pool)}
    assert after.keys() == before.keys() - {"t-010"} | {"late"}
    assert (after["t-022"]["player_id"], after["t-022"]["is_goal"]) == ("touchline:player:new", True)
    assert after["t-022"]["xg"] > before["t-022"]["xg"]
    assert after["t-038"] == before["t-038"]


async def test_surrogate_keys_outlive_a_rebuild(pool: Pool, dsn: str) -> None:
    for name in ("m1", "m2"):
        await told(pool, tiny(), name)
    await scored(pool, dsn)
    keys = "SELECT 'm', match_key, match_id FROM mart.dim_match UNION ALL SELECT 't', team_key, team_id FROM mart.dim_team UNION ALL SELECT 'p', player_key, player_id FROM mart.dim_player ORDER BY 1, 2"
    before, facts = await pool.fetch(keys), await shots(pool)
    await free(pool)
    for name in ("m2", "m1"):
        await rebuild(pool, name, 1.0)
    assert await pool.fetch(keys) == before
    assert await shots(pool) == facts
    assert len(before) == 2 + 2 + 7


async def test_what_is_not_real_stays_out(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await scored(pool, dsn)
    assert await play(pool, await new_replay(pool, "m1", 10_000.0, "again", claimed_by="me"), "me")
    await told(pool, tiny(), "dreamt", origin="simulation")
    await scored(pool, dsn)
    for view in ("mart.fact_signal", "rollup.signal_1m"):
        rows = await pool.fetch(f"SELECT DISTINCT match_id FROM {view}")  # noqa: S608
        assert [r["match_id"] for r in rows] == ["m1"]
    assert await pool.fetchval("SELECT count(DISTINCT match_id) FROM rollup.signal_1m_all") == 3
    real = await pool.fetch("SELECT match_id, is_real FROM mart.dim_match ORDER BY 1")
    assert [tuple(r) for r in real] == [("again", False), ("dreamt", False), ("m1", True)]


async def test_a_date_and_a_name_for_every_match(pool: Pool, dsn: str) -> None:
    said: dict[str, Any] = {"id": "m1", "kickoff_at": "2021-06-12T00:30:00+02:00", "venue": "Quay"}
    [info] = parse(json.dumps(said).encode())
    await load_match(pool, info)
    await told(pool, tiny())
    await scored(pool, dsn)
    row = await pool.fetchrow(
        "SELECT date_key, weekday_name, is_weekend, venue, h.name FROM mart.dim_match m JOIN mart.dim_date USING (date_key) "
        "JOIN mart.dim_team h ON h.team_key = m.home_team_key"
    )
    assert tuple(row) == (20210611, "Friday", False, "Quay", "Harbour City")


async def test_what_is_said_bit_by_bit_adds_up(pool: Pool, dsn: str) -> None:
    await load_match(pool, MatchInfo(id="m1", home=TeamInfo(name="Harbour"), away=TeamInfo(name="Northgate")))
    await load_match(pool, MatchInfo(id="m1", venue="Quay"))
    assert await load_match(pool, MatchInfo(id="m1", status="scheduled")) == 1
    assert await load_match(pool, MatchInfo(id="m1", venue="Quay", status="scheduled")) == 0
    await scored(pool, dsn)
    row = await pool.fetchrow("SELECT home_name, away_name, details ->> 'venue', status FROM signal.match_state")
    assert tuple(row) == ("Harbour", "Northgate", "Quay", "scheduled")


async def test_a_corrected_name_reaches_the_dimensions(pool: Pool, dsn: str) -> None:
    await told(pool, tiny())
    await scored(pool, dsn)
    first = tiny()[0]
    renamed = msgspec.structs.replace(first, fields=msgspec.structs.replace(first.fields, team_name="Harbour United"))
    await told(pool, [renamed])
    await append_control(pool, "m1", "soccer", "status", {"status": "finished"})
    await scored(pool, dsn)
    assert await pool.fetchval("SELECT name FROM mart.dim_team WHERE team_id = $1", HARBOUR) == "Harbour United"
    await clean(pool)
