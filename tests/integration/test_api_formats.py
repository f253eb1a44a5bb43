"""The lists of the API in every format: the same rows as JSON has, with the right types, read by Polars and DuckDB."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import httpx
import polars as pl

from app.api.formats import FORMATS
from app.api.listed import AIRED, EVENTS, MATCHES, PLAYER_MATCHES, PLAYERS, POINTS, TEAMS
from app.settings import Settings
from tests.integration.test_lifecycle_api import clients
from tests.star_kit import Star

SIGNALS = "/v1/matches/cup-2/signals"
LISTS = {
    "/v1/matches?origin=all": MATCHES,
    "/v1/matches/cup-2/events": EVENTS,
    "/v1/matches/cup-2/events?type=own_goal&type=shot": EVENTS,
    SIGNALS: POINTS,
    f"{SIGNALS}?signal=xg": POINTS,
    f"{SIGNALS}?as_of_version=20": POINTS,
    f"{SIGNALS}?as_of_time=2100-01-01T00:00:00Z": AIRED,
    "/v1/teams": TEAMS,
    "/v1/players?name=cleo": PLAYERS,
    "/v1/players/touchline:player:h9/matches": PLAYER_MATCHES,
    "/v1/kpi/league_table?competition=Cup": None,
    "/v1/kpi/cards?competition=Nobody": None,
}


async def pages(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    """All that JSON says of a list."""
    items: list[dict[str, Any]] = []
    more: dict[str, Any] = {} if "/kpi/" in path else {"limit": 1000}
    while True:
        found = (await client.get(httpx.URL(path).copy_merge_params(more))).json()
        items += found["items"]
        if found["next"] is None:
            return items
        more["cursor"] = found["next"]


async def get(client: httpx.AsyncClient, path: str, kind: str) -> httpx.Response:
    answer = await client.get(path, headers={"Accept": FORMATS[kind]})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].split(";")[0] == FORMATS[kind]
    assert (answer.headers["vary"], answer.headers["cache-control"]) == ("Accept", "no-store")
    return answer


def as_json(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON has them: moments as text, JSON as itself."""
    moments = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    told = frame.with_columns(pl.col(moments).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
    return [{k: json.loads(v) if k == "fields" else v for k, v in row.items()} for row in told.to_dicts()]


def exact(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """JSON's moments with all their digits."""

    def moment(name: str, value: Any) -> Any:
        if not name.endswith("_at") or value is None:
            return value
        return f"{value.rstrip('Z').partition('.')[0]}.{value.rstrip('Z').partition('.')[2]:0<6}Z"

    return [{k: moment(k, v) for k, v in item.items()} for item in items]


async def test_every_list_in_every_format(star: Star, settings: Settings, tmp_path: Path) -> None:
    async with clients(settings, star.dsn) as (here, _):
        for path, columns in LISTS.items():
            items = await pages(here, path)
            frames = [
                pl.read_ipc_stream(io.BytesIO((await get(here, path, "arrow")).content)),
                pl.read_parquet(io.BytesIO((await get(here, path, "parquet")).content)),
            ]
            assert frames[0].schema == frames[1].schema, path
            if columns is not None:
                assert dict(frames[0].schema) == {c.name: c.frame_type() for c in columns}, path
                assert items, path
                assert all(list(item) == [c.name for c in columns] for item in items), path
            for frame in frames:
                assert as_json(frame) == exact(items), path
            lines = (await get(here, path, "ndjson")).text.splitlines()
            assert [json.loads(line) for line in lines] == items, path
            rows = list(csv.DictReader(io.StringIO((await get(here, path, "csv")).content.decode(), newline="")))
            assert len(rows) == len(items), path
            for row, item in zip(rows, items, strict=True):
                assert list(row) == list(item)
                assert all((row[k] == "") == (v is None or v == "") for k, v in item.items()), path
        file = tmp_path / "signals.parquet"
        file.write_bytes((await get(here, SIGNALS, "parquet")).content)
        with duckdb.connect() as connection:
            types = {r[0]: r[1] for r in connection.execute(f"DESCRIBE SELECT * FROM '{file}'").fetchall()}  # noqa: S608
        assert (types["value"], types["version"], types["period"]) == ("DOUBLE", "BIGINT", "SMALLINT")


async def test_a_part_of_a_list_and_what_cannot_be(star: Star, settings: Settings) -> None:
    async with clients(settings, star.dsn) as (here, away):
        whole = (await here.get(f"{SIGNALS}?format=ndjson")).text.splitlines()
        first = (await here.get(f"{SIGNALS}?limit=5")).json()
        rest = await here.get(SIGNALS, params={"format": "ndjson", "cursor": first["next"]})
        assert rest.text.splitlines() == whole[5:]
        assert (await here.get(f"{SIGNALS}?format=ndjson&limit=3")).text.splitlines() == whole[:3]
        past = f"{SIGNALS}?as_of_version=20"
        known = (await here.get(f"{past}&format=ndjson")).text.splitlines()
        cut = (await here.get(f"{past}&limit=4")).json()["next"]
        tail = await here.get(
            f"{past}&limit=2", params={"format": "ndjson", "cursor": cut, "as_of_version": 20, "limit": 2}
        )
        assert tail.text.splitlines() == known[4:6]
        named = await here.get("/v1/matches?format=csv", headers={"Accept": "text/html"})
        assert named.headers["content-disposition"] == 'inline; filename="matches.csv"'
        for path, accept, status, told in (
            (
                "/v1/matches",
                "image/png",
                406,
                "Accept: image/png is none of what this list comes in: application/json,",
            ),
            ("/v1/kpi/cards", "image/png", 406, "Accept: image/png is none of"),
            ("/v1/matches?format=xml", "*/*", 400, "format=xml is no format of a list. Known: json,"),
            ("/v1/matches/nobody/events", "text/csv", 404, "There is no match 'nobody'."),
            ("/v1/matches/cup-2/events?type=nothing", "text/csv", 400, "'nothing' is no type of event."),
            ("/v1/matches?cursor=x", "text/csv", 400, "The cursor is not one of this list."),
        ):
            refused = await here.get(path, headers={"Accept": accept})
            assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json"), path
            assert refused.json()["detail"].startswith(told), refused.json()
        json_again = await here.get("/v1/matches", headers={"Accept": "application/json"})
        assert json_again.headers["etag"]
        assert (await away.get("/v1/matches?format=csv")).status_code == 401


async def test_teams_and_players_are_found_by_name_and_team_and_page_by_page(star: Star, settings: Settings) -> None:
    async with clients(settings, star.dsn) as (here, _):
        for path, text in (
            ("/v1/teams", "SELECT team_id AS id FROM mart.dim_team ORDER BY 1"),
            ("/v1/players", "SELECT player_id AS id FROM mart.dim_player ORDER BY 1"),
        ):
            everybody = await pages(here, path)
            assert [item["id"] for item in everybody] == [row["id"] for row in star.rows(text)]
            found: list[dict[str, Any]] = []
            page: dict[str, Any] = {"next": None}
            while page["next"] is not None or not found:
                more = {} if page["next"] is None else {"cursor": page["next"]}
                page = (await here.get(path, params={"limit": 7, **more})).json()
                found += page["items"]
            assert found == everybody
            some = next(item for item in everybody if item["name"])
            named = await pages(here, f"{path}?name={some['name'].upper()}")
            assert some in named
            assert all(some["name"].lower() in item["name"].lower() for item in named)
        players = await pages(here, "/v1/players")
        team = next(item["team_id"] for item in players if item["team_id"])
        assert await pages(here, f"/v1/players?team={team}") == [p for p in players if p["team_id"] == team]
        assert await pages(here, "/v1/players?name=%25") == []


async def test_a_players_matches_are_those_of_the_facts_newest_first(star: Star, settings: Settings) -> None:
    async with clients(settings, star.dsn) as (here, _):
        wanted = star.rows(
            "SELECT f.match_id, f.minutes_seen, f.xg FROM mart.fact_player_match f JOIN mart.dim_match m USING (match_key) "
            "JOIN mart.dim_player p USING (player_key) WHERE p.player_id = 'touchline:player:h9' AND m.is_real "
            "ORDER BY m.kickoff_at DESC, f.match_id DESC"
        )
        assert len(wanted) > 1
        items = await pages(here, "/v1/players/touchline:player:h9/matches")
        assert [(i["match"], i["minutes_seen"], i["xg"]) for i in items] == [tuple(row.values()) for row in wanted]
        first = (await here.get("/v1/players/touchline:player:h9/matches?limit=1")).json()
        rest = (await here.get("/v1/players/touchline:player:h9/matches", params={"cursor": first["next"]})).json()
        assert first["items"] + rest["items"] == items
        unknown = await here.get("/v1/players/nobody/matches")
        assert (unknown.status_code, unknown.json()["title"]) == (404, "Unknown player")
