"""docs/features.md and the sample Feast repository say what the code does."""

import ast
import re
from pathlib import Path

import pytest

from app.sports.entity_features import KINDS, declared, find
from app.sports.soccer.sport import SPORT
from tests.running import ROOT

PAGE = (ROOT / "docs" / "features.md").read_text()
FEAST = {"int": "Int64", "float": "Float64", "bool": "Bool"}


def test_the_group_of_the_page_can_be_dropped_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    folder = tmp_path / "groups_of_the_page"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "team_throw_ins.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    found = find(__import__(folder.name))
    assert (found.refused, found.names("team")) == ((), ["throw_ins"])


def test_every_kind_of_entity_is_on_the_page() -> None:
    assert all(f"`{kind}`" in PAGE for kind in KINDS)


def test_the_feast_sample_names_features_with_their_types() -> None:
    tree = ast.parse((ROOT / "docs" / "feast" / "features.py").read_text())
    types = {
        kind: {f.name: (FEAST[f.dtype.__name__], group.ttl_s) for f, group in declared(SPORT).features(kind)}
        for kind in KINDS
    }
    seen = set()
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "FeatureView"):
            continue
        given = {k.arg: k.value for k in node.keywords}
        kind = ast.unparse(given["entities"]).strip("[]")
        assert ast.unparse(given["source"]) == f"sources['{kind}']"
        ttl_s = {"MATCH_TTL": 6 * 3600.0, "FORM_TTL": 60 * 86400.0}[ast.unparse(given["ttl"])]
        for field in ast.literal_eval(
            ast.unparse(given["schema"]).replace("Field(name=", "(").replace("dtype=", "'").replace(")", "')")
        ):
            assert types[kind][field[0]] == (field[1], ttl_s), (kind, field)
        seen.add(kind)
    assert seen == set(KINDS)
