"""Types of columns on their way out of PostgreSQL: as the catalogue names them, and as data frames have them.

Polars is imported where it is used: who asks for JSON or CSV never waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from app.errors import TouchlineError

if TYPE_CHECKING:
    import polars as pl

# As `format_type` and as the wire protocol name it. No numeric: clients make strings, decimals or objects of it.
_FRAME_TYPES = {
    "smallint": "Int16",
    "int2": "Int16",
    "integer": "Int32",
    "int4": "Int32",
    "bigint": "Int64",
    "int8": "Int64",
    "real": "Float32",
    "float4": "Float32",
    "double precision": "Float64",
    "float8": "Float64",
    "boolean": "Boolean",
    "bool": "Boolean",
    "text": "String",
    "varchar": "String",
    "character varying": "String",
    "json": "String",
    "jsonb": "String",
    "date": "Date",
}
_MOMENTS = ("timestamp with time zone", "timestamptz")


class UnknownType(TouchlineError):
    """A column has a type that no file format is told of here."""

    title = "A column of a type that cannot be exported"


class Column(msgspec.Struct, frozen=True):
    """One column. type: PostgreSQL's name of it."""

    name: str
    type: str

    @property
    def is_moment(self) -> bool:
        return self.type in _MOMENTS

    @property
    def is_flag(self) -> bool:
        return _FRAME_TYPES.get(self.type) == "Boolean"

    @property
    def is_text(self) -> bool:
        return _FRAME_TYPES.get(self.type) == "String"

    def frame_type(self) -> Any:
        """The type in a data frame; moments are microseconds in UTC. Raises UnknownType."""
        import polars as pl

        if self.is_moment:
            return pl.Datetime("us", "UTC")
        if self.type not in _FRAME_TYPES:
            raise UnknownType(
                f"Column {self.name} is of type {self.type}, which is not exported. Cast it, for example to double precision."
            )
        return getattr(pl, _FRAME_TYPES[self.type])


def frame(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
    """Rows as a data frame of these columns, also when there are none. Raises UnknownType."""
    import polars as pl

    schema = {c.name: c.frame_type() for c in columns}
    return pl.DataFrame(rows, schema=schema, orient="row") if rows else pl.DataFrame(schema=schema)
