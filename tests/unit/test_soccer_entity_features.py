"""Features of players, teams, matches and matchups against hand-made cases and the fixture match, counted by hand."""

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.feeds.base import FeedEvent
from app.sports.entity_features import KINDS, declared, find
from app.sports.entity_fold import FeatureFold
from app.sports.soccer import entity_features
from app.sports.soccer.entity_features import player_form, team_form, team_rating
from app.sports.soccer.sport import SPORT
from tests.engine_kit import HARBOUR, NORTHGATE, feed, folded, shot, tiny

H1, H4, H9, H14, N5, N10 = (f"touchline:player:{name}" for name in ("h1", "h4", "h9", "h14", "n5", "n10"))
DECLARED = declared(SPORT)


def fold_of(events: Iterable[FeedEvent]) -> FeatureFold:
    fold = FeatureFold(SPORT, DECLARED, "m1")
    for version, event in enumerate(events, 1):
        fold.add(folded(event, version))
    return fold


def of(fold: FeatureFold, kind: str, entity: str) -> dict[str, Any]:
    return dict(zip(DECLARED.names(kind), fold.numbers((kind, entity)), strict=True))


def player(events: Iterable[FeedEvent], entity: str = "a") -> dict[str, Any]:
    return of(fold_of(events), "player", entity)


def line_ups() -> list[FeedEvent]:
    return [
        feed("l1", 0.1, "lineup", clock_s=0.0, lineup=[{"player": "a"}, {"player": "b"}]),
        feed("l2", 0.2, "lineup", team=NORTHGATE, clock_s=0.0, lineup=[{"player": "x"}, {"player": "y"}]),
    ]


def test_every_group_is_taken_and_every_kind_has_features() -> None:
    assert DECLARED.refused == ()
    assert {kind: len(DECLARED.names(kind)) > 3 for kind in KINDS} == dict.fromkeys(KINDS, True)
    assert len(DECLARED.names("player")) >= 20
    assert len(DECLARED.names("team")) >= 20
    assert all(feature.description and feature.unit for kind in KINDS for feature, _ in DECLARED.features(kind))


def test_the_players_of_the_fixture_match() -> None:
    fold = fold_of(tiny())
    forward = of(fold, "player", H9)
    assert {k: v for k, v in forward.items() if v and not k.startswith("form_")} == {
        "passes": 2, "passes_completed": 1, "crosses": 1, "receptions": 1, "shots": 4, "shots_on_target": 2, "goals": 1,
        "ball_recoveries": 1, "fouls_won": 1, "touches": 7, "last_touch_x_m": 94.0, "last_touch_y_m": 34.0,
        "minutes": round(5701 / 60, 3), "on_pitch": True,
    }  # fmt: skip
    replaced = of(fold, "player", H4)
    assert {k: v for k, v in replaced.items() if v and not k.startswith(("form_", "last_"))} == {
        "passes": 2, "passes_completed": 2, "passes_final_third": 2, "crosses": 1, "receptions": 1, "carries": 1,
        "carry_m": 15.811, "interceptions": 1, "fouls": 1, "yellow_cards": 1, "touches": 4, "minutes": round(3661 / 60, 3),
    }  # fmt: skip
    assert replaced["on_pitch"] is False
    came_on = of(fold, "player", H14)
    assert (came_on["minutes"], came_on["clearances"], came_on["blocks"], came_on["on_pitch"]) == (34.0, 1, 1, True)
    sent_off = of(fold, "player", N5)
    assert (sent_off["red_cards"], sent_off["on_pitch"], sent_off["tackles"], sent_off["duels_won"]) == (1, False, 1, 0)
    assert sent_off["minutes"] == round(4271 / 60, 3)
    winger = of(fold, "player", N10)
    assert (winger["goals"], winger["shots"], winger["dribbles_won"], winger["duels_won"]) == (1, 2, 1, 1)


def test_the_teams_of_the_fixture_match() -> None:
    fold = fold_of(tiny())
    home, away = of(fold, "team", HARBOUR), of(fold, "team", NORTHGATE)
    assert (home["goals"], home["goals_against"], away["goals"], away["goals_against"]) == (2, 1, 1, 2)
    assert (home["shots"], home["shots_on_target"], home["passes"], home["passes_completed"]) == (4, 2, 4, 3)
    assert (home["passes_final_third"], home["crosses"], home["corners"], home["carries"]) == (2, 2, 1, 1)
    assert (away["red_cards"], away["offsides"], away["pressures"], away["tackles"]) == (1, 1, 1, 1)
    assert home["substitutions"] == 1
    matchup = of(fold, "matchup", f"{HARBOUR}~{NORTHGATE}")
    assert matchup == {"goal_difference": 1, "shot_difference": 2, "pass_share": 0.5, "pressure_difference": -1}
    match = of(fold, "match", "m1")
    assert (match["home_goals"], match["away_goals"], match["period"], match["events"]) == (2, 1, 2, 40)


def test_a_shoot_out_counts_for_nothing() -> None:
    events = [*line_ups(), feed("s", 1.0, "period_start"), shot("k", 7201.0, "goal", period=5, player="a")]
    found = player(events)
    assert (found["shots"], found["goals"]) == (0, 0)
    assert of(fold_of(events), "team", HARBOUR)["shots"] == 0


def test_minutes_run_with_the_clock_through_both_halves_and_extra_time() -> None:
    start = [*line_ups(), feed("s", 1.0, "period_start", clock_s=0.0)]
    assert player([*start, feed("p", 2.0, clock_s=90.0)])["minutes"] == 1.5
    half = [*start, feed("e", 3.0, "period_end", clock_s=2820.0)]
    assert player(half)["minutes"] == 47.0
    second = [
        *half,
        feed("s2", 4.0, "period_start", period=2, clock_s=2700.0),
        feed("p2", 5.0, period=2, clock_s=2760.0),
    ]
    assert player(second)["minutes"] == 48.0
    full = [*second, feed("e2", 6.0, "period_end", period=2, clock_s=5400.0)]
    assert player(full)["minutes"] == 92.0
    extra = [*full, feed("p3", 7.0, period=3, clock_s=5460.0)]
    assert player(extra)["minutes"] == 93.0
    shoot_out = [*extra, feed("p5", 8.0, period=5, clock_s=7260.0)]
    assert player(shoot_out)["minutes"] == 93.0


def test_a_player_off_and_on_again_has_played_both_stays() -> None:
    events = [
        *line_ups(),
        feed("off", 1.0, "player_off", player="a", clock_s=600.0),
        feed("on", 2.0, "player_on", player="a", clock_s=900.0),
        feed("p", 3.0, player="b", clock_s=960.0),
    ]
    assert player(events)["minutes"] == 11.0
    assert player(events[:3])["on_pitch"] is False


def test_a_sending_off_told_twice_is_one() -> None:
    events = [
        *line_ups(),
        feed("f", 1.0, "foul", player="a", card="red"),
        feed("c", 2.0, "card", player="a", card="red"),
    ]
    assert player(events)["red_cards"] == 1
    assert of(fold_of(events), "team", HARBOUR)["red_cards"] == 1


def test_an_own_goal_is_the_teams_and_nobodys() -> None:
    events = [*line_ups(), feed("o", 1.0, "own_goal", team=HARBOUR), feed("p", 2.0, team=NORTHGATE, player="x")]
    fold = fold_of(events)
    assert of(fold, "team", HARBOUR)["goals"] == 1
    assert of(fold, "team", NORTHGATE)["goals_against"] == 1
    assert {p: of(fold, "player", p)["goals"] for p in ("a", "b", "x", "y")} == dict.fromkeys("abxy", 0)


def test_what_has_no_place_counts_and_has_none() -> None:
    found = player([*line_ups(), feed("c", 1.0, "carry", player="a"), feed("p", 2.0, player="a", outcome="complete")])
    assert (found["carries"], found["carry_m"], found["passes_final_third"], found["touches"]) == (1, 0.0, 0, 2)
    assert (found["last_touch_x_m"], found["last_touch_y_m"]) == (None, None)


def test_no_pass_is_no_share() -> None:
    assert of(fold_of(line_ups()), "matchup", f"{HARBOUR}~{NORTHGATE}")["pass_share"] is None


def test_a_team_that_does_not_play_here_has_no_numbers() -> None:
    assert set(of(fold_of(line_ups()), "team", "touchline:team:elsewhere").values()) - {0} == {None}


def test_form_of_a_player() -> None:
    earlier = [
        {"minutes": 90.0, "goals": 2, "shots": 4, "passes": 30, "passes_completed": 24, "pressures": 9},
        {"minutes": 0.0, "goals": 0},
        {"minutes": 45.0, "goals": 1, "shots": 2, "passes": 20, "passes_completed": 16, "pressures": 0},
    ]
    memory = player_form.init()
    player_form.meet(memory, "a", earlier)
    assert player_form.values(memory, "a", None) == (2, 67.5, 2.0, 4.0, 33.3333, 0.8, 6.0)
    player_form.meet(memory, "b", [{"minutes": 0.0}])
    assert player_form.values(memory, "b", None) == player_form.UNKNOWN
    player_form.meet(memory, "c", [{"minutes": 10.0, "passes": 0}])
    assert player_form.values(memory, "c", None) == (1, 10.0, 0.0, 0.0, 0.0, None, 0.0)


def test_form_of_a_team() -> None:
    earlier = [
        {"goals": 2, "goals_against": 0, "shots": 10, "passes": 400, "passes_completed": 300},
        {"goals": 1, "goals_against": 1, "shots": 5, "passes": 100, "passes_completed": 100},
        {"goals": 0, "goals_against": 3, "shots": 3, "passes": 0, "passes_completed": 0},
        {"goals": None},
    ]
    memory = team_form.init()
    team_form.meet(memory, "t", earlier)
    assert team_form.values(memory, "t", None) == (3, 1.3333, 1.0, 1.3333, 6.0, 0.8)
    assert team_form.values(memory, "u", None) == team_form.UNKNOWN


GOOD = """
from app.sports.entity_features import EntityFeature, Group
GROUP = Group(name="good", entity="team", ttl_s=60.0, features=(EntityFeature("one", int, "1", "one"),))
def init(): return {}
def step(memory, event, state): pass
def values(memory, entity, state): return (1,)
"""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("", ""), None),
        (('name="good"', 'name="other"'), "is called other.py"),
        (("ttl_s=60.0", "ttl_s=0.0"), "above 0"),
        (('entity="team"', 'entity="planet"'), "no entity 'planet'"),
        (('"one", int', '"One", int'), "cannot be the name"),
        (('"one", int', '"version", int'), "cannot be the name"),
        (('"one", int', '"one", str'), "int, float or bool"),
        (("def step", "def stop"), "has no step"),
        (("def values(memory, entity, state)", "def values(memory)"), "3 arguments"),
        (("def init", "def init("), "SyntaxError"),
        (
            ('(EntityFeature("one", int, "1", "one"),)', '(EntityFeature("one", int, "1", "one"),) * 2'),
            "declared twice",
        ),
    ],
)
def test_a_file_that_is_wrong_is_refused_and_the_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: tuple[str, str], reason: str | None
) -> None:
    folder = tmp_path / f"groups_{abs(hash(change))}"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "good.py").write_text(GOOD.replace(*change))
    (folder / "other.py").write_text(GOOD.replace('"good"', '"other"').replace('"one"', '"two"'))
    monkeypatch.syspath_prepend(tmp_path)
    found = find(__import__(folder.name))
    if reason is None:
        assert (found.refused, found.names("team")) == ((), ["one", "two"])
    else:
        assert [reason in refusal.reason for refusal in found.refused] == [True], found.refused
        assert found.names("team") == ["two"]


def test_the_package_says_after_which_events_the_history_takes_a_row() -> None:
    assert set(SPORT.feed_types) >= entity_features.HISTORY_AFTER


def rated(home: int, away: int, status: str = "finished") -> SimpleNamespace:
    """A match between a and b that stands like this."""
    return SimpleNamespace(
        status=status, home=SimpleNamespace(id="a", score=home), away=SimpleNamespace(id="b", score=away)
    )


def test_a_rating_moves_by_what_nobody_expected() -> None:
    def after(state: SimpleNamespace, **before: float) -> tuple[float, float]:
        memory = team_rating.init()
        for entity in ("a", "b"):
            known = [{"elo": before[entity], "elo_matches": 3}] if entity in before else []
            team_rating.meet(memory, entity, known)
        return tuple(team_rating.values(memory, entity, state)[0] for entity in ("a", "b"))  # type: ignore[return-value]

    # Both unrated: the home team is expected to get 1 / (1 + 10 ** -0.25) = 0.640065.
    assert after(rated(1, 0)) == (1507.1987, 1492.8013)
    assert after(rated(0, 0)) == (1497.1987, 1502.8013)
    assert after(rated(0, 3)) == (1487.1987, 1512.8013)
    # 100 points less at home: both as good, so that a draw moves nothing.
    assert after(rated(2, 2), a=1500.0, b=1600.0) == (1500.0, 1600.0)
    assert after(rated(1, 0), a=1500.0, b=1600.0) == (1510.0, 1590.0)


def test_a_rating_stands_until_the_match_is_over() -> None:
    memory = team_rating.init()
    team_rating.meet(memory, "a", [{"elo": None, "elo_matches": None}, {"elo": 1550.0, "elo_matches": 7}])
    team_rating.meet(memory, "b", [])
    for status in ("scheduled", "live", "half_time", "abandoned", "postponed", "suspended"):
        assert team_rating.values(memory, "a", rated(5, 0, status)) == (1550.0, 7)
        assert team_rating.values(memory, "b", rated(5, 0, status)) == (1500.0, 0)
    assert team_rating.values(memory, "a", rated(5, 0, "full_time"))[1] == 8
    assert team_rating.values(memory, "c", rated(5, 0)) == team_rating.UNKNOWN
    team_rating.meet(memory, "c", [])
    assert team_rating.values(memory, "c", rated(5, 0)) == team_rating.UNRATED
    unknown = SimpleNamespace(status="finished", home=SimpleNamespace(id="a", score=1), away=SimpleNamespace(id=None))
    assert team_rating.values(memory, "a", unknown) == (1550.0, 7)


def test_the_fixture_match_ends_with_its_result_in_the_ratings() -> None:
    fold = fold_of(tiny())
    assert (of(fold, "team", HARBOUR)["elo"], of(fold, "team", NORTHGATE)["elo"]) == (1507.1987, 1492.8013)
    assert of(fold_of(tiny()[:20]), "team", HARBOUR)["elo"] == 1500.0
