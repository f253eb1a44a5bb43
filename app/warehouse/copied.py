"""What `COPY … TO STDOUT (FORMAT csv)` sends, as data frames with the types that the columns have in the database.

CSV, since PostgreSQL and Polars are both fast at it, and nothing is lost: a missing value is an empty field and an empty
text is `""`, and floating-point numbers come with as many digits as tell them apart. Moments come as numbers: to write and
to read a date of the calendar is dear.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from psycopg import sql

from app.warehouse.columns import Column

if TYPE_CHECKING:
    import polars as pl

# PostgreSQL's infinity, where something has no end. No file format has one: a day that never comes, so that a
# comparison still says the same.
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)
# What a session is set to, so that dates and numbers are written in one way.
SESSION = {"DateStyle": "ISO", "TimeZone": "UTC", "extra_float_digits": "1"}
# Microseconds since 1970. In the centuries of football a floating-point number of seconds holds each of them; else exactly,
# which takes ten times as long.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT = """CASE WHEN {name} BETWEEN '1900-01-01' AND '2100-01-01' THEN (date_part('epoch', {name}) * 1000000)::bigint
     WHEN isfinite({name}) THEN (extract(epoch FROM {name}) * 1000000)::bigint
     WHEN {name} > '2000-01-01' THEN {forever} WHEN {name} < '2000-01-01' THEN {before} END"""


def selected(columns: Sequence[Column]) -> sql.Composed:
    """The columns as they are to be selected for a COPY that `decoded` reads."""
    return sql.SQL(", ").join(map(_selected, columns))


def _selected(column: Column) -> sql.Composable:
    name = sql.Identifier(column.name)
    if column.is_flag:
        # `t` and `f` are no numbers, and only numbers are read without looking at each.
        return sql.SQL("{}::integer").format(name)
    if column.is_moment:
        ends = {"forever": sql.Literal(_micros(FOREVER)), "before": sql.Literal(_micros(BEFORE_ALL))}
        return sql.SQL(_MOMENT).format(name=name, **ends)
    return name


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def decoded(csv: bytes, columns: Sequence[Column]) -> pl.DataFrame:
    """Whole lines of CSV as a frame. Raises UnknownType, and Polars' own errors for lines that are not of these columns."""
    import polars as pl

    types = {c.name: c.frame_type() for c in columns}
    read_as = {c.name: pl.Int8 if c.is_flag else pl.Int64 if c.is_moment else types[c.name] for c in columns}
    found = pl.read_csv(csv, has_header=False, schema=read_as, raise_if_empty=False)
    return found.with_columns(pl.col(c.name).cast(types[c.name]) for c in columns if c.is_flag or c.is_moment)
