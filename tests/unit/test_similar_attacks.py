"""Attacks of soccer: where one begins and ends, its numbers worked out by hand, its words."""

from __future__ import annotations

import math
from typing import Any

import pytest

from app.sports.base import Event, sports
from app.sports.similar import embedding_of, embeddings, similarity
from app.sports.soccer.attack_numbers import is_cross, is_through_ball, numbers_of
from app.sports.soccer.attacks import ORIGINS, attacks_of
from app.sports.soccer.similar import EMBEDDING, words
from tests.engine_kit import HARBOUR, NORTHGATE, feed, folded
from tests.real_match import events_of, word
from tests.shared_data import STATSBOMB, statsbomb_matches


def at(name: str, clock_s: float, type: str = "pass", team: str | None = HARBOUR, **fields: Any) -> Event:
    given = {"x_m": 50.0, "y_m": 34.0, "player": "p", **fields}
    return folded(feed(name, clock_s, type, team=team, clock_s=clock_s, **given))


def cut(*events: Event) -> list[tuple[str, str, list[str]]]:
    return [(a.team, a.origin, [e.source_event_id for e in a.touches]) for a in attacks_of(events)]


def test_the_other_team_with_the_ball_begins_an_attack() -> None:
    assert cut(at("a", 1), at("b", 2), at("c", 3, team=NORTHGATE), at("d", 4)) == [
        (HARBOUR, "regain", ["a", "b"]),
        (NORTHGATE, "regain", ["c"]),
        (HARBOUR, "regain", ["d"]),
    ]


def test_a_defenders_touch_ends_no_attack_and_begins_the_next_one() -> None:
    blocked = at("x", 2, "block", team=NORTHGATE)
    assert cut(at("a", 1), blocked, at("b", 3)) == [(HARBOUR, "regain", ["a", "b"])]
    (attack,) = attacks_of([at("a", 1), blocked, at("b", 3)])
    assert attack.events == ["a", "x", "b"]
    won = at("x", 2, "interception", team=NORTHGATE, x_m=30.0)
    assert cut(at("a", 1), won, at("c", 3, team=NORTHGATE)) == [
        (HARBOUR, "regain", ["a"]),
        (NORTHGATE, "regain", ["x", "c"]),
    ]
    held = at("x", 2, "goalkeeper", team=NORTHGATE)
    assert cut(at("a", 1), held, at("c", 3, team=NORTHGATE))[1] == (NORTHGATE, "keeper", ["x", "c"])


@pytest.mark.parametrize("kind", ["corner", "free_kick", "throw_in", "goal_kick", "kick_off"])
def test_a_restart_begins_an_attack_of_the_same_team(kind: str) -> None:
    assert cut(at("a", 1), at("b", 2, pass_kind=kind), at("c", 3)) == [
        (HARBOUR, "regain", ["a"]),
        (HARBOUR, kind, ["b", "c"]),
    ]


def test_kicks_at_goal_are_attacks_of_their_own() -> None:
    penalty = at("b", 2, "shot", shot_kind="penalty", outcome="saved")
    direct = at("c", 3, "shot", shot_kind="free_kick", outcome="saved")
    rebound = at("d", 4, "shot", shot_kind="open_play", outcome="goal")
    assert cut(at("a", 1), penalty, direct, rebound) == [
        (HARBOUR, "regain", ["a"]),
        (HARBOUR, "penalty", ["b"]),
        (HARBOUR, "free_kick", ["c", "d"]),
    ]


def test_a_pause_and_the_end_of_a_period_end_an_attack() -> None:
    assert [t for _, _, t in cut(at("a", 1), at("b", 31), at("c", 61.1))] == [["a", "b"], ["c"]]
    assert [t for _, _, t in cut(at("a", 1), at("b", 2, "period_end", team=None), at("c", 3))] == [["a"], ["c"]]
    assert [t for _, _, t in cut(at("a", 1), at("b", 2, period=2))] == [["a"], ["b"]]


def test_kicks_of_a_shoot_out_and_events_of_nobody_belong_to_none() -> None:
    kick = at("a", 7200, "shot", period=5, shot_kind="penalty", outcome="goal")
    assert cut(kick, at("b", 1, "stoppage", team=None)) == []


def test_every_event_of_an_attack_means_one_of_its_moments() -> None:
    events = [
        at("a", 1),
        at("p", 1.5, "pressure", team=NORTHGATE),
        at("b", 2, "shot", outcome="saved", x_m=95.0),
        at("s", 2.5, "goalkeeper", team=NORTHGATE, outcome="saved_twice"),
        at("c", 3, "shot", outcome="goal", x_m=100.0),
        at("r", 3.5, "foul_won"),
    ]
    found = EMBEDDING.moments([word("match_info", competition="Cup"), *events])
    assert [(m.event, m.events) for m in found] == [("b", ("a", "p", "b")), ("c", ("s", "c", "r"))]
    assert {m.competition for m in found} == {"Cup"}
    assert found[1].what == "attack, 1 pass, 2 s, goal"


def test_an_attack_without_a_place_is_no_moment_and_a_short_one_is_only_asked() -> None:
    assert EMBEDDING.moments([at("a", 1, x_m=None, y_m=None)]) == []
    (short,) = EMBEDDING.moments([at("a", 1), at("b", 2)])
    assert (short.event, short.is_kept, short.has_shot) == ("b", False, False)
    (corner,) = EMBEDDING.moments([at("a", 1, pass_kind="corner")])
    assert corner.is_kept


def test_the_numbers_of_an_attack() -> None:
    """By hand, from the table in attack_numbers."""
    touches = [
        at("a", 0, x_m=21.0, y_m=34.0, end_x_m=63.0, end_y_m=34.0, outcome="complete"),
        at("b", 6, "carry", x_m=63.0, y_m=34.0, end_x_m=84.0, end_y_m=34.0),
        at("c", 12, "shot", x_m=84.0, y_m=34.0, outcome="saved", body_part="head", shot_kind="open_play"),
    ]
    numbers = numbers_of("regain", touches)
    assert numbers is not None
    assert len(numbers) == EMBEDDING.dimensions == 44
    start = len(ORIGINS)
    assert numbers[:start] == (0.9, *(0.0,) * (start - 1))
    # 21 and 84 of 105 m, in the middle.
    assert numbers[start : start + 4] == pytest.approx((0.7 * 0.2, 0.0, 0.7 * 0.8, 0.0))
    # Five places (three touches, two ends): 21 m in zone 1, 63 m twice in zone 3, 84 m twice in zone 4.
    path = dict(enumerate(numbers[start + 4 : start + 16]))
    assert {k: v for k, v in path.items() if v} == pytest.approx(
        {2: 0.6 * math.sqrt(1 / 5), 6: 0.6 * math.sqrt(2 / 5), 8: 0.6 * math.sqrt(2 / 5)}
    )
    # 12 s, one pass, 63 m in 12 s, straight, 63 m forward.
    tempo = (math.log(13) / math.log(61), math.log(2) / math.log(21), 0.525, 1.0, 93 / 110)
    assert numbers[start + 16 : start + 21] == pytest.approx(tempo)
    # The pass was more than 8 s ago.
    assert numbers[start + 21 : start + 29] == (0.0,) * 8
    angle_rad = 2 * math.atan2(3.66, 21.0)
    finish = (1.5, 2.2 * 21 / 40, 0.8 * angle_rad / (math.pi / 2), 0.8, 0.0, 0.0)
    assert numbers[start + 29 : start + 35] == pytest.approx(finish)
    # Carried 21 m.
    assert numbers[-1] == pytest.approx(0.5 * 0.7)


def test_the_last_pass_counts_and_left_is_right() -> None:
    def crossed(y_m: float, end_y_m: float) -> tuple[float, ...]:
        touches = [
            at("a", 0, x_m=90.0, y_m=y_m, end_x_m=95.0, end_y_m=end_y_m, outcome="complete"),
            at("b", 1, "shot", x_m=95.0, y_m=end_y_m, outcome="saved"),
        ]
        found = numbers_of("regain", touches)
        assert found is not None
        return found

    left = crossed(4.0, 34.0)
    assert left == crossed(64.0, 34.0)
    # 30.4 m long, 5 m forward, 30 m across, ends at 95 m in the middle, a cross of more than 30 m.
    said = (0.5 * math.hypot(5, 30) / 60, 0.5 * 35 / 80, 0.5 * 0.6, 0.5 * 95 / 105, 0.0, 1.0, 0.0, 1.0)
    assert left[len(ORIGINS) + 21 : len(ORIGINS) + 29] == pytest.approx(said)


def test_crosses_and_through_balls() -> None:
    wing = {"x_m": 90.0, "y_m": 5.0, "end_x_m": 97.0, "end_y_m": 34.0}
    assert is_cross(at("a", 1, **wing))
    assert is_cross(at("a", 1, cross=True))
    assert not is_cross(at("a", 1, **wing, pass_kind="throw_in"))
    assert not is_cross(at("a", 1, **{**wing, "y_m": 30.0}))
    behind = {"x_m": 70.0, "y_m": 34.0, "end_x_m": 90.0, "end_y_m": 40.0, "outcome": "complete"}
    assert is_through_ball(at("a", 1, **behind))
    assert is_through_ball(at("a", 1, detail="Through Ball"))
    assert not is_through_ball(at("a", 1, **{**behind, "outcome": "incomplete"}))
    assert not is_through_ball(at("a", 1, **{**behind, "x_m": 80.0}))


@pytest.mark.parametrize(
    ("origin", "touches", "told"),
    [
        ("penalty", [at("a", 0, "shot", shot_kind="penalty", outcome="goal")], "penalty, 0 passes, 0 s, goal"),
        (
            "free_kick",
            [at("a", 0, "shot", shot_kind="free_kick", outcome="post", x_m=80.0)],
            "direct free kick, 0 passes, 0 s, shot against the post",
        ),
        (
            "corner",
            [
                at("a", 0, x_m=105.0, pass_kind="corner"),
                at("b", 2, "shot", x_m=99.0, body_part="head", outcome="off_target"),
            ],
            "corner, 1 pass, 2 s, header off target",
        ),
        (
            "regain",
            [at("a", 0, x_m=30.0), at("b", 4, x_m=60.0), at("c", 8, "shot", x_m=93.0, outcome="blocked")],
            "counter attack, 2 passes, 8 s, shot blocked",
        ),
        (
            "regain",
            [at("a", 0, x_m=70.0), at("b", 9, "shot", x_m=75.0, outcome="saved")],
            "long-range shot, 1 pass, 9 s, shot saved",
        ),
        ("throw_in", [at("a", 0, x_m=70.0), at("b", 5), at("c", 6)], "throw-in, 3 passes, 6 s, no shot"),
        ("regain", [at(f"p{n}", n * 4.0, x_m=55.0) for n in range(8)], "build-up, 8 passes, 28 s, no shot"),
    ],
)
def test_words(origin: str, touches: list[Event], told: str) -> None:
    assert words(origin, touches) == told


def test_a_sport_without_a_file_has_no_embedding() -> None:
    assert embedding_of(sports()["gridiron"]) is None
    assert embeddings() == {"soccer": EMBEDDING}


def test_similarity_goes_from_one_to_nothing() -> None:
    assert (similarity(0.0), similarity(1.0)) == (1.0, 0.5)
    assert 0.0 < similarity(1e9) < 1e-8


if STATSBOMB.is_dir():  # without the data there is nothing to cut, and nothing to skip

    def test_a_real_match_is_cut_whole() -> None:
        """Every action with the ball belongs to exactly one moment; every shot in play is one."""
        (path,) = list(statsbomb_matches(0).values())[:1]
        events = events_of("statsbomb", path)
        moments = EMBEDDING.moments(events)
        held = [i for m in moments for i in m.events]
        assert len(held) == len(set(held))
        with_ball = {
            e.source_event_id for e in events if e.type in ("pass", "carry", "dribble", "shot") and e.period < 5
        }
        assert with_ball <= set(held)
        assert {m.event for m in moments if m.has_shot} == {
            e.source_event_id for e in events if e.type == "shot" and e.period < 5
        }
        assert all(len(m.numbers) == EMBEDDING.dimensions and all(math.isfinite(n) for n in m.numbers) for m in moments)
