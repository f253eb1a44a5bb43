"""The football signals that run on the model: from plays, through the fold, to values."""

from collections import defaultdict
from typing import Any

import pytest

from app.models.registry import load
from app.sports.base import Event
from app.sports.fold import Point
from app.sports.gridiron import win_chances
from app.sports.gridiron.events import Fields
from app.sports.gridiron.signals import key_plays
from app.sports.gridiron.situation import Situation
from app.sports.gridiron.swings import points_before
from tests.gridiron_match import events_of, favoured, points_of
from tests.shared_data import DATA

CFB = DATA / "cfb_espn" / "summary"
K: Any = load("gridiron").kernel
HOME, AWAY = "cfb_espn:team:1", "cfb_espn:team:2"
SIGNALS = (
    "epa", "fourth_down", "key_plays", "leverage", "player_impact", "win_probability", "win_probability_no_spread", "wpa",
)  # fmt: skip


def event(name: str, type: str, team: str | None, clock_s: float, period: int = 1, **more: Any) -> Event:
    player = more.pop("player", None)
    order = more.pop("order", clock_s)
    return Event(1, name, False, type, period, order, clock_s, team, player, Fields(**more))


def game(*events: Event, league: str = "cfb") -> list[Event]:
    """Who plays, an opening kick-off of the away team to the home team's 25, and then these."""
    return [
        event("info", "game_info", None, 0.0, 0, home_team=HOME, away_team=AWAY, league=league),
        event("kick", "kickoff", AWAY, 0.0, 1, end_team=HOME, end_down=1, end_distance_yd=10, end_yards_to_goal=75),
        *events,
    ]


def run(
    name: str, clock_s: float, place: tuple[int, int, int], then: tuple[int, int, int] | None, **more: Any
) -> Event:
    """Home runs from a down, distance and place; then: what the feed says comes next, of `end_team`."""
    told = {} if then is None else {
        "end_team": more.pop("end_team", HOME), "end_down": then[0], "end_distance_yd": then[1], "end_yards_to_goal": then[2],
    }  # fmt: skip
    type, period = more.pop("type", "run"), more.pop("period", 1)
    return event(
        name, type, HOME, clock_s, period, down=place[0], distance_yd=place[1], yards_to_goal=place[2], **told, **more
    )


def said(points: list[Point], signal: str, name: str) -> dict[str, float | None]:
    return {p.subject: p.value for p in points if p.signal == signal and p.source_event_id == name}


def at(down: int, distance: int, yards: int, clock_s: float, **more: Any) -> Situation:
    """Home has the ball in the first quarter."""
    given: dict[str, Any] = {
        "offense_is_home": True, "down": down, "distance_yd": distance, "yards_to_goal": yards, "half_s": 1800 - clock_s,
        "game_s": 3600 - clock_s, "period": 1, "home_score": 0, "away_score": 0, "home_timeouts": 3, "away_timeouts": 3,
        "home_receives_second_half": False, "is_overtime": False, "league": "cfb", "home_spread": None,
    }  # fmt: skip
    return Situation(**{**given, **more})


def test_a_play_is_worth_what_follows_less_what_was() -> None:
    points = points_of(game(run("a", 30.0, (1, 10, 75), (2, 3, 68), yards=7, player="p")), *SIGNALS)
    before, after = at(1, 10, 75, 30.0), at(2, 3, 68, 30.0, home_receives_second_half=False)
    assert said(points, "epa", "a") == {
        HOME: pytest.approx(points_before(K, after) - points_before(K, before), abs=6e-4)
    }
    assert said(points, "player_impact", "a") == {"p": said(points, "epa", "a")[HOME]}
    # Away kicked off, and so receives after half-time.
    share = {name: win_chances.home_wins(K, s) for name, s in (("before", before), ("after", after))}
    assert said(points, "wpa", "a")[HOME] == pytest.approx(share["after"] - share["before"], abs=6e-5)
    assert said(points, "wpa", "a")[AWAY] == -said(points, "wpa", "a")[HOME]  # type: ignore[operator]
    assert said(points, "win_probability", "a")["home"] == pytest.approx(share["after"], abs=6e-4)
    assert said(points, "fourth_down", "a") == said(points, "key_plays", "a") == {}


def test_scores_count_their_points_and_a_lost_ball_turns_the_sign() -> None:
    points = points_of(
        game(
            run("pick", 60.0, (1, 10, 75), (1, 10, 30), type="pass", end_team=AWAY, intercepted=True),
            run("td", 90.0, (1, 10, 20), None, points=6, score_kind="touchdown", scoring_team=HOME, try_points=1),
            run("six", 120.0, (2, 8, 50), None, type="pass", intercepted=True, points=6, score_kind="touchdown",
                scoring_team=AWAY, try_points=1),
            run("safety", 150.0, (3, 10, 98), None, points=2, score_kind="safety", scoring_team=AWAY),
            run("three", 180.0, (4, 3, 20), None, type="field_goal", good=True, points=3, score_kind="field_goal",
                scoring_team=HOME),
        ),
        "epa",
    )  # fmt: skip

    def ep(down: int, distance: int, yards: int, clock_s: float) -> float:
        return points_before(K, at(down, distance, yards, clock_s))

    assert said(points, "epa", "pick")[HOME] == pytest.approx(-ep(1, 10, 30, 60.0) - ep(1, 10, 75, 60.0), abs=6e-4)
    assert said(points, "epa", "td")[HOME] == pytest.approx(7 - ep(1, 10, 20, 90.0), abs=6e-4)
    assert said(points, "epa", "six")[HOME] == pytest.approx(-7 - ep(2, 8, 50, 120.0), abs=6e-4)
    assert said(points, "epa", "safety")[HOME] == pytest.approx(-2 - ep(3, 10, 98, 150.0), abs=6e-4)
    assert said(points, "epa", "three")[HOME] == pytest.approx(3 - ep(4, 3, 20, 180.0), abs=6e-4)


def test_the_first_half_ends_with_nothing_left() -> None:
    last = event(
        "last", "run", HOME, 1800.0, 2, down=2, distance_yd=10, yards_to_goal=60, yards=0,
        end_team=HOME, end_down=3, end_distance_yd=10, end_yards_to_goal=60,
    )  # fmt: skip
    points = points_of(game(last), "epa")
    before = points_before(K, at(2, 10, 60, 1800.0, game_s=1800.0, period=2))
    assert said(points, "epa", "last") == {HOME: pytest.approx(-before, abs=6e-4)}


def test_a_provider_that_does_not_say_what_follows_has_it_worked_out() -> None:
    told = points_of(game(run("a", 30.0, (3, 6, 70), (4, 2, 66), yards=4)), *SIGNALS)
    worked_out = points_of(game(run("a", 30.0, (3, 6, 70), None, yards=4)), *SIGNALS)
    for signal in ("epa", "win_probability", "wpa", "leverage", "fourth_down"):
        assert said(worked_out, signal, "a") == said(told, signal, "a") != {}
    punt = run("punt", 30.0, (4, 8, 60), None, type="punt", yards=40)
    returned = run("punt", 30.0, (4, 8, 60), (1, 10, 80), type="punt", yards=40, end_team=AWAY)
    assert said(points_of(game(punt), "epa"), "epa", "punt") == said(points_of(game(returned), "epa"), "epa", "punt")


def test_a_foul_that_replays_the_down_counts_by_its_outcome_or_is_left_open() -> None:
    told = run("foul", 30.0, (1, 10, 75), (1, 15, 80), type="penalty", no_play=True, penalty=True)
    points = points_of(game(told), "epa", "wpa")
    assert said(points, "epa", "foul")[HOME] < 0  # type: ignore[operator]
    untold = run("foul", 30.0, (1, 10, 75), None, type="penalty", no_play=True, penalty=True)
    assert not any(said(points_of(game(untold), signal), signal, "foul") for signal in ("epa", "wpa"))


def test_fourth_down_says_its_choices_and_how_sure_they_are() -> None:
    points = points_of(game(run("a", 30.0, (3, 6, 34), (4, 2, 30), yards=4)), "fourth_down")
    found = said(points, "fourth_down", "a")
    assert found.keys() == {"go", "kick", "margin", "error", "toss_up_below"}
    assert found["margin"] == pytest.approx(abs(found["go"] - found["kick"]), abs=0.002)  # type: ignore[operator]
    assert found["toss_up_below"] == pytest.approx(max(0.01, found["error"] or 0.0), abs=1e-9)


def test_the_spread_counts_in_one_win_probability_only() -> None:
    events = [favoured(14.0), *game()]
    points = points_of(events, "win_probability", "win_probability_no_spread")
    with_it, without = said(points, "win_probability", "kick"), said(points, "win_probability_no_spread", "kick")
    assert with_it["home"] > without["home"] + 0.1  # type: ignore[operator]
    assert points_of(game(), "win_probability_no_spread")[0].value == without["home"]
    # After the kick-off it would be a look ahead.
    late = Event(9, "late", True, "pre_match", 1, 1.0, 1.0, None, None, Fields(home_spread=14.0))
    play = run("a", 30.0, (1, 10, 75), (2, 3, 68), yards=7)
    assert said(points_of([*game(), late, play], "win_probability"), "win_probability", "a") == said(
        points_of(game(play), "win_probability"), "win_probability", "a"
    )


def test_after_the_game_the_result_is_sure() -> None:
    end = event("end", "game_end", None, 3600.0, 4, home_score=7, away_score=0)
    score = run("td", 90.0, (1, 10, 20), None, points=6, score_kind="touchdown", scoring_team=HOME, try_points=1)
    points = points_of(game(score, end), "win_probability", "leverage")
    assert said(points, "win_probability", "end") == {"home": 1.0, "away": 0.0}
    assert said(points, "leverage", "end") == {"match": 0.0}
    tied = points_of(game(event("end", "game_end", None, 3600.0, 4)), "win_probability")
    assert said(tied, "win_probability", "end") == {"home": 0.5, "away": 0.5}


def test_a_college_overtime_is_over_with_the_second_turn() -> None:
    """Home scores 3 in its turn; away, 3 behind, misses."""
    three = run("three", 4500.0, (4, 8, 18), None, type="field_goal", period=5, good=True, points=3,
                score_kind="field_goal", scoring_team=HOME)  # fmt: skip
    place = {"down": 4, "distance_yd": 8, "yards_to_goal": 18, "end_team": HOME, "end_down": 1, "end_distance_yd": 10}
    miss = event("miss", "field_goal", AWAY, 4500.0, 5, order=4501.0, good=False, end_yards_to_goal=75, **place)
    points = points_of(game(three, miss), "win_probability", "leverage", "epa")
    # Whose turn begins next only its snap tells.
    assert said(points, "win_probability", "three") == said(points, "leverage", "three") == {}
    assert said(points, "win_probability", "miss") == {"home": 1.0, "away": 0.0}
    assert said(points, "epa", "three")[HOME] > 0 > said(points, "epa", "miss")[AWAY]  # type: ignore[operator]


def test_a_play_that_is_entered_twice_counts_once() -> None:
    once = run("a", 30.0, (1, 10, 75), (2, 3, 68), yards=7, text="A run of 7 yards")
    twice = run("b", 30.0, (1, 10, 75), (2, 3, 68), yards=7, text="A run of 7 yards", order=30.5)
    points = points_of(game(once, twice), "epa", "wpa")
    assert said(points, "epa", "a") and not said(points, "epa", "b") and not said(points, "wpa", "b")


if CFB.is_dir():  # without the data there is nothing to fold, and nothing to skip

    def test_a_real_college_game_with_overtime() -> None:
        """Duke at Georgia Tech, 2022-10-08: 20-20 after a late drive, 23-20 after overtime."""
        points = points_of(events_of("cfb_espn", CFB / "401411132.json.gz"), *SIGNALS)
        by_signal: dict[str, list[Point]] = defaultdict(list)
        for point in points:
            by_signal[point.signal].append(point)
        home = [p.value for p in by_signal["win_probability"] if p.subject == "home" and p.value is not None]
        assert home[-1] == 1.0
        assert max(home[:-1]) > 0.9 and min(home[-8:]) < 0.5
        biggest = max(by_signal["key_plays"], key=lambda p: p.value or 0.0)
        assert biggest.value is not None and biggest.value > 0.2
        assert all(p.value is not None and p.value >= key_plays.LEAST for p in by_signal["key_plays"])
        swings = {(p.source_event_id, p.subject): p.value for p in by_signal["wpa"]}
        assert sum(v for v in swings.values() if v is not None) == pytest.approx(0.0, abs=1e-9)
        overtime = [p for p in by_signal["fourth_down"] if p.period == 5]
        assert overtime and "punt" not in {p.subject for p in overtime}
        by_team: dict[str, float] = defaultdict(float)
        for p in by_signal["epa"]:
            by_team[p.subject] += p.value or 0.0
        assert all(-25 < total < 25 for total in by_team.values())
        leverage = [p.value for p in by_signal["leverage"] if p.value is not None]
        assert 0.3 < sum(leverage) / len(leverage) < 4.0
