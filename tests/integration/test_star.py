"""The star schema: keys, grain, and facts that say what the log says, kept or computed, before and after corrections."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from app.db.pool import Pool
from app.db.sql import kept_facts
from app.log.control import append_control
from app.log.matches import load_match, parse
from app.log.replay import new_replay, play
from app.log.skip import skip
from app.scoring.rebuild import rebuild
from app.warehouse.keeping import keep_facts
from tests.engine_kit import HARBOUR, clean, feed, free, gone, scored, shot, tiny, told
from tests.star_kit import Star

GRAIN = {
    "fact_event": "match_key, source_event_id",
    "fact_pass": "match_key, source_event_id",
    "fact_shot": "match_key, source_event_id",
    "fact_signal": "match_key, signal, subject, anchor",
    "fact_signal_match": "match_key, signal, subject",
    "fact_signal_team": "match_key, team_key, signal",
    "fact_signal_moment": "match_key, signal, subject, anchor",
    "fact_forecast": "match_key, signal, tenth",
    "fact_player_match": "match_key, team_key, player_key",
    "fact_team_match": "match_key, team_key",
    "fact_team_minute": "match_key, team_key, minute_key",
    "fact_team_spell": "match_key, team_key, from_minute, state, substitution",
    "fact_lineup_stint": "match_key, team_key, player_key, stint",
    "fact_feed_match": "match_key, provider_key",
    "fact_play": "match_key, source_event_id",
    "fact_drive": "match_key, drive_number",
    "dim_team_history": "team_history_key",
    "dim_player_history": "player_history_key",
    "dim_model_version": "model, model_version",
    "dim_signal": "sport, signal, signal_version",
}
DIMENSION = {"opponent_key": "dim_team", "scoring_team_key": "dim_team", "possession_team_key": "dim_team",
             "home_team_key": "dim_team", "away_team_key": "dim_team"}  # fmt: skip


def test_every_fact_has_its_grain(star: Star) -> None:
    facts = star.rows(
        "SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'mart'::regnamespace AND c.relkind = 'v' AND c.relname LIKE 'fact%%'"
    )
    assert {f["name"] for f in facts} <= set(GRAIN)
    for name, key in GRAIN.items():
        rows, different = star.figures(f"count(*), count(DISTINCT ({key}))", f"mart.{name}")
        assert rows == different, name
        assert rows > 0 or name == "dim_model_version", name


def test_no_key_is_an_orphan(star: Star) -> None:
    columns = star.rows(
        "SELECT c.relname AS name, a.attname AS column FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relnamespace = 'mart'::regnamespace AND c.relkind IN ('r', 'v') AND a.attname LIKE '%%\\_key' "
        "AND a.attname <> 'order_key' AND a.attname NOT LIKE '%%history_key' ORDER BY 1, 2"
    )
    assert len(columns) > 60
    for found in columns:
        name, column = found["name"], found["column"]
        dimension = DIMENSION.get(column, "dim_" + column.removesuffix("_key"))
        key = "team_key" if column in DIMENSION else column
        lost = f"NOT EXISTS (SELECT FROM mart.{dimension} d WHERE d.{key} = f.{column})"
        assert star.figures("count(*)", f"mart.{name} f WHERE f.{column} IS NOT NULL AND {lost}") == [0], found
    for name, column in (("fact_event", "event_type_key"), ("fact_event", "provider_key"), ("dim_match", "season_key")):
        assert star.figures("count(*)", f"mart.{name} WHERE {column} IS NULL") == [0], (name, column)


def test_what_is_kept_is_what_is_computed(star: Star) -> None:
    matches = [r["match_id"] for r in star.rows("SELECT match_id FROM mart.kept_now ORDER BY 1")]
    assert matches == [r["match_id"] for r in star.rows("SELECT match_id FROM mart.dim_match WHERE is_real ORDER BY 1")]
    assert (len(kept_facts("soccer")), kept_facts("gridiron")) == (11, ("feed_match",))
    for match in matches:
        for name in kept_facts("gridiron" if match == "bowl" else "soccer"):
            assert star.rows("SELECT * FROM mart.diff_kept(%s, %s)", name, match) == [], (match, name)


def test_events_are_those_of_the_log(star: Star) -> None:
    for match in star.rows("SELECT match_id, match_key FROM mart.dim_match WHERE sport = 'soccer'"):
        log = star.rows(
            "SELECT source_event_id, type, period, order_key, team_id, player_id, (fields ->> 'x_m')::float AS x_m, version "
            "FROM log.current_event(%s) WHERE NOT control ORDER BY period, order_key, source_event_id",
            match["match_id"],
        )
        fact = star.rows(
            "SELECT source_event_id, event_type AS type, period, order_key, team_id, player_id, x_m, version "
            "FROM mart.fact_event LEFT JOIN mart.dim_team USING (team_key) LEFT JOIN mart.dim_player USING (player_key) "
            "WHERE match_id = %s ORDER BY period, order_key, source_event_id",
            match["match_id"],
        )
        assert fact == log != []


def test_goals_points_and_players_add_up(star: Star) -> None:
    wrong = star.rows(
        "SELECT m.match_id FROM mart.dim_match m JOIN mart.fact_team_match h ON h.match_key = m.match_key AND h.is_home "
        "JOIN mart.fact_team_match a ON a.match_key = m.match_key AND NOT a.is_home "
        "WHERE m.sport = 'soccer' AND (m.home_score, m.away_score, h.goals, a.goals) IS DISTINCT FROM (h.goals, a.goals, a.goals_against, h.goals_against)"
    )
    assert wrong == []
    for name in ("passes", "passes_completed", "shots", "touches", "fouls", "yellow_cards", "red_cards", "tackles_won"):
        team, player = (star.figures(f"sum({name})", f"mart.fact_{of}_match") for of in ("team", "player"))
        assert team == player, name
    for name in (
        "minutes",
        "goals",
        "goals_against",
        "shots",
        "shots_against",
        "pressures",
        "ppda_actions",
        "ppda_passes_faced",
    ):
        minute = "count(*)" if name == "minutes" else f"sum({name})"
        assert star.figures(minute, "mart.fact_team_minute") == star.figures(f"sum({name})", "mart.fact_team_spell"), (
            name
        )
    assert star.figures("sum(shots)", "mart.fact_team_minute") == star.figures(
        "sum(shots_against)", "mart.fact_team_minute"
    )
    for name in ("passes", "shots", "touches", "goals", "goals_against", "ppda_actions"):
        minute, match = (star.figures(f"sum({name})", f"mart.fact_team_{of}") for of in ("minute", "match"))
        assert minute == match, name


def test_a_football_game_is_a_fact_and_its_replay_is_none(star: Star) -> None:
    plays = star.rows("SELECT match_id, type, yards, points FROM mart.fact_play ORDER BY period, order_key")
    assert [tuple(p.values()) for p in plays] == [
        ("bowl", "kickoff", None, 0),
        ("bowl", "run", 3, 0),
        ("bowl", "run", 20, 6),
        ("bowl", "extra_point", None, 1),
    ]
    assert star.one("SELECT count(*) FROM mart.play") == 2 * len(plays)
    (drive,) = star.rows("SELECT match_id, drive_number, points, result FROM mart.fact_drive")
    assert list(drive.values()) == ["bowl", 1, 7, "touchdown"]
    (feed,) = star.rows("SELECT provider, messages, is_folded FROM mart.fact_feed_match JOIN mart.dim_provider USING (provider_key) "
                        "WHERE match_id = 'bowl'")  # fmt: skip
    assert (feed["provider"], feed["is_folded"]) == ("nfl", True)
    assert feed["messages"] >= len(plays)


def test_the_small_match_by_hand(star: Star) -> None:
    home, away = star.rows(
        "SELECT t.team_id, f.goals, f.points, f.shots, f.passes, f.passes_completed, f.corners, f.yellow_cards, f.red_cards, "
        "f.ppda_passes_faced, f.ppda_actions FROM mart.fact_team_match f JOIN mart.dim_team t USING (team_key) "
        "WHERE match_id = 'cup-1' ORDER BY is_home DESC"
    )
    assert list(home.values()) == [HARBOUR, 2, 3, 4, 4, 3, 1, 1, 0, 4, 0]
    assert list(away.values()) == ["touchline:team:northgate", 1, 0, 2, 4, 3, 0, 0, 1, 2, 0]
    stints = star.rows(
        "SELECT p.name, s.is_starter, s.on_reason, s.off_reason, s.minutes FROM mart.fact_lineup_stint s "
        "JOIN mart.dim_player p USING (player_key) WHERE match_id = 'cup-1' ORDER BY p.name"
    )
    # 46:01 and 49:00 were played; the substitution came 15:00 into the second half, the red card 25:10.
    assert [(s["name"], s["on_reason"], s["off_reason"], round(s["minutes"], 4)) for s in stints] == [
        ("Ada Holm", "lineup", None, 95.0167),
        ("Bea Hunt", "lineup", "substitution", 61.0167),
        ("Cleo Hart", "lineup", None, 95.0167),
        ("Dora Nash", "lineup", None, 95.0167),
        ("Edna Neal", "lineup", "card", 71.1833),
        ("Fay North", "lineup", None, 95.0167),
        ("Gita Howe", "substitution", None, 34.0),
    ]
    states = star.rows(
        "SELECT DISTINCT goal_difference FROM mart.fact_team_minute f JOIN mart.dim_minute d USING (minute_key) "
        "WHERE match_id = 'cup-1' AND is_home AND d.minute >= 46 AND d.period = 2"
    )
    assert [s["goal_difference"] for s in states] == [1]


def test_minutes_are_those_that_the_feature_store_folds(star: Star) -> None:
    """Two ways of telling who is on the pitch, written apart from one another: SQL over the log, and the fold."""
    from app.log.read import fields_decoder
    from app.sports.base import Event, sports
    from app.sports.entity_features import declared
    from app.sports.entity_fold import FeatureFold

    decode = fields_decoder("soccer").decode
    for match in ("cup-1", "cup-2", "barca"):
        log = star.rows(
            "SELECT version, source_event_id, control, type, period, order_key, elapsed_s, team_id, player_id, fields::text "
            'FROM log.current_event(%s) ORDER BY period, order_key, control, source_event_id COLLATE "C"',
            match,
        )
        fold = FeatureFold(sports()["soccer"], declared(sports()["soccer"]), match)
        for row in log:
            *values, fields = row.values()
            fold.add(Event(*values, fields=decode(fields)))
        place = next(
            i for i, (f, _) in enumerate(declared(sports()["soccer"]).features("player")) if f.name == "minutes"
        )
        folded = {r.entity: r.numbers[place] for r in fold.now() if r.kind == "player" and r.numbers[place]}
        facts = star.rows(
            "SELECT player_id, sum(minutes) AS minutes FROM mart.fact_lineup_stint JOIN mart.dim_player USING (player_key) "
            "WHERE match_id = %s GROUP BY 1",
            match,
        )
        assert {f["player_id"]: round(f["minutes"], 3) for f in facts if f["minutes"]} == pytest.approx(
            folded, abs=0.002
        )


async def over(pool: Pool, dsn: str, match: str = "m1", **said: str) -> None:
    """The small match, played to its end and kept."""
    if said:
        (info,) = parse(msgspec.json.encode({"id": match, **said}))
        await load_match(pool, info)
    await told(pool, tiny(), match)
    await append_control(pool, match, "soccer", "status", {"status": "finished"})
    await scored(pool, dsn)
    assert await keep_facts(pool) == 1


async def kept(pool: Pool) -> list[str]:
    return [r[0] for r in await pool.fetch("SELECT match_id FROM mart.kept_now ORDER BY 1")]


async def test_a_correction_after_the_end_is_seen_at_once_and_kept_again(pool: Pool, dsn: str) -> None:
    await over(pool, dsn)
    question = (
        "SELECT (SELECT sum(goals) FROM mart.fact_team_match), (SELECT count(*) FROM mart.fact_event), "
        "(SELECT sum(xg) FROM mart.fact_player_match)"
    )
    before = tuple(await pool.fetchrow(question))
    await told(pool, [gone("t-013"), shot("new", 36.5, "saved", period=2, clock_s=4805.0)])
    await scored(pool, dsn)
    assert await kept(pool) == []
    computed = tuple(await pool.fetchrow(question))
    assert computed[:2] == (before[0] - 1, before[1])
    assert computed[2] != before[2]
    assert await keep_facts(pool) == 1
    assert await kept(pool) == ["m1"]
    assert tuple(await pool.fetchrow(question)) == computed
    assert await keep_facts(pool) == 0
    await clean(pool)


async def test_what_changes_without_a_new_version_is_seen_too(pool: Pool, dsn: str) -> None:
    await over(pool, dsn)
    version = await pool.fetchval("SELECT version FROM log.feed_event WHERE source_event_id = 't-036'")
    await skip(pool, "m1", version, "wrong team", "tester")
    await free(pool)
    await rebuild(pool, "m1", 1.0)
    assert await pool.fetchval("SELECT count(*) FROM mart.fact_pass WHERE source_event_id = 't-036'") == 0
    await keep_facts(pool)
    assert await kept(pool) == ["m1"]
    await clean(pool)


async def test_a_player_whom_the_feed_puts_into_both_teams_has_his_figures_once(pool: Pool, dsn: str) -> None:
    """One pass of a shooter is told of the other team: he has a row for each, and his xG stands in that of his own."""
    shooter = next(e for e in tiny() if e.type == "shot")
    other = next(e.team for e in tiny() if e.team not in (None, shooter.team))
    stray = feed("stray", 20.5, "pass", team=other, player=shooter.player, clock_s=695.0, x_m=50, y_m=34, end_x_m=60, end_y_m=34,
                 outcome="complete")  # fmt: skip
    await told(pool, [*tiny()[:20], stray, *tiny()[20:]])
    await append_control(pool, "m1", "soccer", "status", {"status": "finished"})
    await scored(pool, dsn)
    question = (
        "SELECT (SELECT count(*) FROM mart.fact_player_match JOIN mart.dim_player USING (player_key) WHERE player_id = $1), "
        "(SELECT sum(xg) FROM mart.fact_player_match), (SELECT sum(xg) FROM mart.fact_team_match), "
        "(SELECT xg IS NULL FROM mart.fact_player_match JOIN mart.dim_player USING (player_key) JOIN mart.dim_team USING (team_key) "
        "WHERE player_id = $1 AND team_id = $2)"
    )
    computed = tuple(await pool.fetchrow(question, shooter.player, other))
    assert computed[0] == 2 and computed[3]
    assert computed[1] == pytest.approx(computed[2], abs=1e-9)
    assert await keep_facts(pool) == 1
    assert tuple(await pool.fetchrow(question, shooter.player, other)) == pytest.approx(computed)
    await clean(pool)


async def test_a_lie_in_what_is_kept_is_found(pool: Pool, dsn: str) -> None:
    from app.scoring.rebuild import verify

    await over(pool, dsn)
    await pool.execute("UPDATE mart.team_match SET shots = shots + 1 WHERE is_home")
    wrong = (await verify(pool, "m1")).differences
    assert [line.split(":")[0] for line in wrong] == ["fact_team_match, stored", "fact_team_match, clean"]
    await free(pool)
    await rebuild(pool, "m1", 1.0)
    await keep_facts(pool)
    await clean(pool)


async def test_rebuild_keeps_every_key_and_every_fact(pool: Pool, dsn: str) -> None:
    await over(pool, dsn, competition="Cup", season="2021", venue="Quay")
    keys = " UNION ALL ".join(
        f"SELECT '{name}', {key}_key::bigint, {text}::text FROM mart.dim_{name}"  # noqa: S608
        for name, key, text in (
            *((n, n, n) for n in ("competition", "season", "venue", "provider", "event_type")),
            *((n, n, f"{n}_id") for n in ("match", "team", "player")),
            ("team_history", "team_history", "valid_from"),
            ("player_history", "player_history", "valid_from"),
        )
    )
    before = await pool.fetch(f"{keys} ORDER BY 1, 2")
    facts = await pool.fetch("SELECT * FROM mart.fact_player_match ORDER BY player_key")
    await free(pool)
    await rebuild(pool, "m1", 1.0)
    assert await kept(pool) == []
    assert await keep_facts(pool) == 1
    assert await pool.fetch(f"{keys} ORDER BY 1, 2") == before
    assert await pool.fetch("SELECT * FROM mart.fact_player_match ORDER BY player_key") == facts


async def test_replays_and_simulations_are_in_no_fact(pool: Pool, dsn: str) -> None:
    await over(pool, dsn)
    assert await play(pool, await new_replay(pool, "m1", 10_000.0, "again", claimed_by="me"), "me")
    await told(pool, tiny(), "dreamt", origin="simulation")
    await scored(pool, dsn)
    assert await keep_facts(pool) == 0
    for name in GRAIN:
        if name.startswith("fact") and name not in ("fact_play", "fact_drive"):
            rows = await pool.fetch(f"SELECT DISTINCT match_id FROM mart.{name}")  # noqa: S608
            assert [r[0] for r in rows] == ["m1"], name


async def test_a_team_that_changes_its_name_and_a_player_who_changes_the_team(pool: Pool, dsn: str) -> None:
    """Matches come in any order; what was true when is told by their kick-offs."""
    for match, day, name, team in (
        ("m3", "2023-03-01", "Harbour United", "a"),
        ("m1", "2021-03-01", "Harbour City", "a"),
        ("m2", "2022-03-01", "Harbour City", "b"),
    ):
        (info,) = parse(msgspec.json.encode({"id": match, "kickoff_at": f"{day}T15:00:00Z"}))
        await load_match(pool, info)
        teams = {"a": "touchline:team:a", "b": "touchline:team:b"}
        await told(
            pool,
            [
                feed("l1", 1, "pass", team=teams["a"], player="touchline:player:w", clock_s=1, team_name=name),
                feed("l2", 2, "pass", team=teams["b"], player="touchline:player:v", clock_s=2, team_name="Bay"),
                feed("l3", 3, "pass", team=teams[team], player="touchline:player:x", clock_s=3),
            ],
            match,
        )
    await scored(pool, dsn)
    rows = await pool.fetch(
        "SELECT name, valid_from::date::text, valid_to::text, is_current FROM mart.dim_team_history "
        "WHERE team_id = 'touchline:team:a' ORDER BY valid_from"
    )
    assert [tuple(r) for r in rows] == [
        ("Harbour City", "2021-03-01", "2023-03-01 15:00:00+00", False),
        ("Harbour United", "2023-03-01", "infinity", True),
    ]
    rows = await pool.fetch(
        "SELECT t.team_id, h.valid_from::date::text, h.is_current FROM mart.dim_player_history h JOIN mart.dim_team t USING (team_key) "
        "WHERE player_id = 'touchline:player:x' ORDER BY valid_from"
    )
    assert [tuple(r) for r in rows] == [
        ("touchline:team:a", "2021-03-01", False),
        ("touchline:team:b", "2022-03-01", False),
        ("touchline:team:a", "2023-03-01", True),
    ]


async def test_a_match_that_cannot_be_kept_holds_no_other_up(pool: Pool, dsn: str) -> None:
    await over(pool, dsn)
    await told(pool, tiny(), "m0")
    await append_control(pool, "m0", "soccer", "status", {"status": "finished"})
    await scored(pool, dsn)
    key = await pool.fetchval("SELECT match_key FROM mart.dim_match WHERE match_id = 'm0'")
    await pool.execute(f"ALTER TABLE mart.team_match ADD CHECK (match_key <> {key})")
    await pool.execute("UPDATE mart.kept SET changes = changes + 1")
    assert await keep_facts(pool) == 1
    assert await kept(pool) == ["m1"]
    assert await pool.fetchval("SELECT sum(goals) FROM mart.fact_team_match WHERE match_id = 'm0'") == 3


async def test_what_was_kept_of_shots_follows_what_is_on_air(pool: Pool, dsn: str) -> None:
    """Kept or computed, a shot has the xG of the version on air; momentum is the last one before a goal."""
    await over(pool, dsn)
    question = "SELECT source_event_id, xg FROM mart.fact_shot ORDER BY 1"
    kept_rows = [tuple(r) for r in await pool.fetch(question)]
    assert any(xg is not None for _, xg in kept_rows)
    moments = "SELECT signal, subject, anchor, value FROM mart.fact_signal_moment ORDER BY 1, 2, 3"
    kept_moments = [tuple(r) for r in await pool.fetch(moments)]
    assert {m[0] for m in kept_moments} == {"xg", "win_probability_added", "momentum"}
    await pool.execute("UPDATE mart.kept SET changes = changes + 1")
    assert [tuple(r) for r in await pool.fetch(question)] == kept_rows
    assert [tuple(r) for r in await pool.fetch(moments)] == kept_moments
    await keep_facts(pool)
    await pool.execute("UPDATE registry.signal_version SET stage = 'retired' WHERE sport = 'soccer' AND signal = 'xg'")
    assert {xg for _, xg in [tuple(r) for r in await pool.fetch(question)]} == {None}
    assert await pool.fetchval("SELECT count(*) FROM mart.fact_forecast WHERE signal = 'xg'") == 0


async def test_figures_of_players_follow_what_is_on_air(pool: Pool, dsn: str) -> None:
    """Kept or computed, of the live version and of a canary."""
    await over(pool, dsn)
    question = "SELECT player_key, xg, xt, action_value FROM mart.fact_player_match ORDER BY 1"

    async def both() -> list[tuple[Any, ...]]:
        await keep_facts(pool)
        assert await kept(pool) == ["m1"]
        told_of_kept = [tuple(r) for r in await pool.fetch(question)]
        await pool.execute("UPDATE mart.kept SET changes = changes + 1")
        assert await kept(pool) == []
        assert [tuple(r) for r in await pool.fetch(question)] == told_of_kept
        return told_of_kept

    first = await both()
    assert all(any(row[n] is not None for row in first) for n in (1, 2, 3))
    # Another version of one of them, worth twice as much.
    (live,) = await pool.fetch(
        "SELECT version FROM registry.signal_version WHERE sport = 'soccer' AND signal = 'xt' AND stage = 'live'"
    )
    await pool.execute(
        "INSERT INTO registry.signal_version (signal, version, sport, title, unit, stage, declaration) "
        "SELECT signal, 99, sport, title, unit, 'shadow', declaration FROM registry.signal_version "
        "WHERE sport = 'soccer' AND signal = 'xt' AND version = $1", live["version"])  # fmt: skip
    columns = (
        "subject, anchor, team_id, source_event_id, status, revision, period, elapsed_s, order_key, version, model"
    )
    await pool.execute(
        f"INSERT INTO signal.point (occurred_at, match_id, signal, signal_version, value, {columns}) "  # noqa: S608
        f"SELECT occurred_at, match_id, signal, 99, 2 * value, {columns} FROM signal.point "
        "WHERE signal = 'xt' AND signal_version = $1", live["version"])  # fmt: skip
    assert await both() == first
    await pool.execute("INSERT INTO registry.canary VALUES ('m1', 'soccer', 'xt', 99)")
    second = await both()
    assert [(p, xg, a) for p, xg, _, a in second] == [(p, xg, a) for p, xg, _, a in first]
    assert [xt for _, _, xt, _ in second] == [None if xt is None else pytest.approx(2 * xt) for _, _, xt, _ in first]
