"""Named questions over HTTP and on the command line: the same answers, errors that say what is wrong."""

from __future__ import annotations

import csv
import io
import json

from app.settings import Settings
from app.warehouse.kpi import declared
from tests.integration.test_lifecycle_api import clients, key
from tests.running import touchline
from tests.star_kit import Star


async def test_questions_and_answers_over_http(star: Star, settings: Settings) -> None:
    async with clients(settings, star.dsn) as (here, away):
        listed = (await here.get("/v1/kpi")).json()
        assert [q["name"] for q in listed["items"]] == list(declared())
        report = next(q for q in listed["items"] if q["name"] == "match_report")
        assert report["parameters"] == [
            {"name": "match", "type": "text", "meaning": "the match's own id", "default": None, "required": True}
        ]
        answer = await here.get("/v1/kpi/league_table", params={"competition": "Cup"})
        assert answer.status_code == 200
        rows = answer.json()["items"]
        assert [(r["team"], r["played"], r["points"]) for r in rows] == [("Harbour City", 3, 7), ("Northgate", 3, 1)]
        again = await here.get(
            "/v1/kpi/league_table?competition=Cup", headers={"If-None-Match": answer.headers["etag"]}
        )
        assert again.status_code == 304
        for path, status, told in (
            ("/v1/kpi/no_such", 404, "There is no question 'no_such'. Known: calibration_win_probability,"),
            (
                "/v1/kpi/league_table?team=x",
                400,
                "There is no parameter 'team' at /v1/kpi/league_table. Known: competition,",
            ),
            ("/v1/kpi/form?last=many", 400, "last: "),
            ("/v1/kpi/form?last=-1", 400, "last: "),
            ("/v1/kpi/form?last=99999999999999999999", 400, "last: "),
            ("/v1/kpi/cards?season=%00", 400, "A parameter holds a NUL character."),
            ("/v1/kpi/match_report", 400, "Missing required query parameter 'match' for"),
            ("/v1/kpi?colour=red", 400, "There is no parameter 'colour' at /v1/kpi"),
        ):
            refused = await here.get(path)
            assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json"), path
            assert refused.json()["detail"].startswith(told), refused.json()
        document = (await here.get("/schema/openapi.json")).json()["paths"]["/v1/kpi/top_xt_per_90"]["get"]
        told = {p["name"]: (p["required"], p["description"]) for p in document["parameters"]}
        assert told["min_minutes"] == (False, "players with at least so many minutes")
        assert (await away.get("/v1/kpi/cards")).status_code == 401
        allowed = await away.get("/v1/kpi/cards?limit=3", headers=key(star.dsn, "club"))
        assert allowed.status_code == 400, "limit is no parameter of this one"
        token = key(star.dsn, "club")["Authorization"].removeprefix("Bearer ")
        assert (await away.get(f"/v1/kpi/cards?token={token}")).status_code == 200


def test_questions_on_the_command_line(star: Star) -> None:
    done = touchline("kpi", "form", "--competition", "Cup", "--last=2", "--json", database_url=star.dsn)
    assert done.returncode == 0, done.stderr
    assert [(r["team"], r["form"]) for r in json.loads(done.stdout)["items"]] == [
        ("Harbour City", "DW"),
        ("Northgate", "DL"),
    ]
    done = touchline("kpi", "form", "--competition", "Cup", "--csv", database_url=star.dsn)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(r["team"], r["points"]) for r in rows] == [("Harbour City", "7"), ("Northgate", "1")]
    done = touchline("kpi", "form", "--last", "few", database_url=star.dsn)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("touchline: last='few' does not fit")
    assert "league_table" in touchline("kpi", database_url=star.dsn).stdout
