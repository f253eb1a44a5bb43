"""Where each feature lies in the arrays of the store: by places that a feature keeps for ever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from app.db.pool import Connection, Pool
from app.db.sql import query
from app.sports.base import Sport, sports
from app.sports.entity_features import KINDS, Declared, Number, Numbers, declared

Array = tuple[float | None, ...]
_TYPES = {int: "int", float: "float", bool: "bool"}
_CASTS: dict[str, Callable[[float], Number] | None] = {"int": int, "float": None, "bool": bool}


class Column(msgspec.Struct, frozen=True):
    """One feature of a kind of entity. place: its element of the array, from 0. ttl_s: how long a value stays good."""

    name: str
    place: int
    dtype: str
    unit: str
    description: str
    ttl_s: float
    group: str


class Layout:
    """The columns of each kind of entity of one sport. widths: elements of an array, retired features included."""

    def __init__(self, sport: str, rows: Sequence[Any]) -> None:
        self.sport = sport
        self.columns: dict[str, tuple[Column, ...]] = {
            kind: tuple(
                Column(
                    r["feature"],
                    r["place"] - 1,
                    r["dtype"],
                    r["unit"],
                    r["description"],
                    r["ttl_s"],
                    r["feature_group"],
                )
                for r in rows
                if r["entity_kind"] == kind and not r["retired"]
            )
            for kind in KINDS
        }
        self._casts = {
            kind: [(c.name, c.place, _CASTS[c.dtype]) for c in columns] for kind, columns in self.columns.items()
        }
        self.widths = {kind: max((r["place"] for r in rows if r["entity_kind"] == kind), default=0) for kind in KINDS}

    def arrange(self, kind: str, names: Sequence[str], numbers: Numbers) -> Array:
        """The numbers of these features as the array that the store holds."""
        given = dict(zip(names, numbers, strict=True))
        array: list[float | None] = [None] * self.widths[kind]
        for column in self.columns[kind]:
            value = given.get(column.name)
            array[column.place] = None if value is None else float(value)
        return tuple(array)

    def padded(self, kind: str, stored: Sequence[float | None]) -> Array:
        """A stored array, which may be from before the newest features, at today's width."""
        return (*stored, *(None,) * (self.widths[kind] - len(stored)))

    def named(self, kind: str, stored: Sequence[float | None]) -> dict[str, Number]:
        """The values of an array by name; None where one is not known, or was not declared yet."""
        numbers = stored if len(stored) >= self.widths[kind] else self.padded(kind, stored)
        return {
            name: number if number is None or cast is None else cast(number)
            for name, place, cast in self._casts[kind]
            for number in (numbers[place],)
        }

    def longest_ttl_s(self, kind: str) -> float:
        """How old a row may be and still have a value that is good."""
        return max((column.ttl_s for column in self.columns[kind]), default=0.0)


async def layout_of(pool: Pool | Connection, sport: str) -> Layout:
    """The layout as the database has it; empty before anything was declared."""
    return Layout(sport, await pool.fetch(query("feature_places"), sport))


async def declare(pool: Pool) -> dict[str, Layout]:
    """Write down what the code declares, and give the layouts of the sports that have features at all."""
    found: dict[str, Layout] = {}
    for sport in sports().values():
        what = declared(sport)
        if any(what.groups.values()):
            await pool.fetchval(query("feature_declare"), sport.name, _told(sport, what))
            found[sport.name] = await layout_of(pool, sport.name)
    return found


def _told(sport: Sport, what: Declared) -> str:
    rows = [
        {
            "kind": kind,
            "feature": feature.name,
            "group": group.name,
            "dtype": _TYPES[feature.dtype],
            "unit": feature.unit,
            "description": feature.description,
            "ttl_s": group.ttl_s,
        }
        for kind in KINDS
        for feature, group in what.features(kind)
    ]
    return msgspec.json.encode(rows).decode()


def literal(array: Array) -> str:
    """An array as PostgreSQL reads one."""
    return "{" + ",".join("NULL" if value is None else repr(value) for value in array) + "}"
