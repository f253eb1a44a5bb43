"""Clients of analysts on the marts: ADBC reads every view as it is, with no numeric for which each has a type of its own."""

from __future__ import annotations

import adbc_driver_postgresql.dbapi as adbc
import polars as pl

from app.warehouse.columns import Column
from tests.integration.test_roles import as_role
from tests.star_kit import Star


def test_adbc_reads_every_view_and_nothing_is_numeric(star: Star) -> None:
    columns = star.rows(
        "SELECT c.oid::regclass::text AS view, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type "
        "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "WHERE c.relkind IN ('r', 'v') AND (c.relnamespace = 'mart'::regnamespace AND c.relname ~ '^(dim|fact)_' "
        "OR c.oid = 'rollup.signal_1m'::regclass) ORDER BY 1, a.attnum"
    )
    assert [c for c in columns if c["type"].startswith("numeric")] == []
    views = {c["view"]: [Column(o["name"], o["type"]) for o in columns if o["view"] == c["view"]] for c in columns}
    assert len(views) > 30
    # Times that are infinite are in no Arrow type: those two are read without.
    with adbc.connect(as_role(star.dsn, "touchline_analyst")) as connection:
        for view, told in views.items():
            finite = [c for c in told if c.name != "valid_to"]
            asked = f"SELECT {', '.join(c.name for c in finite)} FROM {view}"  # noqa: S608
            frame = pl.read_database(asked, connection)
            assert dict(frame.schema) == {c.name: c.frame_type() for c in finite}, view
            assert [frame.height] == star.figures("count(*)", view), view
