"""What a shot sees, against angles worked out by hand."""

import math

import pytest

from app.sports.soccer.events import Standing
from app.sports.soccer.freeze_frame import view

SPOT = (94.0, 34.0)
HALF_GOAL = math.atan2(3.66, 11)  # from the spot to a post


def test_an_empty_frame_hides_nothing() -> None:
    seen = view(*SPOT, [])
    assert (seen.in_triangle, seen.close, seen.nearest_m, seen.open_share, seen.keeper) == (0, 0, 15.0, 1.0, False)
    assert (seen.keeper_share, seen.keeper_line_m, seen.keeper_gap_m, seen.keeper_aside_m) == (0.0, 0.0, 0.0, 0.0)


def test_a_defender_in_the_way_hides_as_much_as_a_body_does() -> None:
    seen = view(*SPOT, [Standing(99.0, 34.0, "opponent")])
    assert (seen.in_triangle, seen.close, seen.nearest_m) == (1, 0, 5.0)
    assert seen.open_share == pytest.approx(1 - math.atan2(0.5, 5.0) / HALF_GOAL)


def test_what_two_hide_together_counts_once() -> None:
    one, two = Standing(99.0, 34.0, "opponent"), Standing(99.0, 34.2, "opponent")
    alone, both = view(*SPOT, [one]).open_share, view(*SPOT, [one, two]).open_share
    assert alone > both > alone - 0.1
    assert view(*SPOT, [one, one]).open_share == pytest.approx(alone)
    assert view(*SPOT, [two, one]) == view(*SPOT, [one, two])


def test_who_stands_behind_or_aside_is_not_in_the_triangle() -> None:
    seen = view(*SPOT, [Standing(92.0, 34.0, "opponent"), Standing(99.0, 40.0, "opponent")])
    assert (seen.in_triangle, seen.close, seen.nearest_m, seen.open_share) == (0, 1, 2.0, 1.0)


def test_team_mates_are_no_hindrance() -> None:
    assert view(*SPOT, [Standing(99.0, 34.0, "teammate")]) == view(*SPOT, [])


def test_the_goalkeeper_is_told_apart() -> None:
    seen = view(*SPOT, [Standing(104.0, 35.0, "keeper")])
    assert (seen.in_triangle, seen.close, seen.nearest_m, seen.open_share, seen.keeper) == (0, 0, 15.0, 1.0, True)
    assert (seen.keeper_line_m, seen.keeper_aside_m) == (1.0, 1.0)
    assert seen.keeper_gap_m == pytest.approx(math.hypot(10, 1))
    away = math.hypot(10, 1)
    assert seen.keeper_share == pytest.approx(math.atan2(1.0, away) / HALF_GOAL)


def test_a_goalkeeper_who_is_beaten_hides_nothing() -> None:
    assert view(*SPOT, [Standing(93.0, 34.0, "keeper")]).keeper_share == 0.0
    assert view(*SPOT, [Standing(104.0, 45.0, "keeper")]).keeper_share == 0.0


@pytest.mark.parametrize("place", [(105.0, 34.0), (110.0, 20.0), (104.99, 37.66), (-5.0, 73.0)])
def test_every_place_has_a_view(place: tuple[float, float]) -> None:
    frame = [Standing(105.0, 34.0, "keeper"), Standing(*place, "opponent"), Standing(103.0, 34.0, "opponent")]
    seen = view(*place, frame)
    assert all(math.isfinite(number) for number in seen)
    assert 0.0 <= seen.open_share <= 1.0
    assert 0.0 <= seen.keeper_share <= 1.0
