"""For operators and their machines: alive, ready, the catalogue of signals."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get

from app.api.problems import problem
from app.api.pulse import within
from app.api.replies import Cursor, Limit, Reply, part, reply
from app.api.state import Service
from app.db.pool import UNREACHABLE
from app.db.schema_version import newest
from app.db.sql import query

READY_S = 3.0


@get("/livez", tags=["operations"], summary="Does the process answer?")
async def livez() -> dict[str, str]:
    """Yes, if this arrives."""
    return {"status": "alive"}


@get("/readyz", tags=["operations"], summary="Database, schema and a live worker?")
async def readyz(request: Request[Any, Any, Any], service: Service) -> Response[bytes]:
    """200 when matches can be scored and served; 503 with what is missing."""
    try:
        row: Any = await within(service.pool.fetchrow(query("ready")), READY_S)
    except UNREACHABLE:
        return problem(request, 503, "Not ready", "The database does not answer.", {"Retry-After": "1"})
    if row["schema_version"] != newest():
        detail = f"The schema is at {row['schema_version']}, this version needs {newest()}: run `touchline db migrate`."
        return problem(request, 503, "Not ready", detail)
    if not row["workers"]:
        return problem(
            request, 503, "Not ready", "No scoring worker is alive: run `touchline work`.", {"Retry-After": "1"}
        )
    body = {"status": "ready", "schema": row["schema_version"], "workers": row["workers"]}
    return Response(msgspec.json.encode(body), media_type="application/json")


@get("/v1/signals", tags=["signals"], summary="The catalogue of signals")
async def catalogue(
    request: Request[Any, Any, Any], service: Service, limit: Limit = 100, cursor: Cursor = None
) -> Reply:
    """Every live signal: unit, range, resolution, when it is emitted, what it needs."""
    rows = await service.pool.fetch(query("catalogue"))
    items = [
        {
            **msgspec.json.decode(r["declaration"]),
            "sport": r["sport"],
            "signal": r["signal"],
            "version": r["version"],
            "stage": r["stage"],
        }
        for r in rows
    ]
    return reply(request, part(items, limit, cursor))
