"""Action values on real matches, where the shared data lies beside the repository."""

from __future__ import annotations

import gzip
import json
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest

from analytics import actions
from analytics.data import table
from analytics.train_action_value import measure
from app.feeds.statsbomb import PROVIDER as STATSBOMB_FEED
from app.feeds.wyscout import PROVIDER as WYSCOUT_FEED
from app.models.registry import load
from app.sports.base import Event
from app.sports.fold import MatchFold, Point
from app.sports.loading import signals
from app.sports.soccer.action_value import Chain, follow
from app.sports.soccer.sport import SPORT
from tests.shared_data import DATA, STATSBOMB, WYSCOUT, wyscout_matches

NAMES = ("action_value", "player_impact")
FINAL = "7585"  # the same World Cup match in both feeds
MODEL = load("action_value")


def scored(events: list[Event]) -> list[Point]:
    fold = MatchFold(SPORT, {name: signals(SPORT)[name] for name in NAMES}, {"action_value": MODEL})
    found = [point for event in events for point in fold.add(event)]
    assert fold.faults == []
    return found


class Noted:
    """The model, and what it said."""

    def __init__(self) -> None:
        self.said: list[tuple[float, float]] = []
        self.kernel = self

    def predict(self, row: list[float]) -> tuple[float, float]:
        kernel: Any = MODEL.kernel
        self.said.append(kernel.predict(row))
        return self.said[-1]


def said_live(events: list[Event]) -> list[tuple[float, float]]:
    chain, noted = Chain(), Noted()
    for event in events:
        chain = follow(chain, event, noted)
    return noted.said
