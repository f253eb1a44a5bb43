"""Which engines get the commands of which match: the table of them, and what an operator may put into it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.errors import UnknownMatch, UsageError
from app.sports.base import sports
from app.sports.graphics import graphics_of

FALLBACKS = ("stale", "static")
# Between two plays of a broadcast lie two minutes of commercials.
STALE_AFTER_S = 180.0
MOST_URL = 2000


class UnknownTarget(UsageError):
    """No engine has this number."""

    status = 404
    title = "Unknown graphics engine"


class By(msgspec.Struct, frozen=True):
    """Who decides, for the audit."""

    principal: str
    licence_scope: str = "unrestricted"


def checked_url(url: str) -> str:
    """The address of an engine. Raises UsageError saying what is wrong with it."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fits, parts = False, urlsplit("")
    if not fits or len(url) > MOST_URL or not url.isprintable() or " " in url:
        raise UsageError(f"'{url[:200]}' is no address of an engine: give one that begins with http:// or https://.")
    if parts.username is not None or parts.password is not None:
        raise UsageError("An address with a password would be shown in lists and audits: leave it out.")
    return url


async def add(
    pool: Pool, by: By, match: str, url: str, graphics: list[str], fallback: str, stale_after_s: float
) -> int:
    """Send the commands of a match to an engine, or send it others; its number. graphics: none for all that the sport has.
    Audited. Raises UsageError, UnknownMatch."""
    if fallback not in FALLBACKS:
        raise UsageError(f"'{fallback}' is no fallback. Known: {', '.join(FALLBACKS)}.")
    if not 1 <= stale_after_s <= 86_400:
        raise UsageError(f"{stale_after_s:g} s is no time after which values are stale: 1 to 86400.")
    async with pool.acquire() as connection, connection.transaction():
        sport = await connection.fetchval(query("graphics_sport"), match)
        if sport is None:
            raise UnknownMatch(match)
        known = graphics_of(sports()[sport].package)
        if unknown := [name for name in graphics if name not in known]:
            has = ", ".join(sorted(known)) or "none"
            raise UsageError(f"{sports()[sport].title} has no graphic '{unknown[0][:80]}'. It has: {has}.")
        given = (sorted(set(graphics)), fallback, float(stale_after_s))
        number = await connection.fetchval(
            query("graphics_add"), match, checked_url(url), *given, by.principal, by.licence_scope
        )
        details = {"target": number, "url": url, "graphics": given[0], "fallback": fallback, "stale_after_s": given[2]}
        await _audit(connection, by, "graphics added", match, details)
    return int(number)


async def remove(pool: Pool, by: By, number: int, match: str | None = None) -> tuple[str, str]:
    """Send an engine nothing more; match: it must be of that one. Returns match and address. Audited. Raises
    UnknownTarget."""
    async with pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(query("graphics_remove"), number, match)
        if row is None:
            raise UnknownTarget(
                f"There is no graphics engine {number}. `touchline graphics list` shows those there are."
            )
        await _audit(connection, by, "graphics removed", row["match_id"], {"target": number, "url": row["url"]})
    return row["match_id"], row["url"]


async def targets(pool: Pool, match: str | None = None) -> list[dict[str, Any]]:
    """The engines of a match, or all, and how it goes with each."""
    return [dict(row) for row in await pool.fetch(query("graphics_list"), match)]


async def _audit(connection: Any, by: By, action: str, match: str, details: dict[str, Any]) -> None:
    told = msgspec.json.encode(details).decode()
    await connection.execute(query("graphics_audit"), by.principal, by.licence_scope, action, match, told)
