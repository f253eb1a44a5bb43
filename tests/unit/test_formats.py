"""Formats of lists: which one is chosen, what CSV looks like, and that a client that stops reading holds one page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from app.api import formats
from app.api.formats import FORMATS, NotAcceptable, cell, chosen, streamed
from app.errors import UsageError
from app.warehouse.columns import Column

COLUMNS = [Column("n", "int8"), Column("said", "text"), Column("share", "float8"), Column("at", "timestamptz")]
AT = datetime(2018, 8, 18, 20, 15, tzinfo=UTC)


class Asked:
    """A request of which only Accept is known."""

    def __init__(self, accept: str | None) -> None:
        self.headers = {} if accept is None else {"accept": accept}


@pytest.mark.parametrize(
    ("accept", "named", "kind"),
    [
        (None, None, "json"),
        ("*/*", None, "json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", None, "json"),
        ("text/csv", None, "csv"),
        ("text/*", None, "csv"),
        ("Text/CSV; header=absent", None, "csv"),
        ("application/json;q=0.5, application/x-ndjson", None, "ndjson"),
        ("application/vnd.apache.parquet, text/csv", None, "parquet"),
        ("application/vnd.apache.arrow.stream", None, "arrow"),
        ("image/png, */*;q=0.1", None, "json"),
        ("image/png", "csv", "csv"),
    ],
)
def test_what_the_client_likes_best_is_chosen(accept: str | None, named: str | None, kind: str) -> None:
    request: Any = Asked(accept)
    assert chosen(request, named) == kind


@pytest.mark.parametrize("accept", ["image/png", "", "text/csv;q=0", "application/json;q=x", "nothing"])
def test_a_client_that_takes_nothing_of_it_is_told(accept: str) -> None:
    request: Any = Asked(accept)
    with pytest.raises(
        NotAcceptable, match="is none of what this list comes in: application/json, application/x-ndjson"
    ):
        chosen(request, None)
    with pytest.raises(
        UsageError, match=r"format=xml is no format of a list\. Known: json, ndjson, csv, arrow, parquet"
    ):
        chosen(request, "xml")


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (None, ""),
        ("", '""'),
        ("Müller", "Müller"),
        ('a "b", c', '"a ""b"", c"'),
        ("two\nlines", '"two\nlines"'),
        (" edge", '" edge"'),
        (True, "true"),
        (-1, "-1"),
        (-0.5, "-0.5"),
        (3e-05, "3e-05"),
        (AT, "2018-08-18T20:15:00Z"),
        # What a spreadsheet would run.
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("-1+1", "'-1+1"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ('=1,"2"', '"\'=1,""2"""'),
    ],
)
def test_a_field_of_csv(value: Any, field: str) -> None:
    assert cell(value) == field


def rows(count: int) -> list[dict[str, Any]]:
    return [{"n": n, "said": None if n % 3 else f"ä{n}", "share": n / 8, "at": AT} for n in range(count)]


class Source:
    """A list in a database: pages after a place, and how often it was asked."""

    def __init__(self, count: int) -> None:
        self.items = rows(count)
        self.asked = 0

    async def fetch(self, after: Sequence[Any], most: int) -> list[dict[str, Any]]:
        self.asked += 1
        start = 0 if after[0] is None else after[0] + 1
        return self.items[start : start + most]


async def body_of(kind: str, source: Source, limit: int | None = None) -> bytes:
    answer: Any = await streamed(kind, "x", COLUMNS, source.fetch, ("n",), [None], limit)
    return b"".join([piece async for piece in answer.iterator])


@pytest.mark.parametrize("count", [0, 1, 10, 20, 25])
@pytest.mark.parametrize("limit", [None, 7, 10])
async def test_every_format_tells_the_same(monkeypatch: pytest.MonkeyPatch, count: int, limit: int | None) -> None:
    """In pages of ten: none, a part of one, whole ones, and one more."""
    monkeypatch.setattr(formats, "PAGE_ROWS", 10)
    expected = rows(count)[:limit]
    schema = {"n": pl.Int64, "said": pl.String, "share": pl.Float64, "at": pl.Datetime("us", "UTC")}
    parquet = pl.read_parquet(io.BytesIO(await body_of("parquet", Source(count), limit)))
    arrow = pl.read_ipc_stream(io.BytesIO(await body_of("arrow", Source(count), limit)))
    assert parquet.schema == arrow.schema == schema
    assert parquet.to_dicts() == arrow.to_dicts() == expected
    csv = (await body_of("csv", Source(count), limit)).decode()
    assert csv.split("\r\n")[0] == "n,said,share,at"
    assert csv.count("\r\n") == len(expected) + 1
    ndjson = (await body_of("ndjson", Source(count), limit)).splitlines()
    assert len(ndjson) == len(expected)
    if expected:
        assert ndjson[0] == '{"n":0,"said":"ä0","share":0.0,"at":"2018-08-18T20:15:00Z"}'.encode()


@pytest.mark.parametrize("kind", ["csv", "ndjson", "arrow"])
async def test_nothing_is_read_ahead_of_the_client(kind: str) -> None:
    """A list of half a million rows: who has read three pieces has cost three pages, and then one leaves."""
    source = Source(0)
    page = rows(formats.PAGE_ROWS)

    async def endless(after: Sequence[Any], most: int) -> list[dict[str, Any]]:
        source.asked += 1
        return page[:most]

    answer: Any = await streamed(kind, "x", COLUMNS, endless, ("n",), [None], 500_000)
    pieces = answer.iterator
    for _ in range(3):
        assert await anext(pieces)
    assert source.asked == 3
    await pieces.aclose()
    assert source.asked == 3


def test_every_format_has_a_media_type() -> None:
    assert list(FORMATS) == ["json", "ndjson", "csv", "arrow", "parquet"]
