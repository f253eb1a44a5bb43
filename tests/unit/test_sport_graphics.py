"""What each sport says to a graphics engine: fields that are right, or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from app.sports.base import sports
from app.sports.graphics import Scene, Told, graphics_of, per_cent
from app.sports.loading import signals
from tests.running import ROOT

MATCH = {
    "home_id": "h", "away_id": "a", "home": "Home FC", "away": "Guests", "home_score": 1, "away_score": 0,
}  # fmt: skip


def said(sport: str, graphic: str, scene: Scene) -> Any:
    standing = graphics_of(f"app.sports.{sport}")[graphic].standing
    assert standing is not None
    return standing(scene)


def told(sport: str, value: Told) -> Any:
    moment = graphics_of(f"app.sports.{sport}")["key_play"].moment
    assert moment is not None
    return moment(value)


@pytest.mark.parametrize("name", list(sports()))
def test_a_graphic_is_declared_whole_and_of_signals_that_there_are(name: str) -> None:
    sport = sports()[name]
    for key, graphic in graphics_of(sport.package).items():
        assert key == graphic.name
        assert (graphic.standing is None) != (graphic.moment is None)
        assert set(graphic.signals) <= set(signals(sport)), key
        assert graphic.command.isupper()


def test_a_sport_without_graphics_has_none() -> None:
    assert graphics_of("app.feeds") == {}


def test_every_split_adds_up_to_a_hundred() -> None:
    for thousandths in range(1001):
        home = thousandths / 1000.0
        away = (1000 - thousandths) / 1000.0
        assert per_cent(home) + per_cent(away) == 100.0
        fields = said(
            "gridiron", "win_probability", Scene(MATCH, {}, {"win_probability": {"home": home, "away": away}})
        )
        assert fields == {"home_wp": per_cent(home), "away_wp": per_cent(away)}
        assert fields["home_wp"] == round(fields["home_wp"], 1)


@pytest.mark.parametrize(
    "values",
    [{}, {"home": 0.5}, {"home": 0.5, "away": None}, {"home": 0.5, "away": 0.4}, {"home": None, "away": None}],
)
def test_half_a_split_is_none(values: dict[str, float | None]) -> None:
    assert said("gridiron", "win_probability", Scene(MATCH, {}, {"win_probability": values})) is None
    assert said("soccer", "win_probability", Scene(MATCH, {}, {"win_probability": values})) is None


def test_soccer_has_three_outcomes() -> None:
    values = {"home": 0.448, "draw": 0.255, "away": 0.297}
    fields = said("soccer", "win_probability", Scene(MATCH, {}, {"win_probability": values}))
    assert fields == {"home_wp": 44.8, "draw_wp": 25.5, "away_wp": 29.7}


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        (
            {"possession_team": "h", "down": 3, "distance_yd": 7, "yards_to_goal": 75},
            (3, 7, "own 25", 75, "home"),
        ),
        ({"possession_team": "a", "down": 1, "distance_yd": 5, "yards_to_goal": 5}, (1, 5, "opp 5", 5, "away")),
        ({"possession_team": "a", "down": 4, "distance_yd": 0, "yards_to_goal": 50}, (4, 0, "50", 50, "away")),
        # A kick-off or a try is due.
        (
            {"possession_team": "h", "down": None, "distance_yd": None, "yards_to_goal": None},
            (None, None, None, None, "home"),
        ),
        ({"possession_team": None, "down": 2, "distance_yd": 3, "yards_to_goal": 9}, (None, None, None, None, None)),
        ({"possession_team": "somebody", "down": 2, "distance_yd": 3, "yards_to_goal": 9}, (None,) * 5),
        ({}, (None,) * 5),
    ],
)
def test_the_situation_is_that_of_the_next_snap(details: dict[str, Any], expected: tuple[Any, ...]) -> None:
    fields = said("gridiron", "situation", Scene(MATCH, details, {}))
    assert tuple(fields.values()) == expected
    assert list(fields) == ["down", "distance", "field_position", "yards_to_goal", "possession"]


def test_a_key_play_has_the_words_of_the_feed() -> None:
    event = {"type": "run", "fields": {"text": "J. Doe run  for 40 yds\nfor a TD"}}
    fields = told("gridiron", Told("key_plays", "a", 0.12, MATCH, event))
    assert fields == {
        "play_description": "J. Doe run for 40 yds for a TD", "wpa": 0.12, "team": "away", "duration_ms": 8000,
    }  # fmt: skip
    for nothing in (None, {"type": "run"}, {"type": "run", "fields": {"text": " "}}):
        assert told("gridiron", Told("key_plays", "a", 0.12, MATCH, nothing)) is None


def test_a_goal_and_a_dismissal_are_described() -> None:
    goal = {"type": "shot", "clock_display": "12:34", "fields": {"outcome": "goal", "player_name": "Nine"}}
    fields = told("soccer", Told("key_moments", "h", 0.235, MATCH, goal))
    assert fields["play_description"] == "Goal: Nine, 12:34. Home FC 1-0 Guests"
    assert (fields["wpa"], fields["team"]) == (0.235, "home")
    card = {"type": "card", "clock_display": "60:00", "fields": {"card": "red"}}
    fields = told("soccer", Told("key_moments", "a", -0.1, {**MATCH, "home": None}, card))
    assert fields["play_description"] == "Red card for Guests, 60:00. Home 1-0 Guests"
    assert told("soccer", Told("key_moments", "h", 0.2, MATCH, None)) is None
    assert told("soccer", Told("key_moments", "nobody", 0.2, MATCH, goal)) is None


def test_every_command_is_in_the_manual() -> None:
    page = (ROOT / "docs" / "graphics-commands.md").read_text()
    for sport in sports().values():
        for graphic in graphics_of(sport.package).values():
            row = next(line for line in page.splitlines() if line.startswith(f"| `{graphic.command}` "))
            assert f"`{graphic.name}`" in row
            own, _, _ = graphic.description.partition(":")
            assert all(f"`{word}`" in row for word in own.split(", ") if word.isidentifier()), row
