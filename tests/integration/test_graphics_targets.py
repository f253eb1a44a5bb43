"""Which engine gets the commands of which match: by command and over HTTP, by whom, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.db.pool import Pool
from app.errors import UsageError
from app.graphics.commands.targets import checked_url
from app.settings import Settings
from tests.engine_kit import opened
from tests.integration.test_lifecycle_api import clients, key
from tests.running import touchline

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
URL = "http://engine:8088/graphics"


async def audit(pool: Pool) -> list[tuple[str, str, str]]:
    rows = await pool.fetch(
        "SELECT principal, action, match_id FROM ops.audit WHERE action LIKE 'graphics%' ORDER BY at"
    )
    return [tuple(r) for r in rows]


async def test_an_operator_says_where_commands_go(pool: Pool, dsn: str, settings: Settings) -> None:
    await opened(pool)
    reader, operator = key(dsn, "reader"), key(dsn, "truck", "operator")
    path = "/v1/matches/m1/graphics"
    async with clients(settings, dsn) as (here, away):
        assert (await here.get(path)).json() == {"items": [], "next": None}
        for method, at in (("GET", path), ("POST", path), ("DELETE", f"{path}/1")):
            assert (await away.request(method, at)).status_code == 401
            assert (await away.request(method, at, headers=reader)).status_code == 403
        body = {"url": URL, "graphics": ["win_probability"], "fallback": "static", "stale_after_s": 60}
        made = await away.post(path, json=body, headers=operator)
        assert (made.status_code, made.json()) == (201, {"target_id": 1, "match_id": "m1", **body})
        (row,) = (await away.get(path, headers=operator)).json()["items"]
        assert row.items() >= {**body, "principal": "truck", "delivered": 0, "breaker": "closed"}.items()
        again = await here.post(path, json={"url": URL})
        assert again.json()["target_id"] == 1
        (row,) = (await here.get(path)).json()["items"]
        assert (row["graphics"], row["fallback"], row["stale_after_s"]) == ([], "stale", 180)
        # As on the metrics page.
        assert 'touchline_graphics_breaker_open{match="m1",target="1"} 0.0' in (await here.get("/metrics")).text
        wrong: list[tuple[Any, int, str]] = [
            ({}, 400, "url"),
            ({"url": URL, "colour": "red"}, 400, "colour"),
            ({"url": "ftp://engine/x"}, 400, "no address"),
            ({"url": URL, "graphics": ["situation"]}, 400, "It has: key_play, win_probability"),
            ({"url": URL, "fallback": "none"}, 400, "Known: stale, static"),
            ({"url": URL, "stale_after_s": 0}, 400, "stale"),
        ]
        for told, status, words in wrong:
            answer = await here.post(path, json=told)
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
            assert words in answer.json()["detail"]
        assert (await here.post(path, content=b"{")).status_code == 400
        assert (await here.post("/v1/matches/none/graphics", json={"url": URL})).status_code == 404
        assert (await here.get("/v1/matches/none/graphics")).status_code == 404
        for number in ("2", "x", "-1", "9" * 30, "٣"):
            assert (await here.delete(f"{path}/{number}")).status_code == 404, number
        await opened(pool, "m2")
        assert (await here.delete("/v1/matches/m2/graphics/1")).status_code == 404, "it is of another match"
        assert (await away.delete(f"{path}/1", headers=operator)).status_code == 204
        assert (await here.get(path)).json()["items"] == []
    assert await audit(pool) == [
        ("truck", "graphics added", "m1"), ("local", "graphics added", "m1"), ("truck", "graphics removed", "m1"),
    ]  # fmt: skip


async def test_the_same_by_command(pool: Pool, dsn: str) -> None:
    await opened(pool)

    def run(*arguments: str) -> tuple[int, str]:
        done = touchline("graphics", *arguments, database_url=dsn)
        return done.returncode, done.stdout or done.stderr

    assert run("list") == (0, "No engine gets commands. `touchline graphics add MATCH URL` adds one.\n")
    code, text = run("add", "m1", URL, "--graphic", "key_play", "--graphic", "win_probability", "--stale-after", "90")
    assert (code, text) == (0, f"Engine 1 gets the commands of m1, at {URL}.\n")
    code, text = run("list", "m1", "--json")
    (row,) = json.loads(text)
    assert (row["graphics"], row["stale_after_s"]) == (["key_play", "win_probability"], 90)
    assert URL in run("list")[1]
    for wrong, exit_code in (
        (("add", "none", URL), 2),
        (("add", "m1", "nowhere"), 2),
        (("add", "m1", URL, "--graphic", "situation"), 2),
        (("remove", "7"), 2),
    ):
        code, text = run(*wrong)
        assert code == exit_code
        assert text.count("\n") == 1
    assert run("remove", "1")[0] == 0
    assert await pool.fetchval("SELECT count(*) FROM ops.graphics_target") == 0
    assert [action for _, action, _ in await audit(pool)] == ["graphics added", "graphics removed"]


@pytest.mark.parametrize(
    "url",
    [
        "", "engine", "//engine/x", "http://", "http:///x", "file:///etc/passwd", "ftp://engine", "http://engine:99999/",
        "http://engine:0/", "http://user:secret@engine/", "http://engine/a b", "http://engine/\n", "http://[::1",
        "http://engine/" + "x" * 3000,
    ],
)  # fmt: skip
def test_an_address_is_one_of_an_engine(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        checked_url(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", [URL, "https://10.0.0.7/x?channel=1", "http://[::1]:8080/", "http://localhost"])
def test_any_address_of_the_operator_s_own_is_taken(url: str) -> None:
    assert checked_url(url) == url
