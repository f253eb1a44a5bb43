"""Work in the background that must never be what live matches wait for: turn after turn, with rests for its share of a core."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import asyncpg
import structlog

from app.db.pool import UNREACHABLE, Pool
from app.db.sql import query

log = structlog.get_logger()
# Of one core: beside live matches, and when none is being told.
BUSY_SHARE, QUIET_SHARE = 0.05, 0.5


async def paced(
    pool: Pool,
    name: str,
    turn: Callable[[], Awaitable[Any]],
    look_s: float,
    rests_s: Mapping[type[Exception], float] | None = None,
) -> None:
    """Take turns until cancelled.

    turn: does some of what waits, and gives something true where it did. name: of the work, in what is logged. look_s: rest,
    seconds, where nothing waited or something failed. rests_s: errors that are expected, and how long each is waited for.
    """
    while True:
        rest_s = look_s
        try:
            began = time.process_time()
            if await turn():
                worked_s = time.process_time() - began
                quiet = await pool.fetchval(query("feature_quiet"))
                rest_s = worked_s * (1 / (QUIET_SHARE if quiet else BUSY_SHARE) - 1)
        except tuple(rests_s or ()) as exc:
            rest_s = (rests_s or {})[type(exc)]
        except (*UNREACHABLE, asyncpg.PostgresError) as exc:
            log.warning(f"{name}.failed", error=str(exc) or type(exc).__name__)
        except Exception:
            # A fault in here is no reason for what else runs in this process to end.
            log.exception(f"{name}.fault")
        await asyncio.sleep(rest_s)
