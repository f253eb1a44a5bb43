"""Every query of the Grafana dashboards, as Grafana sends it and as the role that it has, on matches of today and long ago."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
import pytest

from app.db.pool import open_pool
from app.log.matches import load_match, parse
from app.scoring.register import register
from tests.engine_kit import feed, scored, tiny, told
from tests.grafana_kit import DASHBOARDS, Shown, sent, targets
from tests.integration.test_roles import as_role
from tests.star_kit import Star, real_there

NUMBERS = (int, float, Decimal)
# Nothing is played in the shared database.
OF_THE_PLAYED = {"Since the last message"}


def ask(dsn: str, name: str, shown: Shown) -> dict[str, list[dict[str, Any]]]:
    """What each panel of a dashboard gets, and each variable, by name."""
    dashboard, answers = DASHBOARDS[name], {}
    with psycopg.connect(as_role(dsn, "touchline_analyst"), autocommit=True) as analyst:
        for panel, target in targets(dashboard):
            cursor = analyst.execute(sent(dashboard, target["rawSql"], shown).encode())
            columns = [c.name for c in cursor.description or []]
            assert len(set(columns)) == len(columns), panel["title"]
            rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
            fits(panel, target, columns, rows)
            answers[panel["title"]] = rows
        for variable in dashboard["templating"]["list"]:
            cursor = analyst.execute(sent(dashboard, variable["query"], shown).encode())
            answers[variable["name"]] = [
                dict(zip([c.name for c in cursor.description or []], row, strict=True)) for row in cursor.fetchall()
            ]
    return answers


def fits(panel: dict[str, Any], target: dict[str, Any], columns: list[str], rows: list[dict[str, Any]]) -> None:
    """Are these the columns that a panel of its type shows, and that its own settings speak of?"""
    title = panel["title"]
    if panel["type"] == "timeseries":
        assert target["format"] == "time_series", title
        figures = [c for c in columns if c not in ("time", "metric")]
        assert columns[0] == "time" and figures, title
        assert all(isinstance(r["time"], datetime) for r in rows), title
        assert [r["time"] for r in rows] == sorted(r["time"] for r in rows), f"{title}: Grafana wants them in order"
        assert all(isinstance(r[c], NUMBERS) or r[c] is None for r in rows for c in figures), title
        assert all(isinstance(r.get("metric", ""), str) for r in rows), title
        # Where only one series has a value, the others have none: it must not break their lines, or they are seen by nobody.
        moments = {m: {r["time"] for r in rows if r.get("metric") == m} for m in {r.get("metric") for r in rows}}
        custom = panel["fieldConfig"]["defaults"]["custom"]
        whole = custom.get("spanNulls") or re.search(r"\$__timeGroup\([^)]*, 0\)", target["rawSql"])
        assert whole or custom["showPoints"] != "never" or len({frozenset(m) for m in moments.values()}) < 2, title
    else:
        assert target["format"] == "table", title
        assert panel["type"] != "stat" or len(rows) == 1, title
    told = {o["matcher"]["options"] for o in panel["fieldConfig"]["overrides"]}
    assert told <= set(columns), title
    linked = re.findall(r"__data\.fields\.(\w+)", str(panel["fieldConfig"]))
    assert set(linked) <= set(columns), title


def around(kickoff: datetime, match: str) -> Shown:
    """A match, with its own time."""
    return Shown(kickoff - timedelta(minutes=5), kickoff + timedelta(hours=3), {"match": match})


def lately(**chosen: str | list[str]) -> Shown:
    """What came in the last three hours."""
    now = datetime.now(UTC)
    return Shown(now - timedelta(hours=3), now, {"provider": "$__all", **chosen})


def test_a_match_that_is_over_is_shown(star: Star) -> None:
    matches = ["cup-2", *(["barca", "euro"] if real_there() else [])]
    for match in matches:
        kickoff = star.one("SELECT kickoff_at FROM mart.dim_match WHERE match_id = %s", match)
        shown = ask(star.dsn, "match-day", around(kickoff, match))
        assert {title for title, rows in shown.items() if not rows} == set(), match
        assert len(shown["Shots"]) == star.one("SELECT count(*) FROM mart.fact_shot WHERE match_id = %s", match)
        last = {row["metric"]: row["value"] for row in shown["Expected goals, added up"]}
        assert last == {
            r["name"]: pytest.approx(r["xg"])
            for r in star.rows("SELECT t.name, f.xg FROM mart.fact_team_match f JOIN mart.dim_team t USING (team_key) "
                               "WHERE f.match_id = %s AND f.shots > 0", match)
        }  # fmt: skip
        assert len({row["metric"] for row in shown["Win probability"]}) == 3
    assert {r["match_id"] for r in shown["Matches"]} == {r["__value"] for r in shown["match"]} >= {*matches, "bowl"}
    assert "bowl-again" not in {r["match_id"] for r in shown["Matches"]}, "a replay"


def test_what_came_is_shown(star: Star) -> None:
    shown = ask(star.dsn, "feed-health", lately())
    assert {title for title, rows in shown.items() if not rows} == OF_THE_PLAYED
    messages, corrections = star.figures(
        "sum(messages), sum(amended + retracted)", "rollup.feed_health_1m WHERE role = 'events'"
    )
    assert corrections > 0
    assert shown["Messages"] == [{"messages": messages}]
    assert shown["Corrections"] == [{"corrections": pytest.approx(float(corrections / messages))}]
    # At one point a minute, so many a minute add up to all.
    assert sum(row["value"] for row in shown["Messages per minute"]) == pytest.approx(messages)
    assert sum(row["value"] for row in shown["Corrections per minute"]) == pytest.approx(corrections)
    by_connection = shown["Providers and connections"]
    assert sum(row["messages"] for row in by_connection) == messages
    assert {row["provider"] for row in by_connection} <= {row["provider"] for row in shown["provider"]}
    one = ask(star.dsn, "feed-health", lately(provider=["touchline", "o'nobody"]))
    assert {row["provider"] for row in one["Providers and connections"]} == {"touchline"}
    assert 0 < one["Messages"][0]["messages"] < messages


async def test_a_match_that_is_played_is_shown(make_database: Callable[[], str]) -> None:
    dsn = make_database()
    pool = await open_pool(dsn, size=4)
    await register(pool)
    kickoff = datetime.now(UTC) - timedelta(hours=2)
    (info,) = parse(msgspec.json.encode({"id": "on-now", "kickoff_at": kickoff.isoformat()}))
    await load_match(pool, info)
    events = [e for e in tiny() if e.type != "match_end"]
    await told(pool, [*events[:-1], feed("more", 39.5, period=2, clock_s=5390.0)], "on-now")
    await scored(pool, dsn)
    await pool.close()
    shown = ask(dsn, "match-day", around(kickoff, "on-now"))
    assert {title for title, rows in shown.items() if not rows} == set()
    assert shown["Score"][0]["state"] == "live"
    assert re.fullmatch(r"Harbour City \d:\d Northgate", shown["Score"][0]["score"])
    health = ask(dsn, "feed-health", lately())
    assert {title for title, rows in health.items() if not rows} == set()
    (last,) = health["Since the last message"]
    assert (last["match"], last["provider"]) == ("on-now", "touchline")
    assert 0 <= last["age_s"] < 3600


def test_nothing_chosen_and_nothing_there_is_no_error(make_database: Callable[[], str]) -> None:
    dsn = make_database()
    shown = ask_empty(dsn, "match-day", around(datetime.now(UTC), ""))
    assert not any(shown.values())
    assert ask_empty(dsn, "feed-health", lately())["Messages"] == [(0,)]


def ask_empty(dsn: str, name: str, shown: Shown) -> dict[str, list[Any]]:
    """What the panels get from a database without a match."""
    dashboard = DASHBOARDS[name]
    with psycopg.connect(as_role(dsn, "touchline_analyst"), autocommit=True) as analyst:
        return {
            panel["title"]: analyst.execute(sent(dashboard, target["rawSql"], shown).encode()).fetchall()
            for panel, target in targets(dashboard)
        }
