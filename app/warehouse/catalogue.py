"""What the marts are made of, as the database's own catalogue and comments tell it; and what is written from that: a data
dictionary, and sources for dbt."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import msgspec

from app.db.pool import Pool
from app.db.sql import query

# A comment that names a dimension says that the column leads there.
_REFERENCE = re.compile(r"mart\.(dim_\w+)(?:\.(\w+))?")


class Column(msgspec.Struct, frozen=True):
    """One column. of, key: the dimension that it leads to, and the column there."""

    name: str
    type: str
    nullable: bool
    comment: str
    of: str | None = None
    key: str | None = None


class Relation(msgspec.Struct, frozen=True):
    """One dimension or fact, as analysts see it. kind: table or view."""

    name: str
    kind: str
    comment: str
    columns: tuple[Column, ...]

    @property
    def is_fact(self) -> bool:
        return self.name.startswith("fact_")

    @property
    def keys(self) -> tuple[Column, ...]:
        """The columns that lead to a dimension."""
        return tuple(c for c in self.columns if c.of is not None and c.of != self.name)


async def relations(pool: Pool) -> list[Relation]:
    """Every dimension and fact, dimensions first, by name."""
    found = await _read(pool, "mart_columns")
    return [msgspec.structs.replace(r, columns=tuple(_led(c, found) for c in r.columns)) for r in found.values()]


async def rollups(pool: Pool) -> list[Relation]:
    """Every rollup, by name."""
    return list((await _read(pool, "rollup_columns")).values())


async def _read(pool: Pool, name: str) -> dict[str, Relation]:
    found: dict[str, Relation] = {}
    for row in await pool.fetch(query(name)):
        relation = found.get(row["relation"])
        if relation is None:
            relation = Relation(row["relation"], row["kind"], row["about"], ())
        column = Column(row["column"], row["type"], row["nullable"], row["comment"])
        found[row["relation"]] = msgspec.structs.replace(relation, columns=(*relation.columns, column))
    return found


def _led(column: Column, known: dict[str, Relation]) -> Column:
    match = _REFERENCE.search(column.comment)
    if match is None or match[1] not in known:
        return column
    own = {c.name for c in known[match[1]].columns}
    key = match[2] or (column.name if column.name in own else _key_of(match[1]))
    return msgspec.structs.replace(column, of=match[1], key=key)


def _key_of(dimension: str) -> str:
    return f"{dimension.removeprefix('dim_')}_key"


def dictionary(found: Sequence[Relation], rolled: Sequence[Relation]) -> str:
    """Markdown: every table and column with its type and meaning; the rollups last."""
    lines = [
        "# The warehouse, table by table",
        "",
        "Written by `touchline docs warehouse` from the database's own comments. [How to use it](../analysts.md).",
        "",
        "![The star schema](diagram.svg)",
    ]
    for title, wanted in (("Dimensions", False), ("Facts", True)):
        lines += ["", f"## {title}", ""]
        lines += [f"- [`{r.name}`](#{r.name}): {r.comment}" for r in found if r.is_fact is wanted]
    lines += ["", "## Rollups", "", *(f"- [`rollup.{r.name}`](#{r.name}): {r.comment}" for r in rolled)]
    for r in (*found, *rolled):
        lines += ["", f"### {r.name}", "", f"{r.comment}.", "", "| column | type | meaning |", "|---|---|---|"]
        for c in r.columns:
            meaning = c.comment if c.of is None else c.comment.replace(f"mart.{c.of}", f"[`{c.of}`](#{c.of})", 1)
            lines.append(f"| `{c.name}` | {c.type} | {_cell(meaning)} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def dbt_sources(found: Sequence[Relation]) -> str:
    """`sources.yml` for dbt: descriptions, types, and tests of keys and references. Strings are JSON's, which YAML reads."""
    lines = ["version: 2", "", "sources:", "  - name: touchline", "    schema: mart"]
    lines += [
        "    description: " + json.dumps("Touchline's star schema. Replays and simulations are left out of facts."),
        "    tables:",
    ]
    for r in found:
        lines += [f"      - name: {r.name}", f"        description: {_text(r.comment)}", "        columns:"]
        for c in r.columns:
            lines += [
                f"          - name: {c.name}",
                f"            data_type: {c.type}",
                f"            description: {_text(c.comment)}",
            ]
            if c.of is not None and c.of != r.name:
                lines += [
                    "            data_tests:",
                    "              - relationships:",
                    f"                  to: source('touchline', '{c.of}')",
                    f"                  field: {c.key}",
                ]
            elif not r.is_fact and c.name == _key_of(r.name):
                lines += ["            data_tests:", "              - unique", "              - not_null"]
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
