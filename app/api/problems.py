"""Errors over HTTP: RFC 9457 problem details, in words for people."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from app.db.pool import UNREACHABLE
from app.errors import TouchlineError
from app.settings import variable

log = structlog.get_logger()
MEDIA_TYPE = "application/problem+json"
# Classes of SQLSTATE that pass by themselves: connection, transaction, resources, an operator at work, the system;
# read-only (a standby that is being promoted), and a schema that is being brought up to date.
_COMES_BACK = ("08", "25", "28", "3D", "40", "53", "55", "57", "58")


def problem(
    request: Request[Any, Any, Any], status: int, title: str, detail: str, headers: dict[str, str] | None = None
) -> Response[bytes]:
    """One problem document. `instance` is the path that was asked for."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": request.url.path}
    return Response(msgspec.json.encode(body), status_code=status, media_type=MEDIA_TYPE, headers=headers)


def touchline_error(request: Request[Any, Any, Any], exc: TouchlineError) -> Response[bytes]:
    """An error that was raised on purpose: its own words."""
    headers = None if exc.retry_after_s is None else {"Retry-After": str(exc.retry_after_s)}
    # Where a frame of it holds it, the request and a body that nobody has read stay until the collector comes by: under
    # a flood of pushes that are refused, a hundred megabytes.
    exc.__traceback__ = None
    return problem(request, exc.status, exc.title, str(exc), headers)


def http_error(request: Request[Any, Any, Any], exc: HTTPException) -> Response[bytes]:
    """An error of the framework (no such route, wrong method, wrong parameter, body too large)."""
    detail = exc.detail
    if isinstance(exc, ValidationException) and isinstance(exc.extra, list) and exc.extra:
        detail = "; ".join(f"{e.get('key', 'body')}: {e.get('message', '')}" for e in exc.extra if isinstance(e, dict))
    elif exc.status_code == 404 and detail == "Not Found":
        detail = f"There is nothing at {request.url.path}. /schema lists every path."
    elif exc.status_code == 405:
        detail = f"{request.method} is not possible at {request.url.path}. /schema lists what is."
    elif exc.status_code == 413:
        most = request.app.state.service.settings.max_body_mb
        detail = f"The body is larger than {most} MiB ({variable('max_body_mb')}): cut it up."
    if detail == "data: 'data'":
        detail = "The body is empty; a JSON object was expected."
    headers = dict(exc.headers) if exc.headers else None
    return problem(request, exc.status_code, HTTPStatus(exc.status_code).phrase, detail, headers)


def refused(request: Request[Any, Any, Any], exc: asyncpg.PostgresError) -> Response[bytes]:
    """The database answered, and said no: to a value that it cannot hold, or because it cannot work now."""
    state = getattr(exc, "sqlstate", None) or ""
    if isinstance(exc, asyncpg.DataError) or state.startswith("22"):
        reason = (str(exc) or type(exc).__name__).splitlines()[0]
        return problem(request, 400, "The request does not fit", f"A value cannot be stored or looked for: {reason}.")
    # A quota that is used up has no number of its own (XX000, where anything may be wrong), only these words.
    if "could not extend file" in str(exc):
        return disk_full(request, exc)
    if state[:2] in _COMES_BACK:
        return database_error(request, exc)
    return unexpected(request, exc)


def nested(request: Request[Any, Any, Any], exc: RecursionError) -> Response[bytes]:
    """A body that is nothing but brackets."""
    return problem(request, 400, "The request does not fit", "The body is nested too deeply to be read.")


def database_error(request: Request[Any, Any, Any], exc: Exception) -> Response[bytes]:
    """The database is away: come back in a moment."""
    log.warning("api.database_lost", error=str(exc) or type(exc).__name__, path=request.url.path)
    return problem(
        request,
        503,
        "The database is not available",
        "The database does not answer. The service goes on by itself as soon as it does; try again.",
        {"Retry-After": "1"},
    )


def disk_full(request: Request[Any, Any, Any], exc: Exception) -> Response[bytes]:
    """The database cannot store anything more: nothing of this request is stored, and it is safe to send it again."""
    log.error("api.disk_full", error=str(exc), path=request.url.path)
    return problem(
        request,
        503,
        "The database's disk is full",
        "PostgreSQL has no room to write. Free some where its data are (`touchline doctor` tells where). "
        "The service goes on by itself as soon as there is; send this again.",
        {"Retry-After": "5"},
    )


def unexpected(request: Request[Any, Any, Any], exc: Exception) -> Response[bytes]:
    """A fault of ours; the log has the trace."""
    log.error("api.fault", path=request.url.path, exc_info=exc)
    return problem(request, 500, "A fault in Touchline", "This is not your doing. The service's log has the details.")


HANDLERS: dict[Any, Any] = {
    TouchlineError: touchline_error,
    HTTPException: http_error,
    RecursionError: nested,
    **dict.fromkeys(UNREACHABLE, database_error),
    asyncpg.DiskFullError: disk_full,
    asyncpg.PostgresError: refused,
    Exception: unexpected,
}
