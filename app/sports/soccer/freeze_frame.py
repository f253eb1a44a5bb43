"""What stands between a shot and the goal, from a freeze frame. Pure functions of places; metres and radians.

The goal as seen from the shot is an angle between two posts. A player who stands in it hides a part of it: as much as a
body of half a metre to either side does, and a goalkeeper, who spreads, one of a metre. What is hidden twice counts once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from app.sports.soccer.events import GOAL_WIDTH_M, PITCH_LENGTH_M, PITCH_WIDTH_M, Standing

BODY_M, KEEPER_M = 0.5, 1.0
# Further away an opponent is no hindrance, and a provider's camera no longer shows him.
FARTHEST_M = 15.0
CLOSE_M = 3.0
FRAME_TERMS = ("keeper_line_m", "log_nearest", "log_open", "keeper_gap_share", "lob", "keeper_line_squared_m2")
_MIDDLE_Y_M = PITCH_WIDTH_M / 2
_POST_M = GOAL_WIDTH_M / 2


class View(NamedTuple):
    """What a shot sees.

    in_triangle: opponents, their goalkeeper left out, between the ball and the posts.
    close: opponents, their goalkeeper left out, within 3 m. nearest_m: the nearest of them, 15 m at most.
    open_share: share of the angle between the posts that no opponent but the goalkeeper hides, 0 to 1.
    keeper: is the opponents' goalkeeper in the frame? What follows is 0 where he is not.
    keeper_share: share of that angle that the goalkeeper hides, 0 to 1.
    keeper_line_m: how far he stands from his goal line. keeper_gap_m: from the shot.
    keeper_aside_m: from the line between the shot and the middle of the goal.
    """

    in_triangle: int
    close: int
    nearest_m: float
    open_share: float
    keeper: bool
    keeper_share: float
    keeper_line_m: float
    keeper_gap_m: float
    keeper_aside_m: float


def view(x_m: float, y_m: float, frame: Sequence[Standing]) -> View:
    """The view from a shot at (x_m, y_m); the team that shoots attacks towards x 105."""
    depth_m = max(PITCH_LENGTH_M - x_m, 0.1)
    low = math.atan2(_MIDDLE_Y_M - _POST_M - y_m, depth_m)
    high = math.atan2(_MIDDLE_Y_M + _POST_M - y_m, depth_m)
    in_triangle = close = 0
    nearest_m = FARTHEST_M
    hidden: list[tuple[float, float]] = []
    keeper: Standing | None = None
    for player in frame:
        if player.role == "keeper":
            keeper = player
        elif player.role == "opponent":
            away_m = math.hypot(player.x_m - x_m, player.y_m - y_m)
            nearest_m = min(nearest_m, away_m)
            close += away_m <= CLOSE_M
            if player.x_m > x_m:
                at = math.atan2(player.y_m - y_m, player.x_m - x_m)
                in_triangle += low <= at <= high and player.x_m <= PITCH_LENGTH_M
                hidden.append(_shadow(at, away_m, BODY_M))
    total = high - low
    share = 1.0 - _covered(hidden, low, high) / total
    if keeper is None:
        return View(in_triangle, close, nearest_m, share, False, 0.0, 0.0, 0.0, 0.0)
    gap_m = math.hypot(keeper.x_m - x_m, keeper.y_m - y_m)
    keeper_share = 0.0
    if keeper.x_m > x_m:
        at = math.atan2(keeper.y_m - y_m, keeper.x_m - x_m)
        keeper_share = _covered([_shadow(at, gap_m, KEEPER_M)], low, high) / total
    # Twice the triangle's area over its base: how far the keeper is off the straight way to the middle of the goal.
    across = (PITCH_LENGTH_M - x_m) * (keeper.y_m - y_m) - (_MIDDLE_Y_M - y_m) * (keeper.x_m - x_m)
    way_m = max(math.hypot(PITCH_LENGTH_M - x_m, _MIDDLE_Y_M - y_m), 0.1)
    line_m = max(PITCH_LENGTH_M - keeper.x_m, 0.0)
    return View(in_triangle, close, nearest_m, share, True, keeper_share, line_m, gap_m, abs(across) / way_m)


def terms(x_m: float, y_m: float, frame: Sequence[Standing], technique: str | None) -> Sequence[float]:
    """What a freeze frame adds to the terms of xG, in the order of FRAME_TERMS (shape: 6).

    keeper_line_m: how far the goalkeeper is off his line, 8 m at most. log_nearest: logarithm of the metres to the nearest
    other opponent. log_open: logarithm of the share of the goal that nobody hides. keeper_gap_share: from the shot to the
    goalkeeper, over the way to the goal, 2 at most. lob: the provider calls the shot one (`detail`).
    keeper_line_squared_m2: square of keeper_line_m. A step off the line narrows the goal; far off it he leaves it open.
    """
    seen = view(x_m, y_m, frame)
    way_m = max(math.hypot(PITCH_LENGTH_M - x_m, _MIDDLE_Y_M - y_m), 1.0)
    keeper_line_m = min(seen.keeper_line_m, 8.0)
    return (
        keeper_line_m,
        math.log(max(seen.nearest_m, 0.5)),
        math.log(max(seen.open_share - seen.keeper_share, 0.02)),
        min(seen.keeper_gap_m / way_m, 2.0),
        float(technique is not None and "Lob" in technique),
        keeper_line_m * keeper_line_m,
    )


def _shadow(at: float, away_m: float, half_m: float) -> tuple[float, float]:
    """The angles that a body hides, seen from the ball."""
    half = math.atan2(half_m, max(away_m, 0.1))
    return at - half, at + half


def _covered(parts: list[tuple[float, float]], low: float, high: float) -> float:
    """How much of low to high the parts cover together."""
    covered, reached = 0.0, low
    for begin, end in sorted(parts):
        new = min(end, high) - max(begin, reached)
        if new > 0.0:
            covered += new
            reached = min(end, high)
    return covered
