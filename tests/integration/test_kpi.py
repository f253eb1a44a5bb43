"""Every named question beside the same figures, computed with Polars from log and signals and never from the marts."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
import pytest

from app.db.pool import open_pool
from app.warehouse.kpi import answer, declared, named
from tests.kpi_expected import EXPECTED
from tests.kpi_frames import Frames
from tests.star_kit import Star, real_there

Asked = Callable[[str, dict[str, str]], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def frames(star: Star) -> Frames:
    """What the questions are about, straight from the log."""
    return Frames(star)


@pytest.fixture(scope="module")
def asked(star: Star) -> Iterator[Asked]:
    """Asks a question by name, as the service's own role, over one connection for all of them."""
    with asyncio.Runner() as runner:
        pool = runner.run(open_pool(star.dsn, size=1))
        yield lambda name, given: runner.run(answer(pool, named(name), named(name).values(given)))
        runner.run(pool.close())


def same(mine: list[dict[str, Any]], theirs: pl.DataFrame, name: str) -> None:
    """The columns that were computed are equal row by row, floats to seven figures."""
    assert len(mine) == theirs.height, name
    for place, (a, b) in enumerate(zip(mine, theirs.iter_rows(named=True), strict=True)):
        for key, value in b.items():
            if isinstance(value, float) and a[key] is not None:
                assert math.isclose(a[key], value, rel_tol=1e-7, abs_tol=1e-7), (name, place, key, a, b)
            else:
                assert a[key] == value, (name, place, key, a, b)


def test_every_question_has_its_figures() -> None:
    assert set(EXPECTED) == set(declared())
    assert len(declared()) >= 20


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_question_agrees_with_polars(asked: Asked, frames: Frames, name: str) -> None:
    given, expected = EXPECTED[name]
    rows = asked(name, given)
    theirs = expected(frames)
    assert theirs.height > 0
    assert len(theirs.columns) >= 3
    same(rows, theirs, name)
    # DuckDB, ADBC and JSON take them as numbers.
    assert {type(v).__name__ for row in rows for v in row.values()} <= {
        "str",
        "int",
        "float",
        "bool",
        "datetime",
        "NoneType",
    }


@pytest.mark.parametrize(
    "name", [n for n, q in sorted(declared().items()) if "competition" in {p.name for p in q.parameters}]
)
def test_competition_and_season_leave_others_out(asked: Asked, name: str) -> None:
    whole = asked(name, {})
    assert asked(name, {"competition": "Nowhere"}) == []
    cup = asked(name, {"competition": "Cup"})
    assert 0 < len(cup) <= len(whole)
    if real_there() and name not in ("shots_by_kind",):
        assert cup != whole, "the real matches are of other competitions"
    of_2022 = asked(name, {"competition": "Cup", "season": "2022"})
    assert 0 < len(of_2022) <= len(cup)


def test_what_is_asked_of_one_team_is_of_one_team(asked: Asked) -> None:
    for name in ("ppda_by_match", "pressing_by_game_state", "goals_by_quarter", "squad_minutes"):
        rows = asked(name, {"team": "touchline:team:harbour"})
        assert {r["team_id"] for r in rows} == {"touchline:team:harbour"}
