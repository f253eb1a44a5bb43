"""The signal of the freeze frame on a model made by hand: values worked out by hand, and every edge of its definition."""

from __future__ import annotations

import gzip
import math
from typing import Any

import msgspec
import pytest

from analytics import artifact
from analytics.shot_events import Match, shots_of
from analytics.train_xg_freeze_frame import read
from app.feeds import statsbomb
from app.feeds.base import FeedEvent
from app.models.registry import Model
from app.scoring.brought import research_file
from app.sports.base import Event
from app.sports.fold import MatchFold, Point, current
from app.sports.loading import read_signal, signals
from app.sports.soccer.sport import SPORT
from tests.engine_kit import HARBOUR, feed, folded, shot
from tests.research_kit import made
from tests.shared_data import statsbomb_matches

MODEL: Any = artifact.ready(made())
KEEPER = [103.0, 34.0, "keeper"]
# Four metres beside the ball: near, and in nobody's way.
ASIDE = [94.0, 38.0, "opponent"]
AT: dict[str, Any] = {"x_m": 94.0, "y_m": 34.0}
PATH = research_file(SPORT, "xg_freeze_frame")
assert PATH is not None
SIGNAL = read_signal(PATH, SPORT)[0]


def points(*given: FeedEvent | Event, model: Model = MODEL) -> tuple[list[Point], MatchFold]:
    """What the signal says of these events."""
    fold = MatchFold(SPORT, {"s": msgspec.structs.replace(SIGNAL, model=model)}, {})
    return [p for e in given for p in fold.add(e if isinstance(e, Event) else folded(e))], fold


def one(**told: Any) -> Point:
    """What it says of one shot from the mark, with this frame unless another is told."""
    [point] = points(shot("s1", 10.0, **{**AT, "freeze_frame": [KEEPER, ASIDE], **told}))[0]
    return point


def test_it_is_not_among_the_signals_that_go_on_air_by_themselves() -> None:
    assert "xg_freeze_frame" not in signals(SPORT)
    assert research_file(SPORT, "xg") is None
    assert research_file(SPORT, "../signals/xg") is None


def test_a_shot_worked_out_by_hand() -> None:
    # 11 m from the goal, the goalkeeper 2 m off his line and 9 m away, an opponent 4 m away. He hides atan(1/9) of
    # atan(3.66/11) to either side of the middle.
    hidden = math.atan(1 / 9) / math.atan(3.66 / 11)
    log_odds = -0.1 * 11 + 0.5 * 2 + math.log(4) + 2 * math.log(1 - hidden) - 9 / 11
    point = one()
    assert point.value == pytest.approx(1 / (1 + math.exp(-log_odds)), abs=5e-5)
    assert point.value == pytest.approx(0.4069, abs=1e-4)
    assert (point.subject, point.model, point.status) == (
        "touchline:player:harbour-9",
        "xg_freeze_frame@1",
        "provisional",
    )


def test_who_stands_in_the_way_lowers_it_and_pressure_too() -> None:
    free = one().value or 0.0
    assert (one(freeze_frame=[KEEPER, ASIDE, [100.0, 33.0, "opponent"]]).value or 0.0) < free
    assert (one(freeze_frame=[KEEPER, [94.0, 36.0, "opponent"]]).value or 0.0) < free
    assert one(freeze_frame=[KEEPER, ASIDE, [94.5, 34.0, "teammate"]]).value == free


def test_a_lob_is_told_by_the_provider() -> None:
    plain, lob = (one(detail=d).value or 0.0 for d in ("Volley", "Lob"))
    assert math.log(lob / (1 - lob)) - math.log(plain / (1 - plain)) == pytest.approx(0.25, abs=1e-3)


def test_a_goalkeeper_who_is_not_in_sight_counts_as_in_training() -> None:
    log_odds = -0.1 * 11 + math.log(4)
    assert one(freeze_frame=[ASIDE]).value == pytest.approx(1 / (1 + math.exp(-log_odds)), abs=5e-5)


def test_a_penalty_is_a_constant_without_place_and_frame() -> None:
    assert one(shot_kind="penalty", freeze_frame=None).value == 0.75
    assert one(shot_kind="penalty", x_m=None, y_m=None, body_part=None, freeze_frame=None).value == 0.75
    assert one(shot_kind="penalty").value == 0.75


def test_a_kick_of_a_shoot_out_has_none() -> None:
    kick = shot("k", 10.0, "goal", period=5, clock_s=7200.0, shot_kind="penalty")
    assert points(kick)[0] == []


@pytest.mark.parametrize(
    "told", [{"freeze_frame": None}, {"freeze_frame": []}, {"body_part": None}, {"shot_kind": None}, {"x_m": None}]
)
def test_what_is_not_told_in_full_is_degraded_and_never_a_guess(told: dict[str, Any]) -> None:
    point = one(**told)
    assert (point.value, point.status) == (None, "degraded")


def test_own_goals_are_no_shots_and_what_is_withdrawn_counts_no_more() -> None:
    own = [feed("o", 5.0, "own_goal"), feed("p", 5.5, "own_goal_against", team=HARBOUR)]
    first, second = (folded(shot(n, o, **AT, freeze_frame=[KEEPER])) for n, o in (("a", 10.0), ("b", 20.0)))
    assert [p.source_event_id for p in points(*own, first, second)[0]] == ["a", "b"]
    left = current([(first, "recorded"), (second, "recorded"), (first, "retracted")])
    assert [p.source_event_id for p in points(*left)[0]] == ["b"]


def test_in_extra_time_it_is_the_same() -> None:
    [late] = points(shot("s1", 10.0, period=3, clock_s=5500.0, **AT, freeze_frame=[KEEPER, ASIDE]))[0]
    assert late.value == one().value


def test_a_model_of_other_terms_degrades_and_says_so() -> None:
    other = made()
    other["parameters"]["features"] = [*other["parameters"]["features"][:-1], "chip"]
    model = artifact.ready(artifact.build("xg_freeze_frame", "logistic", other["parameters"], {}, 3))
    [point], fold = points(shot("s1", 10.0, **AT, freeze_frame=[KEEPER]), model=model)
    assert (point.value, point.status) == (None, "degraded")
    assert "xg_freeze_frame@3 was trained on other terms: train it again" in fold.faults[0].reason


@pytest.mark.parametrize("path", statsbomb_matches(4).values(), ids=lambda p: p.name.split(".")[0])
def test_live_and_training_see_the_same(path: Any) -> None:
    messages = [m for m in statsbomb.PROVIDER.split(gzip.decompress(path.read_bytes())) if isinstance(m, bytes)]
    options = statsbomb.stream_options(messages)
    events = [folded(statsbomb.PROVIDER.decode(m, options)) for m in messages]
    told = {p.source_event_id: p.value for p in points(*events)[0] if p.value is not None}
    trained = read(shots_of([Match(1, None, events)]))
    assert len(trained.goal) == len(told) > 5
    expected = [round(MODEL.kernel.predict(row), 4) for row in trained.design.tolist()]
    assert list(told.values()) == pytest.approx(expected, abs=1e-9)
