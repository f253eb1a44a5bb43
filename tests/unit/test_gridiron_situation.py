"""The situation before the next snap, from plays written by hand and from real games."""

from __future__ import annotations

from typing import Any

import pytest

from app.models.registry import load
from app.sports.gridiron.fourth_down import decide
from app.sports.gridiron.next_snap import GO, KICK, KICK_OFF, PUNT, SNAP, TRY, choices
from app.sports.gridiron.signals.situation import SUBJECTS
from app.sports.gridiron.situation import Situation
from tests.gridiron_kit import AWAY, HOME, INFO, Folded, snap
from tests.gridiron_match import events_of, points_of
from tests.shared_data import cfb_games, nfl_games

KERNEL: Any = load("gridiron").kernel
REAL = {("cfb_espn", n): p for n, p in list(cfb_games(0).items())[:2]}
REAL |= {("nfl", n): p for n, p in list(nfl_games(0).items())[:2]}


def then(down: int, distance: int, yards: int, team: str = AWAY) -> dict[str, Any]:
    return {"end_team": team, "end_down": down, "end_distance_yd": distance, "end_yards_to_goal": yards}


KICKED_OFF = snap("k", 1, "kickoff", HOME, **then(1, 10, 75))


def run(name: str, order: float, down: int, distance: int, place: int, **more: Any) -> Any:
    type, team = more.pop("type", "run"), more.pop("team", AWAY)
    return snap(name, order, type, team, down=down, distance_yd=distance, yards_to_goal=place, **more)


def last(*events: Any) -> dict[str, float | None]:
    """The situation after the newest event, every subject."""
    said = Folded([INFO, KICKED_OFF, *events]).last("situation")
    return {subject: said.get(subject) for subject in SUBJECTS}


def figures(possession: int, due: int, down: Any, distance: Any, yards: Any, open: int = 0) -> dict[str, Any]:
    return dict(zip(SUBJECTS, (possession, due, down, distance, yards, open, 3, 3), strict=True))


def test_a_kick_off_leads_to_first_and_ten() -> None:
    assert last() == figures(0, SNAP, 1, 10, 75)


def test_a_play_moves_down_distance_and_place_and_says_only_what_moved() -> None:
    game = Folded([INFO, KICKED_OFF, run("a", 2, 1, 10, 75, yards=4, **then(2, 6, 71))])
    moved = {p.subject: p.value for p in game.points if p.signal == "situation" and p.source_event_id == "a"}
    assert moved == {"down": 2, "distance_yd": 6, "yards_to_goal": 71}


@pytest.mark.parametrize(("yards", "open"), [(71, GO + PUNT), (40, GO + KICK + PUNT), (30, GO + KICK)])
def test_a_fourth_down_says_what_is_open(yards: int, open: int) -> None:
    event = run("a", 2, 3, 8, yards + 4, yards=4, **then(4, 4, yards))
    assert last(event) == figures(0, SNAP, 4, 4, yards, open)


def test_the_ball_changes_hands() -> None:
    pick = run("a", 2, 1, 10, 60, type="pass", intercepted=True, **then(1, 10, 55, HOME))
    assert last(pick) == figures(1, SNAP, 1, 10, 55)


def test_a_touchdown_leads_to_a_try_and_the_try_to_a_kick_off() -> None:
    score = run("a", 2, 1, 10, 9, yards=9, score_kind="touchdown", scoring_team=AWAY, points=6)
    assert last(score) == figures(0, TRY, None, None, 2)
    kicked = snap("b", 3, "extra_point", AWAY, good=True, score_kind="extra_point", scoring_team=AWAY, points=1)
    assert last(score, kicked) == figures(1, KICK_OFF, None, None, None)


def test_at_half_time_the_kick_off_is_due_and_after_the_game_nothing() -> None:
    half = snap("h", 9, "period_end", None, period=2, clock_s=1800.0)
    # Home kicked off the first half, so that it receives the second.
    assert last(half) == figures(1, KICK_OFF, None, None, None)
    over = snap("e", 99, "game_end", None, period=4, clock_s=3600.0, home_score=0, away_score=0)
    assert set(last(half, over).values()) == {None}


def test_a_time_out_is_taken_off() -> None:
    told = last(snap("t", 2, "timeout", HOME, timeout_number=1))
    assert (told["home_timeouts"], told["away_timeouts"]) == (2, 3)


def test_where_the_feed_does_not_say_what_is_next_nothing_is_guessed() -> None:
    foul = snap("a", 2, "penalty", AWAY, down=1, distance_yd=10, yards_to_goal=75, no_play=True, penalty=True)
    assert set(last(foul).values()) == {None}


@pytest.mark.parametrize("league", ["cfb", "nfl"])
@pytest.mark.parametrize("period", [2, 4, 5])
def test_what_is_open_is_what_fourth_down_weighs(league: str, period: int) -> None:
    bits = {"go": GO, "kick": KICK, "punt": PUNT}
    for yards in range(1, 100):
        s = Situation(
            True, 4, min(3, yards), yards, 600.0, 600.0 if period < 5 else 0.0, period, 7, 7, 3, 3, True, period > 4,
            league, None,
        )  # fmt: skip
        decision = decide(KERNEL, s)
        assert decision is not None
        assert choices(s) == sum(bits[name] for name in decision.chances), yards


@pytest.mark.parametrize("game", REAL, ids=lambda g: f"{g[0]}-{g[1]}")
def test_a_real_game_tells_the_place_of_nearly_every_snap(game: tuple[str, str]) -> None:
    """What is said before a snap is where the next play begins."""
    events = events_of(game[0], REAL[game])
    points = points_of(events, "situation")
    by_event: dict[str | None, dict[str, float | None]] = {}
    for p in points:
        by_event.setdefault(p.source_event_id, {})[p.subject] = p.value
    now: dict[str, float | None] = {}
    right = snaps = 0
    for e in events:
        f = e.fields
        if e.type in ("run", "pass", "sack", "punt", "field_goal") and f.down is not None:
            snaps += 1
            right += (now.get("down"), now.get("distance_yd"), now.get("yards_to_goal")) == (
                f.down, f.distance_yd, f.yards_to_goal,
            )  # fmt: skip
        now.update(by_event.get(e.source_event_id, {}))
    assert snaps > 100
    assert right / snaps > 0.95
