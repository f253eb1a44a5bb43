"""Connections to PostgreSQL for the hot paths: asyncpg, with waits that end and errors that say what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import asyncpg

from app.errors import DatabaseUnavailable

Pool = asyncpg.Pool
Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

UNREACHABLE = (
    ConnectionError,
    OSError,
    asyncio.TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    # What a pool says when a connection breaks in the middle of a statement and is then given back.
    asyncpg.InternalClientError,
    # No room, or a standby that is being promoted: whatever is written fails, and it is nobody's own fault.
    asyncpg.DiskFullError,
    asyncpg.ReadOnlySQLTransactionError,
)
# Two transactions waited for each other, and this one gave way.
TRY_AGAIN = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)


SESSION = {
    # JIT costs more than it saves on short statements.
    "jit": "off",
    # A process that is stopped, or a machine that is gone, in the middle of a transaction: its locks are let go of.
    "idle_in_transaction_session_timeout": "15s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}


async def _keep(connection: Any) -> None:
    """What is done before a connection goes back: nothing. No statement of ours leaves anything in a session, and
    asyncpg's own reset is a round trip after every statement."""


async def open_pool(
    dsn: str, size: int = 8, application: str = "touchline", session: Mapping[str, str] | None = None
) -> asyncpg.Pool:
    """A pool of up to `size` connections. session: settings of the server for them. Raises DatabaseUnavailable."""
    try:
        return await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=size,
            reset=_keep,
            command_timeout=120,
            timeout=10,
            server_settings={"application_name": application, **SESSION, **(session or {})},
        )
    except (*UNREACHABLE, asyncpg.PostgresError) as exc:
        raise DatabaseUnavailable(
            f"PostgreSQL does not answer: {str(exc) or type(exc).__name__}. Is it running? `touchline doctor` tells more."
        ) from exc
