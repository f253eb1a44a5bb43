"""The dashboards of docs/grafana as Grafana reads them, and their queries as it sends them to the database.

Variables are put in by the browser, macros by the server's data source; both are text replacements, and are done here as they
are there (Grafana 11: `sqlstring` of the variable formats, the macros of the PostgreSQL data source).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.running import ROOT

GRAFANA = ROOT / "docs" / "grafana"
DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in sorted((GRAFANA / "dashboards").glob("*.json"))}
VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}")
_MACRO = re.compile(r"\$(\w+)\(([^)]*)\)")
_ALL = "$__all"


@dataclass(frozen=True)
class Shown:
    """What somebody looks at: a stretch of time, what is chosen of each variable, and seconds a point."""

    since: datetime
    until: datetime
    chosen: Mapping[str, str | list[str]]
    interval_s: int = 60


def targets(dashboard: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every query with its panel."""
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel, target


def sent(dashboard: dict[str, Any], text: str, shown: Shown) -> str:
    """The statement that reaches the database. Raises KeyError for a variable or macro that is not there."""
    declared = {v["name"]: v for v in dashboard["templating"]["list"]}

    def variable(found: re.Match[str]) -> str:
        name, form = found.groups()
        assert form == "sqlstring", f"{found[0]} is not quoted"
        value = shown.chosen[name]
        if value == _ALL:
            # Put in as it is, whatever form is asked for.
            return declared[name]["allValue"]
        return ",".join(_quoted(v) for v in ([value] if isinstance(value, str) else value))

    text = VARIABLE.sub(variable, text)
    text = text.replace("$__interval_ms", str(1000 * shown.interval_s)).replace("$__interval", f"{shown.interval_s}s")
    text = _MACRO.sub(lambda found: _macro(found[1], [a.strip() for a in found[2].split(",")], shown), text)
    assert "$" not in text, text
    return text


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _macro(name: str, given: list[str], shown: Shown) -> str:
    made = {
        "__timeFilter": lambda column: f"{column} BETWEEN '{_moment(shown.since)}' AND '{_moment(shown.until)}'",
        # With `timescaledb: true` in the data source.
        # What it fills gaps with is put in by Grafana, behind the database.
        "__timeGroup": lambda column, width, fill="": f"time_bucket('{float(width.rstrip('s')):.3f}s',{column})",
    }
    return made[name](*given)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
