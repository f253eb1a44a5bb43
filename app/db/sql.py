"""Named SQL. Every statement lives in a file under sql/; code asks for it by name."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SQL = ROOT / "sql"
_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def queries() -> dict[str, str]:
    """Every statement of sql/queries, by name. Raises ValueError when a name is given twice."""
    found: dict[str, str] = {}
    for path in sorted((SQL / "queries").glob("*.sql")):
        parts = _NAME.split(path.read_text(encoding="utf-8"))
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            if name in found:
                raise ValueError(f"query '{name}' is defined twice, the second time in {path.name}")
            found[name] = text.strip().rstrip(";")
    return found


def query(name: str) -> str:
    """The statement of this name."""
    return queries()[name]


def files(folder: str) -> list[Path]:
    """The SQL files of a folder under sql/, in the order they are to be run."""
    return sorted((SQL / folder).rglob("*.sql"))


class FactFile:
    """A fact of a sport. Its file says how it is written: by every commit that has one of some types of events
    (`refreshed on`), or whole once a match is over (`kept`); or that it is a view of another one (`view`). One of many rows
    says that it is `packed`, too: in columns, for exports."""

    def __init__(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        head = dict(re.findall(r"^-- (fact|refreshed on|kept|view|packed): (.+)$", text, re.MULTILINE))
        self.is_packed = head.pop("packed", None) is not None
        if "fact" not in head or len(head) != 2:
            raise ValueError(
                f"{path} must begin with '-- fact: NAME' and one of '-- refreshed on: TYPE, …', '-- kept: …', '-- view: …'"
            )
        self.path = path
        self.name = head["fact"]
        self.events = frozenset(e.strip() for e in head.get("refreshed on", "").split(",") if e.strip())
        self.is_kept = "kept" in head


@cache
def fact_files(sport: str) -> tuple[FactFile, ...]:
    """Every fact of a sport: one file each in sql/marts/<sport>/, and those of sql/marts/every/. In order of their names, so
    that a fact that is made of the events comes after them."""
    return tuple(FactFile(p) for folder in (sport, "every") for p in files(f"marts/{folder}"))


@cache
def facts(sport: str) -> tuple[FactFile, ...]:
    """The facts that a commit writes with the events that touch them."""
    return tuple(f for f in fact_files(sport) if f.events)


@cache
def kept_facts(sport: str) -> tuple[str, ...]:
    """The tables, in the order in which they are written, of the facts that are kept once a match is over."""
    return tuple(f.name.removeprefix("fact_") for f in fact_files(sport) if f.is_kept)


@cache
def packed_facts() -> frozenset[str]:
    """The facts of all sports, `fact_…`, of which many rows of a match that is over are packed in columns."""
    named = {path.parent.name for path in files("marts")}
    return frozenset(f.name for sport in named for f in fact_files(sport) if f.is_packed)
