"""What a request can use: the service's parts, and who is asking."""

from __future__ import annotations

import hashlib
import ipaddress
from typing import Any

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, NotFoundException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from app.api.durable import Durable
from app.api.pressure import Pressure
from app.db.pool import Pool
from app.db.sql import query
from app.live.hub import Hub
from app.log.append import Stream
from app.settings import Settings
from app.warehouse.monitoring import Kept


class Service(msgspec.Struct):
    """The parts of one API process."""

    pool: Pool
    hub: Hub
    settings: Settings
    pressure: Pressure
    durable: Durable
    streams: dict[tuple[str, str, str, str], Stream] = {}
    monitoring: Kept = msgspec.field(default_factory=Kept)


class Principal(msgspec.Struct, frozen=True):
    """Who is asking, and under which licence."""

    name: str
    scopes: tuple[str, ...] = ()
    licence_scope: str = "unrestricted"


LOCAL = Principal("local")


async def provide_service(request: Request[Any, Any, Any]) -> Service:
    """The parts, for a handler."""
    return request.app.state.service


async def may_ask(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Nothing of the data is read or changed without a key from elsewhere; pages, probes and documentation are open.

    A browser's own user is on loopback, and so is every page that it shows: one of another site may look (CORS
    lets it), and may change nothing. Raises NotAuthorizedException (401), PermissionDeniedException (403).
    """
    path = connection.scope["path"]
    if "\x00" in path or (path.startswith("/static/") and any(len(s.encode()) > 255 for s in path.split("/"))):
        raise NotFoundException("No path is like this.")
    if not path.startswith("/v1/") and path != "/metrics":
        return
    await principal_of(connection)
    if connection.scope.get("method", "GET") != "GET" and connection.headers.get("sec-fetch-site") == "cross-site":
        raise PermissionDeniedException("A page of another site cannot change anything here.")


async def provide_principal(request: Request[Any, Any, Any]) -> Principal:
    """Who asks, for a handler. Raises NotAuthorizedException (401)."""
    return await principal_of(request)


async def principal_of(request: ASGIConnection[Any, Any, Any, Any]) -> Principal:
    """Loopback is open without a key; anything else needs one (`Authorization: Bearer …` or `?token=`).

    Raises NotAuthorizedException (401).
    """
    host = request.client.host if request.client is not None else ""
    try:
        if ipaddress.ip_address(host).is_loopback:
            return LOCAL
    except ValueError:
        pass
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key.strip() if scheme.lower() == "bearer" else request.query_params.get("token", "")
    row = None
    if key:
        service: Service = request.app.state.service
        row = await service.pool.fetchrow(query("key_principal"), hashlib.sha256(key.encode()).digest())
    if row is None:
        raise NotAuthorizedException(
            "Requests from another machine need a key: send it as 'Authorization: Bearer KEY'.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return Principal(row["principal"], tuple(row["scopes"]), row["licence_scope"])
