"""The notebook of docs/notebooks, cell by cell as marimo runs it, on a database with matches and without one.

marimo itself is not needed: what a cell is given and gives is in its signature and its `return`, and of marimo's own things the
notebook uses four, which are here in a few lines. Every other line of it is run as it is.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import msgspec
import polars as pl
import pytest

from app.db.pool import open_pool
from app.log.matches import load_match, parse
from app.scoring.register import register
from tests.engine_kit import scored, tiny, told
from tests.integration.test_roles import as_role
from tests.running import ROOT
from tests.star_kit import Star

NOTEBOOK = ROOT / "docs" / "notebooks" / "a_match.py"


class Stopped(Exception):
    """A cell that goes no further, with what it shows instead; nor does any that needs what it would have given."""


class App:
    """Cells in the order of the file, which is one in which everything is there before it is used."""

    def __init__(self, **_: Any) -> None:
        self.cells: list[Callable[..., Any]] = []

    def cell(self, function: Callable[..., Any] | None = None, **_: Any) -> Any:
        """The decorator, with or without settings."""
        if function is None:
            return self.cell
        self.cells.append(function)
        return function


def stop(when: bool, shown: str) -> None:
    """Go no further if so."""
    if when:
        raise Stopped(shown)


def opened(monkeypatch: pytest.MonkeyPatch, chosen: str | None = None) -> tuple[dict[str, Any], list[str]]:
    """Run it, with this match chosen or what it chooses itself. Every name that a cell has given, by name, and what was shown
    instead where one went no further."""

    def dropdown(options: dict[str, str], value: str, label: str) -> SimpleNamespace:
        assert label and value in options
        assert chosen is None or chosen in options.values()
        return SimpleNamespace(value=chosen or options[value])

    marimo = ModuleType("marimo")
    vars(marimo).update(App=App, md=inspect.cleandoc, stop=stop, ui=SimpleNamespace(dropdown=dropdown))
    monkeypatch.setitem(sys.modules, "marimo", marimo)
    monkeypatch.setattr(sys, "path", list(sys.path))
    space: dict[str, Any] = {"__file__": str(NOTEBOOK), "__name__": "notebook"}
    exec(compile(NOTEBOOK.read_text(), str(NOTEBOOK), "exec"), space)
    given: dict[str, Any] = {}
    instead: list[str] = []
    waiting = list(space["app"].cells)
    while ready := [c for c in waiting if set(inspect.signature(c).parameters) <= set(given)]:
        cell = ready[0]
        waiting.remove(cell)
        names = re.findall(r"\w+", re.findall(r"return ?(.*)", inspect.getsource(cell).strip())[-1].split("#")[0])
        try:
            made = cell(**{name: given[name] for name in inspect.signature(cell).parameters})
            made = asyncio.run(made) if inspect.iscoroutine(made) else made
        except Stopped as stopped:
            instead.append(str(stopped))
            continue
        assert not set(names) & set(given), "a name belongs to one cell"
        given |= dict(zip(names, made or (), strict=True))
    assert instead or waiting == [], "a cell needs what none gives"
    return given, instead


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is said about a database, and none runs."""
    for name in ("ANALYST", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TOUCHLINE_HOME", str(tmp_path / "home"))


async def played(dsn: str) -> Star:
    """Two small matches, one of which is not over, and a replay of the other one."""
    pool = await open_pool(dsn, size=4)
    await register(pool)
    for name, year, events in (("over", 2021, tiny()), ("begun", 2022, tiny()[:25])):
        (info,) = parse(msgspec.json.encode({"id": name, "kickoff_at": f"{year}-05-01T14:00:00Z"}))
        await load_match(pool, info)
        await told(pool, events, name)
    await told(pool, tiny(), "again", origin="replay")
    await scored(pool, dsn)
    await pool.close()
    return Star(dsn)


@pytest.mark.usefixtures("nowhere")
def test_every_cell_runs_and_says_what_the_database_says(
    monkeypatch: pytest.MonkeyPatch, make_database: Callable[[], str]
) -> None:
    star = asyncio.run(played(make_database()))
    monkeypatch.setenv("ANALYST", as_role(star.dsn, "touchline_analyst"))
    for chosen, match in ((None, "begun"), ("over", "over")):
        given, instead = opened(monkeypatch, chosen)
        assert instead == []
        assert given["matches"]["match_id"].to_list() == ["begun", "over"]
        assert given["match"]["match_id"] == match
        said = star.rows("SELECT * FROM mart.fact_team_match WHERE match_id = %s ORDER BY is_home DESC", match)
        assert given["report"]["goals"].to_list() == [r["goals"] for r in said]
        assert given["shots"].filter(pl.col("is_home")).height == said[0]["shots"] > 0
        # A line of each outcome in each period, and a circle for each shot.
        periods = given["forecast"]["period"].n_unique()
        assert periods == (2 if match == "over" else 1)
        assert len(given["win_probability"].axes[0].lines) == 3 * periods
        assert len(given["shot_map"].axes[0].collections) == given["shots"].height
        for figure in ("win_probability", "shot_map"):
            given[figure].savefig(Path(given["season"].name) / figure)
        assert {(w.table, w.rows) for w in given["written"]} == {
            (table, star.figures("count(*)", f"mart.{table}")[0]) for table in ("fact_shot", "dim_player")
        }
        best = star.rows(
            "SELECT p.name, round(sum(s.xg)::numeric, 2)::float8 AS xg FROM mart.fact_shot s JOIN mart.dim_player p "
            "USING (player_key) WHERE NOT s.is_shootout GROUP BY p.name ORDER BY 2 DESC, 1 LIMIT 10"
        )
        assert given["best"].select("name", "xg").rows() == [(r["name"], pytest.approx(r["xg"])) for r in best] != []
        given["connection"].close()
        given["season"].cleanup()
    star.connection.close()


@pytest.mark.usefixtures("nowhere")
def test_without_a_database_or_a_match_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, make_database: Callable[[], str]
) -> None:
    given, instead = opened(monkeypatch)
    assert "connection" not in given
    assert instead == [
        "**No database runs in this clone.** Start one with `scripts/run`, or set `ANALYST` to a URL as in docs/analysts.md; "
        "then run all anew."
    ]
    monkeypatch.setenv("ANALYST", "postgresql://touchline_analyst@127.0.0.1:1/touchline")
    _, (reason,) = opened(monkeypatch)
    assert reason.startswith("**The database cannot be reached:** ")
    assert "onnection refused" in reason
    monkeypatch.setenv("ANALYST", as_role(make_database(), "touchline_analyst"))
    given, instead = opened(monkeypatch)
    assert "matches" not in given
    assert [i.split("**")[1] for i in instead] == ["There is no match yet."]
    given["connection"].close()


def test_the_page_says_what_to_install() -> None:
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["notebook"]
    names = [re.split(r"[<>=]", package)[0] for package in extra]
    page = (ROOT / "docs" / "analysts.md").read_text()
    assert f".venv/bin/python -m pip install {' '.join(names)}\n" in page
    assert f" {NOTEBOOK.relative_to(ROOT)}\n" in page
    imported = set(re.findall(r"^    (?:import|from) (\w+)", NOTEBOOK.read_text(), re.MULTILINE))
    assert set(names) <= imported
