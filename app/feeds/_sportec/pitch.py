"""A place on the feed's pitch as the canonical frame has it.

Events have metres from the corner at the bottom left, X to the right and Y upwards, whichever way anybody plays (kloppy:
`SportecEventDataCoordinateSystem`); what pitch that is says `_sportec.context`. The markings of a real pitch are where the Laws put them; only what lies between
them differs from ground to ground. So a place keeps its distance from goal line, penalty spot and area on a pitch of any
size, and is stretched between them.
"""

from __future__ import annotations

from functools import lru_cache

from app.sports.soccer.events import GOAL_WIDTH_M
from app.sports.soccer.pitch import ALONG_M, CIRCLE_RADIUS_M, PENALTY_AREA_WIDTH_M, SIX_YARD_WIDTH_M, Landmarks


@lru_cache(maxsize=256)
def _landmarks(length_m: float, width_m: float) -> Landmarks:
    half, middle = length_m / 2, width_m / 2
    return Landmarks(
        along=(*ALONG_M[:4], half - CIRCLE_RADIUS_M, half),
        across=(middle - PENALTY_AREA_WIDTH_M / 2, middle - SIX_YARD_WIDTH_M / 2, middle - GOAL_WIDTH_M / 2, middle),
    )


def to_canonical(x_m: float, y_m: float, size_m: tuple[float, float], plays_right: bool) -> tuple[float, float]:
    """A place in the feed's metres as metres on 105 x 68, seen by the team that plays to the right, or to the left.

    size_m: length and width of the real pitch.
    """
    length_m, width_m = size_m
    along, across = (x_m, width_m - y_m) if plays_right else (length_m - x_m, y_m)
    x, y = _landmarks(length_m, width_m).to_metres(along, across)
    # Straight pieces leave a trace of floating point: what was told to a centimetre is kept to a tenth of a millimetre.
    return round(x, 4), round(y, 4)
