"""A club's analysts see their own players, and of other teams nothing but the team, however it is tried."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege, InvalidSchemaName, UndefinedTable

from app.commands.club_group import grant_team, revoke_team
from app.db.pool import open_pool
from app.errors import UsageError
from tests.engine_kit import HARBOUR, NORTHGATE
from tests.integration.test_roles import as_role
from tests.star_kit import Star

OWN = ("event", "pass", "shot", "player_match", "lineup_stint", "signal", "player_minute")
TEAMS = ("team_match", "team_minute", "team_spell", "signal_team", "team_minute_signal", "team_players")
LOGINS = ("club_harbour", "club_nobody", "club_both")
BREAK_OUTS: list[LiteralString] = [
    "SELECT * FROM mart.fact_player_match",
    "SELECT * FROM mart.player_match",
    "SELECT * FROM mart.dim_match",
    "SELECT * FROM rollup.player_minute",
    "SELECT * FROM log.feed_event",
    "SELECT * FROM signal.point",
    "SELECT * FROM ops.club_login",
    "INSERT INTO ops.club_login (login, team_id) SELECT session_user, 'touchline:team:northgate'",
    "SELECT * FROM mart.player_match_of('cup-1', true)",
    "SELECT club.show('mart.fact_player_match', 'mine', false)",
    "SELECT mart.describe_as('club.own', 'club.own')",
    "CREATE TABLE club.own_too (team_key int)",
    "CREATE TEMPORARY TABLE own (team_key int)",
    "CREATE FUNCTION club.leak(int) RETURNS bool COST 0.0001 LANGUAGE sql AS 'SELECT true'",
    "CREATE OR REPLACE VIEW club.own AS SELECT 1",
    "ALTER VIEW club.player_match SET (security_barrier = false)",
    "SET ROLE touchline",
    "SET ROLE touchline_analyst",
    "SET ROLE club_both",
    "SET SESSION AUTHORIZATION club_both",
]


def _rows(connection: psycopg.Connection, text: str) -> list[Any]:
    return connection.execute(text).fetchall()  # pyright: ignore[reportArgumentType, reportCallIssue]


def _logged_in(star: Star, login: str) -> psycopg.Connection:
    return psycopg.connect(star.dsn, host="127.0.0.1", user=login, password="of a club", autocommit=True)


@pytest.fixture(scope="module")
def clubs(star: Star) -> Iterator[dict[str, psycopg.Connection]]:
    """A login of one club, one of none, and one of both teams."""
    with psycopg.connect(as_role(star.dsn, "postgres"), autocommit=True) as admin:
        for login in LOGINS:
            admin.execute(f"CREATE ROLE {login} LOGIN PASSWORD 'of a club' IN ROLE touchline_club")  # pyright: ignore
        admin.execute(
            "INSERT INTO ops.club_login (login, team_id) VALUES ('club_harbour', %s), ('club_both', %s), ('club_both', %s)",
            [HARBOUR, HARBOUR, NORTHGATE],
        )
        found = {login: _logged_in(star, login) for login in LOGINS}
        yield found
        for connection in found.values():
            connection.close()
        admin.execute("DELETE FROM ops.club_login")
        for login in LOGINS:
            admin.execute(f"DROP ROLE {login}")  # pyright: ignore


def test_players_of_the_own_team_are_whole_and_others_are_not_there(
    star: Star, clubs: dict[str, psycopg.Connection]
) -> None:
    harbour, both = clubs["club_harbour"], clubs["club_both"]
    for name in OWN:
        source = "rollup.player_minute" if name == "player_minute" else f"mart.fact_{name}"
        team = "team_id" if name == "player_minute" else "team_key"
        wanted = f"{team} IN (SELECT {team} FROM mart.dim_team WHERE team_id = '{HARBOUR}')"  # noqa: S608
        (own,) = star.figures("count(*)", f"{source} WHERE {wanted}")
        (of_both,) = _rows(both, f"SELECT count(*) FROM club.{name}")[0]  # noqa: S608
        seen = _rows(harbour, f"SELECT count(*), count(DISTINCT {team}) FROM club.{name}")  # noqa: S608
        assert seen == [(own, 1)], name
        assert of_both > own > 0, name
    assert _rows(harbour, "SELECT team_id FROM club.own") == [(HARBOUR,)]


def test_of_teams_all_is_seen_and_of_their_players_the_sum(star: Star, clubs: dict[str, psycopg.Connection]) -> None:
    harbour = clubs["club_harbour"]
    for name in ("team_match", "team_minute", "team_spell", "signal_team"):
        assert _rows(harbour, f"SELECT count(*) FROM club.{name}") == [  # noqa: S608
            tuple(star.figures("count(*)", f"mart.fact_{name}"))
        ]
    few = star.figures(
        "count(*)", "(SELECT 1 FROM mart.fact_player_match GROUP BY match_id, team_key HAVING count(*) >= 5) s"
    )
    assert _rows(harbour, "SELECT count(*) FROM club.team_players") == [tuple(few)]
    everybody = star.figures("count(*)", "(SELECT DISTINCT match_id, team_key FROM mart.fact_player_match) s")
    assert few[0] < everybody[0], "the small matches have teams of whom fewer than five did anything"


def test_a_login_without_a_club_sees_nothing(clubs: dict[str, psycopg.Connection]) -> None:
    nobody = clubs["club_nobody"]
    views = [r[0] for r in _rows(nobody, "SELECT viewname FROM pg_views WHERE schemaname = 'club'")]
    assert {*OWN, *TEAMS, "own", "dim_match", "dim_player"} <= set(views)
    for name in views:
        assert _rows(nobody, f"SELECT * FROM club.{name} LIMIT 1") == [], name  # noqa: S608
        has = _rows(clubs["club_both"], f"SELECT count(*) FROM club.{name}")  # noqa: S608
        assert has[0][0] > 0 or name == "team_players", name


def test_every_way_out_is_shut(clubs: dict[str, psycopg.Connection]) -> None:
    for statement in BREAK_OUTS:
        with pytest.raises((InsufficientPrivilege, InvalidSchemaName, UndefinedTable)) as refused:
            clubs["club_harbour"].execute(statement)
        assert "does not exist" not in str(refused.value), statement


def test_neither_an_error_nor_a_plan_tells_of_a_row_that_is_not_shown(
    star: Star, clubs: dict[str, psycopg.Connection]
) -> None:
    harbour = clubs["club_harbour"]
    other = star.rows(
        "SELECT player_key, touches, team_key FROM mart.fact_player_match JOIN mart.dim_team USING (team_key) "
        "WHERE match_id = 'cup-1' AND team_id = %s LIMIT 1",
        NORTHGATE,
    )[0]
    # An operator that fails on the other club's row alone, and one that counts: both are asked of own rows only.
    assert _rows(harbour, f"SELECT 1 FROM club.player_match WHERE 1 / (player_key - {other['player_key']}) = 9") == []  # noqa: S608
    failing = f"SELECT 1 FROM club.player_match_of('cup-1') WHERE 1 / (team_key - {other['team_key']}) = 9"  # noqa: S608
    assert _rows(harbour, failing) == []

    def plan(touches: int) -> list[str]:
        text = (
            f"EXPLAIN (ANALYZE, TIMING off, SUMMARY off, COSTS off) SELECT * FROM club.player_match "  # noqa: S608
            f"WHERE match_id = 'cup-1' AND player_key = {other['player_key']} AND touches = {touches}"
        )
        return [r[0].replace(f"touches = {touches}", "touches = ?") for r in _rows(harbour, text)]

    assert plan(other["touches"]) == plan(other["touches"] + 1)
    assert not any(" mart." in line or "player_match_pkey" in line for line in plan(other["touches"]))
    harbour.execute("SET search_path = public, club, mart")
    assert _rows(harbour, "SELECT DISTINCT t.team_id FROM player_match JOIN dim_team t USING (team_key)") == [
        (HARBOUR,)
    ]
    harbour.execute("SET ROLE touchline_club")
    assert _rows(harbour, "SELECT DISTINCT team_key FROM club.player_match") == _rows(
        harbour, "SELECT team_key FROM club.own"
    )
    harbour.execute("RESET ROLE; RESET search_path")


def test_a_player_who_changed_clubs_is_shown_to_each_for_its_own_matches(star: Star) -> None:
    with psycopg.connect(as_role(star.dsn, "postgres")) as admin:
        admin.execute("CREATE ROLE club_moved LOGIN IN ROLE touchline_club")
        admin.execute("INSERT INTO ops.club_login (login, team_id) VALUES ('club_moved', %s)", [NORTHGATE])
        (moved,) = admin.execute(
            "UPDATE mart.player_match p SET team_key = (SELECT team_key FROM mart.dim_team WHERE team_id = %s) FROM mart.dim_match m "
            "WHERE m.match_key = p.match_key AND m.match_id = 'cup-3' AND p.player_key = (SELECT min(f.player_key) FROM "
            "mart.fact_player_match f JOIN mart.dim_team t USING (team_key) WHERE f.match_id = 'cup-3' AND t.team_id = %s) "
            "RETURNING p.player_key",
            [NORTHGATE, HARBOUR],
        ).fetchall()[0]
        admin.execute("SET SESSION AUTHORIZATION club_moved")
        seen = admin.execute("SELECT match_id FROM club.player_match WHERE player_key = %s", [moved]).fetchall()
        assert seen == [("cup-3",)], "not what the player did before, for the other club"
        admin.execute("RESET SESSION AUTHORIZATION")
        admin.rollback()


def test_one_match_is_found_by_its_id(clubs: dict[str, psycopg.Connection]) -> None:
    harbour = clubs["club_harbour"]
    harbour.execute("SET enable_seqscan = off")
    lines = "\n".join(r[0] for r in _rows(harbour, "EXPLAIN SELECT * FROM club.player_match WHERE match_id = 'cup-1'"))
    harbour.execute("RESET enable_seqscan")
    assert "dim_match_match_id_key" in lines
    assert "match_id = 'cup-1'" in lines


def test_members_of_the_roles_of_readers_come_over_tcp_and_nobody_else(star: Star) -> None:
    for role in ("postgres", "touchline_service"):
        with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
            psycopg.connect(star.dsn, host="127.0.0.1", user=role, password="of a club")


async def test_a_team_is_granted_to_a_login_of_a_club_only(star: Star, clubs: dict[str, psycopg.Connection]) -> None:
    nobody = clubs["club_nobody"]
    pool = await open_pool(star.dsn, size=1)
    for login, team, said in (
        ("nobody_at_all", HARBOUR, "There is no role 'nobody_at_all'"),
        ("touchline_analyst", HARBOUR, "reads all of the marts already"),
        ("touchline_ingest", HARBOUR, "is no login in touchline_club"),
        ("club_nobody", "touchline:team:none", "No match has told of a team"),
    ):
        with pytest.raises(UsageError, match=said):
            await grant_team(pool, login, team, "me")
    await grant_team(pool, "club_nobody", NORTHGATE, "me")
    assert _rows(nobody, "SELECT team_id FROM club.own") == [(NORTHGATE,)]
    assert await revoke_team(pool, "club_nobody", None, "me") == [NORTHGATE]
    assert _rows(nobody, "SELECT 1 FROM club.player_match") == []
    with pytest.raises(UsageError, match="sees no players of any team"):
        await revoke_team(pool, "club_nobody", None, "me")
    assert await pool.fetchval("SELECT count(*) FROM ops.audit WHERE action LIKE 'club %'") == 2
    await pool.close()
