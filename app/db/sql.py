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
    """A fact of a sport: its file declares its name and the event types that touch it."""

    def __init__(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        fact = re.search(r"^-- fact: (\w+)$", text, re.MULTILINE)
        events = re.search(r"^-- refreshed on: ([\w, ]+)$", text, re.MULTILINE)
        if fact is None or events is None:
            raise ValueError(f"{path} must begin with '-- fact: NAME' and '-- refreshed on: TYPE, …'")
        self.path = path
        self.name = fact.group(1)
        self.events = frozenset(e.strip() for e in events.group(1).split(","))


@cache
def facts(sport: str) -> tuple[FactFile, ...]:
    """The facts of a sport: one file each in sql/marts/<sport>/."""
    return tuple(FactFile(p) for p in files(f"marts/{sport}"))
