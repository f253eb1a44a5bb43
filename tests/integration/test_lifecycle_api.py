"""What an operator does with signals over HTTP, and who may; keys that are made by the command."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from app.api.app import create_app
from app.db.pool import Pool
from app.settings import Settings
from tests.engine_kit import free, scored, tiny, told
from tests.lifecycle_kit import filled, known
from tests.running import touchline


@asynccontextmanager
async def clients(settings: Settings, dsn: str) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """One on this machine, one elsewhere."""
    app = create_app(settings, dsn)
    async with app.lifespan():
        here = httpx.ASGITransport(app, client=("127.0.0.1", 5000))  # pyright: ignore[reportArgumentType]
        away = httpx.ASGITransport(app, client=("10.0.0.9", 5000))  # pyright: ignore[reportArgumentType]
        async with (
            httpx.AsyncClient(transport=here, base_url="http://touchline", timeout=30) as one,
            httpx.AsyncClient(transport=away, base_url="http://touchline", timeout=30) as other,
        ):
            yield one, other


def key(dsn: str, name: str, *scopes: str) -> dict[str, str]:
    """The header of a key that the command has made."""
    given = [part for scope in scopes for part in ("--scope", scope)]
    done = touchline("keys", "add", name, *given, "--json", database_url=dsn)
    assert done.returncode == 0, done.stderr
    return {"Authorization": f"Bearer {json.loads(done.stdout)['key']}"}


async def test_a_version_goes_on_the_air_and_back(pool: Pool, dsn: str, settings: Settings) -> None:
    await known(pool, 1, stage="live")
    await told(pool, tiny())
    await scored(pool, dsn)
    await free(pool)
    two = await known(pool, 2, weight=3)
    async with clients(settings, dsn) as (here, _):

        async def versions() -> dict[int, Any]:
            answer = await here.get("/v1/signals/counted/versions")
            assert answer.status_code == 200, answer.text
            return {v["version"]: v for v in answer.json()["items"]}

        seen = await versions()
        assert (seen[1]["stage"], seen[2]["stage"]) == ("live", "shadow")
        assert (seen[2]["filled"]["done"], seen[2]["filled"]["matches"]) == (0, 1)
        early = await here.post("/v1/signals/counted/promote")
        assert (early.status_code, early.headers["content-type"]) == (409, "application/problem+json")
        assert "0 of 1 matches" in early.json()["detail"]
        await filled(pool, two)
        done = await here.post("/v1/signals/counted/promote", json={"version": 2, "reason": "better"})
        assert done.status_code == 200, done.text
        assert (done.json()["version"], done.json()["from_version"]) == (2, 1)
        values = (await here.get("/v1/matches/m1/signals", params={"signal": "counted"})).json()["items"]
        assert {v["signal_version"] for v in values} == {2}
        back = await here.post("/v1/signals/counted/rollback", json={"reason": "worse"})
        assert (back.status_code, back.json()["version"]) == (200, 1)
        gone = await here.post("/v1/signals/counted/retire", json={"version": 2})
        assert (gone.status_code, gone.json()["stage"]) == (200, "retired")
        audit = (await versions())[2]["deployments"]
        assert [(d["action"], d["principal"], d["reason"]) for d in audit] == [
            ("retired", "local", None),
            ("promoted", "local", "better"),
        ]
        known_too = await here.post("/v1/signals/xg/deploy")
        assert known_too.status_code == 409
        assert "on air already" in known_too.json()["detail"]


async def test_orders_that_make_no_sense_are_told(pool: Pool, dsn: str, settings: Settings) -> None:
    async with clients(settings, dsn) as (here, _):
        for path, body, status in [
            ("/v1/signals/nothing/promote", b"", 404),
            ("/v1/signals/xg/promote", b"", 409),
            ("/v1/signals/xg/promote", b'{"version": 99}', 404),
            ("/v1/signals/xg/promote", b'{"verson": 1}', 400),
            ("/v1/signals/xg/promote", b"[", 400),
            ("/v1/signals/xg/promote", b'{"version": "one"}', 400),
            ("/v1/signals/xg/rollback", b"", 409),
            ("/v1/signals/xg/end-canary", b"", 409),
            ("/v1/signals/ppda/retire", b'{"version": 1}', 409),
            ("/v1/signals/no such thing/deploy", b"", 404),
        ]:
            answer = await here.post(path, content=body)
            where = (path, body, answer.text)
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), where
            assert answer.json()["detail"], where
        assert (await here.get("/v1/signals/nothing/versions")).status_code == 404


async def test_elsewhere_only_an_operators_key_moves_the_air(pool: Pool, dsn: str, settings: Settings) -> None:
    reader, operator = key(dsn, "club"), key(dsn, "head of data", "read", "operator")
    async with clients(settings, dsn) as (_, away):
        path = "/v1/signals/xg/rollback"
        assert (await away.post(path)).status_code == 401
        refused = await away.post(path, headers=reader)
        assert (refused.status_code, "operator" in refused.json()["detail"]) == (403, True)
        assert (await away.get("/v1/signals/xg/versions", headers=reader)).status_code == 200
        # Let in; and there is nothing to go back to.
        assert (await away.post(path, headers=operator)).status_code == 409
        listed = touchline("keys", "list", "--json", database_url=dsn)
        assert [(k["principal"], k["scopes"]) for k in json.loads(listed.stdout)] == [
            ("club", ["read"]),
            ("head of data", ["read", "operator"]),
        ]
        assert touchline("keys", "revoke", "2", database_url=dsn).returncode == 0
        assert (await away.post(path, headers=operator)).status_code == 401
    told_of = await pool.fetch("SELECT action FROM ops.audit ORDER BY audit_id")
    assert [a for (a,) in told_of] == ["key added", "key added", "key revoked"]


def test_a_key_that_is_none_is_told(dsn: str) -> None:
    wrong = touchline("keys", "add", "truck", "--scope", "everything", database_url=dsn)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "read, feeds, operator" in wrong.stderr
    assert touchline("keys", "add", "local", database_url=dsn).returncode == 2
    gone = touchline("keys", "revoke", "7", database_url=dsn)
    assert "no key 7" in gone.stderr
