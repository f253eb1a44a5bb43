"""Batch signals of football over logs by hand."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from analytics.batch.gridiron import values
from analytics.batch.log import LOG


def told(signal: str, *plays: tuple[str, int, dict[str, Any]]) -> list[Any]:
    """Subject and value of a signal at each play (type, period, fields) of the home team `h`."""
    info = {"home_team": "h", "away_team": "a"}
    rows = [(1, "e0", False, "match_info", 0, 0.0, 0.0, None, None, json.dumps(info), "recorded")]
    rows += [
        (i, f"e{i}", False, type_, period, float(i), i * 10.0, "h", None, json.dumps(fields), "recorded")
        for i, (type_, period, fields) in enumerate(plays, 2)
    ]
    found = values(pl.DataFrame(rows, LOG, orient="row"), {}).filter(pl.col("signal") == signal).sort("rank")
    return found.select("subject", "value").rows()


def touchdown(team: str, tried: int = 0) -> dict[str, Any]:
    return {"points": 6, "try_points": tried, "scoring_team": team, "score_kind": "touchdown"}


def test_each_class_is_counted_and_a_play_entered_twice_once() -> None:
    again = ("run", 1, {"text": "same", "down": 1})
    found = told(
        "play_class", ("kickoff", 1, {}), again, again, ("sack", 1, {}), ("run", 1, {"no_play": True}),
        ("run", 1, {"kneel": True}), ("pass", 1, {"spike": True}), ("penalty", 1, {"no_play": True}), ("pass", 1, {}),
    )  # fmt: skip
    kinds = ["kick", "rush", "dropback", "no_play", "kneel", "spike", "penalty", "dropback"]
    assert found == list(zip(kinds, [1.0] * 7 + [2.0], strict=True))


def test_garbage_time_goes_by_the_margin_before_the_play() -> None:
    # 7, 14, 16 and then 17 behind; the fourth quarter is decided above 16, overtime never.
    safety = {"points": 2, "scoring_team": "a", "score_kind": "safety"}
    one = {"points": 1, "scoring_team": "a"}
    found = told(
        "garbage_time", ("run", 4, touchdown("a", 1)), ("run", 4, touchdown("a", 1)), ("run", 4, safety),
        ("two_point", 4, one), ("run", 4, {}), ("run", 5, {}),
    )  # fmt: skip
    assert [v for _, v in found] == [0.0, 0.0, 0.0, 0.0, 1.0, 0.0]
