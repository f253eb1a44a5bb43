"""`touchline keys`: who may ask from another machine. The database keeps a hash; a key is shown once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from app.commands.terminal import Json, ready, run, say, to_json
from app.errors import UsageError

SCOPES = ("read", "feeds", "operator")
_PREFIX = "tl_"


class UnknownKey(UsageError):
    """No key of that number."""

    status = 404
    title = "Unknown key"


def _with_pool(work: Callable[[Any], Awaitable[Any]]) -> Any:
    settings = ready()
    from app.commands.database import database, pool_of

    async def do(dsn: str) -> Any:
        async with pool_of(dsn, "touchline-keys") as pool:
            return await work(pool)

    with database(settings) as dsn:
        return run(do(dsn))


def keys_add(
    principal: Annotated[str, typer.Argument(help="whose key it is, as audits name it")],
    scope: Annotated[
        list[str] | None, typer.Option(help=f"what it is for: {', '.join(SCOPES)}; can be repeated")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a key. It is shown now and never again."""
    from app.commands.parked import principal as by
    from app.db.sql import query

    scopes = scope or ["read"]
    if unknown := [s for s in scopes if s not in SCOPES]:
        raise UsageError(f"'{unknown[0]}' is no scope. Known: {', '.join(SCOPES)}.")
    if principal == "local" or principal.startswith("local:"):
        raise UsageError(f"'{principal}' is the name of this machine's own users in audits. Give the key another.")
    key = _PREFIX + secrets.token_urlsafe(32)

    async def do(pool: Any) -> int:
        async with pool.acquire() as connection, connection.transaction():
            digest = hashlib.sha256(key.encode()).digest()
            number = await connection.fetchval(query("new_key"), principal, digest, scopes, "unrestricted")
            details = to_json({"key": number, "for": principal, "scopes": scopes})
            await connection.execute(query("note_audit"), by(), "key added", details)
            return number

    number = _with_pool(do)
    if as_json:
        say(to_json({"key_id": number, "principal": principal, "scopes": scopes, "key": key}))
    else:
        say(f"Key {number} of {principal} ({', '.join(scopes)}), shown this once:\n{key}")


def keys_list(as_json: Json = False) -> None:
    """Every key: whose it is, what for, since when, and whether it was revoked."""
    from app.db.sql import query

    async def do(pool: Any) -> list[dict[str, Any]]:
        return [dict(r) for r in await pool.fetch(query("list_keys"))]

    rows = _with_pool(do)
    if as_json:
        say(to_json(rows))
        return
    for r in rows:
        told = f"{r['key_id']}  {r['principal']}  {', '.join(r['scopes'])}  since {r['created_at']:%Y-%m-%d}"
        say(told if r["revoked_at"] is None else f"{told}, revoked {r['revoked_at']:%Y-%m-%d}")


def keys_revoke(number: Annotated[int, typer.Argument(help="its number, from `touchline keys list`")]) -> None:
    """Let a key open nothing from now on."""
    from app.commands.parked import principal as by
    from app.db.sql import query

    async def do(pool: Any) -> str:
        async with pool.acquire() as connection, connection.transaction():
            whose = await connection.fetchval(query("revoke_key"), number)
            if whose is None:
                raise UnknownKey(f"There is no key {number}. `touchline keys list` shows those there are.")
            await connection.execute(query("note_audit"), by(), "key revoked", to_json({"key": number}))
            return whose

    say(f"Key {number} of {_with_pool(do)} opens nothing any more.")
