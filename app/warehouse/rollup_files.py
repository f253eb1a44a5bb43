"""Rollups: declared once as a file, served under the same names and columns by both editions of TimescaleDB.

Community: a real-time continuous aggregate, `rollup.<name>_aggregate`. Apache: a table, `rollup.<name>_store`. On both
the worker refreshes the minutes that wait in `rollup.dirty`, and until then the view `rollup.<name>_parts` computes them
from the source: it is right at every moment. `rollup.<name>_all` is what readers make of the parts, and `rollup.<name>`
the same without replays and simulations. How they are made: `rollup_install`; how they are kept up: `rollups`.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from typing import Literal

import msgspec

from app.db.sql import files

_HEAD = re.compile(r"^-- (rollup|source|time|bucket|closes|keep|about): (.+)$", re.MULTILINE)
_COLUMN = re.compile(r"^-- column (\w+): (.+)$", re.MULTILINE)
_READ_AS = "-- read as:"
_UNITS = {"minute": "minutes", "hour": "hours", "day": "days"}

Edition = Literal["community", "apache"]


class Rollup(msgspec.Struct, frozen=True):
    """One file of sql/rollups.

    source: a hypertable, or `rollup.<name>`. time: its column of time. root: the hypertable that it is made of in the end.
    bucket, keep: as SQL writes an interval; keep is None for what is kept for ever. definition: a SELECT over `{source}`;
    read_as: one over `{parts}`. closes: rows only ever come with the time of now.
    """

    name: str
    source: str
    time: str
    root: str
    bucket: str
    closes: bool
    keep: str | None
    about: str
    columns: dict[str, str]
    definition: str
    read_as: str

    @property
    def parent(self) -> str | None:
        """The rollup that it is made of; None where that is a hypertable."""
        return self.source.removeprefix("rollup.") if self.source.startswith("rollup.") else None

    @property
    def width(self) -> timedelta:
        """Of a bucket."""
        number, unit = self.bucket.split()
        return timedelta(**{_UNITS[unit.removesuffix("s")]: int(number)})


@cache
def declared() -> tuple[Rollup, ...]:
    """Every rollup there is; one that is made of another comes after it. Raises ValueError for a file that is wrong."""
    waiting = {r.name: r for r in map(_read, (path.read_text(encoding="utf-8") for path in files("rollups")))}
    found: dict[str, Rollup] = {}
    while waiting:
        ready = [r for r in waiting.values() if r.parent is None or r.parent in found]
        if not ready:
            raise ValueError(f"sql/rollups: {', '.join(waiting)} is made of a rollup that there is not")
        for rollup in ready:
            root = rollup.source if rollup.parent is None else found[rollup.parent].root
            found[rollup.name] = msgspec.structs.replace(waiting.pop(rollup.name), root=root)
    return tuple(found.values())


def _read(text: str) -> Rollup:
    head = dict(_HEAD.findall(text))
    missing = {"rollup", "source", "bucket", "about"} - set(head)
    if missing:
        raise ValueError(f"sql/rollups: a file has no line '-- {sorted(missing)[0]}: …'")
    definition, _, read_as = text.partition(_READ_AS)
    return Rollup(
        name=head["rollup"],
        source=head["source"],
        time=head.get("time", "bucket"),
        root=head["source"],
        bucket=head["bucket"],
        closes=head.get("closes") == "appended",
        keep=head.get("keep"),
        about=head["about"],
        columns=dict(_COLUMN.findall(text)),
        definition=_statement(definition),
        read_as=_statement(read_as) or "SELECT * FROM {parts}",
    )


def _statement(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("--")).strip()
