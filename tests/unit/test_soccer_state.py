"""The fold of a soccer match: every rule of the score, the cards, the clock and the names."""

from collections.abc import Iterable
from typing import Any

import pytest

from app.feeds.base import FeedEvent
from app.sports.fold import current, position
from app.sports.soccer.events import FEED_TYPES
from app.sports.soccer.state import MatchState, apply, new_state, summary
from tests.engine_kit import HARBOUR, NORTHGATE, feed, folded, gone, shot, tiny


def fold(events: Iterable[FeedEvent], state: MatchState | None = None) -> MatchState:
    state = state or new_state()
    for version, event in enumerate(events, 1):
        apply(state, folded(event, version, control=event.type in ("match_info", "status", "official_score")))
    return state


def teams() -> list[FeedEvent]:
    return [
        feed("l1", 1, "lineup", team_name="Harbour", lineup=[{"player": "h1"}, {"player": "h2"}]),
        feed("l2", 2, "lineup", team=NORTHGATE, team_name="Northgate", lineup=[{"player": "n1"}]),
    ]


def info(**fields: Any) -> FeedEvent:
    return feed("match_info", 0, "match_info", team=None, period=0, **fields)


def test_the_fixture_match_ends_two_one() -> None:
    picture = summary(fold(tiny()))
    assert (picture.home.name, picture.home_score, picture.away_score, picture.away.name) == (
        "Harbour City",
        2,
        1,
        "Northgate",
    )
    assert (picture.status, picture.period, picture.clock_display) == ("full_time", 2, "90+4:00")
    cards = {k: v for k, v in picture.details.items() if k.endswith(("_cards", "_substitutions"))}
    assert cards == {
        "home_yellow_cards": 1,
        "away_yellow_cards": 0,
        "home_red_cards": 0,
        "away_red_cards": 1,
        "home_substitutions": 1,
        "away_substitutions": 0,
    }


def test_an_own_goal_that_both_teams_tell_counts_once() -> None:
    state = fold([*teams(), feed("a", 3, "own_goal_against", team=NORTHGATE), feed("b", 3.5, "own_goal", team=HARBOUR)])
    assert (state.home_score, state.away_score) == (1, 0)


def test_an_own_goal_that_only_the_team_that_conceded_it_tells_is_the_opponents() -> None:
    own_goal = feed("a", 3, "own_goal", team=None, conceded_by=NORTHGATE)
    state = fold([*teams(), own_goal])
    assert (state.home_score, state.away_score, state.last_goal_event) == (1, 0, "a")
    # Told before anything else: who the opponent is turns out later.
    state = fold([own_goal, feed("b", 4, team=HARBOUR)])
    assert (state.home.id, state.away.id) == (NORTHGATE, HARBOUR)
    assert (state.home_score, state.away_score) == (0, 1)


def test_a_shoot_out_is_counted_apart() -> None:
    kicks = [
        shot(f"k{i}", i, outcome, team=team, period=5, clock_s=7200.0 + i)
        for i, (team, outcome) in enumerate([(HARBOUR, "goal"), (NORTHGATE, "saved"), (HARBOUR, "goal")])
    ]
    picture = summary(fold([*teams(), shot("g", 3, "goal", team=NORTHGATE), *kicks]))
    assert (picture.home_score, picture.away_score) == (0, 1)
    assert (picture.details["home_shootout_score"], picture.details["away_shootout_score"]) == (2, 0)
    assert picture.clock_display == "120:00"


def test_a_second_yellow_is_a_yellow_and_a_dismissal() -> None:
    state = fold(
        [
            *teams(),
            feed("y", 3, "foul", player="h1", card="yellow"),
            feed("yy", 4, "foul", player="h1", card="second_yellow"),
        ]
    )
    assert (state.home.yellow_cards, state.home.red_cards, state.home.on_pitch) == (2, 1, ["h2"])


@pytest.mark.parametrize("card", ["red", "second_yellow"])
def test_a_dismissal_told_by_foul_and_card_counts_once(card: Any) -> None:
    state = fold([*teams(), feed("f", 3, "foul", player="h1", card=card), feed("c", 4, "card", player="h1", card=card)])
    assert state.home.red_cards == 1
    assert state.home.yellow_cards == (card == "second_yellow")


def test_two_dismissals_of_nameless_players_are_two() -> None:
    state = fold([*teams(), feed("f", 3, "card", card="red"), feed("c", 4, "card", card="red")])
    assert state.home.red_cards == 2


def test_substitutions_and_players_who_leave_and_return() -> None:
    state = fold([*teams(), feed("s", 3, "substitution", player="h1", replacement="h3")])
    assert (state.home.on_pitch, state.home.substitutions) == (["h2", "h3"], 1)
    fold([feed("o", 4, "player_off", player="h2")], state)
    assert state.home.on_pitch == ["h3"]
    fold([feed("i", 5, "player_on", player="h2"), feed("j", 6, "player_on", player="h2")], state)
    assert state.home.on_pitch == ["h3", "h2"]


def test_the_first_line_up_is_the_home_team() -> None:
    state = fold(reversed(teams()))
    assert (state.home.id, state.away.id) == (NORTHGATE, HARBOUR)


def test_a_third_team_changes_nothing() -> None:
    state = fold([*teams(), shot("x", 3, "goal", team="touchline:team:other")])
    assert (state.home_score, state.away_score) == (0, 0)


def test_match_info_says_who_is_at_home() -> None:
    state = fold([info(home_team=NORTHGATE, away_team=HARBOUR, home_name="N.", venue="Quay"), *teams()])
    assert (state.home.id, state.home.name, state.away.id, state.away.name) == (NORTHGATE, "N.", HARBOUR, "Harbour")
    assert summary(state).details["venue"] == "Quay"


@pytest.mark.parametrize(
    "said", [{"home_team": NORTHGATE}, {"away_team": HARBOUR}, {"home_team": NORTHGATE, "away_team": HARBOUR}]
)
def test_match_info_after_the_first_goal_takes_the_goals_along(said: dict[str, str]) -> None:
    state = fold([*teams(), shot("g", 3, "goal"), info(**said)])
    assert (state.home.id, state.away.id) == (NORTHGATE, HARBOUR)
    assert (state.home_score, state.away_score) == (0, 1)


def test_match_info_that_names_only_the_visitors_leaves_one_seat_each() -> None:
    state = fold([info(away_team=HARBOUR), *teams()])
    assert (state.home.id, state.away.id) == (NORTHGATE, HARBOUR)


def test_names_alone_seat_the_teams_that_bear_them() -> None:
    state = fold([info(home_name="Northgate", away_name="Harbour"), *teams(), shot("g", 3, "goal")])
    assert (state.home.id, state.away.id) == (NORTHGATE, HARBOUR)
    assert (state.home_score, state.away_score) == (0, 1)


@pytest.mark.parametrize("type", sorted(FEED_TYPES))
def test_a_match_without_a_start_is_live_with_the_first_event_of_play(type: str) -> None:
    before = {"lineup", "formation", "card", "substitution", "player_off", "player_on", "other"}
    state = fold([*teams(), feed("a", 3, type, player="h1")])
    expected = {"period_end": "half_time"} | dict.fromkeys(before, "scheduled")
    assert state.status == expected.get(type, "live")


@pytest.mark.parametrize("period", [0, 100])
def test_nothing_is_played_outside_the_periods(period: int) -> None:
    assert fold([*teams(), feed("a", 3, period=period)]).status == "scheduled"


@pytest.mark.parametrize("status", ["postponed", "suspended", "abandoned", "finished"])
def test_play_changes_no_status_that_somebody_stated(status: str) -> None:
    assert fold([feed("s", 0, "status", team=None, period=0, status=status), feed("a", 3)]).status == status


def test_half_time_comes_once_and_full_time_after_the_second_half() -> None:
    state = fold([*teams(), feed("s", 3, "period_start"), feed("e1", 4, "period_end")])
    assert state.status == "half_time"
    again = [feed("s2", 1, "period_start", period=2), feed("e2", 2, "period_end", period=2)]
    fold(again[:1], state)
    assert state.status == "live"
    fold([*again[1:], feed("e3", 3, "period_end", team=NORTHGATE, period=2)], state)
    assert state.status == "full_time"
    fold([feed("s3", 1, "period_start", period=3), feed("e4", 2, "period_end", period=3)], state)
    assert state.status == "half_time"


def test_the_second_end_of_a_half_does_not_interrupt_the_next() -> None:
    state = fold([feed("e1", 1, "period_end"), feed("s1", 2, "period_start", team=NORTHGATE)])
    assert state.status == "half_time"


def test_the_clock_never_runs_backwards_in_a_period() -> None:
    state = fold([*teams(), feed("a", 3, clock_s=130.0), feed("b", 4, clock_s=20.0)])
    assert state.elapsed_s == 130.0
    fold([feed("c", 1, period=2, clock_s=2700.0)], state)
    assert (state.period, state.elapsed_s) == (2, 2700.0)


def test_the_official_score_stands_beside_the_folded_one() -> None:
    state = fold([*teams(), feed("o", 3, "official_score", team=None, home_score=1, away_score=0)])
    assert summary(state).details["official_score"] == {"home": 1, "away": 0, "agrees": False}
    assert state.home_score == 0


def test_current_keeps_the_newest_revision_in_match_order() -> None:
    late, early = folded(feed("b", 2), 1), folded(feed("a", 1), 2)
    amended, dropped = folded(feed("b", 0.5), 3), folded(gone("a"), 4)
    assert current([(late, "recorded"), (early, "recorded")]) == [early, late]
    assert current([(late, "recorded"), (early, "recorded"), (amended, "amended"), (dropped, "retracted")]) == [amended]


def test_arrival_decides_nothing_between_a_feed_event_and_a_control_event_of_one_name() -> None:
    told, stated = folded(feed("x", 1), 1), folded(feed("x", 1), 2, control=True)
    assert position(told) != position(stated)
    assert current([(told, "recorded"), (stated, "recorded")]) == current([(stated, "recorded"), (told, "recorded")])
