"""Every SQL example of the manual runs on a database that is in use, by the service's own role."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from app.db.pool import Pool
from app.feeds.base import provider
from app.log.ingest import ingest
from tests.engine_kit import TINY, opened, scored
from tests.running import ROOT

# No UTF-8, a backslash, and not even a line of text: what quarantine is for.
BROKEN = b'{"id":"broken","type":"sh\xff\xfe\\ot\x80"}'


def examples() -> list[tuple[str, str]]:
    """Every block of SQL, with the page it is on."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    found = [(p.name, block) for p in pages for block in re.findall(r"```sql\n(.*?)```", p.read_text(), re.DOTALL)]
    assert {name for name, _ in found} >= {"README.md", "operations.md"}
    return found


@pytest.fixture
async def used(pool: Pool, dsn: str) -> str:
    """A scored match, and a message in quarantine that is no text."""
    stream, source = await opened(pool), provider("touchline")
    done = await ingest(pool, source, stream, [*TINY.read_bytes().splitlines(), BROKEN], "push")
    assert done.quarantined == 1
    await scored(pool, dsn)
    return dsn


@pytest.mark.parametrize(("page", "statements"), examples(), ids=lambda v: v if Path(v).suffix == ".md" else "")
async def test_an_example_runs(used: str, page: str, statements: str) -> None:
    with psycopg.connect(used) as connection:
        cursor = connection.execute(statements.encode())
        told = []
        while True:
            told += cursor.fetchall() if cursor.description else []
            if not cursor.nextset():
                break
        connection.rollback()
    if "log.quarantine" in statements:
        assert len(told) == 1
        assert "broken" in told[0]
        assert told[0][-1] == r'{"id":"broken","type":"sh\377\376\\ot\200"}'
