"""Nothing without words: every route, setting and signal is described, and the documentation works without a network."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from litestar.routes import WebSocketRoute

from app.api.app import create_app
from app.commands.settings_table import renewed
from app.log.control import STATUSES
from app.log.matches import MatchInfo, PlayerInfo, TeamInfo
from app.settings import Settings, described
from tests.running import ROOT, TINY, Running

HIDDEN = ("/static", "/schema", "/overlay", "/")


def paths_of_routes() -> dict[str, set[str]]:
    """What the application answers to, pages and files left out."""
    app = create_app(Settings(), "")
    found: dict[str, set[str]] = {}
    for route in app.routes:
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
        # OpenAPI knows nothing of WebSockets: docs/stream.md describes them.
        if path != "/" and not path.startswith(HIDDEN[:-1]) and not isinstance(route, WebSocketRoute):
            found[path] = {m.lower() for m in getattr(route, "methods", ()) if m != "OPTIONS"}
    return found


def test_every_route_is_described(service: Running) -> None:
    answer = service.http.get("/schema/openapi.json")
    schema = answer.json()
    assert schema["openapi"].startswith("3.1")
    assert {p: set(o) for p, o in schema["paths"].items()} == paths_of_routes()
    operations = [o for path in schema["paths"].values() for o in path.values()]
    assert len({o["operationId"] for o in operations}) == len(operations)
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation.get("summary"), where
            assert operation.get("description"), where
            assert operation["responses"], where
            named = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path)), where
            for parameter in operation.get("parameters", ()):
                assert parameter["in"] == "path" or parameter.get("description"), (where, parameter["name"])
    for reference in _references(schema):
        target: Any = schema
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
        assert target


def test_what_is_documented_is_what_a_path_knows(service: Running) -> None:
    """Every parameter of the documentation is taken, `token` everywhere, and nothing else."""
    paths = service.http.get("/schema/openapi.json").json()["paths"]
    for path, methods in paths.items():
        if not path.startswith("/v1/"):
            continue
        for method, operation in methods.items():
            documented = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"}
            at = path.replace("{match_id}", "x").replace("{provider}", "touchline")
            answer = service.http.request(method, f"{at}?nothing_like_this=1")
            assert answer.status_code == 400, (method, path)
            told = re.search(r"Known: (.*)\.$", answer.json()["detail"])
            assert told is not None
            assert set(told[1].split(", ")) == documented | {"token"}, (method, path)


def test_what_may_be_sent_is_documented(service: Running) -> None:
    """The example of the manual fits the document, and is taken; so does every event of ours."""
    paths = service.http.get("/schema/openapi.json").json()["paths"]
    for path, methods in paths.items():
        for method in methods:
            assert ("requestBody" in methods[method]) == (method == "post"), (method, path)
    page = (ROOT / "docs" / "feeds.md").read_text()
    (example,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    body = paths["/v1/matches"]["post"]["requestBody"]["content"]
    checks = Draft202012Validator(body["application/json"]["schema"])
    for right in (json.loads(example), [json.loads(example)], {"id": "a", "home": "Name alone"}):
        checks.validate(right)
    for wrong in ({}, {"id": "a", "colour": "red"}, {"id": "a", "status": "over"}, {"id": "a", "origin": "heaven"}):
        assert not checks.is_valid(wrong)
        assert service.http.post("/v1/matches", json=wrong).status_code == 400
    answer = service.http.post("/v1/matches", content=example)
    assert answer.status_code == 200, answer.text
    match = service.scored("sunday-league")
    assert (match["home"], match["away_id"], match["status"]) == ("Home FC", "touchline:team:guests", "live")
    named = set(re.findall(r"`([a-z_]+)`", page.split("## What is said about a match")[1].split("\n## ")[0]))
    assert named >= {
        *MatchInfo.__struct_fields__,
        *TeamInfo.__struct_fields__,
        *PlayerInfo.__struct_fields__,
        *STATUSES,
    }
    pushed = paths["/v1/feeds/{provider}/{match_id}"]["post"]["requestBody"]["content"]
    assert set(pushed) == {"application/json", "application/x-ndjson", "application/xml"}
    events = [json.loads(line) for line in TINY.read_bytes().splitlines()]
    Draft202012Validator(pushed["application/json"]["schema"]).validate(events)
    for media in pushed:
        assert service.http.post(
            "/v1/feeds/touchline/media", content=TINY.read_bytes(), headers={"Content-Type": media}
        ).json()["received"] == len(events)


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [r for item in node for r in _references(item)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [r for value in node.values() for r in _references(value)]


def test_the_documentation_loads_without_a_network(service: Running) -> None:
    for page in ("/schema", "/schema/swagger", "/", "/overlay/win-probability"):
        html = service.http.get(page)
        assert html.status_code == 200
        assert not re.findall(r"""<(?:script|link|img)[^>]+(?:src|href)\s*=\s*["'](?:https?:)?//""", html.text), page
        assets = re.findall(r"""<(?:script|link)[^>]*(?:src|href)=["']([^"']+)""", html.text)
        assert assets, page
        for asset in assets:
            assert service.http.get(asset).status_code == 200, asset


def test_every_setting_is_in_the_manual() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    assert renewed(page) == page, "run: python -m app.commands.settings_table docs/operations.md"
    for name, _default, meaning in described():
        assert len(meaning) > 10, name
        assert f"| `{name}` |" in page


def test_the_first_event_of_the_readme_is_a_live_match(service: Running) -> None:
    """One goal, and nothing before it: what a reader tries first."""
    found = re.search(r"echo '(\{.*?\}\})'", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found is not None
    assert service.push("readme", found[1].replace("\n", "").encode())["appended"] == 1
    match = service.scored("readme")
    assert (match["status"], match["home_score"], match["away_score"]) == ("live", 1, 0)


def test_every_signal_is_described(service: Running) -> None:
    signals = service.walk("/v1/signals")
    files = {p.stem for p in (ROOT / "app" / "sports").glob("*/signals/*.py") if not p.stem.startswith("_")}
    assert {s["signal"] for s in signals} == files
    for signal in signals:
        for field in ("title", "unit", "range", "resolution", "version", "sport", "stage", "source"):
            assert signal.get(field) not in (None, ""), (signal["signal"], field)


def test_every_metric_is_in_the_manual(service: Running) -> None:
    service.push("docs", TINY.read_bytes() + b"\n{broken")
    answer = service.http.get("/metrics")
    assert answer.headers["content-type"].count("charset") == 1
    manual = Path(ROOT / "docs" / "operations.md").read_text()
    for name in re.findall(r"^# HELP (\w+) \S", answer.text, re.MULTILINE):
        assert f"`{name}`" in manual
