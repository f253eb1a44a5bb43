"""Who comes from another machine needs a key, for whatever tells of the data; the application itself, in this process."""

from __future__ import annotations

import hashlib

import httpx

from app.api.app import create_app
from app.db.pool import Pool
from app.settings import Settings


async def test_elsewhere_needs_a_key_and_loopback_none(pool: Pool, dsn: str, settings: Settings) -> None:
    await pool.execute(
        "INSERT INTO ops.api_key (principal, key_hash) VALUES ('truck', $1)", hashlib.sha256(b"secret").digest()
    )
    app = create_app(settings, dsn)
    closed = ["/v1/matches", "/v1/signals", "/v1/stream", "/v1/matches/m", "/v1/matches/m/signals", "/metrics"]
    opened = ["/livez", "/readyz", "/", "/schema/openapi.json", "/overlay/win-probability"]
    async with app.lifespan():
        elsewhere = httpx.ASGITransport(app, client=("10.0.0.9", 5000))  # pyright: ignore[reportArgumentType]
        async with httpx.AsyncClient(transport=elsewhere, base_url="http://touchline") as client:
            for path in closed:
                answer = await client.get(path)
                assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json"), path
                assert answer.headers["www-authenticate"] == "Bearer"
            assert (await client.post("/v1/feeds/touchline/m", content=b"{}")).status_code == 401
            assert (await client.post("/v1/matches", json={"id": "m"})).status_code == 401
            assert (await client.delete("/v1/replays/m")).status_code == 401
            for path in opened:
                assert (await client.get(path)).status_code in (200, 503), path
            for wrong in ("Bearer wrong", "Bearer", "Basic secret", "Bearer \x00"):
                assert (await client.get("/v1/matches", headers={"Authorization": wrong})).status_code == 401
            right = {"Authorization": "Bearer secret"}
            assert (await client.get("/v1/matches", headers=right)).status_code == 200
            assert (await client.get("/v1/matches?token=secret")).status_code == 200
            said = await client.post("/v1/matches", json={"id": "m", "home": "A"}, headers=right)
            assert said.status_code == 200
            await pool.execute("UPDATE ops.api_key SET revoked_at = now()")
            assert (await client.get("/v1/matches", headers=right)).status_code == 401
        here = httpx.ASGITransport(app, client=("127.0.0.1", 5000))  # pyright: ignore[reportArgumentType]
        async with httpx.AsyncClient(transport=here, base_url="http://touchline") as client:
            assert (await client.get("/v1/matches/m")).json()["home"] is None
    assert await pool.fetchval("SELECT principal FROM log.feed_event WHERE match_id = 'm'") == "truck"
