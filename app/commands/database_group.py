"""`touchline db`: the embedded PostgreSQL and its schema."""

from __future__ import annotations

from app.commands.terminal import ready, run, say
from app.errors import UsageError


def db_start() -> None:
    """Start the embedded PostgreSQL and leave it running."""
    settings = ready()
    from app.db import embedded

    if settings.database_url is not None:
        raise UsageError("DATABASE_URL is set: that database is not ours to start. Unset it for the embedded one.")
    embedded.start(settings)
    status = embedded.status(settings)
    say(f"PostgreSQL runs on port {status.port} (process {status.pid}); data in {status.data_folder}")
    say(f"  {status.psql}")


def db_stop() -> None:
    """Stop the embedded PostgreSQL."""
    settings = ready()
    from app.db import embedded

    if settings.database_url is not None:
        raise UsageError("DATABASE_URL is set: that database is not ours to stop. Unset it for the embedded one.")
    say("PostgreSQL is stopped." if embedded.stop(settings) else "PostgreSQL was not running.")


def db_migrate() -> None:
    """Bring the database up to this version's schema."""
    settings = ready()
    from app.commands.database import pool_of
    from app.db import embedded
    from app.db.migrate import grant_roles, head, migrate
    from app.scoring.register import register
    from app.warehouse.policies import bring_policies

    async def tell(dsn: str) -> None:
        async with pool_of(dsn, "touchline-migrate") as pool:
            await register(pool)

    dsn = settings.database_url or embedded.start(settings)
    changed = migrate(dsn)
    run(tell(dsn))
    for line in (*grant_roles(dsn), *bring_policies(dsn)):
        say(line)
    say(f"The schema is at {head()}{' now' if changed else ' already'}.")
