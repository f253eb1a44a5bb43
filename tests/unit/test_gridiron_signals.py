"""Play class, success, garbage time, drive summary and pace, by figures worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from app.feeds.base import FeedEvent
from app.sports.gridiron.importance import importance
from app.sports.gridiron.outcomes import is_garbage
from app.sports.gridiron.sport import SPORT
from app.sports.loading import refused
from tests.gridiron_kit import AWAY, HOME, INFO, Folded, snap

KICK = snap("k", 1, "kickoff", HOME)


def play(name: str, order: float, type: str = "run", team: str = AWAY, **more: Any) -> FeedEvent:
    return snap(name, order, type, team, **{"down": 1, "distance_yd": 10, "yards_to_goal": 60, "yards": 3, **more})


def test_no_signal_is_refused() -> None:
    assert refused(SPORT) == []


@pytest.mark.parametrize(
    ("down", "distance", "yards", "worked"),
    [
        (1, 10, 5, 1.0), (1, 10, 4, 0.0), (2, 10, 7, 1.0), (2, 10, 6, 0.0), (3, 3, 3, 1.0), (3, 3, 2, 0.0), (4, 1, 0, 0.0),
        (4, 1, 1, 1.0), (1, 15, 8, 1.0), (1, 15, 7, 0.0), (2, 7, 5, 1.0), (2, 7, 4, 0.0),
    ],
)  # fmt: skip
def test_success_is_half_seventy_and_all_of_the_distance(down: int, distance: int, yards: int, worked: float) -> None:
    game = Folded([INFO, KICK, play("a", 2, down=down, distance_yd=distance, yards=yards)])
    assert game.said("success") == [("a", worked)]


@pytest.mark.parametrize(
    ("fields", "worked"),
    [
        ({"score_kind": "touchdown", "scoring_team": AWAY, "points": 6, "yards": None}, 1.0),
        ({"score_kind": "touchdown", "scoring_team": HOME, "points": 6}, 0.0),
        ({"score_kind": "safety", "scoring_team": HOME, "points": 2, "yards": None}, 0.0),
        ({"first_down": True, "yards": None}, 1.0),
        ({"fumble_lost": True, "fumble": True, "yards": 30}, 0.0),
        ({"yards": None}, None),
        ({"down": None}, None),
    ],
)
def test_scores_turnovers_first_downs_and_what_is_missing(fields: dict[str, Any], worked: float | None) -> None:
    game = Folded([INFO, KICK, play("a", 2, **fields)])
    points = [p for p in game.points if p.signal == "success"]
    assert [(p.value, p.status, p.subject) for p in points] == [
        (worked, "degraded" if worked is None else "provisional", AWAY)
    ]


@pytest.mark.parametrize(
    ("type", "fields"),
    [("run", {"kneel": True}), ("pass", {"spike": True}), ("run", {"no_play": True}), ("punt", {}), ("penalty", {})],
)
def test_what_neither_succeeds_nor_fails(type: str, fields: dict[str, Any]) -> None:
    assert Folded([INFO, KICK, play("a", 2, type, **fields)]).said("success") == []


@pytest.mark.parametrize(
    ("type", "fields", "kind"),
    [
        ("run", {}, "rush"), ("pass", {}, "dropback"), ("sack", {}, "dropback"), ("punt", {}, "kick"), ("penalty", {}, "penalty"),
        ("field_goal", {}, "kick"), ("extra_point", {}, "try"), ("two_point", {}, "try"), ("run", {"no_play": True}, "no_play"),
        ("run", {"kneel": True}, "kneel"), ("pass", {"spike": True}, "spike"),
    ],
)  # fmt: skip
def test_the_class_whose_count_moves_is_the_plays(type: str, fields: dict[str, Any], kind: str) -> None:
    game = Folded([INFO, KICK, play("a", 2, type, **fields), play("b", 3, type, yards_to_goal=50, **fields)])
    moved = [(p.source_event_id, p.subject, p.value) for p in game.points if p.signal == "play_class"]
    first = 2.0 if kind == "kick" else 1.0
    assert moved == [("k", "kick", 1.0), ("a", kind, first), ("b", kind, first + 1.0)]


@pytest.mark.parametrize(("period", "above"), [(1, 28), (2, 24), (3, 21), (4, 16)])
def test_garbage_time_is_a_margin_above_the_quarters(period: int, above: int) -> None:
    assert is_garbage(period, above + 1)
    assert is_garbage(period, -above - 1)
    assert not is_garbage(period, above)


def test_overtime_is_never_garbage() -> None:
    assert not is_garbage(5, 40)


def test_garbage_time_looks_at_the_score_before_the_play() -> None:
    made = [
        play(f"t{n}", 2 + n, score_kind="touchdown", scoring_team=AWAY, points=6, period=4, clock_s=2800.0)
        for n in range(3)
    ]
    back = play("u", 8, team=HOME, score_kind="touchdown", scoring_team=HOME, points=6, period=4, clock_s=2900.0)
    game = Folded([INFO, KICK, *made, back, play("v", 9, period=4, clock_s=2950.0)])
    # 18 points ahead only after the third touchdown, and 12 after the answer: the comeback is no garbage in hindsight.
    assert game.said("garbage_time") == [("k", 0.0), ("u", 1.0), ("v", 0.0)]


def test_a_drive_is_summed_up_and_ends_with_its_result() -> None:
    events = [
        INFO,
        KICK,
        play("a", 2, yards=4, clock_s=30.0, end_team=AWAY, end_down=2, end_distance_yd=6, end_yards_to_goal=56),
        play(
            "b",
            3,
            "pass",
            down=2,
            distance_yd=6,
            yards_to_goal=56,
            yards=20,
            clock_s=62.0,
            end_team=AWAY,
            end_yards_to_goal=36,
        ),
        play("c", 4, "field_goal", clock_s=100.0, score_kind="field_goal", scoring_team=AWAY, points=3, yards=None),
    ]
    figures = Folded(events).last("drive_summary")
    assert figures == {
        "number": 1.0, "plays": 2.0, "yards": 24.0, "seconds": 70.0, "points": 3.0, "start_yards_to_goal": 60.0, "result": 2.0
    }  # fmt: skip


def test_pace_is_the_clock_between_snaps_of_one_drive() -> None:
    end = snap("e", 9, "period_end", None, clock_s=900.0)
    snaps = [play("a", 2, clock_s=300.0), play("b", 3, clock_s=330.0), play("c", 4, clock_s=350.0)]
    game = Folded([INFO, KICK, *snaps, play("h", 5, team=HOME, clock_s=400.0), end])
    assert game.last("pace")[AWAY] == 25.0
    assert HOME not in game.last("pace")


def test_college_overtime_has_no_pace() -> None:
    over = [play("a", 2, period=5, clock_s=4500.0), play("b", 3, period=5, clock_s=4500.0)]
    game = Folded([INFO, KICK, *over, snap("e", 9, "period_end", None, period=5, clock_s=4500.0)])
    assert game.last("pace") == {}


@pytest.mark.parametrize(
    ("type", "fields", "weight"),
    [
        ("run", {}, 0),
        ("run", {"down": 4}, 1),
        ("field_goal", {}, 1),
        ("pass", {"intercepted": True}, 2),
        ("status", {}, 2),
        ("run", {"points": 6}, 3),
        ("score", {}, 3),
    ],
)
def test_importance(type: str, fields: dict[str, Any], weight: int) -> None:
    assert importance(type, snap("a", 1, type, **fields).fields) == weight
