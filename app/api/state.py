"""What a request can use: the service's parts, and who is asking."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import NotAuthorizedException

from app.db.pool import Pool
from app.db.sql import query
from app.live.hub import Hub
from app.log.append import Stream
from app.settings import Settings


class Service(msgspec.Struct):
    """The parts of one API process."""

    pool: Pool
    hub: Hub
    settings: Settings
    models: Mapping[str, Any]
    streams: dict[tuple[str, str, str], Stream] = {}


class Principal(msgspec.Struct, frozen=True):
    """Who is asking, and under which licence."""

    name: str
    scopes: tuple[str, ...] = ()
    licence_scope: str = "unrestricted"


LOCAL = Principal("local")


async def provide_service(request: Request[Any, Any, Any]) -> Service:
    """The parts, for a handler."""
    return request.app.state.service


async def provide_principal(request: Request[Any, Any, Any]) -> Principal:
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
