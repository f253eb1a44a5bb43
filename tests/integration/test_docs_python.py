"""Every Python example of the analysts' page runs, on files that `touchline export` has just written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.commands.export import exported
from app.warehouse.export import Wanted
from tests.integration.test_roles import as_role
from tests.running import ROOT
from tests.star_kit import Star


async def test_the_examples_run(
    star: Star, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await exported(star.dsn, tmp_path / "season", Wanted(("fact_shot", "dim_player")))
    examples = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "analysts.md").read_text(), re.DOTALL)
    assert len(examples) == 3
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANALYST", as_role(star.dsn, "touchline_analyst"))
    for example in examples:
        capsys.readouterr()
        exec(compile(example, "docs/analysts.md", "exec"), {})
        assert re.search(r"xg", capsys.readouterr().out), example
