"""Named questions over HTTP: which there are, and an address for each, with its own parameters."""

from __future__ import annotations

import inspect
from typing import Annotated, Any

from litestar import Request, Router, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from app.api.formats import As, chosen, whole
from app.api.replies import Cursor, Limit, Reply, part, reply
from app.api.state import Service
from app.errors import UsageError
from app.warehouse.kpi import TYPES, Kpi, UnknownKpi, answer, columns, declared, shown
from app.warehouse.kpi import Parameter as Declared


@get("/", summary="The questions that can be asked by name")
async def questions(request: Request[Any, Any, Any], limit: Limit = 100, cursor: Cursor = None) -> Reply:
    """With their parameters: name, type (text, integer, double, date, boolean), default, meaning."""
    return reply(request, part([shown(question) for question in declared().values()], limit, cursor))


@get("/{name:str}", summary="A question that no file answers", sync_to_thread=False)
def unknown(name: str) -> None:
    """404, with the names that there are. Raises UnknownKpi."""
    raise UnknownKpi(name)


def _annotation(of: Declared) -> Any:
    kind = TYPES[of.type][0]
    most: dict[str, Any] = {"ge": 0, "le": 2**63 - 1} if kind is int else {"ge": 0} if kind is float else {}
    return Annotated[kind if of.required else kind | None, Parameter(description=of.meaning, **most)]


def _handler(question: Kpi) -> HTTPRouteHandler:
    """An address whose parameters are those of the question's file."""

    async def asked(request: Request[Any, Any, Any], service: Service, as_format: str | None, **given: Any) -> Any:
        kind = chosen(request, as_format)
        values = [given[p.name] for p in question.parameters]
        if any(isinstance(value, str) and "\x00" in value for value in values):
            raise UsageError("A parameter holds a NUL character.")
        rows = await answer(service.pool, question, values)
        if kind != "json":
            return await whole(kind, question.name, await columns(service.pool, question), rows)
        return reply(request, {"kpi": question.name, "items": rows, "next": None})

    annotations = {p.name: _annotation(p) for p in question.parameters}
    always = {"request": Request[Any, Any, Any], "service": Service}
    keyword = inspect.Parameter.KEYWORD_ONLY
    asked.__signature__ = inspect.Signature(  # pyright: ignore[reportFunctionMemberAccess]
        [
            *(inspect.Parameter(name, keyword, annotation=kind) for name, kind in always.items()),
            inspect.Parameter("as_format", keyword, annotation=As, default=None),
            *(
                inspect.Parameter(
                    p.name,
                    keyword,
                    annotation=annotations[p.name],
                    default=inspect.Parameter.empty if p.required else p.default,
                )
                for p in question.parameters
            ),
        ],
        return_annotation=Any,
    )
    asked.__annotations__ = {**always, "as_format": As, **annotations, "return": Any}
    asked.__name__ = question.name
    asked.__doc__ = question.about
    return get(f"/{question.name}", summary=question.name.replace("_", " ").capitalize())(asked)


def kpis() -> Router:
    """Everything under /v1/kpi."""
    return Router(
        "/v1/kpi", route_handlers=[questions, unknown, *map(_handler, declared().values())], tags=["warehouse"]
    )
