"""A clock of a database that can be set: `clock_timestamp()` of our own, found before PostgreSQL's by every function and
statement of the service, which name it without a schema."""

from __future__ import annotations

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from app.db import embedded_config

_MADE = """
CREATE SCHEMA fake;
CREATE TABLE fake.jump (hours double precision NOT NULL);
INSERT INTO fake.jump VALUES (0);
CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
    'SELECT pg_catalog.clock_timestamp() + make_interval(secs => 3600 * hours) FROM fake.jump';
GRANT USAGE ON SCHEMA fake TO touchline;
GRANT SELECT ON fake.jump TO touchline;
"""


class Clock:
    """The clock of one database; make it before anything connects. `jump` sets how far it is from the true time."""

    def __init__(self, dsn: str) -> None:
        address = conninfo_to_dict(dsn)
        self._admin = psycopg.connect(
            host=address["host"],
            port=address["port"],
            dbname=address["dbname"],
            user=embedded_config.SUPERUSER,
            autocommit=True,
        )
        self._admin.execute(_MADE)
        name = sql.Identifier(str(address["dbname"]))
        self._admin.execute(sql.SQL("ALTER DATABASE {} SET search_path = fake, pg_catalog, public").format(name))

    def __enter__(self) -> Clock:
        return self

    def __exit__(self, *_: object) -> None:
        self._admin.close()

    def jump(self, hours: float) -> None:
        """From now on it is so many hours later than it is."""
        self._admin.execute("UPDATE fake.jump SET hours = %s", [hours])
