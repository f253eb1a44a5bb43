"""From a provider's pitch to metres: each marking to where the Laws put it, straight lines in between.

Providers draw every pitch on one grid whose markings keep to no single scale: on StatsBomb's 120 x 80 the penalty
spot is 12 of 120 along, which is 10.5 m of 105 if scaled straight, not 11. Here each half of a provider's pitch is
cut at its markings, and each piece is stretched to the length it has on a 105 x 68 m pitch.

Source: the markings are Law 1 of the IFAB Laws of the Game. The cuts, the penalty arc and the centre circle among
them, are those of kloppy 3.19 (`PitchDimensions.to_metric_base` onto `MetricPitchDimensions`), with which points on
the pitch agree. Off the pitch the outermost piece goes on, where kloppy changes to the scale of the whole pitch.
Unit: metres of the canonical frame (`app.sports.soccer.events`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from app.sports.soccer.events import GOAL_WIDTH_M, PITCH_LENGTH_M, PITCH_WIDTH_M

PENALTY_SPOT_M = 11.0
SIX_YARD_LENGTH_M, SIX_YARD_WIDTH_M = 5.5, 18.32
PENALTY_AREA_LENGTH_M, PENALTY_AREA_WIDTH_M = 16.5, 40.32
CIRCLE_RADIUS_M = 9.15  # of the centre circle, and of the arc around the penalty spot

# Metres from the goal line, and from the touchline, to each marking of a half; the last is the middle of the pitch.
ALONG_M = (
    SIX_YARD_LENGTH_M,
    PENALTY_SPOT_M,
    PENALTY_AREA_LENGTH_M,
    PENALTY_SPOT_M + CIRCLE_RADIUS_M,
    PITCH_LENGTH_M / 2 - CIRCLE_RADIUS_M,
    PITCH_LENGTH_M / 2,
)
ACROSS_M = (
    (PITCH_WIDTH_M - PENALTY_AREA_WIDTH_M) / 2,
    (PITCH_WIDTH_M - SIX_YARD_WIDTH_M) / 2,
    (PITCH_WIDTH_M - GOAL_WIDTH_M) / 2,
    PITCH_WIDTH_M / 2,
)


class Landmarks:
    """A provider's pitch: x from 0 at the own goal line, y from 0 at the left touchline, both halves alike.

    along: six-yard box, penalty spot, penalty area, top of the penalty arc, near edge of the centre circle, centre
    line, as distances from the goal line. across: edge of the penalty area, edge of the six-yard box, inside of the
    post, middle of the goal, as distances from the touchline. Both in the provider's own unit, strictly increasing.
    """

    __slots__ = ("_x", "_x_inner", "_y", "_y_inner")

    def __init__(self, along: Sequence[float], across: Sequence[float]) -> None:
        """Errors: ValueError where landmarks are missing or out of order."""
        self._x_inner, self._x = _pieces(along, ALONG_M)
        self._y_inner, self._y = _pieces(across, ACROSS_M)

    def to_metres(self, x: float, y: float) -> tuple[float, float]:
        """The point in metres on 105 x 68; one off the pitch goes on at the scale of the outermost piece."""
        x_from, x_m, x_scale = self._x[bisect_right(self._x_inner, x)]
        y_from, y_m, y_scale = self._y[bisect_right(self._y_inner, y)]
        return x_m + (x - x_from) * x_scale, y_m + (y - y_from) * y_scale


def _pieces(
    half: Sequence[float], half_m: Sequence[float]
) -> tuple[tuple[float, ...], tuple[tuple[float, float, float], ...]]:
    """The cuts inside the pitch, and for each piece between two: where it starts, its start in metres, its scale."""
    at, at_m = _both_halves(half), _both_halves(half_m)
    if len(at) != len(at_m) or any(a >= b for a, b in pairwise(at)):
        raise ValueError(f"Expected {len(half_m)} landmarks in increasing order, above 0, not {tuple(half)}.")
    scales = [(at_m[i + 1] - at_m[i]) / (at[i + 1] - at[i]) for i in range(len(at) - 1)]
    # A piece is measured from its start, so that a point on a marking lands on the marking exactly.
    return at[1:-1], tuple(zip(at[:-1], at_m[:-1], scales, strict=True))


def _both_halves(half: Sequence[float]) -> tuple[float, ...]:
    """From one line to the other: 0, the landmarks, and the landmarks seen from the far end."""
    return (0.0, *half, *(2 * half[-1] - d for d in reversed(half[:-1])), 2 * half[-1])
