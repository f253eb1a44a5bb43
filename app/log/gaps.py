"""Holes in a provider's own message numbers: what was sent and has not come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.db.pool import Connection, Pool
from app.db.sql import query
from app.errors import UsageError
from app.log.read import match_row

SHOWN = 100


class Gap(msgspec.Struct, frozen=True):
    """Messages first..last of a provider have not come. since: when the provider was last whole, or began."""

    provider: str
    first: int
    last: int
    since: datetime


class Closed(msgspec.Struct, frozen=True):
    """The holes of a provider that were given up: `messages` in `holes` between first and last. high: the number that
    counting goes on after."""

    match: str
    provider: str
    holes: int
    messages: int
    first: int | None
    last: int | None
    high: int


async def open_gaps(pool: Pool | Connection, match_id: str) -> list[Gap]:
    """The holes of a match that are open now, the newest 100, in order of number. Empty for an unknown match."""
    rows = await pool.fetch(query("open_gaps"), match_id, SHOWN)
    return sorted((Gap(**dict(r)) for r in rows), key=lambda g: (g.provider, g.first))


async def close_gaps(
    pool: Pool, match_id: str, reason: str, principal: str, provider: str | None = None, highest: int | None = None
) -> list[Closed]:
    """Give up all open holes of a match (of one provider), with an entry in the audit for each provider.

    highest: the number of the last message that really came, where an absurd one came after it: counting goes on from
    there. Raises UnknownMatch, UsageError (no reason, no hole, a number that has not come).
    """
    if not reason.strip():
        raise UsageError("Say why: --reason TEXT. It is kept with the decision.")
    done: list[Closed] = []
    async with pool.acquire() as connection, connection.transaction():
        await match_row(connection, match_id)
        rows = await connection.fetch(query("held_gaps"), match_id, provider, highest)
        _check(match_id, rows, provider, highest)
        for row in rows:
            if not row["holes"] and highest is None:
                continue
            high = row["high"] if highest is None else highest
            given_up = row["messages"] if highest is None else row["upto"]
            await connection.execute(query("close_gaps"), match_id, row["provider"], row["role"], given_up, high)
            found = Closed(match_id, row["provider"], row["holes"], row["messages"], row["first"], row["last"], high)
            told = {**msgspec.to_builtins(found), "reason": reason.strip(), "high_before": row["high"]}
            await connection.execute(
                query("audit_event"), principal, "close_gap", match_id, msgspec.json.encode(told).decode()
            )
            done.append(found)
    return done


def _check(match_id: str, rows: Sequence[Mapping[str, Any]], provider: str | None, highest: int | None) -> None:
    whose = "" if provider is None else f" of the provider '{provider}'"
    if highest is None:
        if not any(row["holes"] for row in rows):
            raise UsageError(f"Match '{match_id}' has no open hole{whose}: nothing was given up.")
        return
    if len(rows) != 1:
        known = ", ".join(row["provider"] for row in rows) or "none"
        raise UsageError(f"--highest is a number of one provider: name it with --provider. With numbers here: {known}.")
    if highest > rows[0]["high"] or rows[0]["hole"]:
        raise UsageError(f"No message with the number {highest} has come for match '{match_id}'{whose}.")
