"""Query parameters that a path does not know are refused: a misspelt filter would answer as if nothing were filtered."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import ParameterKwarg

from app.errors import UsageError

# Where a browser cannot set headers, the key comes as a parameter: of every path.
EVERYWHERE = frozenset({"token"})


@lru_cache(256)
def known(handler: BaseRouteHandler) -> frozenset[str]:
    """The query parameters that a handler declares, by the names that they have in an address."""
    declared = ((name, field.kwarg_definition) for name, field in handler.parsed_fn_signature.parameters.items())
    return EVERYWHERE | {
        given.query or name
        for name, given in declared
        if isinstance(given, ParameterKwarg) and given.header is None and given.cookie is None
    }


async def only_known_parameters(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard of everything under /v1. Raises UsageError naming the first unknown parameter and the known ones."""
    path = connection.scope["path"]
    if not path.startswith("/v1/") or connection.scope.get("method") == "OPTIONS":
        return
    names = known(handler)
    if unknown := [name for name in connection.query_params if name not in names]:
        raise UsageError(f"There is no parameter '{unknown[0][:80]}' at {path}. Known: {', '.join(sorted(names))}.")
