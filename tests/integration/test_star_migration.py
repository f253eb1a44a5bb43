"""The way from the release before the star schema: what was known is in the new dimensions, and every match can be kept."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import psycopg
from alembic import command
from sqlalchemy import create_engine

from app.db.migrate import config, migrate, sqlalchemy_url
from tests.conftest import Cluster

BEFORE = """
INSERT INTO log.match (match_id, sport, origin, anchor_at, anchor_source) VALUES
    ('old-1', 'soccer', 'import', '2018-08-18 20:15+00', 'kickoff'), ('old-2', 'soccer', 'replay', '2018-08-19 20:15+00', 'kickoff');
INSERT INTO log.stream (match_id, provider, provider_match_id, role, is_primary) VALUES
    ('old-1', 'statsbomb', '1', 'events', true), ('old-1', 'control', 'old-1', 'control', false);
INSERT INTO mart.dim_date VALUES (20180818, '2018-08-18', 2018, 8, 18, 33, 6, 'Saturday', true);
INSERT INTO mart.dim_team (team_id, name) VALUES ('statsbomb:team:1', 'One'), ('statsbomb:team:2', 'Two');
INSERT INTO mart.dim_match (match_id, sport, origin, is_real, date_key, kickoff_at, home_team_key, away_team_key, home_score,
                            away_score, status, competition, season, venue) VALUES
    ('old-1', 'soccer', 'import', true, 20180818, '2018-08-18 20:15+00', 1, 2, 1, 0, 'finished', 'Cup', '2018', 'Quay'),
    ('old-2', 'soccer', 'replay', false, 20180818, '2018-08-19 20:15+00', 1, 2, 1, 0, 'finished', 'Cup', NULL, NULL);
INSERT INTO mart.shot (match_key, source_event_id, team_key, occurred_at, period, elapsed_s, is_goal, is_shootout)
    SELECT match_key, 's', 1, kickoff_at, 1, 5.0, true, false FROM mart.dim_match;
INSERT INTO log.match (match_id, sport, origin, anchor_at, anchor_source) VALUES
    ('old-3', 'gridiron', 'import', '2018-09-09 17:00+00', 'kickoff'), ('old-4', 'gridiron', 'replay', '2018-09-09 17:00+00', 'kickoff');
INSERT INTO mart.dim_match (match_id, sport, origin, is_real, date_key, kickoff_at, home_team_key, away_team_key, home_score,
                            away_score, status)
    SELECT match_id, sport, origin, origin = 'import', 20180818, anchor_at, 1, 2, 7, 0, 'full_time' FROM log.match WHERE sport = 'gridiron';
INSERT INTO mart.fact_play (match_key, source_event_id, team_key, occurred_at, period, elapsed_s, order_key, type, is_intercepted,
                            is_fumble_lost, is_kneel, is_spike, is_penalty, is_no_play, points)
    SELECT match_key, 'p', 1, kickoff_at, 1, 5.0, 1, 'run', false, false, false, false, false, false, 7
    FROM mart.dim_match WHERE sport = 'gridiron';
INSERT INTO registry.signal_version (sport, signal, version, stage, title, unit, declaration)
    VALUES ('gridiron', 'drive_summary', 1, 'live', 'Drive', '1', '{}');
INSERT INTO signal.point (occurred_at, match_id, signal, signal_version, subject, anchor, source_event_id, value, status, revision,
                          period, elapsed_s, order_key, version)
    SELECT kickoff_at, match_id, 'drive_summary', 1, s.subject, 'event:p', 'p', s.value, 'final', 0, 1, 5.0, 1, 1
    FROM mart.dim_match, (VALUES ('number', 1), ('yards', 75), ('points', 7)) AS s (subject, value) WHERE sport = 'gridiron';
"""


def test_a_database_of_the_release_before_comes_along(cluster: Cluster, make_database: Callable[[], str]) -> None:
    name = f"t_{uuid4().hex[:12]}"
    with psycopg.connect(make_database().replace("//touchline@", "//postgres@"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} OWNER touchline")  # pyright: ignore
        with psycopg.connect(cluster.dsn_of(name).replace("//touchline@", "//postgres@"), autocommit=True) as fresh:
            fresh.execute("CREATE EXTENSION timescaledb")
        dsn = cluster.dsn_of(name)
        try:
            engine = create_engine(sqlalchemy_url(dsn))
            with engine.connect() as connection:
                alembic = config()
                alembic.attributes["connection"] = connection
                command.upgrade(alembic, "0005")
                connection.commit()
            engine.dispose()
            with psycopg.connect(dsn, autocommit=True) as old:
                old.execute(BEFORE)
            assert migrate(dsn) is True
            with psycopg.connect(dsn, autocommit=True) as new:
                rows = new.execute(
                    "SELECT match_id, c.competition, s.season, v.venue FROM mart.dim_match m "
                    "LEFT JOIN mart.dim_competition c USING (competition_key) LEFT JOIN mart.dim_season s USING (season_key) "
                    "LEFT JOIN mart.dim_venue v USING (venue_key) ORDER BY 1"
                ).fetchall()
                assert rows[:2] == [("old-1", "Cup", "2018", "Quay"), ("old-2", "Cup", None, None)]
                assert rows[2:] == [(name, None, None, None) for name in ("old-3", "old-4")]
                providers = new.execute("SELECT provider FROM mart.dim_provider ORDER BY 1").fetchall()
                assert providers == [("control",), ("statsbomb",)]
                kept = new.execute("SELECT match_id FROM mart.kept ORDER BY 1").fetchall()
                assert kept == [("old-1",), ("old-2",), ("old-3",), ("old-4",)]
                assert new.execute("SELECT match_id FROM mart.computed_now ORDER BY 1").fetchall() == [
                    ("old-1",), ("old-3",),
                ]  # fmt: skip
                # The shots that were there, without those of a replay.
                shots = new.execute("SELECT match_id, is_goal, minute_key FROM mart.fact_shot").fetchall()
                assert shots == [("old-1", True, 1000)]
                # So with plays and drives.
                assert new.execute("SELECT match_id, points FROM mart.fact_play").fetchall() == [("old-3", 7)]
                drives = new.execute("SELECT match_id, drive_number, team_key, yards, points FROM mart.fact_drive")
                assert drives.fetchall() == [("old-3", 1, 1, 75, 7)]
                assert new.execute("SELECT count(*) FROM mart.play").fetchone() == (2,)
                assert new.execute(
                    "SELECT goals, goals_against FROM mart.fact_team_match ORDER BY is_home"
                ).fetchall() == [(0, 0), (0, 0)]
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")  # pyright: ignore
