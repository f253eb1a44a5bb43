"""Lists in other formats than JSON: CSV, NDJSON, Arrow and Parquet, chosen by `Accept` or `?format=`.

They come whole, however long they are, page after page out of the database: one page is in memory, and between two pages
no connection is held, so that a client that stops reading keeps nothing from others.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Protocol

import msgspec
from litestar import Request
from litestar.params import Parameter
from litestar.response import Stream

from app.api.replies import MAX_LIMIT
from app.errors import UsageError
from app.warehouse.columns import Column

FORMATS = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}
PAGE_ROWS = 2000
JSON_LIMIT = 100
As = Annotated[
    str | None, Parameter(query="format", description=f"instead of Accept, for browsers: {', '.join(FORMATS)}")
]
Most = Annotated[
    int | None,
    Parameter(
        ge=1,
        le=MAX_LIMIT,
        description=f"most items of one page of JSON ({JSON_LIMIT}); other formats are whole without it",
    ),
]
Item = dict[str, Any]
# A page of at most so many items that come after a place; the place is the values of the list's order, or so many None.
Fetch = Callable[[Sequence[Any], int], Awaitable[list[Item]]]
# What makes a spreadsheet take a text for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_encode = msgspec.json.Encoder().encode


class NotAcceptable(UsageError):
    """The client takes nothing that a list comes in."""

    status = 406
    title = "No such format"


def chosen(request: Request[Any, Any, Any], named: str | None) -> str:
    """The format that is asked for, a key of FORMATS: by name, else what the client likes best. Raises UsageError for
    a name that is none, NotAcceptable where it takes none of them."""
    if named is not None:
        if named not in FORMATS:
            raise UsageError(f"format={named[:40]} is no format of a list. Known: {', '.join(FORMATS)}.")
        return named
    accept = request.headers.get("accept", "*/*")
    found = [(_weight(part), part.partition(";")[0].strip().lower()) for part in accept.split(",")]
    # Sorting is stable: of those that are liked as well, the first one.
    for weight, wanted in sorted(found, key=lambda f: -f[0]):
        for name, media in FORMATS.items():
            if weight > 0 and wanted in (media, "*/*", f"{media.partition('/')[0]}/*"):
                return name
    raise NotAcceptable(
        f"Accept: {accept[:80]} is none of what this list comes in: {', '.join(FORMATS.values())}. ?format= chooses one, too."
    )


def _weight(part: str) -> float:
    for parameter in part.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


class Streamed(Stream):
    """A body that keeps its own media type: a stream of the framework takes that of its handler, which is JSON's."""

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **given: Any) -> Any:
        return super().to_asgi_response(app, request, **{**given, "media_type": self.media_type})


class Writer(Protocol):
    """Makes the bytes of a format, piece by piece. Called in threads: what is on air does not wait for it."""

    def piece(self, rows: Sequence[Sequence[Any]]) -> bytes: ...

    def end(self) -> Iterator[bytes]: ...

    def close(self) -> None: ...


class Lines:
    """CSV as RFC 4180 has it, or NDJSON. In CSV a null is an empty field and an empty text is `""`; a text that a
    spreadsheet would run as a formula has an apostrophe before it."""

    def __init__(self, columns: Sequence[Column], is_csv: bool) -> None:
        self._columns = columns
        self._is_csv = is_csv
        self._begun = False

    def piece(self, rows: Sequence[Sequence[Any]]) -> bytes:
        """The lines of these rows, in CSV after the names of the columns."""
        names = [c.name for c in self._columns]
        if not self._is_csv:
            return b"".join(_encode(dict(zip(names, row, strict=True))) + b"\n" for row in rows)
        head = [] if self._begun else [names]
        self._begun = True
        return "".join(",".join(map(cell, row)) + "\r\n" for row in (*head, *rows)).encode()

    def end(self) -> Iterator[bytes]:
        """Nothing comes after the last line."""
        return iter(())

    def close(self) -> None:
        """Nothing is held."""


def cell(value: Any) -> str:
    """One field of CSV."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, int | float | date):
        return str(value)
    text = str(value)
    if text.startswith(_FORMULA):
        text = "'" + text
    if text == "" or text != text.strip() or any(c in text for c in '",\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


async def writer(kind: str, columns: Sequence[Column]) -> Writer:
    """What writes a format."""
    if kind in ("csv", "ndjson"):
        return Lines(columns, kind == "csv")

    def heavy() -> Writer:
        # Polars is brought in by the first who asks: it takes some tenths of a second, and not those of the event loop.
        from app.warehouse.framed import ArrowStream, ParquetFile

        return ArrowStream(columns) if kind == "arrow" else ParquetFile(columns)

    return await asyncio.to_thread(heavy)


async def streamed(
    kind: str,
    name: str,
    columns: Sequence[Column],
    fetch: Fetch,
    key: Sequence[str],
    after: Sequence[Any],
    limit: int | None,
) -> Stream:
    """A list that follows a key, as it is in the database page by page. name: of the file that a browser makes of it.

    Raises what the first page raises; a later failure breaks the body off, which every client sees.
    """

    async def pages() -> AsyncIterator[list[Item]]:
        place, left = list(after), limit
        while True:
            size = PAGE_ROWS if left is None else min(left, PAGE_ROWS)
            items = await fetch(place, size)
            yield items
            if left is not None:
                left -= len(items)
            if len(items) < size or left == 0:
                return
            place = [items[-1][k] for k in key]

    return await _stream(kind, name, columns, pages())


async def whole(kind: str, name: str, columns: Sequence[Column], items: Sequence[Item]) -> Stream:
    """A list that was computed whole."""

    async def pages() -> AsyncIterator[Sequence[Item]]:
        for start in range(0, max(1, len(items)), PAGE_ROWS):
            yield items[start : start + PAGE_ROWS]

    return await _stream(kind, name, columns, pages())


async def _stream(kind: str, name: str, columns: Sequence[Column], pages: AsyncIterator[Sequence[Item]]) -> Stream:
    first = await anext(pages)

    async def body() -> AsyncIterator[bytes]:
        out = await writer(kind, columns)
        try:
            page: Sequence[Item] | None = first
            while page is not None:
                piece = await asyncio.to_thread(
                    out.piece, [[_value(kind, i.get(c.name)) for c in columns] for i in page]
                )
                if piece:
                    yield piece
                page = await anext(pages, None)
            ending = out.end()
            while (last := await asyncio.to_thread(next, ending, None)) is not None:
                yield last
        finally:
            out.close()

    headers = {
        "Cache-Control": "no-store",
        "Vary": "Accept",
        "Content-Disposition": f'inline; filename="{name}.{kind}"',
    }
    media = FORMATS[kind] + ("; charset=utf-8; header=present" if kind == "csv" else "")
    return Streamed(body(), media_type=media, headers=headers)


def _value(kind: str, value: Any) -> Any:
    """Of JSON inside a list: itself in NDJSON, its text elsewhere."""
    return bytes(value).decode() if isinstance(value, msgspec.Raw) and kind != "ndjson" else value
