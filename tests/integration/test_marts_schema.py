"""The schema explains itself, is what its files say, and holds no query that nobody asks."""

import re
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from app.db.migrate import current, head, migrate, sqlalchemy_url
from app.db.pool import Pool
from app.db.sql import ROOT, queries

OURS = ["log", "signal", "rollup", "mart", "registry", "ops", "feature", "club"]


async def test_every_table_and_view_says_what_it_is(pool: Pool) -> None:
    rows = await pool.fetch(
        "SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p', 'v', 'm') AND obj_description(c.oid, 'pg_class') IS NULL",
        OURS,
    )
    assert [r["name"] for r in rows] == []


async def test_every_column_of_marts_rollups_and_trainings_says_what_it_is(pool: Pool) -> None:
    rows = await pool.fetch(
        "SELECT c.oid::regclass::text || '.' || a.attname AS name FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE (n.nspname IN ('mart', 'rollup', 'club') OR c.relname = 'training_run') AND c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0 "
        "AND NOT a.attisdropped AND col_description(c.oid, a.attnum) IS NULL ORDER BY 1"
    )
    assert [r["name"] for r in rows] == []


def test_migrating_twice_changes_nothing(dsn: str) -> None:
    assert migrate(dsn) is False
    engine = create_engine(sqlalchemy_url(dsn))
    with engine.connect() as connection:
        assert current(connection) == head()
    engine.dispose()


def _sources() -> str:
    return "\n".join(p.read_text(encoding="utf-8") for p in Path(ROOT / "app").rglob("*.py"))


@pytest.mark.parametrize("name", sorted(queries()))
def test_every_query_is_asked_somewhere(name: str) -> None:
    assert re.search(rf"[\"']{name}[\"']", _sources()), f"sql/queries: nothing in app/ asks for '{name}'"


async def test_every_query_parses(pool: Pool) -> None:
    async with pool.acquire() as connection:
        for name, text in queries().items():
            if text.startswith("CALL"):
                continue  # a procedure of TimescaleDB cannot be prepared on its own
            try:
                await connection.prepare(text)
            except Exception as exc:
                raise AssertionError(f"query '{name}' does not parse: {exc}") from exc


def test_every_function_has_a_file_of_its_name() -> None:
    """One idea a file: the functions of sql/functions/<schema>_<name>.sql are all of that schema."""
    for path in sorted((ROOT / "sql" / "functions").glob("*.sql")):
        made = re.findall(
            r"CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE) (\w+)\.(\w+)", path.read_text(encoding="utf-8")
        )
        assert made, path.name
        schemas = {schema for schema, _ in made}
        assert len(schemas) == 1, path.name


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log.feed_event SET period = 2",
        "DELETE FROM log.feed_event",
        "TRUNCATE log.feed_event",
        "UPDATE log.identity SET retracted = true",
        "DELETE FROM log.identity",
        "UPDATE signal.publication SET body = ''",
        "DELETE FROM signal.publication",
    ],
)
async def test_what_is_append_only_refuses_change(pool: Pool, statement: str) -> None:
    with pytest.raises(Exception, match="append-only"):
        await pool.execute(statement)
