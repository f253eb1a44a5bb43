"""Named questions over HTTP: which there are, and their answers."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get

from app.api.replies import Cursor, Limit, Reply, part, reply
from app.api.state import Service
from app.errors import UsageError
from app.warehouse.kpi import answer, declared, named


class Kpis(Controller):
    """Answers of the warehouse."""

    path = "/v1/kpi"
    tags = ["warehouse"]

    @get("/", summary="The questions that can be asked by name")
    async def questions(self, request: Request[Any, Any, Any], limit: Limit = 100, cursor: Cursor = None) -> Reply:
        """With their parameters: name, type (text, integer, double, date, boolean), default, meaning."""
        items = [
            {
                "name": q.name,
                "about": q.about,
                "parameters": [{f: getattr(p, f) for f in p.__struct_fields__} for p in q.parameters],
            }
            for q in declared().values()
        ]
        return reply(request, part(items, limit, cursor))

    # Which parameters there are is said by the question's own file.
    @get("/{name:str}", summary="The answer to a named question", opt={"own_parameters": True})
    async def answer(self, request: Request[Any, Any, Any], service: Service, name: str) -> Reply:
        """Parameters are those that `/v1/kpi` tells of the question, such as `?competition=…&limit=10`."""
        question = named(name)
        given: dict[str, str] = {}
        for key, value in request.query_params.multi_items():
            if key == "token":
                continue
            if key in given:
                raise UsageError(f"'{key[:80]}' is given twice.")
            given[key] = value
        rows = await answer(service.pool, question, given)
        return reply(request, {"kpi": name, "items": rows, "next": None})
