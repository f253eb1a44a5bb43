"""Post-shot xG, goals prevented and finishing efficiency: golden values, edge cases, and a real match."""

import gzip
from types import SimpleNamespace
from typing import Any

import pytest

from app.feeds.base import FeedEvent, provider
from app.models.registry import load, load_all
from app.sports.base import Event
from app.sports.fold import MatchFold, Point, current, position
from app.sports.loading import signals
from app.sports.soccer.post_shot import POST_SHOT_FEATURES, TERMS, terms
from app.sports.soccer.sport import SPORT
from tests.engine_kit import HARBOUR, NORTHGATE, feed, folded, shot, tiny
from tests.shared_data import DATA, statsbomb_matches, wyscout_matches

NAMES = ("finishing_efficiency", "goals_prevented", "post_shot_xg", "xg")
OWN = {name: signals(SPORT)[name] for name in NAMES}
MODELS = load_all()
TEAMS = [feed("l1", 0.1, "lineup"), feed("l2", 0.2, "lineup", team=NORTHGATE)]
CORNER = {"end_x_m": 105.0, "end_y_m": 31.56, "end_z_m": 0.4}


class Fixed:
    """A model that says the same of every shot, or of one after another."""

    label = "fixed@1"

    def __init__(self, *chances: float) -> None:
        self._left = list(chances)
        self.kernel = self

    def predict(self, terms: Any) -> float:
        return self._left.pop(0) if len(self._left) > 1 else self._left[0]


def fold(events: list[Event], models: Any = MODELS) -> list[Point]:
    done = MatchFold(SPORT, OWN, models)
    points = [point for event in events for point in done.add(event)]
    assert done.faults == []
    return points


def said(name: str, *events: FeedEvent, models: Any = MODELS) -> list[tuple[str, float | None, str]]:
    points = fold([folded(event) for event in (*TEAMS, *events)], models)
    return [(p.subject, p.value, p.status) for p in points if p.signal == name]


def only(name: str, *events: FeedEvent, models: Any = MODELS) -> float | None:
    values = [value for _, value, _ in said(name, *events, models=models)]
    assert len(values) == 1
    return values[0]


def striker(team: str = HARBOUR) -> str:
    return f"{team.replace(':team:', ':player:')}-9"


def test_finishing_golden_value() -> None:
    told = said("finishing_efficiency", shot("a", 1, "goal"), shot("b", 2, "off_target"), models={"xg": Fixed(0.2)})
    assert [value for _, value, _ in told] == [0.8, -0.2]
    assert {subject for subject, _, _ in told} == {striker()}


def test_finishing_is_the_goal_less_the_xg_that_is_said() -> None:
    for outcome, goal in (("goal", 1), ("saved", 0), ("post", 0), ("blocked", 0), ("unknown", 0)):
        event = shot("a", 1, outcome)
        expected = goal - (only("xg", event) or 0.0)
        assert only("finishing_efficiency", event) == pytest.approx(expected, abs=1.01e-4)


@pytest.mark.parametrize("missing", ["x_m", "y_m", "body_part", "shot_kind", "outcome"])
def test_finishing_is_degraded_where_its_xg_or_the_outcome_is_unknown(missing: str) -> None:
    event = shot("a", 1, **{"outcome": "saved", missing: None})
    assert said("finishing_efficiency", event) == [(striker(), None, "degraded")]


def test_prevented_golden_value() -> None:
    shots = (shot("a", 1, "saved", **CORNER), shot("b", 2, "goal", **CORNER))
    told = said("goals_prevented", *shots, models={"post_shot_xg": Fixed(0.7, 0.7, 0.4)})
    assert told == [(NORTHGATE, 0.7, "provisional"), (NORTHGATE, pytest.approx(-0.6), "provisional")]


def test_prevented_is_the_post_shot_xg_less_the_goal_and_belongs_to_the_other_team() -> None:
    for team, other in ((HARBOUR, NORTHGATE), (NORTHGATE, HARBOUR)):
        for outcome, goal in (("goal", 1), ("saved", 0), ("saved_to_post", 0)):
            event = shot("a", 1, outcome, team=team, **CORNER)
            value = only("post_shot_xg", event) or 0.0
            assert 0.0 < value < 1.0
            assert said("goals_prevented", event) == [(other, pytest.approx(value - goal, abs=1.01e-4), "provisional")]


@pytest.mark.parametrize("outcome", ["off_target", "wayward", "blocked", "post", "saved_off_target"])
def test_a_shot_off_target_is_nothing_whatever_else_is_missing(outcome: str) -> None:
    bare = feed("a", 1, "shot", player=striker(), outcome=outcome)
    assert said("post_shot_xg", bare) == [(striker(), 0.0, "provisional")]
    assert said("goals_prevented", bare) == []


@pytest.mark.parametrize("missing", ["x_m", "y_m", "body_part", "shot_kind", "end_y_m", "end_z_m"])
def test_a_shot_on_target_that_is_not_told_in_full_is_degraded_and_counts_on_neither_side(missing: str) -> None:
    for outcome in ("saved", "goal"):
        event = shot("a", 1, **{"outcome": outcome, **CORNER, missing: None})
        assert said("post_shot_xg", event) == [(striker(), None, "degraded")]
        assert said("goals_prevented", event) == []


@pytest.mark.parametrize("outcome", [None, "unknown"])
def test_a_shot_whose_end_is_not_told_is_degraded(outcome: str | None) -> None:
    event = feed("a", 1, "shot", player=striker(), x_m=94.0, y_m=34.0, outcome=outcome, **CORNER)
    assert said("post_shot_xg", event) == [(striker(), None, "degraded")]
    assert said("goals_prevented", event) == []


def test_a_penalty_has_a_value_of_its_own_wherever_it_is_said_to_be_taken_from() -> None:
    def penalty(**more: Any) -> float | None:
        return only("post_shot_xg", shot("a", 1, shot_kind="penalty", **{**CORNER, **more}))

    assert penalty() == penalty(x_m=80.0, y_m=10.0, body_part=None)
    assert penalty() != only("post_shot_xg", shot("a", 1, x_m=94.0, y_m=34.0, **CORNER))
    taken = terms(11.0, 0.6, 0.0, header=False, free_kick=False, penalty=True, across=1, up=2)
    told = {name: term for name, term in zip(TERMS, taken, strict=True) if term}
    assert told == {"penalty": 1.0, "penalty_wide": 1.0, "penalty_high": 1.0}


def test_kicks_of_a_shoot_out_count_for_nothing_and_extra_time_counts() -> None:
    kick = {"shot_kind": "penalty", **CORNER}
    for name in NAMES:
        assert said(name, shot("a", 1, "goal", period=5, **kick)) == []
        assert said(name, shot("a", 1, "goal", period=4, **kick)) != []


def test_own_goals_and_red_cards_change_nothing() -> None:
    for name in NAMES:
        alone = said(name, shot("a", 1, "saved", **CORNER))
        others = [feed("o", 0.5, "own_goal"), feed("r", 0.6, "card", player=striker(), card="red")]
        assert said(name, *others, shot("a", 1, "saved", **CORNER)) == alone


def test_a_goal_that_is_disallowed_takes_its_values_with_it() -> None:
    goal, after = shot("a", 1, "goal", **CORNER), shot("b", 50, "saved", **CORNER)
    amended = shot("a", 1, "off_target")
    story = [(folded(e, i), "recorded") for i, e in enumerate([*TEAMS, goal, after], 1)]
    withdrawn = fold(current([*story, (folded(goal, 9), "retracted")]))
    assert withdrawn == [p for p in fold(current(story)) if p.anchor != "event:a"]
    changed = fold(current([*story, (folded(amended, 9), "amended")]))
    by_signal = {p.signal: p.value for p in changed if p.anchor == "event:a"}
    assert by_signal.keys() == {"finishing_efficiency", "post_shot_xg", "xg"}
    assert by_signal["post_shot_xg"] == 0.0
    assert by_signal["finishing_efficiency"] == pytest.approx(-(by_signal["xg"] or 0.0), abs=1.01e-4)


def test_a_shot_before_the_other_team_is_known_says_nothing_false() -> None:
    points = fold([folded(shot("a", 1, "saved", **CORNER))])
    assert [(p.subject, p.value, p.status) for p in points if p.signal == "goals_prevented"] == [
        (HARBOUR, None, "degraded")
    ]


def test_the_corners_of_the_goal_are_worth_more_than_its_middle() -> None:
    def worth(across: float, height_m: float, **more: Any) -> float:
        place = {"end_x_m": 105.0, "end_y_m": 34.0 + across, "end_z_m": height_m}
        value = only("post_shot_xg", shot("a", 1, x_m=92.0, y_m=34.0, **{**place, **more}))
        assert value is not None
        return value

    for height_m in (0.3, 1.2, 2.2):
        assert worth(2.6, height_m) > worth(0.0, height_m)
        assert worth(2.6, height_m) == worth(-2.6, height_m)
    assert worth(0.0, 2.2) > worth(0.0, 1.2)


def test_the_model_has_the_terms_of_the_signal() -> None:
    kernel: Any = load("post_shot_xg").kernel
    assert kernel.features == TERMS
    assert set(POST_SHOT_FEATURES) < set(OWN["post_shot_xg"].spec.features) <= set(SPORT.features)
    assert len(terms(10.0, 0.5, 3.0, header=True, free_kick=False, penalty=False, across=-1, up=0)) == len(TERMS)


def test_the_fixture_match_is_scored_without_a_fault() -> None:
    points = fold([folded(event) for event in tiny()])
    assert {"xg", "finishing_efficiency", "post_shot_xg"} <= {p.signal for p in points}


if DATA.is_dir():  # without the data there is nothing to fold, and nothing to skip

    @pytest.mark.parametrize("feed_name", ["statsbomb", "wyscout"])
    def test_real_matches_add_up(feed_name: str) -> None:
        files = statsbomb_matches(2) if feed_name == "statsbomb" else wyscout_matches(2)
        read, placed = provider(feed_name), 0
        for path in list(files.values())[:2]:
            messages = [m for m in read.split(gzip.decompress(path.read_bytes())) if isinstance(m, bytes)]
            options = read.stream_options(messages)
            events = sorted((folded(read.decode(m, options)) for m in messages), key=position)
            points = fold(events)
            goals = {e.source_event_id for e in events if e.type == "shot" and e.fields.outcome == "goal"}
            by_anchor: dict[str, dict[str, Point]] = {}
            for point in points:
                by_anchor.setdefault(point.source_event_id or "", {})[point.signal] = point
            for anchor, told in by_anchor.items():
                scored = float(anchor in goals)
                if told["xg"].value is not None:
                    finishing = told["finishing_efficiency"].value
                    assert finishing == pytest.approx(scored - told["xg"].value, abs=1.01e-4)
                if "goals_prevented" in told:
                    placed += 1
                    value = told["post_shot_xg"].value
                    assert value is not None
                    assert value > 0.0
                    assert told["goals_prevented"].value == pytest.approx(value - scored, abs=1.01e-4)
                    assert told["goals_prevented"].subject != told["xg"].team_id
        assert placed > 10


def test_a_shot_is_forgotten_with_the_next_event() -> None:
    """Or a correction of it would be felt until the next shot."""
    loaded = OWN["goals_prevented"]
    assert loaded.init is not None
    assert loaded.step is not None
    memory = loaded.step(loaded.init(), folded(shot("a", 1, "saved", **CORNER)), MODELS["post_shot_xg"])
    assert memory != loaded.init()
    assert loaded.ask is not None
    assert loaded.ask(SimpleNamespace(home_id="x", away_id="y"), memory) is None
    assert loaded.step(memory, folded(feed("p", 2)), MODELS["post_shot_xg"]) == loaded.init()
