"""A small match, and a function over it that other processes can import by name."""

from __future__ import annotations

import os

import polars as pl

from analytics.batch.log import LOG
from analytics.batch.matches import values


def item(number: int) -> pl.DataFrame:
    """The log of a match in which the first team passes so often in its final third, and then the other."""
    passed = '{"x_m": 80.0, "y_m": 30.0, "outcome": "complete", "team_name": "T"}'
    rows = [
        (i, f"e{i}", False, "pass", 1, float(i), i * 10.0, "a" if i <= number else "b", None, passed, "recorded")
        for i in range(1, 9)
    ]
    return pl.DataFrame(rows, LOG, orient="row")


def last_tilt(log: pl.DataFrame) -> tuple[float, int]:
    """Field tilt of the first team at the last minute, and who computed it."""
    tilt = values("soccer", log).filter((pl.col("signal") == "field_tilt") & (pl.col("subject") == "a"))
    return tilt.sort("rank")["value"][-1], os.getpid()
