"""Action values on real matches, where the shared data lies beside the repository."""

from __future__ import annotations

import gzip
import json
from typing import Any

import numpy as np
import polars as pl
import pytest

from analytics import actions, metrics
from analytics.data import table
from app.feeds.statsbomb import PROVIDER as STATSBOMB_FEED
from app.feeds.wyscout import PROVIDER as WYSCOUT_FEED
from app.models.registry import load
from app.sports.base import Event
from app.sports.fold import MatchFold, Point
from app.sports.loading import signals
from app.sports.soccer.action_value import Chain, follow
from app.sports.soccer.sport import SPORT
from tests.shared_data import DATA, STATSBOMB, WYSCOUT

MODEL = load("action_value")
# Wyscout: a league match and one of the World Cup. StatsBomb: matches
# of the World Cup with five goals and more; the final (8658) has an own goal and a penalty.
WYSCOUT_NAMES = ("2499777", "2058002")
STATSBOMB_NAMES = ("7584", "8658")


class Noted:
    """The model, and what it says."""

    def __init__(self) -> None:
        self.said: list[tuple[float, float]] = []
        self.kernel = self

    def predict(self, row: list[float]) -> tuple[float, float]:
        kernel: Any = MODEL.kernel
        self.said.append(kernel.predict(row))
        return self.said[-1]


def said(events: list[Event]) -> list[tuple[float, float]]:
    chain, noted = Chain(), Noted()
    for event in events:
        chain = follow(chain, event, noted)
    return noted.said


def scored(events: list[Event]) -> dict[str, list[Point]]:
    found: dict[str, list[Point]] = {"action_value": [], "player_impact": []}
    fold = MatchFold(SPORT, {name: signals(SPORT)[name] for name in found}, {"action_value": MODEL})
    for event in events:
        for point in fold.add(event):
            found[point.signal].append(point)
    assert fold.faults == []
    return found


if DATA.is_dir():

    @pytest.mark.parametrize("name", WYSCOUT_NAMES)
    def test_a_chance_in_training_is_the_chance_on_air(name: str) -> None:
        """Rows from the table that training reads, and the same match from its file as it is fed live. The table has whole
        milliseconds; where the file's fraction is next to a half, a wait differs by one, and a chance by a millionth."""
        number = pl.col("match_id") == int(name)
        match = table(DATA, "wyscout/matches.parquet").filter(number).collect().row(0, named=True)
        events = table(DATA, "wyscout/events.parquet").filter(number).collect()
        trained = said(actions.wyscout_match(events, [match["home_team_id"], match["away_team_id"]]))
        live = said(actions.file_events(WYSCOUT_FEED, WYSCOUT / "files" / f"{name}.json.gz"))
        assert np.array(trained) == pytest.approx(np.array(live), abs=1e-5)
        assert len(live) > 900

    @pytest.mark.parametrize("name", STATSBOMB_NAMES)
    def test_goals_and_what_makes_them_are_worth_most(name: str) -> None:
        path = STATSBOMB / "events" / f"{name}.json.gz"
        raw = {e["id"]: e for e in json.loads(gzip.decompress(path.read_bytes()))}
        points = [p for p in scored(actions.file_events(STATSBOMB_FEED, path))["action_value"] if p.value is not None]
        values = np.array([p.value for p in points])
        told = [raw[str(p.source_event_id)] for p in points]
        goals = np.array(["shot" in e and e["shot"]["outcome"]["name"] == "Goal" for e in told])
        passes = np.array(["pass" in e for e in told])
        made_a_shot = np.array(["pass" in e and bool(e["pass"].keys() & {"goal_assist", "shot_assist"}) for e in told])
        assert goals.sum() >= 3
        ranked = metrics.auc(goals, values)
        assert ranked is not None
        assert ranked > 0.999
        ranked = metrics.auc(made_a_shot[passes], values[passes])
        assert ranked is not None
        assert ranked > 0.7
        own = [p.value for p, e in zip(points, told, strict=True) if e["type"]["name"] == "Own Goal Against"]
        assert all(value is not None and value < -0.9 for value in own)

    def test_impact_adds_up_to_the_values_of_a_real_match() -> None:
        found = scored(actions.file_events(STATSBOMB_FEED, STATSBOMB / "events" / f"{STATSBOMB_NAMES[0]}.json.gz"))
        impact: dict[str, float] = {}
        for point in found["player_impact"]:
            assert point.value is not None
            impact[point.subject] = impact.get(point.subject, 0.0) + point.value
        sums = dict.fromkeys(impact, 0.0)
        for point in found["action_value"]:
            if point.value is not None:
                sums[point.subject] += point.value
        # Each value was rounded to its step before it was added here.
        assert impact == pytest.approx(sums, abs=0.016)
        assert len(impact) >= 22
