"""Two versions of a signal beside each other: golden values by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from analytics.compare import SHOWN, compare, render
from app.commands.signals_diff import SCHEMA


def points(*rows: tuple[Any, Any, Any]) -> pl.DataFrame:
    """One row an anchor: value of a, of b ("-" for not said), and what happened."""
    told = []
    for number, (a, b, happened) in enumerate(rows):
        of_a, of_b = (None if v == "-" else v for v in (a, b))
        told.append(("m", "p1", f"event:{number}", 1, number * 60.0, of_a, of_b, a != "-", b != "-", happened))
    return pl.DataFrame(told, schema=SCHEMA, orient="row")


def test_distance_and_rank() -> None:
    found = compare(points((0.1, 0.2, None), (0.2, 0.1, None), (0.4, 0.4, None), (0.5, "-", None), (None, 0.9, None)))
    assert (found["points_a"], found["points_b"], found["both"], found["same"]) == (5, 4, 3, 1)
    assert found["mae"] == pytest.approx(0.2 / 3)
    assert found["max_abs"] == pytest.approx(0.1)
    # Ranks 1 2 3 against 2 1 3: 1 - 6 (1 + 1) / (3 * 8).
    assert found["spearman"] == pytest.approx(0.5)
    assert [d["anchor"] for d in found["disagreements"]] == ["event:0", "event:1"]
    assert (found["a"]["n"], found["a"]["unknown"], found["a"]["mean"]) == (4, 1, pytest.approx(0.3))
    assert found["outcomes"] is None


def test_quality_is_of_the_same_rows_for_both() -> None:
    found = compare(points((0.5, 0.9, True), (0.5, 0.1, False), (0.5, "-", True)))
    assert found["outcomes"]["a"]["n"] == found["outcomes"]["b"]["n"] == 2
    assert found["outcomes"]["a"]["brier"] == pytest.approx(0.25)
    assert found["outcomes"]["b"]["brier"] == pytest.approx(0.01)
    assert found["outcomes"]["b"]["auc"] == 1.0


def test_what_is_no_probability_has_no_outcome_quality() -> None:
    assert compare(points((5.0, 6.0, True), (4.0, 7.0, False)))["outcomes"] is None


@pytest.mark.parametrize("rows", [[], [(1.0, "-", None)], [(1.0, 1.0, None)], [(1.0, 1.0, None), (1.0, 2.0, None)]])
def test_little_or_nothing_to_compare_is_no_fault(rows: list[Any]) -> None:
    found = compare(points(*rows))
    assert found["spearman"] is None
    assert "beside" in render({**found, "signal": "s", "versions": ["s@1", "s@2"]})


def test_the_list_of_disagreements_ends() -> None:
    found = compare(points(*[(0.0, n / 100, None) for n in range(1, 31)]))
    assert [d["b"] for d in found["disagreements"]] == [pytest.approx((30 - n) / 100) for n in range(SHOWN)]
