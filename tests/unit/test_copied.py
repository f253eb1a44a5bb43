"""Frames of what COPY sends: nothing is lost, added or of another type."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from app.warehouse.columns import Column, UnknownType, frame
from app.warehouse.copied import decoded

TYPES = {
    "a": "int2",
    "b": "integer",
    "c": "bigint",
    "d": "float8",
    "e": "bool",
    "f": "text",
    "g": "timestamptz",
    "h": "date",
}
COLUMNS = [Column(name, kind) for name, kind in TYPES.items()]
SCHEMA = {
    "a": pl.Int16, "b": pl.Int32, "c": pl.Int64, "d": pl.Float64, "e": pl.Boolean, "f": pl.String,
    "g": pl.Datetime("us", "UTC"), "h": pl.Date,
}  # fmt: skip


def test_every_type_comes_as_what_it_is() -> None:
    text = (
        "-32768,2147483647,-9223372036854775808,0.1,1,Müller,1534623300000000,2018-08-18\n"
        "7,-1,9223372036854775807,3e-05,0,2018-08-18,1534623300123456,1999-12-31\n"
    )
    found = decoded(text.encode(), COLUMNS)
    assert found.schema == SCHEMA
    assert found.rows() == [
        (
            -32768,
            2**31 - 1,
            -(2**63),
            0.1,
            True,
            "Müller",
            datetime(2018, 8, 18, 20, 15, tzinfo=UTC),
            date(2018, 8, 18),
        ),
        (
            7,
            -1,
            2**63 - 1,
            3e-05,
            False,
            "2018-08-18",
            datetime(2018, 8, 18, 20, 15, 0, 123456, UTC),
            date(1999, 12, 31),
        ),
    ]


def test_what_is_missing_is_null_and_an_empty_text_is_none() -> None:
    assert decoded(b',,,,,,,\n,,,,,"",,\n', COLUMNS).rows() == [(None,) * 8, (*(None,) * 5, "", None, None)]
    assert decoded(b"", COLUMNS).schema == SCHEMA


def test_text_is_kept_whatever_is_in_it() -> None:
    texts = ['say "it"', "a,b", "two\nlines", "\\N", "\\.", " ", "null", "NaN", "0012", "=1+1", "\r\n"]
    lines = "".join('1,"{}"\n'.format(t.replace('"', '""')) for t in texts)
    assert decoded(lines.encode(), [Column("n", "int4"), Column("t", "text")])["t"].to_list() == texts


def test_a_type_that_no_file_is_told_of_is_named() -> None:
    with pytest.raises(UnknownType, match="Column share is of type numeric"):
        decoded(b"1.5\n", [Column("share", "numeric")])
    with pytest.raises(UnknownType, match="numeric"):
        frame([Column("share", "numeric")], [])


def test_rows_become_a_frame_also_when_there_are_none() -> None:
    columns = [Column("n", "int8"), Column("said", "jsonb"), Column("at", "timestamptz")]
    at = datetime(2020, 1, 1, tzinfo=UTC)
    schema = {"n": pl.Int64, "said": pl.String, "at": pl.Datetime("us", "UTC")}
    assert frame(columns, []).schema == schema
    assert frame(columns, [(1, '{"a":1}', at), (None, None, None)]).schema == schema
