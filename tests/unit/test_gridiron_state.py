"""The fold of football: score, possession, drives, time-outs, overtime, and what a feed says wrongly."""

from __future__ import annotations

from typing import Any

import pytest

from app.feeds.base import FeedEvent
from app.sports.gridiron.situation import next_situation
from tests.gridiron_kit import AWAY, HOME, INFO, Folded, snap


def score(name: str, order: float, type: str, team: str, kind: Any, points: int, **more: Any) -> FeedEvent:
    more.setdefault("scoring_team", team)
    return snap(name, order, type, team, score_kind=kind, points=points, **more)


def kickoff(name: str, order: float, team: str, **more: Any) -> FeedEvent:
    return snap(name, order, "kickoff", team, **more)


OPENING = kickoff("k", 1, HOME, end_team=AWAY, end_down=1, end_distance_yd=10, end_yards_to_goal=75, text="kickoff")


def control(name: str, type: str, period: int = 0, **fields: Any) -> FeedEvent:
    return snap(name, 0.5, type, None, period=period, clock_s=0.0, **fields)


def test_a_touchdown_told_with_its_try_is_seven_and_the_others_receive() -> None:
    game = Folded([INFO, OPENING, score("t", 2, "run", AWAY, "touchdown", 6, try_points=1)])
    assert game.score == (0, 7)
    after = next_situation(game.state)
    assert after is not None
    assert (after.offense_is_home, after.down, after.yards_to_goal) == (True, None, None)


def test_a_try_of_its_own_is_added_and_belongs_to_the_drive() -> None:
    events = [
        INFO,
        OPENING,
        score("t", 2, "pass", AWAY, "touchdown", 6, down=1, distance_yd=10, yards_to_goal=75, yards=75),
        score("x", 3, "extra_point", AWAY, "extra_point", 1, good=True),
    ]
    before_try, after_try = Folded(events[:3]), Folded(events)
    assert before_try.state.try_due
    assert before_try.state.possession == AWAY
    assert after_try.score == (0, 7)
    assert after_try.state.possession == HOME
    assert not after_try.state.try_due
    drive = after_try.summary.details["drive"]
    assert (drive["points"], drive["yards"], drive["result"]) == (7, 75, "touchdown")


def test_a_try_that_fails_makes_no_points_and_a_kick_off_is_due() -> None:
    game = Folded(
        [INFO, OPENING, score("t", 2, "run", AWAY, "touchdown", 6), snap("x", 3, "two_point", AWAY, good=False)]
    )
    assert game.score == (0, 6)
    assert game.state.possession == HOME


def test_a_conversion_that_is_returned_is_two_for_the_defense_and_the_offense_kicks_off() -> None:
    back = score("x", 3, "two_point", AWAY, "defensive_two_point", 2, scoring_team=HOME)
    game = Folded([INFO, OPENING, score("t", 2, "run", AWAY, "touchdown", 6), back])
    assert game.score == (2, 6)
    assert game.state.possession == HOME


def test_after_a_safety_the_team_that_scored_receives() -> None:
    game = Folded([INFO, OPENING, score("s", 2, "run", AWAY, "safety", 2, scoring_team=HOME, down=2)])
    assert game.score == (2, 0)
    assert game.state.possession == HOME
    assert game.summary.details["drive"]["result"] == "safety"


def test_an_interception_that_is_returned_for_a_touchdown_ends_the_drive_without_points_for_it() -> None:
    back = score("i", 2, "pass", AWAY, "touchdown", 6, scoring_team=HOME, try_points=1, intercepted=True, end_team=HOME)
    game = Folded([INFO, OPENING, back])
    assert game.score == (7, 0)
    assert game.state.possession == AWAY
    drive = game.summary.details["drive"]
    assert (drive["team"], drive["points"], drive["result"]) == (AWAY, 0, "interception")


def run(name: str, order: float, down: int, distance: int, place: int, yards: int, **more: Any) -> FeedEvent:
    given = {
        "end_team": AWAY,
        "end_down": down + 1,
        "end_distance_yd": distance - yards,
        "end_yards_to_goal": place - yards,
    }
    fields = {"down": down, "distance_yd": distance, "yards_to_goal": place, "yards": yards, **given, **more}
    return snap(name, order, "run", AWAY, **fields)


def test_a_drive_counts_its_plays_and_yards_and_a_foul_moves_it_without_a_play() -> None:
    foul = {"end_team": AWAY, "end_down": 2, "end_distance_yd": 11, "end_yards_to_goal": 76}
    events = [
        INFO,
        OPENING,
        run("a", 2, 1, 10, 75, 4, clock_s=10.0),
        snap("p", 3, "penalty", AWAY, down=2, distance_yd=6, yards_to_goal=71, no_play=True, clock_s=30.0, **foul),
        run("b", 4, 2, 11, 76, 3, clock_s=55.0),
    ]
    game = Folded(events)
    drive = game.summary.details["drive"]
    assert (drive["number"], drive["plays"], drive["yards"], drive["seconds"]) == (1, 2, 2, 45.0)
    assert drive["start_yards_to_goal"] == 75
    following = next_situation(game.state)
    assert following is not None
    assert (following.down, following.distance_yd, following.yards_to_goal) == (3, 8, 73)


def test_a_ball_that_is_lost_on_fourth_down_ends_the_drive_on_downs() -> None:
    lost = run("a", 2, 4, 2, 40, 1, end_team=HOME, end_down=1, end_distance_yd=10, end_yards_to_goal=61)
    game = Folded([INFO, OPENING, lost, snap("b", 3, "run", HOME, down=1, distance_yd=10, yards_to_goal=61)])
    assert game.state.drives == 2
    assert Folded([INFO, OPENING, lost]).summary.details["drive"]["result"] == "downs"


def test_the_situation_of_a_play_is_what_was_known_before_it() -> None:
    first = score(
        "t", 2, "run", AWAY, "touchdown", 6, try_points=1, down=1, distance_yd=10, yards_to_goal=75, clock_s=20.0
    )
    game = Folded([INFO, OPENING, control("line", "pre_match", home_spread=-3.5), first])
    play = game.state.play
    assert play is not None
    before = play.before
    assert before is not None
    assert (before.offense_is_home, before.down, before.distance_yd, before.yards_to_goal) == (False, 1, 10, 75)
    assert (before.home_score, before.away_score, before.half_s, before.game_s) == (0, 0, 1780.0, 3580.0)
    # The home team kicked off, so it receives after half-time.
    assert before.home_receives_second_half is True
    assert (before.league, before.is_overtime, before.home_timeouts) == ("cfb", False, 3)


def test_a_line_said_before_the_first_play_holds_and_a_later_one_does_not() -> None:
    early = control("a", "pre_match", home_spread=-3.5)
    late = snap("b", 5, "pre_match", None, home_spread=9.0, clock_s=30.0)
    assert Folded([INFO, early, OPENING, late]).state.home_spread == -3.5
    assert Folded([INFO, OPENING, late]).state.home_spread is None


def test_time_outs_are_taken_given_anew_at_half_time_and_charged_by_the_providers_number() -> None:
    taken = [
        snap("1", 2, "timeout", HOME, clock_s=100.0),
        snap("2", 3, "timeout", None, clock_s=110.0),
        snap("3", 4, "timeout", AWAY, timeout_number=2, clock_s=120.0),
    ]
    first = Folded([INFO, OPENING, *taken]).state
    assert (first.home.timeouts, first.away.timeouts) == (2, 1)
    lost = snap("r", 5, "pass", HOME, timeout_team=HOME, timeout_number=2, clock_s=130.0)
    assert Folded([INFO, OPENING, *taken, lost]).state.home.timeouts == 1
    second = Folded([INFO, OPENING, *taken, snap("n", 1, "run", period=2, clock_s=950.0)]).state
    assert (second.home.timeouts, second.away.timeouts) == (2, 1)
    third = Folded([INFO, OPENING, *taken, snap("n", 1, "run", period=3)]).state
    assert (third.home.timeouts, third.away.timeouts) == (3, 3)


@pytest.mark.parametrize(("league", "left"), [("cfb", 1), ("nfl", 2)])
def test_an_overtime_gives_time_outs_by_the_leagues_rule(league: Any, left: int) -> None:
    info = snap("info", 0.0, "game_info", None, period=0, clock_s=0.0, home_team=HOME, away_team=AWAY, league=league)
    state = Folded([info, OPENING, snap("o", 1, "run", period=5, clock_s=4500.0)]).state
    assert (state.home.timeouts, state.away.timeouts) == (left, left)


@pytest.mark.parametrize(("league", "next_ball"), [("cfb", None), ("nfl", HOME)])
def test_after_points_in_overtime_only_the_nfl_kicks_off(league: Any, next_ball: str | None) -> None:
    info = snap("info", 0.0, "game_info", None, period=0, clock_s=0.0, home_team=HOME, away_team=AWAY, league=league)
    goal = score("g", 1, "field_goal", AWAY, "field_goal", 3, period=5, clock_s=4500.0, good=True)
    game = Folded([info, OPENING, goal])
    assert game.score == (0, 3)
    assert game.state.possession == next_ball
    play = game.state.play
    assert play is not None
    assert play.before is not None
    assert play.before.is_overtime
    assert play.before.game_s == 0.0


def test_college_overtime_with_two_turns_and_a_second_one() -> None:
    even = [
        score("a", 9, "run", HOME, "touchdown", 6, try_points=1),
        score("b", 9.5, "run", AWAY, "touchdown", 6, try_points=1),
    ]
    over = [
        snap("end4", 1, "period_end", None, period=4, clock_s=3600.0),
        score("o1", 1, "field_goal", HOME, "field_goal", 3, period=5, clock_s=4500.0),
        score("o2", 2, "field_goal", AWAY, "field_goal", 3, period=5, clock_s=4500.0),
        snap("end5", 3, "period_end", None, period=5, clock_s=4500.0),
        score("o3", 1, "two_point", AWAY, "two_point", 2, period=6, clock_s=5400.0),
        snap("end6", 2, "period_end", None, period=6, clock_s=5400.0),
        snap("done", 0, "game_end", None, period=100, clock_s=0.0, home_score=10, away_score=12),
    ]
    assert Folded([INFO, OPENING, *even, *over[:1]]).state.status == "live"
    game = Folded([INFO, OPENING, *even, *over])
    assert game.score == (10, 12)
    assert game.state.status == "full_time"
    assert game.summary.clock_display == "2OT"
    assert game.summary.details["official_score"] == {"home": 10, "away": 12, "agrees": True}


def test_half_time_ends_the_drive_and_gives_the_ball_to_who_kicked_off() -> None:
    half = snap("h", 9, "period_end", None, period=2, clock_s=1800.0)
    game = Folded([INFO, OPENING, run("a", 2, 1, 10, 75, 4), half])
    assert game.state.status == "half_time"
    assert game.summary.details["drive"]["result"] == "end_of_half"
    assert game.state.possession == HOME
    assert game.state.down is None
    assert Folded([INFO, OPENING, half, kickoff("k2", 1, AWAY, period=3)]).state.status == "live"


def test_a_quarter_that_ends_leaves_the_drive_alone() -> None:
    end = snap("q", 9, "period_end", None, clock_s=900.0)
    game = Folded([INFO, OPENING, run("a", 2, 1, 10, 75, 4), end, run("b", 1, 2, 6, 71, 2, period=2)])
    assert game.state.drives == 1
    assert game.summary.details["drive"]["plays"] == 2


def test_a_play_that_is_entered_twice_counts_once() -> None:
    again = {"text": "A. Holm run for 4 yds"}
    events = [INFO, OPENING, run("a", 2, 1, 10, 75, 4, **again), run("a2", 2.5, 1, 10, 75, 4, **again)]
    game = Folded(events)
    assert game.summary.details["drive"]["plays"] == 1
    assert game.state.play is not None
    assert game.state.play.repeated
    assert game.last("play_class")["rush"] == 1.0
    twice = {"text": "B. Lund run for a TD", "try_points": 1}
    scored = [score("t", 2, "run", AWAY, "touchdown", 6, **twice), score("t2", 3, "run", AWAY, "touchdown", 6, **twice)]
    assert Folded([INFO, OPENING, *scored]).score == (0, 7)


def test_two_plays_that_read_alike_on_other_downs_both_count() -> None:
    same = {"text": "pass incomplete"}
    game = Folded([INFO, OPENING, run("a", 2, 1, 10, 75, 0, **same), run("b", 3, 2, 10, 75, 0, **same)])
    assert game.summary.details["drive"]["plays"] == 2


def test_a_wrong_printed_score_is_noticed_and_not_followed() -> None:
    wrong = run("a", 2, 1, 10, 75, 4, printed_home_score=33, printed_away_score=3)
    right = run("b", 3, 2, 6, 71, 1, printed_home_score=0, printed_away_score=0)
    game = Folded([INFO, OPENING, wrong, right])
    assert game.score == (0, 0)
    assert game.summary.details["printed_score"] == {"home": 0, "away": 0, "agrees": True, "wrong_on_plays": 1}
    assert Folded([INFO, OPENING, wrong]).summary.details["printed_score"]["agrees"] is False


def test_points_without_a_play_count() -> None:
    game = Folded([INFO, OPENING, score("s", 2, "score", HOME, "safety", 2)])
    assert game.score == (2, 0)
    assert game.state.possession == HOME


def test_the_feed_seats_the_teams_and_the_info_puts_them_right() -> None:
    late = snap("info", 99.0, "game_info", None, home_team=HOME, away_team=AWAY)
    game = Folded([snap("a", 1, "run", AWAY), snap("b", 2, "run", HOME), late])
    assert (game.state.home.id, game.state.away.id) == (HOME, AWAY)


def test_a_retracted_play_is_as_if_it_had_never_been() -> None:
    made = score("t", 2, "run", AWAY, "touchdown", 6, try_points=1)
    gone = FeedEvent(
        source_event_id="t",
        type="run",
        period=1,
        order_key=2,
        elapsed_s=0.0,
        fields=made.fields,
        raw=b"",
        kind="retracted",
    )
    assert Folded([INFO, OPENING, made, gone]).state == Folded([INFO, OPENING]).state


def test_the_clock_stands_where_a_play_tells_no_time() -> None:
    game = Folded([INFO, OPENING, run("a", 2, 1, 10, 75, 4, clock_s=300.0), run("b", 3, 2, 6, 71, 2, clock_s=0.0)])
    assert game.state.elapsed_s == 300.0
    assert game.summary.clock_display == "Q1 10:00"


def test_a_foul_between_points_and_the_kick_off_begins_no_drive() -> None:
    made = score("t", 2, "run", AWAY, "touchdown", 6, down=1, distance_yd=10, yards_to_goal=20, yards=20)
    foul = snap(
        "p", 3, "penalty", AWAY, no_play=True, end_team=AWAY, end_down=1, end_distance_yd=10, end_yards_to_goal=35
    )
    kick = score("x", 4, "extra_point", AWAY, "extra_point", 1, good=True)
    late = snap("q", 5, "penalty", AWAY, no_play=True, end_team=AWAY, end_down=1)
    game = Folded([INFO, OPENING, made, foul, kick, late])
    assert game.state.drives == 1
    assert (game.state.possession, game.state.down) == (HOME, None)
    assert game.summary.details["drive"]["points"] == 7


def test_a_snap_of_the_other_team_begins_a_drive_whatever_ended_the_last_one() -> None:
    ran = [run("a", 2, 1, 10, 75, 4, period=2, clock_s=1790.0)]
    later = snap("b", 1, "run", HOME, period=3, down=1, distance_yd=10, yards_to_goal=70)
    game = Folded([INFO, OPENING, *ran, later])
    assert game.state.drives == 2
    assert game.summary.details["drive"]["team"] == HOME
