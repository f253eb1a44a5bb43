"""Parts of the goal mouth, and what an outcome says, worked out by hand."""

import pytest

from app.sports.soccer.events import OUTCOMES
from app.sports.soccer.goal_mouth import OFF_TARGET, ON_TARGET, middle_of, on_target, part_across, part_up


def test_every_outcome_of_a_shot_is_on_target_off_it_or_unknown() -> None:
    assert ON_TARGET | OFF_TARGET | {"unknown"} == set(OUTCOMES["shot"])
    assert not ON_TARGET & OFF_TARGET
    assert (on_target("saved"), on_target("post"), on_target("unknown"), on_target(None)) == (True, False, None, None)


@pytest.mark.parametrize(
    ("y_m", "part"), [(20.0, -1), (30.34, -1), (31.99, -1), (32.0, 0), (34.0, 0), (36.0, 0), (36.01, 1), (39.0, 1)]
)
def test_the_middle_is_two_metres_to_either_side(y_m: float, part: int) -> None:
    assert part_across(y_m) == part


@pytest.mark.parametrize(("z_m", "part"), [(-0.1, 0), (0.0, 0), (0.64, 0), (0.65, 1), (1.7, 1), (1.71, 2), (3.0, 2)])
def test_half_high_is_from_65_centimetres_to_170(z_m: float, part: int) -> None:
    assert part_up(z_m) == part


def test_the_middle_of_a_part_lies_in_it() -> None:
    for across in (-1, 0, 1):
        for up in (0, 1, 2):
            y_m, z_m = middle_of(across, up)
            assert (part_across(y_m), part_up(z_m)) == (across, up)
    assert middle_of(-1, 0) == pytest.approx((31.17, 0.325))
    assert middle_of(1, 1) == pytest.approx((36.83, 1.175))
    assert middle_of(0, 2) == pytest.approx((34.0, 2.07))
