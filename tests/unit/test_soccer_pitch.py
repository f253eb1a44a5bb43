"""The map from a provider's pitch to metres: markings by hand, and everything between them as kloppy has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kloppy import domain

from analytics import wyscout_pitch
from app.feeds._statsbomb.pitch import PITCH as STATSBOMB
from app.sports.soccer.pitch import Landmarks

KLOPPY_STATSBOMB = domain.ImperialPitchDimensions(
    x_dim=domain.Dimension(0, 120), y_dim=domain.Dimension(0, 80), standardized=True
)
PITCHES = [
    pytest.param(STATSBOMB, KLOPPY_STATSBOMB, 120.0, 80.0, id="statsbomb"),
    pytest.param(wyscout_pitch.PITCH, domain.WyscoutPitchDimensions(), 100.0, 100.0, id="wyscout"),
]


@pytest.mark.parametrize(
    ("point", "metres"),
    [
        ((0, 0), (0, 0)),
        ((6, 18), (5.5, 13.84)),
        ((12, 30), (11, 24.84)),
        ((18, 36), (16.5, 30.34)),
        ((22, 40), (20.15, 34)),
        ((50, 44), (43.35, 37.66)),
        ((60, 50), (52.5, 43.16)),
        ((102, 62), (88.5, 54.16)),
        ((120, 80), (105, 68)),
        ((3, 9), (2.75, 6.92)),
    ],
)
def test_statsbomb_markings(point: tuple[float, float], metres: tuple[float, float]) -> None:
    assert STATSBOMB.to_metres(*point) == pytest.approx(metres, abs=1e-12)


def test_wyscout_markings() -> None:
    assert wyscout_pitch.PITCH.to_metres(90, 50) == (94.0, 34.0)
    assert wyscout_pitch.PITCH.to_metres(84, 19) == pytest.approx((88.5, 13.84))
    assert wyscout_pitch.PITCH.to_metres(94, 63) == pytest.approx((99.5, 43.16))
    assert wyscout_pitch.PITCH.to_metres(100, 56) == pytest.approx((105.0, 37.66))


@pytest.mark.parametrize(("pitch", "kloppy", "length", "width"), PITCHES)
@given(along=st.floats(0, 1), across=st.floats(0, 1))
def test_on_the_pitch_it_is_kloppy(
    pitch: Landmarks, kloppy: domain.PitchDimensions, length: float, width: float, along: float, across: float
) -> None:
    x, y = along * length, across * width
    theirs = kloppy.to_metric_base(domain.Point(x, y))
    assert pitch.to_metres(x, y) == pytest.approx((theirs.x, theirs.y), abs=1e-9)


@pytest.mark.parametrize(("pitch", "kloppy", "length", "width"), PITCHES)
@given(x=st.floats(-20, 140), y=st.floats(-20, 140), step=st.floats(0.001, 10))
def test_it_is_symmetric_and_keeps_order(
    pitch: Landmarks, kloppy: domain.PitchDimensions, length: float, width: float, x: float, y: float, step: float
) -> None:
    x_m, y_m = pitch.to_metres(x, y)
    assert pitch.to_metres(length - x, width - y) == pytest.approx((105 - x_m, 68 - y_m), abs=1e-9)
    further = pitch.to_metres(x + step, y + step)
    assert further[0] > x_m
    assert further[1] > y_m


def test_off_the_pitch_the_outermost_piece_goes_on() -> None:
    x_scale, y_scale = 5.5 / 6, 13.84 / 18
    assert STATSBOMB.to_metres(-0.6, -1.8) == pytest.approx((-0.6 * x_scale, -1.8 * y_scale))
    assert STATSBOMB.to_metres(123, 82) == pytest.approx((105 + 3 * x_scale, 68 + 2 * y_scale))


@pytest.mark.parametrize("along", [(6, 12, 18, 60), (6, 12, 12, 22, 50, 60), (0, 12, 18, 22, 50, 60)])
def test_landmarks_must_be_complete_and_in_order(along: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="6 landmarks in increasing order"):
        Landmarks(along=along, across=(18, 30, 36, 40))
