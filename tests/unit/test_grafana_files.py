"""The dashboards of docs/grafana are what Grafana can load, and the provisioning files name what is there."""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
import yaml

from tests.grafana_kit import DASHBOARDS, GRAFANA, VARIABLE, targets
from tests.running import ROOT

WIDTH = 24
SOURCE = {
    "type": "object",
    "required": ["type", "uid"],
    "properties": {"type": {"const": "postgres"}, "uid": {"type": "string", "minLength": 1}},
}
TARGET = {
    "type": "object",
    "required": ["refId", "datasource", "format", "rawQuery", "rawSql"],
    "properties": {
        "refId": {"type": "string", "pattern": "^[A-Z]$"},
        "datasource": SOURCE,
        "format": {"enum": ["time_series", "table"]},
        "rawQuery": {"const": True},
        "rawSql": {"type": "string", "pattern": "^SELECT "},
    },
}
VALUES = {"type": "object", "properties": {"unit": {"type": "string"}, "custom": {"type": "object"},
          "min": {"type": "number"}, "max": {"type": "number"}, "decimals": {"type": "integer"}}}  # fmt: skip
OVERRIDE = {
    "type": "object",
    "required": ["matcher", "properties"],
    "properties": {
        "matcher": {"type": "object", "required": ["id", "options"]},
        "properties": {"type": "array", "items": {"type": "object", "required": ["id", "value"]}},
    },
}
PANEL = {
    "type": "object",
    "required": ["id", "type", "title", "description", "datasource", "gridPos", "targets", "fieldConfig", "options"],
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "type": {"enum": ["timeseries", "table", "stat"]},
        "title": {"type": "string", "minLength": 1},
        "datasource": SOURCE,
        "gridPos": {
            "type": "object",
            "required": ["x", "y", "w", "h"],
            "properties": {
                "x": {"type": "integer", "minimum": 0, "maximum": WIDTH - 1},
                "y": {"type": "integer", "minimum": 0},
                "w": {"type": "integer", "minimum": 1, "maximum": WIDTH},
                "h": {"type": "integer", "minimum": 1},
            },
        },
        "targets": {"type": "array", "minItems": 1, "items": TARGET},
        "fieldConfig": {
            "type": "object",
            "required": ["defaults", "overrides"],
            "properties": {"defaults": VALUES, "overrides": {"type": "array", "items": OVERRIDE}},
        },
        "options": {"type": "object"},
        "interval": {"type": "string", "pattern": "^[0-9]+[smh]$"},
    },
}
QUERIED = {
    "type": "object",
    "required": ["name", "type", "query", "datasource", "refresh"],
    "properties": {
        "name": {"type": "string", "pattern": r"^[a-z_]+$"},
        "type": {"const": "query"},
        "query": {"type": "string", "pattern": "^SELECT "},
        "datasource": SOURCE,
        "refresh": {"enum": [0, 1, 2]},
        "multi": {"type": "boolean"},
        "includeAll": {"type": "boolean"},
    },
    # Without a value of its own, `All` of nothing would be an empty list, which is no SQL.
    "if": {"properties": {"includeAll": {"const": True}}},
    "then": {"required": ["allValue"]},
}
# What Grafana's own schema of a dashboard asks for (@grafana/schema 11.6), and what we ask beyond it.
DASHBOARD = {
    "type": "object",
    "required": ["uid", "title", "schemaVersion", "version", "panels", "templating", "time", "refresh", "timezone"],
    "properties": {
        "uid": {"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,40}$"},
        "title": {"type": "string", "minLength": 1},
        "id": {"type": "null"},
        "schemaVersion": {"type": "integer", "minimum": 36},
        "version": {"type": "integer"},
        "time": {
            "type": "object",
            "required": ["from", "to"],
            "additionalProperties": {"type": "string", "pattern": "^now"},
        },
        "refresh": {"type": "string", "pattern": "^[0-9]+[smh]$"},
        "graphTooltip": {"enum": [0, 1, 2]},
        "panels": {"type": "array", "minItems": 1, "items": PANEL},
        "templating": {
            "type": "object",
            "required": ["list"],
            "properties": {"list": {"type": "array", "items": QUERIED}},
        },
        "links": {
            "type": "array",
            "items": {
                "type": "object",
                "required": [
                    "title",
                    "type",
                    "icon",
                    "tooltip",
                    "tags",
                    "asDropdown",
                    "includeVars",
                    "keepTime",
                    "targetBlank",
                ],
            },
        },
    },
}


def faults(dashboard: dict[str, Any]) -> list[str]:
    """Why Grafana would not show it as it is meant: by the schema, then by what no schema can say."""
    found = [e.message for e in jsonschema.Draft202012Validator(DASHBOARD).iter_errors(dashboard)]
    if found:
        return found
    panels = dashboard["panels"]
    if len({p["id"] for p in panels}) < len(panels):
        found.append("two panels have one id")
    for a, b in itertools.combinations([(p["title"], p["gridPos"]) for p in panels], 2):
        (name, one), (other, two) = a, b
        if all(
            one[at] < two[at] + two[size] and two[at] < one[at] + one[size] for at, size in (("x", "w"), ("y", "h"))
        ):
            found.append(f"{name} lies on {other}")
    for panel in panels:
        place = panel["gridPos"]
        if place["x"] + place["w"] > WIDTH:
            found.append(f"{panel['title']} is beyond the right edge")
        if len({t["refId"] for t in panel["targets"]}) < len(panel["targets"]):
            found.append(f"{panel['title']}: two queries have one refId")
    declared = {v["name"] for v in dashboard["templating"]["list"]}
    texts = [t["rawSql"] for _, t in targets(dashboard)] + [v["query"] for v in dashboard["templating"]["list"]]
    used = {name for text in texts for name, _ in VARIABLE.findall(text)}
    found += [f"{name} is used and not declared" for name in used - declared]
    found += [f"{name} is declared and not used" for name in declared - used]
    return found


@pytest.mark.parametrize("name", sorted(DASHBOARDS))
def test_a_dashboard_is_one(name: str) -> None:
    assert faults(DASHBOARDS[name]) == []


def test_there_are_two_and_each_leads_to_the_other() -> None:
    assert set(DASHBOARDS) == {"match-day", "feed-health"}
    uids = {d["uid"] for d in DASHBOARDS.values()}
    assert len(uids) == 2
    for dashboard in DASHBOARDS.values():
        assert {link["url"] for link in dashboard["links"]} == {f"/d/{uid}" for uid in uids - {dashboard["uid"]}}


def _break(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    *way, last = [int(p) if p.isdigit() else p for p in path.split(".")]

    def change(dashboard: dict[str, Any]) -> None:
        place: Any = dashboard
        for step in way:
            place = place[step]
        if value is None:
            del place[last]
        else:
            place[last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("uid", None, "'uid' is a required property"),
        ("panels.0.gridPos", None, "'gridPos' is a required property"),
        ("panels.0.type", "timeserie", "'timeserie' is not one of"),
        ("panels.1.targets.0.datasource", None, "'datasource' is a required property"),
        ("panels.1.id", 1, "two panels have one id"),
        ("panels.0.gridPos.h", 12, "Messages lies on Bytes"),
        ("panels.2.gridPos.x", 13, "Since the last message is beyond the right edge"),
        ("panels.0.targets.0.rawSql", "SELECT ${nobody:sqlstring}", "nobody is used and not declared"),
        ("templating.list.0.name", "producer", "producer is declared and not used"),
        ("templating.list.0.allValue", None, "'allValue' is a required property"),
    ],
)
def test_one_that_is_broken_is_found(path: str, value: Any, said: str) -> None:
    broken = copy.deepcopy(DASHBOARDS["feed-health"])
    _break(path, value)(broken)
    assert any(said in fault for fault in faults(broken)), faults(broken)


def test_the_provisioning_files_name_what_is_there() -> None:
    files = sorted((GRAFANA / "provisioning").glob("*/*.yaml"))
    texts = [f.read_text() for f in files]
    dashboards, sources = (yaml.safe_load(t) for t in texts)
    (source,) = sources["datasources"]
    assert (source["user"], source["type"]) == ("touchline_analyst", "postgres")
    assert {p["datasource"]["uid"] for d in DASHBOARDS.values() for p in d["panels"]} == {source["uid"]}
    (limit,) = re.findall(
        r"touchline_analyst LOGIN CONNECTION LIMIT (\d+)", (ROOT / "sql/roles/010_roles.sql").read_text()
    )
    assert 0 < source["jsonData"]["maxOpenConns"] < int(limit), "0 would be as many as Grafana likes"
    assert dashboards["providers"][0]["options"]["path"] == "${ANALYST_DASHBOARDS}"
    # Every variable is told to people, and given by compose.yaml.
    used = {name for text in texts for name in re.findall(r"\$\{(\w+)\}", text)}
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    service = compose["services"]["grafana"]
    assert used <= set(service["environment"])
    page = (ROOT / "docs" / "analysts.md").read_text()
    assert all(name in page for name in used)
    assert not any(name.startswith("TOUCHLINE_") for name in used), "those are settings of the service alone"
    # What is mounted there lies here.
    mounted = dict(volume.removesuffix(":ro").split(":") for volume in service["volumes"])
    assert {(ROOT / path).resolve() for path in mounted} == {*files, GRAFANA / "dashboards"}
    assert mounted["./docs/grafana/dashboards"] == service["environment"]["ANALYST_DASHBOARDS"]
    # The role that it comes as is made with the database, by the file that makes it everywhere.
    assert (ROOT / compose["configs"]["roles"]["file"]).samefile(ROOT / "sql/roles/010_roles.sql")
    (target,) = [c["target"] for c in compose["services"]["database"]["configs"] if c["source"] == "roles"]
    assert f"\\i {target}\n" in compose["configs"]["role"]["content"]
