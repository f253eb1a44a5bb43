"""Bookmakers' odds before kick-off beside the Wyscout matches of the same leagues."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from analytics.data import table

_DIVISIONS = {"England": "E0", "Germany": "D1", "Spain": "SP1", "Italy": "I1"}
_SEASON = "2017-18"
_KEY = ("division", "date", "home_score", "away_score")
