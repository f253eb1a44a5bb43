"""Which migration is the newest there is, and which one a database stands at: asked by everything that starts.

Read from the files themselves: Alembic and SQLAlchemy, which know it too, take longer to import than a service to start.
"""

from __future__ import annotations

import re
from functools import lru_cache

import psycopg
from psycopg import errors

from app.db.sql import ROOT

_VERSIONS = ROOT / "migrations" / "versions"
_STATED = re.compile(r'^(revision|down_revision)\s*=\s*"([^"]+)"', re.MULTILINE)


@lru_cache(1)
def newest() -> str | None:
    """The one migration that no other stands upon; None where that is not to be told, which Alembic then explains."""
    revisions: set[str] = set()
    below: set[str] = set()
    for path in _VERSIONS.glob("*.py"):
        stated = dict(_STATED.findall(path.read_text()))
        revisions.add(stated.get("revision", ""))
        below.add(stated.get("down_revision", ""))
    heads = revisions - below
    return heads.pop() if len(heads) == 1 else None


def is_newest(dsn: str) -> bool:
    """Does this database stand at the newest migration? False as well where that cannot be asked."""
    try:
        with psycopg.connect(dsn) as connection:
            row = connection.execute("SELECT version_num FROM public.alembic_version").fetchone()
    except (errors.UndefinedTable, psycopg.OperationalError):
        return False
    return row is not None and newest() is not None and row[0] == newest()
