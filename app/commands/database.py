"""Which database a command works on, brought up and up to date for as long as it is needed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from app.commands.up_lock import is_up
from app.db import embedded
from app.db.migrate import migrate
from app.db.pool import Pool, open_pool
from app.settings import Settings


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The DSN of a migrated database: DATABASE_URL, else the embedded cluster, which is stopped again at the end
    if it was not running before and no `touchline up` has come to use it. Raises DatabaseUnavailable."""
    if settings.database_url is not None:
        migrate(settings.database_url)
        yield settings.database_url
        return
    was_running = embedded.status(settings).running
    dsn = embedded.start(settings)
    try:
        migrate(dsn)
        yield dsn
    finally:
        if not was_running and not is_up(settings):
            embedded.stop(settings)


@asynccontextmanager
async def pool_of(dsn: str, application: str) -> AsyncIterator[Pool]:
    """A pool that is closed at the end."""
    pool = await open_pool(dsn, application=application)
    try:
        yield pool
    finally:
        await pool.close()
