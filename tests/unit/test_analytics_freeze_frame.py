"""Training the research-only xG on made-up shots: what a frame is worth is found again, and what is missing is said."""

from typing import Any

import numpy as np
import pytest

from analytics import artifact
from analytics.shot_events import Taken
from analytics.train_xg_freeze_frame import cross_validated, fit, read
from app.errors import UsageError
from app.models.registry import load
from app.sports.soccer.build_up import NOTHING
from app.sports.soccer.events import Standing
from app.sports.soccer.freeze_frame import FRAME_TERMS, terms
from app.sports.soccer.shots import TERMS
from tests.engine_kit import folded, shot

XG: Any = load("xg").kernel


def made(n: int = 2000, **more: Any) -> list[Taken]:
    """Shots of which one with a defender a metre away is scored a third as often; every tenth is a penalty."""
    random, found = np.random.default_rng(4), []
    for i in range(n):
        penalty, near = i % 10 == 0, i % 2 == 1
        x_m, y_m = float(random.uniform(85, 100)), float(random.uniform(26, 42))
        goal = i % 40 != 0 if penalty else random.uniform() < (0.1 if near else 0.3)
        frame = [[104.5, 34.0, "keeper"], [x_m - (1.0 if near else 8.0), y_m, "opponent"]]
        told = {"x_m": x_m, "y_m": y_m, "provider_xg": 0.2, "freeze_frame": None if penalty else frame}
        told["shot_kind"] = "penalty" if penalty else "open_play"
        event = folded(shot(f"s{i}", float(i), "goal" if goal else "saved", **{**told, **more}))
        found.append(Taken(i // 25, None, event, NOTHING))
    return found


def test_what_the_frame_is_worth_is_found_again() -> None:
    shots = read(made())
    assert shots.design.shape == (2000, len(TERMS) + len(FRAME_TERMS))
    model = artifact.ready(artifact.build("xg_freeze_frame", "logistic", fit(shots.design, shots.goal, XG), {}))
    kernel: Any = model.kernel
    assert kernel.features == (*TERMS, *FRAME_TERMS)
    given = kernel.predict_many(shots.design)
    near = np.arange(2000) % 2 == 1
    penalty = np.arange(2000) % 10 == 0
    assert given[penalty] == pytest.approx(0.75, abs=1e-4)
    assert given[near].mean() == pytest.approx(0.1, abs=0.03)
    assert given[~near & ~penalty].mean() == pytest.approx(0.3, abs=0.03)


def test_no_shot_is_judged_by_a_model_that_saw_its_match() -> None:
    shots = read(made(500))
    turned = shots._replace(goal=np.where(shots.match_id == 3, ~shots.goal, shots.goal))
    mine = shots.match_id == 3
    one, other = cross_validated(shots, XG), cross_validated(turned, XG)
    assert one[mine].tolist() == other[mine].tolist()
    assert (one[~mine] != other[~mine]).any()


def test_shots_without_a_frame_are_no_training() -> None:
    with pytest.raises(UsageError, match="freeze frames"):
        read(made(20, freeze_frame=None, shot_kind="open_play"))
    everything = read(made(40, shot_kind="open_play", freeze_frame=[[104.0, 34.0, "keeper"]]))
    with pytest.raises(UsageError, match="penalties"):
        fit(everything.design, everything.goal, XG)


def test_the_terms_of_a_frame() -> None:
    found = terms(94.0, 34.0, [Standing(104.0, 34.0, "keeper"), Standing(94.0, 38.0, "opponent")], "Lob")
    keeper_line_m, log_nearest, log_open, gap_share, lob, squared_m2 = found
    assert (keeper_line_m, gap_share, lob, squared_m2) == (1.0, 10 / 11, 1.0, 1.0)
    assert np.exp(log_nearest) == pytest.approx(4.0)
    assert np.exp(log_open) == pytest.approx(1 - np.arctan2(1, 10) / np.arctan2(3.66, 11))
    assert terms(94.0, 34.0, [], None) == (0.0, pytest.approx(np.log(15)), 0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(("x_m", "line_m"), [(104.5, 0.5), (102.0, 3.0), (97.0, 8.0), (80.0, 8.0)])
def test_how_far_the_goalkeeper_is_off_his_line_counts_squared_too_and_up_to_8_m(x_m: float, line_m: float) -> None:
    found = terms(75.0, 34.0, [Standing(x_m, 34.0, "keeper")], None)
    assert (found[0], found[-1]) == (line_m, line_m * line_m)
