"""Named questions: one file each in sql/kpi, with its parameters and a sentence. A file that is dropped in is a question more.

A file begins with `-- kpi: NAME` (that of the file), `-- about: SENTENCE` and `-- param: NAME TYPE [= DEFAULT | required] |
MEANING` for each parameter; then comes one SELECT that names them as `:name`. What is not given and has no default is null.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from app.db.pool import Pool
from app.db.sql import files, query
from app.errors import TouchlineError, UsageError
from app.warehouse.columns import Column

TYPES: dict[str, tuple[type, str]] = {
    "text": (str, "text"),
    "integer": (int, "bigint"),
    "double": (float, "double precision"),
    "date": (date, "date"),
    "boolean": (bool, "boolean"),
}
_PARAMETER = re.compile(r"(\w+) (\w+)(?: = (\S+)| (required))? \| (.+)")
_PLACEHOLDER = re.compile(r"(?<![:\w]):([a-z_]+)")
# A question that takes longer is a wrong question, or belongs into psql.
TIMEOUT_S = 60.0


class UnknownKpi(TouchlineError):
    """No file of sql/kpi has this name."""

    status = 404
    title = "No such question"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no question '{name[:80]}'. Known: {', '.join(declared())}.")


class Parameter(msgspec.Struct, frozen=True):
    """One parameter. type: one of TYPES. default: null where it is left out, unless it is required."""

    name: str
    type: str
    meaning: str
    default: Any = None
    required: bool = False

    def value(self, text: str) -> Any:
        """What somebody has written. Raises UsageError."""
        kind = TYPES[self.type][0]
        try:
            found = text if kind is str else msgspec.convert(text, kind, strict=False)
        except msgspec.ValidationError:
            found = None
        wrong = isinstance(found, int | float) and not (math.isfinite(found) and 0 <= found < 2**63)
        if found is None or wrong or (isinstance(found, str) and "\x00" in found):
            words = {
                "integer": "a whole number from 0 on",
                "double": "a number from 0 on",
                "date": "a date (2018-08-18)",
            }
            told = words.get(self.type, "true or false" if self.type == "boolean" else "text")
            raise UsageError(f"{self.name}={text[:80]!r} does not fit: {told}, {self.meaning}.")
        return found


class Kpi(msgspec.Struct, frozen=True):
    """One question. text: with $1, $2, … in the order of the parameters."""

    name: str
    about: str
    parameters: tuple[Parameter, ...]
    text: str

    def values(self, given: Mapping[str, str]) -> list[Any]:
        """What the statement takes. Raises UsageError for a parameter that is unknown, wrong or missing."""
        known = {p.name for p in self.parameters}
        if unknown := [name for name in given if name not in known]:
            told = ", ".join(sorted(known)) or "it has none"
            raise UsageError(f"'{unknown[0][:80]}' is no parameter of {self.name}. Known: {told}.")
        if missing := [p for p in self.parameters if p.required and p.name not in given]:
            raise UsageError(f"{self.name} needs {missing[0].name}: {missing[0].meaning}.")
        return [p.value(given[p.name]) if p.name in given else p.default for p in self.parameters]


def read(path: Path) -> Kpi:
    """One file. Raises ValueError naming what is wrong with it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    head = [line.removeprefix("-- ").split(": ", 1) for line in lines if re.match(r"-- (kpi|about|param): ", line)]
    told = {key: text for key, text in head if key != "param"}
    if told.get("kpi") != path.stem or "about" not in told:
        raise ValueError(f"{path} must begin with '-- kpi: {path.stem}' and '-- about: …'")
    parameters = tuple(_parameter(path, text) for key, text in head if key == "param")
    places = {p.name: (number, TYPES[p.type][1]) for number, p in enumerate(parameters, 1)}
    body = "\n".join(line for line in lines if not line.startswith("--")).strip().rstrip(";")
    used = set(_PLACEHOLDER.findall(body))
    if used != set(places):
        raise ValueError(f"{path}: declared and used parameters differ: {', '.join(sorted(used ^ set(places)))}")
    text = _PLACEHOLDER.sub(lambda m: "${}::{}".format(*places[m.group(1)]), body)
    return Kpi(path.stem, told["about"], parameters, text)


def _parameter(path: Path, text: str) -> Parameter:
    found = _PARAMETER.fullmatch(text)
    if found is None or found[2] not in TYPES:
        raise ValueError(
            f"{path}: '-- param: {text}' is no 'NAME TYPE [= DEFAULT | required] | MEANING'; types: {', '.join(TYPES)}"
        )
    name, kind, default, required, meaning = found.groups()
    bare = Parameter(name, kind, meaning, required=required is not None)
    return bare if default is None else msgspec.structs.replace(bare, default=bare.value(default))


@cache
def declared() -> dict[str, Kpi]:
    """Every question, by name."""
    return {path.stem: read(path) for path in files("kpi")}


def named(name: str) -> Kpi:
    """The question of this name. Raises UnknownKpi."""
    try:
        return declared()[name]
    except KeyError:
        raise UnknownKpi(name) from None


def shown(kpi: Kpi) -> dict[str, Any]:
    """A question as a machine reads it."""
    parameters = [{f: getattr(p, f) for f in p.__struct_fields__} for p in kpi.parameters]
    return {"name": kpi.name, "about": kpi.about, "parameters": parameters}


async def answer(pool: Pool, kpi: Kpi, values: Sequence[Any]) -> list[dict[str, Any]]:
    """The rows of an answer, in the order that the question asks for. values: one for each parameter (Kpi.values)."""
    async with pool.acquire() as connection, connection.transaction(readonly=True):
        await connection.execute(query("plan_each_anew"))
        return [dict(row) for row in await connection.fetch(kpi.text, *values, timeout=TIMEOUT_S)]


async def columns(pool: Pool, kpi: Kpi) -> list[Column]:
    """What an answer has, with its types, also when it has no rows."""
    async with pool.acquire() as connection:
        return [Column(a.name, a.type.name) for a in (await connection.prepare(kpi.text)).get_attributes()]
