"""What `COPY … TO STDOUT (FORMAT csv)` sends, as data frames with the types that the columns have in the database.

CSV, since PostgreSQL and Polars are both fast at it, and nothing is lost: a missing value is an empty field and an empty
text is `""`, and floating-point numbers come with as many digits as tell them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from psycopg import sql

from app.warehouse.columns import Column

if TYPE_CHECKING:
    import polars as pl

# PostgreSQL's infinity, where something has no end. No file format has one: a day that never comes, so that a
# comparison still says the same.
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)
# What a session is set to, so that moments are written in one way.
SESSION = {"DateStyle": "ISO", "TimeZone": "UTC", "extra_float_digits": "1"}


def selected(columns: Sequence[Column]) -> sql.Composed:
    """The columns as they are to be selected for a COPY that `decoded` reads."""
    # `t` and `f` are no numbers, and only numbers are read without looking at each.
    return sql.SQL(", ").join(
        sql.SQL("{}::integer").format(sql.Identifier(c.name)) if c.is_flag else sql.Identifier(c.name) for c in columns
    )


def decoded(csv: bytes, columns: Sequence[Column]) -> pl.DataFrame:
    """Whole lines of CSV as a frame. Raises UnknownType, and Polars' own errors for lines that are not of these columns."""
    import polars as pl

    types = {c.name: c.frame_type() for c in columns}
    read_as = {c.name: pl.Int8 if c.is_flag else pl.String if c.is_moment else types[c.name] for c in columns}
    found = pl.read_csv(csv, has_header=False, schema=read_as, raise_if_empty=False)
    return found.with_columns(
        *(pl.col(c.name).cast(pl.Boolean) for c in columns if c.is_flag),
        *(_moment(c.name) for c in columns if c.is_moment),
    )


def _moment(name: str) -> pl.Expr:
    import polars as pl

    text = pl.col(name)
    read = text.str.strip_suffix("+00").str.to_datetime(
        "%Y-%m-%d %H:%M:%S%.f", time_unit="us", time_zone="UTC", strict=False
    )
    # What is left is infinite, or of a year before Christ, which no match is of.
    return (
        pl.when(text == "infinity").then(pl.lit(FOREVER))
        .when(text == "-infinity").then(pl.lit(BEFORE_ALL))
        .otherwise(read).cast(pl.Datetime("us", "UTC")).alias(name)
    )  # fmt: skip
