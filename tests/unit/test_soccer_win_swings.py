"""Win probability added and key moments: what an event changed, that it adds up, and which five count."""

import pickle
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.feeds.base import FeedEvent
from app.models.registry import load
from app.sports.base import Event
from app.sports.fold import Point
from app.sports.soccer.signals import key_moments, win_probability_added
from app.sports.soccer.win_chances import chances
from tests.engine_kit import HARBOUR, NORTHGATE, feed, folded, shot, tiny
from tests.real_match import events_of, odds, points_of, word
from tests.shared_data import STATSBOMB, WYSCOUT, statsbomb_matches, wyscout_matches

MODEL = load("win_probability")
K: Any = MODEL.kernel
WPA, MOMENTS = "win_probability_added", "key_moments"
TEAMS = (HARBOUR, NORTHGATE)


def match(*events: FeedEvent | Event, before: tuple[Event, ...] = ()) -> list[Event]:
    """Line-ups, kick-off, and then these."""
    begun = [
        feed("l1", 0.1, "lineup", clock_s=0.0),
        feed("l2", 0.2, "lineup", team=NORTHGATE, clock_s=0.0),
        feed("k", 0.3, "period_start", clock_s=0.0),
    ]
    return [*before, *(e if isinstance(e, Event) else folded(e) for e in [*begun, *events])]


def said(name: str, events: list[Event]) -> list[tuple[str, str, float | None]]:
    return [(p.anchor.removeprefix("event:"), p.subject, p.value) for p in points_of(events, name)]


def share(
    period: int, elapsed_s: float, score: tuple[int, int], reds: tuple[int, int] = (0, 0), status: str = "live"
) -> float:
    """P(home wins) + P(draw) / 2 as the win probability shows it."""
    found = chances(K, status, period, elapsed_s, score, reds)
    assert found is not None
    return found["home"] + found["draw"] / 2


def red(name: str, order: float, **more: Any) -> FeedEvent:
    return feed(name, order, "card", **{"card": "red", "player": "p", **more})


KICK_OFF = share(1, 0.0, (0, 0))
GOAL = share(1, 1200.0, (1, 0)) - share(1, 1200.0, (0, 0))


def test_golden_value_of_a_goal() -> None:
    """0.426, 0.286, 0.288 at 20 minutes become 0.712, 0.184, 0.104: 0.804 - 0.569 for the scorers."""
    assert chances(K, "live", 1, 1200.0, (0, 0)) == {"home": 0.426, "draw": 0.286, "away": 0.288}
    assert chances(K, "live", 1, 1200.0, (1, 0)) == {"home": 0.712, "draw": 0.184, "away": 0.104}
    assert said(WPA, match(shot("g", 1200.0, "goal"))) == [("g", HARBOUR, 0.235), ("g", NORTHGATE, -0.235)]


def test_the_goal_of_the_visitors_is_theirs() -> None:
    gained = share(1, 1200.0, (0, 0)) - share(1, 1200.0, (0, 1))
    assert said(WPA, match(shot("g", 1200.0, "goal", team=NORTHGATE))) == [
        ("g", HARBOUR, pytest.approx(-gained)),
        ("g", NORTHGATE, pytest.approx(gained)),
    ]
    assert said(MOMENTS, match(shot("g", 1200.0, "goal", team=NORTHGATE))) == [("g", NORTHGATE, pytest.approx(gained))]


@pytest.mark.parametrize(
    "own_goal",
    [feed("g", 1200.0, "own_goal"), feed("g", 1200.0, "own_goal", team=None, conceded_by=NORTHGATE)],
    ids=["told by the team that benefits", "told by the one that conceded"],
)
def test_an_own_goal_is_a_gain_of_the_team_that_benefits(own_goal: FeedEvent) -> None:
    twin = feed("g2", 1200.5, "own_goal_against", team=NORTHGATE)
    assert said(WPA, match(own_goal, twin)) == [
        ("g", HARBOUR, pytest.approx(GOAL)),
        ("g", NORTHGATE, pytest.approx(-GOAL)),
    ]
    assert said(MOMENTS, match(own_goal, twin)) == [("g", HARBOUR, pytest.approx(GOAL))]


@pytest.mark.parametrize("card", ["red", "second_yellow"])
def test_a_dismissal_costs_the_team_its_value_once(card: str) -> None:
    cost = share(1, 1200.0, (0, 0)) - share(1, 1200.0, (0, 0), (1, 0))
    told_twice = (red("f", 1200.0, card=card), red("c", 1210.0, card=card))
    assert said(WPA, match(*told_twice)) == [
        ("f", HARBOUR, pytest.approx(-cost)),
        ("f", NORTHGATE, pytest.approx(cost)),
    ]
    assert said(MOMENTS, match(*told_twice)) == [("f", HARBOUR, pytest.approx(-cost))]
    assert cost > key_moments.LEAST


NOTHING = [
    shot("x", 1200.0, "saved"),
    shot("x", 1200.0, "post", shot_kind="penalty"),
    feed("x", 1200.0, "foul", card="yellow"),
    feed("x", 1200.0, "foul", penalty=True),
    feed("x", 1200.0, "own_goal_against", team=NORTHGATE),
    shot("x", 7200.0, "goal", period=5),
    feed("x", 1200.0, "pass"),
    feed("x", 1200.0, "shot", team=None, outcome="goal"),
]


@pytest.mark.parametrize("event", NOTHING, ids=lambda e: f"{e.type}-{e.fields.outcome}-{e.period}")
def test_what_changes_nothing_is_not_said(event: FeedEvent) -> None:
    assert said(WPA, match(event)) == []
    assert said(MOMENTS, match(event)) == []


def test_a_disallowed_goal_leaves_no_trace() -> None:
    rest = (shot("g2", 1800.0, "goal", team=NORTHGATE), feed("e", 2760.0, "period_end"))
    assert said(WPA, match(*rest)) != said(WPA, match(shot("g", 1200.0, "goal"), *rest))[2:]
    lone = said(MOMENTS, match(rest[0]))
    assert lone == [("g2", NORTHGATE, pytest.approx(share(1, 1800.0, (0, 0)) - share(1, 1800.0, (0, 1))))]


def sums(points: list[tuple[str, str, float | None]]) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for _, subject, value in points:
        assert value is not None
        found[subject] += value
    return dict(found)


def test_time_is_told_at_the_end_of_a_period_and_all_adds_up() -> None:
    first = (shot("g", 1200.0, "goal"), red("r", 2000.0, team=NORTHGATE), feed("e1", 2790.0, "period_end"))
    second = (
        feed("k2", 0.1, "period_start", period=2, clock_s=2700.0),
        shot("g2", 3000.0, "goal", period=2, team=NORTHGATE),
        feed("e2", 5700.0, "period_end", period=2),
        feed("e2b", 5700.1, "period_end", period=2, team=NORTHGATE),
    )
    half = said(WPA, match(*first))
    assert sums(half)[HARBOUR] == pytest.approx(share(2, 2700.0, (1, 0), (0, 1)) - KICK_OFF, abs=1e-12)
    assert [anchor for anchor, _, _ in half] == ["g", "g", "r", "r", "e1", "e1"]
    whole = said(WPA, match(*first, *second))
    assert sums(whole) == pytest.approx({HARBOUR: 0.5 - KICK_OFF, NORTHGATE: KICK_OFF - 0.5}, abs=1e-12)
    assert [anchor for anchor, _, _ in whole[6:]] == ["g2", "g2", "e2", "e2"]


HAPPENS = st.sampled_from(["goal", "own_goal", "red", "saved", "yellow", "pass", "half_time", "suspended"])


@settings(deadline=None)
@given(st.lists(st.tuples(HAPPENS, st.sampled_from(TEAMS), st.floats(1.0, 300.0)), max_size=25))
def test_whatever_happens_adds_up(happened: list[tuple[str, str, float]]) -> None:
    """Any events of a first half: after a status the swings have told all that changed since kick-off."""
    events, clock_s, score, reds = match(), 0.3, [0, 0], [0, 0]
    for i, (what, team, later_s) in enumerate(happened):
        name, side, other = f"e{i}", TEAMS.index(team), 1 - TEAMS.index(team)
        if what in ("half_time", "suspended"):
            # What is said from outside stands at the clock of the feed's last event.
            events.append(word("status", 1, clock_s, clock_s, name, status=what))
            continue
        clock_s += later_s
        if what in ("goal", "saved"):
            made = shot(name, clock_s, what, team=team)
        elif what == "own_goal":
            made = feed(name, clock_s, what, team=None, conceded_by=TEAMS[other])
        elif what in ("red", "yellow"):
            made = red(name, clock_s, card=what, team=team, player=name)
        else:
            made = feed(name, clock_s, what, team=team)
        score[side] += what in ("goal", "own_goal")
        reds[side] += what == "red"
        events.append(folded(made))
    events.append(word("status", 1, clock_s, clock_s, "last", status="live"))
    total = sums(said(WPA, events)).get(HARBOUR, 0.0)
    now = share(1, clock_s, (score[0], score[1]), (reds[0], reds[1]))
    assert total == pytest.approx(now - KICK_OFF, abs=1e-9)


def test_a_feed_without_ends_of_periods_has_the_time_told_by_the_status() -> None:
    won = match(shot("g", 1200.0, "goal"), word("status", 100, 0.0, 5700.0, status="finished"))
    assert sums(said(WPA, won))[HARBOUR] == pytest.approx(1.0 - KICK_OFF, abs=1e-12)


def test_extra_time_begins_from_what_it_changes() -> None:
    events = [
        feed("e1", 2790.0, "period_end"),
        feed("k2", 0.1, "period_start", period=2, clock_s=2700.0),
        feed("e2", 5700.0, "period_end", period=2),
        feed("k3", 0.1, "period_start", period=3, clock_s=5400.0),
        shot("g3", 5500.0, "goal", period=3),
        feed("e3", 6320.0, "period_end", period=3),
        feed("k4", 0.1, "period_start", period=4, clock_s=6300.0),
        feed("e4", 7270.0, "period_end", period=4),
    ]
    found = said(WPA, match(*events))
    opening = share(3, 5400.0, (0, 0)) - 0.5
    assert ("k3", HARBOUR, pytest.approx(opening)) in found
    assert ("g3", HARBOUR, pytest.approx(share(3, 5500.0, (1, 0)) - share(3, 5500.0, (0, 0)))) in found
    assert sums(found)[HARBOUR] == pytest.approx(1.0 - KICK_OFF, abs=1e-12)


def test_a_shoot_out_leaves_half_for_each() -> None:
    events = [feed("e2", 5700.0, "period_end", period=2), shot("s", 7200.0, "goal", period=5)]
    assert sums(said(WPA, match(*events)))[HARBOUR] == pytest.approx(0.5 - KICK_OFF, abs=1e-12)


def test_an_abandoned_match_says_nothing_more() -> None:
    end = word("status", 1, 1800.0, 1800.0, status="abandoned")
    assert [a for a, _, _ in said(WPA, match(shot("g", 1200.0, "goal"), end))] == ["g", "g"]


def test_odds_before_kick_off_are_where_it_starts_from() -> None:
    favourite = odds(1.2, 7.0, 15.0)
    end = word("status", 100, 0.0, 5700.0, status="finished")
    found = sums(said(WPA, match(shot("g", 1200.0, "goal", team=NORTHGATE), end, before=(favourite,))))
    # made fair and as shown: 0.814 home, 0.130 draw, 0.056 away, and nothing of it is left
    assert found[HARBOUR] == pytest.approx(-(0.814 + 0.130 / 2), abs=1e-12)
    assert found[HARBOUR] == -found[NORTHGATE]


def test_teams_that_turn_out_to_be_the_other_way_round_keep_the_sum() -> None:
    named = word("match_info", 1, 900.0, home_team=NORTHGATE, away_team=HARBOUR)
    end = word("status", 100, 0.0, 5700.0, status="finished")
    found = sums(said(WPA, match(named, shot("g", 1200.0, "goal"), end)))
    # Harbour began as home; the swings since then take it from there to a win.
    assert found[HARBOUR] == pytest.approx(1.0 - KICK_OFF, abs=1e-12)


def test_nothing_is_told_of_a_match_that_has_not_begun() -> None:
    begun = [folded(feed("l1", 0.1, "lineup")), word("status", status="live")]
    assert said(WPA, begun) == []


AMOUNTS = [0.2, -0.1, 0.06, 0.3, 0.12, 0.08, 0.05, 0.07, 0.08]


def test_golden_moments() -> None:
    held: list[float] = []
    told = [key_moments.enters(held, abs(a)) for a in AMOUNTS]
    assert told == [True, True, True, True, True, True, False, False, False]
    assert held == [0.3, 0.2, 0.12, 0.1, 0.08]
    assert not key_moments.enters([], 0.0499)
    assert key_moments.enters([], 0.05)


@given(st.lists(st.integers(0, 400)))
def test_the_five_highest_of_what_was_told_are_the_five_highest_of_all(steps: list[int]) -> None:
    amounts, held = [s / 1000 for s in steps], []
    told = [a for a in amounts if key_moments.enters(held, a)]
    best = sorted((a for a in amounts if a >= key_moments.LEAST), reverse=True)[:5]
    assert sorted(told, reverse=True)[:5] == best == held


def many_goals() -> list[Event]:
    """One goal of each team in turn, every five minutes of the second half."""
    start = feed("k2", 0.1, "period_start", period=2, clock_s=2700.0)
    goals = [shot(f"g{i}", 2700.0 + 300 * i, "goal", period=2, team=TEAMS[i % 2]) for i in range(1, 9)]
    return match(start, *goals)


def test_a_moment_is_told_when_it_enters_the_five_of_the_match_so_far() -> None:
    added = {a: v for a, _, v in said(WPA, many_goals()) if a[0] == "g" and v is not None and v > 0}
    told = {a: v for a, _, v in said(MOMENTS, many_goals())}
    assert len(added) == 8
    assert all(added[a] == v for a, v in told.items())
    # The later the goal the more it changes, so that each but those that only take a lead back enters.
    assert set(list(added)[:5]) <= set(told)
    assert sorted(told.values(), reverse=True)[:5] == sorted(added.values(), reverse=True)[:5]


def test_a_ninth_goal_of_a_rout_is_no_moment() -> None:
    goals = [shot(f"g{i}", 300.0 * i, "goal") for i in range(1, 9)]
    told = [a for a, _, _ in said(MOMENTS, match(*goals))]
    assert 1 <= len(told) <= 3 and told[0] == "g1"


def test_memory_can_be_put_away_at_any_event() -> None:
    """A fold goes on from a checkpoint: memory is what it was, and does not grow with passes."""
    for signal in (win_probability_added, key_moments):
        memory, events = signal.init(), [folded(e) for e in tiny()]
        for event in events:
            memory = signal.step(pickle.loads(pickle.dumps(memory)), event, MODEL)
        straight = signal.init()
        for event in events:
            straight = signal.step(straight, event, MODEL)
        assert memory == straight


def test_without_its_model_a_match_is_stepped_all_the_same() -> None:
    for signal in (win_probability_added, key_moments):
        memory = signal.init()
        for event in many_goals():
            memory = signal.step(memory, event, None)
        assert memory == signal.init()


def final_share(points: list[Point]) -> float:
    shown = {p.subject: p.value for p in points if p.signal == "win_probability"}
    assert shown["home"] is not None and shown["draw"] is not None
    return shown["home"] + shown["draw"] / 2


def check_whole(events: list[Event]) -> None:
    """The sum of a whole match is its last share minus its first, and moments are the five greatest swings of events."""
    end = word("status", 100, 0.0, 7200.0, status="finished")
    points = points_of([*events, end], WPA, MOMENTS, "win_probability")
    added = [(p.anchor, p.subject, p.value) for p in points if p.signal == WPA]
    home = next(p.subject for p in points if p.signal == WPA)
    total = sums(added)
    assert total[home] == pytest.approx(final_share(points) - KICK_OFF, abs=1e-9)
    assert sum(total.values()) == pytest.approx(0.0, abs=1e-9)
    turning = {f"event:{e.source_event_id}" for e in events if e.type in ("shot", "own_goal", "card", "foul")}
    amounts = sorted((v for a, _, v in added if a in turning and v is not None and v > 0), reverse=True)
    told = sorted((abs(p.value) for p in points if p.signal == MOMENTS and p.value is not None), reverse=True)
    assert told[:5] == [a for a in amounts if a >= key_moments.LEAST][:5]


def test_the_fixture_match_adds_up() -> None:
    check_whole([folded(e) for e in tiny()])


if STATSBOMB.is_dir() and WYSCOUT.is_dir():
    REAL = [("statsbomb", p) for p in list(statsbomb_matches(3).values())[:3]]
    REAL += [("wyscout", p) for p in list(wyscout_matches(3).values())[:2]]

    @pytest.mark.parametrize(("name", "path"), REAL, ids=lambda x: getattr(x, "name", x))
    def test_real_matches_add_up(name: str, path: Any) -> None:
        check_whole(events_of(name, path))
