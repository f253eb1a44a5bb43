"""Looking into the database for `touchline doctor`, where there is one to be looked into."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg

from app.db import embedded
from app.db.doctor import Finding
from app.errors import DatabaseUnavailable
from app.settings import Settings


def looked(
    settings: Settings, area: str, table: str, findings: Callable[[psycopg.Connection], Iterator[Finding]]
) -> Iterator[Finding]:
    """The findings; none where no database is to be reached, or none with this table: that is said elsewhere."""
    try:
        dsn = settings.database_url or embedded.status(settings).dsn
    except DatabaseUnavailable:
        return
    if dsn is None:
        return
    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=5) as connection:
            there = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [table]).fetchone()
            if there is not None and there[0]:
                yield from findings(connection)
    except psycopg.OperationalError:
        return
    except psycopg.errors.InsufficientPrivilege:
        yield Finding(area, "state", "not to be seen by this role", None, "Look as the role of the service.")
