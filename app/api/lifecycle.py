"""Signals on their way to the air: their versions, and what an operator does with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.exceptions import PermissionDeniedException
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody

from app.api.replies import Cursor, Limit, Reply, body_of, part, reply
from app.api.state import Principal, Service
from app.errors import UsageError
from app.scoring.lifecycle import Brought, deploy, end_canary, promote, retire, rollback
from app.scoring.versions import versions
from app.settings import models

OPERATOR = "operator"


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be done. version: which; else the newest in shadow. matches: of these alone (a canary). shadow: of a
    deployment: leave it beside the air. reason: why, for the audit."""

    version: int | None = None
    matches: list[str] | None = None
    shadow: bool = False
    reason: str | None = None


@dataclass
class AboutTheAir(Operation):
    """What an order may say, for the OpenAPI document."""

    def __post_init__(self) -> None:
        schema: Any = msgspec.json.schema(Order)["$defs"]["Order"]
        self.request_body = RequestBody(
            description="Everything is optional, the body too.",
            content={"application/json": OpenAPIMediaType(schema=schema)},
        )


def _operator(principal: Principal) -> str:
    """Raises PermissionDeniedException (403)."""
    if principal.name != "local" and OPERATOR not in principal.scopes:
        raise PermissionDeniedException(f"This needs a key with the scope '{OPERATOR}'.")
    return principal.name


async def _order(request: Request[Any, Any, Any], name: str) -> tuple[str, Order]:
    body = await body_of(request)
    try:
        order = msgspec.json.decode(body, type=Order) if body.strip() else Order()
    except msgspec.MsgspecError as exc:
        raise UsageError(f"The body is no order: {exc}. It may say version, matches, shadow and reason.") from None
    return (name if order.version is None else f"{name}@{order.version}"), order


class Lifecycle(Controller):
    """Deploy, promote, roll back, retire. Needs a key with the scope `operator` from elsewhere."""

    path = "/v1/signals/{name:str}"
    tags = ["signals"]

    @get("/versions", summary="Every version of a signal, and who moved it when")
    async def list_versions(
        self, request: Request[Any, Any, Any], service: Service, name: str, limit: Limit = 100, cursor: Cursor = None
    ) -> Reply:
        """Stage, text and model that it is bound to, how far it is filled, and the audit."""
        return reply(request, part([msgspec.to_builtins(v) for v in await versions(service.pool, name)], limit, cursor))

    @post(
        "/deploy",
        summary="Register the file of a signal as it lies on the server",
        status_code=202,
        operation_class=AboutTheAir,
    )
    async def deploy(self, request: Request[Any, Any, Any], service: Service, principal: Principal, name: str) -> Reply:
        """It is filled from the log in the background; without `shadow` it then goes on air by itself."""
        by = _operator(principal)
        text, order = await _order(request, name)
        own = Brought(models=models(service.settings))
        made = await deploy(service.pool, text, by, order.reason, when_filled=not order.shadow, brought=own)
        return reply(request, {"sport": made[0], "signal": made[1], "version": made[2], "stage": "shadow"})

    @post("/promote", summary="Put a version on the air", status_code=200, operation_class=AboutTheAir)
    async def promote(
        self, request: Request[Any, Any, Any], service: Service, principal: Principal, name: str
    ) -> Reply:
        """From the next event on. With `matches`, on the air of these alone. Nothing is published anew."""
        by = _operator(principal)
        text, order = await _order(request, name)
        moved = await promote(service.pool, service.settings, text, by, order.reason, order.matches)
        return reply(request, msgspec.to_builtins(moved))

    @post(
        "/end-canary",
        summary="Put the live version back where another was tried",
        status_code=200,
        operation_class=AboutTheAir,
    )
    async def end_canary(
        self, request: Request[Any, Any, Any], service: Service, principal: Principal, name: str
    ) -> Reply:
        """On the air of every match that the version was tried on."""
        by = _operator(principal)
        text, order = await _order(request, name)
        return reply(request, msgspec.to_builtins(await end_canary(service.pool, text, by, order.reason)))

    @post(
        "/rollback",
        summary="Put the version before the live one back on the air",
        status_code=200,
        operation_class=AboutTheAir,
    )
    async def rollback(
        self, request: Request[Any, Any, Any], service: Service, principal: Principal, name: str
    ) -> Reply:
        """From the next event on."""
        by = _operator(principal)
        text, order = await _order(request, name)
        moved = await rollback(service.pool, service.settings, text, by, order.reason)
        return reply(request, msgspec.to_builtins(moved))

    @post("/retire", summary="Score a version no longer", status_code=200, operation_class=AboutTheAir)
    async def retire(self, request: Request[Any, Any, Any], service: Service, principal: Principal, name: str) -> Reply:
        """Its values stay, and what was published."""
        by = _operator(principal)
        text, order = await _order(request, name)
        gone = await retire(service.pool, text, by, order.reason)
        return reply(request, {"sport": gone[0], "signal": gone[1], "version": gone[2], "stage": "retired"})
