"""The one place that knows timescale-vector, the library that stores and searches vectors in PostgreSQL.

What it needs to be told apart from its manual:

- It makes no tables here: its own statement asks for the extension vectorscale. sql/functions makes them, with its columns.
- `upsert` leaves a row that is there as it is. An id is therefore made of everything that is stored under it: another
  content is another id (`Row.id`).
- Its times are those of UUIDs of version 1. Its pool would take all connections that the server has: it gets a few.
- A write of its is a transaction of its own. `Writing` hands it the connection of a transaction that is under way, so that
  vectors and cursor move together.
- With pgvector before 0.8 a filter is looked at after the index has chosen: there, a filtered search is exact.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
from timescale_vector.client import Async, QueryParams, UUIDTimeRange, uuid_from_time

from app.db.pool import Connection, Pool
from app.db.sql import query
from app.errors import TouchlineError

SCHEMA = "feature"
CONNECTIONS = 2
# How many candidates HNSW keeps at hand while it searches; more find more, and take longer.
EF_SEARCH = 100
MOST_EF_SEARCH = 1000
ALL = 1_000_000
_SESSION = f"search_path={SCHEMA},public&jit=off&statement_timeout=60000&application_name=touchline-similar"


class NoVectors(TouchlineError):
    """The database has no table for vectors, because it has no pgvector."""

    status = 503
    title = "This database compares no moments"

    def __init__(self) -> None:
        super().__init__(
            "The database has no pgvector. Install it on the database's server, then run `touchline similar --refresh` as "
            "the owner of the schema."
        )


class Row(msgspec.Struct, frozen=True):
    """What is stored of one moment. at: when it was, on the wall."""

    at: datetime
    metadata: dict[str, Any]
    contents: str
    numbers: tuple[float, ...]

    @property
    def id(self) -> UUID:
        """Its time, and a hash of all that it says."""
        said = msgspec.json.encode((self.metadata, self.contents, self.numbers), order="sorted")
        digest = int.from_bytes(hashlib.blake2b(said, digest_size=8).digest())
        return uuid_from_time(self.at, node=digest >> 16, clock_seq=digest & 0x3FFF)


class Near(msgspec.Struct, frozen=True):
    """One answer of a search. distance: Euclidean, 0 and more."""

    metadata: dict[str, Any]
    contents: str
    distance: float


class Vectors:
    """The vectors of one table. dimensions: of each of them."""

    def __init__(self, dsn: str, table: str, dimensions: int) -> None:
        self._table = table
        self._dimensions = dimensions
        self._dsn = f"{dsn}{'&' if '?' in dsn else '?'}{_SESSION}"
        self._client = self._new()
        self._opening = asyncio.Lock()
        self._filters_as_it_goes = False

    def _new(self) -> Async:
        return Async(
            self._dsn,
            self._table,
            self._dimensions,
            distance_type="euclidean",
            max_db_connections=CONNECTIONS,
            infer_filters=False,
            schema_name=SCHEMA,
        )

    async def open(self, pool: Pool) -> None:
        """Connect, the first time that it is called. Raises NoVectors."""
        if self._client.pool is not None:
            return
        async with self._opening:
            row = await pool.fetchrow(query("similar_there"), self._table)
            if not row["is_there"]:
                raise NoVectors
            major, minor = (int(part) for part in row["vector"].split(".")[:2])
            self._filters_as_it_goes = (major, minor) >= (0, 8)
            # The library makes its pool when it is first asked for a connection; two who ask at once would make two.
            async with await self._client.connect():
                pass

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.close()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Writing]:
        """A transaction in which rows are put and taken away, committed at the end."""
        async with await self._client.connect() as connection, connection.transaction():
            client = self._new()
            client.pool = _One(connection)  # pyright: ignore[reportAttributeAccessIssue]
            yield Writing(client, connection)

    async def search(
        self,
        numbers: Sequence[float],
        limit: int,
        where: Mapping[str, Any] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        exact: bool = False,
    ) -> list[Near]:
        """The nearest rows, nearest first. where: what their metadata must hold. since, until: when they were, both
        inclusive. exact: every row is looked at, without the index."""
        filtered = bool(where) or since is not None or until is not None
        found = await self._client.search(
            np.asarray(numbers, dtype=np.float32),  # pyright: ignore[reportArgumentType]
            limit=limit,
            filter=dict(where) if where else None,
            uuid_time_filter=_between(since, until),
            query_params=self._plan(limit, exact or (filtered and not self._filters_as_it_goes)),
        )
        return [Near(r["metadata"], r["contents"], float(r["distance"])) for r in found]

    def _plan(self, limit: int, exact: bool) -> QueryParams:
        if exact:
            return QueryParams({"enable_indexscan": "off"})
        given: dict[str, Any] = {"hnsw.ef_search": min(max(EF_SEARCH, 2 * limit), MOST_EF_SEARCH)}
        if self._filters_as_it_goes:
            # Goes on where a filter left too few.
            given["hnsw.iterative_scan"] = "strict_order"
        return QueryParams(given)


class Writing:
    """One transaction. connection: for statements of ours that belong to it."""

    def __init__(self, client: Async, connection: Connection) -> None:
        self._client = client
        self.connection = connection

    async def replace(self, where: Mapping[str, Any], rows: Sequence[Row]) -> tuple[int, int]:
        """Make the rows whose metadata hold `where` these and no others; what is there already is left alone. Returns how
        many were put and how many taken away."""
        stored = {r["id"] for r in await self._client.search(limit=ALL, filter=dict(where))}
        wanted = {row.id: row for row in rows}
        if gone := list(stored - wanted.keys()):
            await self._client.delete_by_ids(gone)
        new = [(i, row.metadata, row.contents, _vector(row)) for i, row in wanted.items() if i not in stored]
        if new:
            await self._client.upsert(new)
        return len(new), len(gone)


class _One:
    """Stands where the library has its pool, and gives the one connection whose transaction is under way."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def acquire(self) -> _One:
        return self

    async def __aenter__(self) -> Connection:
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        return None


def _vector(row: Row) -> Any:
    return np.asarray(row.numbers, dtype=np.float32)


def _between(since: datetime | None, until: datetime | None) -> UUIDTimeRange | None:
    if since is None and until is None:
        return None
    return UUIDTimeRange(since, until, start_inclusive=True, end_inclusive=True)
