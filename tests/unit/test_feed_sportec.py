"""Sportec: what each element becomes, the clock, the direction of play, the pitch. Documents are written by hand."""

from __future__ import annotations

from typing import Any

import pytest

from app.feeds.base import FeedEvent, providers
from app.feeds.sportec import PROVIDER
from tests.unit.sportec_kit import (
    AWAY,
    HOME,
    KICK_OFF_2,
    WHISTLE_2,
    delete,
    event,
    information,
    kick_off,
    place,
    play,
    request,
    shot,
    whistle,
)

BOUNDS = [kick_off(), whistle(), kick_off("k2", KICK_OFF_2, "secondHalf", AWAY), whistle("w2", WHISTLE_2, "secondHalf")]
OPTIONS = PROVIDER.stream_options(BOUNDS)
TEAM, OTHER = f"sportec:team:{HOME}", f"sportec:team:{AWAY}"


def decoded(raw: bytes, options: Any = OPTIONS) -> FeedEvent:
    return PROVIDER.decode(raw, options)


def inside(text: str, clock: str = "15:40:00.500", x: float = 40, y: float = 20) -> FeedEvent:
    return decoded(event("e1", clock, text.replace("HOME", HOME).replace("AWAY", AWAY), **place(x, y)))


def messages(payload: bytes) -> list[bytes]:
    return [m for m in PROVIDER.split(payload) if isinstance(m, bytes)]


def test_it_is_found() -> None:
    assert providers()["sportec"] is PROVIDER


def test_a_document_is_cut_into_the_bytes_of_its_events() -> None:
    told = [kick_off(), play("p1", "15:31:00.000"), delete("p1")]
    assert messages(request(told)) == told
    assert messages(b"\xef\xbb\xbf" + request(told)) == told
    assert messages(told[1]) == [told[1]]
    assert messages(b"\n".join(told)) == told
    assert messages(request([])) == []


def test_a_tag_may_hold_what_looks_like_its_end() -> None:
    odd = [
        b'<Event EventId="a" Note="1 > 0 />"/>',
        b"<Event EventId='b' Note='\"/>'  />",
        b'<Event EventId="c"></Event >',
    ]
    assert messages(request(odd)) == odd


def test_match_information_is_cut_into_its_parts() -> None:
    parts = [decoded(m) for m in messages(information())]
    assert [p.source_event_id.removeprefix("MatchInformation.") for p in parts] == [
        "General", "Environment", f"Team.{AWAY}", f"Team.{HOME}",
    ]  # fmt: skip
    lineups = sorted((p for p in parts if p.type == "lineup"), key=lambda p: p.order_key)
    assert [p.team for p in lineups] == [TEAM, OTHER]
    eleven = lineups[1].fields.lineup
    assert [(p.player, p.name, p.shirt, p.position) for p in eleven] == [
        ("sportec:player:DFL-OBJ-11", "P. 11", 11, "TW")
    ]
    assert (lineups[1].fields.team_name, lineups[1].fields.formation) == ("Guests", "4-4-2")
    assert {p.period for p in parts} == {0}


def test_a_pass() -> None:
    e = decoded(play("p1", "15:31:40.250", more=' Recipient="DFL-OBJ-7"'))
    assert (e.type, e.period, e.elapsed_s, e.order_key) == ("pass", 1, 100.25, 100.25)
    assert (e.team, e.player) == (TEAM, "sportec:player:DFL-OBJ-8")
    assert (e.fields.outcome, e.fields.recipient) == ("complete", "sportec:player:DFL-OBJ-7")
    assert (e.fields.provider_type, e.fields.pass_kind, e.fields.cross) == ("Play", None, None)
    assert (e.fields.x_m, e.fields.y_m, e.fields.end_x_m) == (40.0, 48.0, None)
    assert e.raw == play("p1", "15:31:40.250", more=' Recipient="DFL-OBJ-7"')


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ("successfullyCompleted", "complete"),
        ("successful", "complete"),
        ("unsuccessful", "incomplete"),
        ("x", "unknown"),
    ],
)
def test_how_a_pass_ended(told: str, outcome: str) -> None:
    assert inside(f'<Play Team="HOME" Evaluation="{told}"><Cross/></Play>').fields.outcome == outcome
    assert inside('<Play Team="HOME"/>').fields.outcome == "unknown"


@pytest.mark.parametrize(
    ("around", "kind"),
    [("CornerKick", "corner"), ("FreeKick", "free_kick"), ("ThrowIn", "throw_in"), ("GoalKick", "goal_kick"),
     ("KickOff", "kick_off")],
)  # fmt: skip
def test_set_pieces_are_passes(around: str, kind: str) -> None:
    e = inside(f'<{around} Team="HOME"><Play Team="HOME" Evaluation="unsuccessful"><Cross/></Play></{around}>')
    assert (e.type, e.fields.pass_kind, e.fields.cross, e.fields.provider_type) == (
        "pass",
        kind,
        True,
        f"{around}/Play",
    )


@pytest.mark.parametrize(
    ("child", "outcome"),
    [("<SuccessfulShot/>", "goal"), ("<SavedShot/>", "saved"), ("<BlockedShot Player='p'/>", "blocked"),
     ("<ShotWide/>", "off_target"), ("<ShotWoodWork/>", "post"), ("<OtherShot/>", "unknown"), ("", None)],
)  # fmt: skip
def test_how_a_shot_ended(child: str, outcome: str | None) -> None:
    e = inside(f'<ShotAtGoal Team="HOME" Player="s" TypeOfShot="leftLeg" xG="0.5">{child}</ShotAtGoal>')
    assert (e.type, e.fields.outcome, e.fields.shot_kind) == ("shot", outcome, "open_play")
    assert (e.fields.body_part, e.fields.provider_xg, e.player) == ("left_foot", 0.5, "sportec:player:s")


@pytest.mark.parametrize(
    ("around", "kind"), [("Penalty", "penalty"), ("FreeKick", "free_kick"), ("CornerKick", "corner")]
)
def test_shots_from_set_pieces(around: str, kind: str) -> None:
    e = inside(f'<{around} Team="HOME"><ShotAtGoal Team="HOME"><SavedShot/></ShotAtGoal></{around}>')
    assert (e.type, e.fields.shot_kind, e.fields.provider_type) == ("shot", kind, f"{around}/ShotAtGoal")


def test_the_tracked_place_of_a_shot_is_taken_where_it_is_told() -> None:
    tracked = {"X_PositionFromTracking": "95.00", "Y_PositionFromTracking": "30.00"}
    told = f'<ShotAtGoal Team="{HOME}"/>'
    e = decoded(event("s", "15:40:00.000", told, **place(90, 34), **tracked))
    assert (e.fields.x_m, e.fields.y_m) == (95.0, 38.0)
    assert decoded(event("s", "15:40:00.000", told, **place(90, 34))).fields.x_m == 90.0


def test_an_own_goal_is_told_by_the_team_that_benefits() -> None:
    e = inside('<OwnGoal Team="AWAY" Player="unlucky" TeamOwnGoalCountsFor="HOME"/>')
    assert (e.type, e.team, e.player) == ("own_goal", TEAM, None)


def test_tackles_are_told_by_their_winner() -> None:
    def game(**said: str) -> FeedEvent:
        more = "".join(f' {k}="{v}"' for k, v in said.items())
        return inside(f'<TacklingGame WinnerTeam="AWAY" Winner="w" LoserTeam="HOME" Loser="l"{more}/>')

    taken = game(Type="ground", WinnerRole="withoutBallControl", WinnerResult="ballClaimed")
    assert (taken.type, taken.team, taken.fields.duel_kind, taken.fields.won) == ("duel", OTHER, "tackle", True)
    assert game(Type="air", WinnerRole="withBallControl").fields.duel_kind == "aerial"
    kept = game(Type="ground", WinnerRole="withBallControl", WinnerResult="ballControlRetained")
    assert (kept.type, kept.fields.duel_kind, kept.fields.detail) == ("duel", None, "ballControlRetained")
    assert game(Type="ground", WinnerRole="withoutBallControl", WinnerResult="fouled").fields.duel_kind is None
    past = game(Type="ground", WinnerRole="withBallControl", WinnerResult="dribbledAround")
    assert (past.type, past.fields.won) == ("dribble", True)


@pytest.mark.parametrize(
    ("text", "type_", "fields"),
    [
        ('<BallClaiming Team="HOME" Player="p" Type="InterceptedBall"/>', "interception", {"won": True}),
        ('<BallClaiming Team="HOME" Player="p" Type="BallClaimed"/>', "ball_recovery", {"won": True}),
        ('<OtherBallAction Team="HOME" Player="p" DefensiveClearance="true"/>', "clearance", {}),
        ('<OtherBallAction Team="HOME" Player="p"/>', "other", {"provider_type": "OtherBallAction"}),
        ('<Foul TeamFouler="HOME" Fouler="p" TeamFouled="AWAY" FoulType="foul"/>', "foul", {"detail": "foul"}),
        ('<Caution Team="HOME" Player="p" CardColor="yellow"/>', "card", {"card": "yellow"}),
        ('<Caution Team="HOME" Player="p" CardColor="yellowRed"/>', "card", {"card": "second_yellow"}),
        ('<Caution Team="HOME" Player="p" CardColor="red"/>', "card", {"card": "red"}),
        ('<Substitution Team="HOME" PlayerOut="p" PlayerIn="q"/>', "substitution", {"replacement": "sportec:player:q"}),
        ('<OutSubstitution Team="HOME" PlayerOut="p"/>', "player_off", {}),
        ('<Offside Team="HOME" Player="p"/>', "offside", {}),
        ('<Nutmeg Team="HOME" Player="p"/>', "other", {"provider_type": "Nutmeg"}),
        ('<SomethingNew Team="HOME" Player="p"/>', "other", {"provider_type": "SomethingNew"}),
    ],
)
def test_the_other_elements(text: str, type_: str, fields: dict[str, Any]) -> None:
    e = inside(text)
    assert (e.type, e.team, e.player) == (type_, TEAM, "sportec:player:p")
    assert {name: getattr(e.fields, name) for name in fields} == fields


def test_elements_of_no_team() -> None:
    assert inside("<RefereeBall/>").type == "stoppage"
    video = inside('<VideoAssistantAction TeamChallenged="HOME" FinalDecision="eventNotGiven"/>')
    assert (video.type, video.team, video.fields.provider_type) == ("other", None, "VideoAssistantAction")
    coach = inside('<Caution Team="HOME" TeamOfficial="c" CardColor="red"/>')
    assert (coach.type, coach.player, coach.fields.card) == ("other", None, None)


def test_periods_and_the_clock() -> None:
    start, end, again, last = (decoded(raw) for raw in BOUNDS)
    assert [(e.type, e.period, e.elapsed_s) for e in (start, end, again, last)] == [
        ("period_start", 1, 0.0), ("period_end", 1, 2820.0), ("period_start", 2, 2700.0), ("period_end", 2, 5610.0),
    ]  # fmt: skip
    assert decoded(play("p", "16:16:00.000")).elapsed_s == 2760.0  # stoppage time
    late = decoded(play("p", "16:17:30.000"))  # after the whistle: the clock stands
    assert (late.period, late.elapsed_s, late.order_key) == (1, 2820.0, 2850.0)
    assert start.order_key == 0.0 < late.order_key < end.order_key  # and a period ends with its whistle
    assert decoded(play("p", "16:34:00.000")).elapsed_s == 2760.0
    before = decoded(event("v", "15:25:00.000", "<VideoAssistantAction/>"))
    assert (before.period, before.elapsed_s, before.order_key) == (0, 0.0, -300.0)


def test_extra_time() -> None:
    extra = [kick_off("k3", "17:30:00.000", "firstHalfExtra"), kick_off("k4", "17:50:00.000", "secondHalfExtra", None)]
    options = PROVIDER.stream_options([*BOUNDS, *extra])
    e = decoded(play("p", "17:51:00.000"), options)
    assert (e.period, e.elapsed_s) == (4, 6360.0)
    assert (e.fields.x_m, e.fields.y_m) == (65.0, 20.0)  # ends changed, though the kick-off does not say so


def test_every_team_attacks_towards_growing_x() -> None:
    def seen(clock: str, team: str) -> tuple[float | None, float | None]:
        fields = decoded(shot("s", clock, team, x=94, y=30)).fields
        return fields.x_m, fields.y_m

    assert seen("15:40:00.000", HOME) == (94.0, 38.0)
    assert seen("15:40:00.000", AWAY) == (11.0, 30.0)
    assert seen("16:40:00.000", HOME) == (11.0, 30.0)
    assert seen("16:40:00.000", AWAY) == (94.0, 38.0)
    assert seen("16:40:00.000", "DFL-CLU-THIRD") == (None, None)


def test_a_second_half_that_does_not_say_who_plays_where() -> None:
    options = PROVIDER.stream_options([BOUNDS[0], kick_off("k2", KICK_OFF_2, "secondHalf", None)])
    assert decoded(shot("s", "16:40:00.000", HOME, x=11, y=30), options).fields.x_m == 94.0


def test_the_pitch_of_a_match() -> None:
    options = PROVIDER.stream_options([kick_off(x=50, y=32), *messages(information("100.0", "64.0"))])

    def at(x: float, y: float) -> tuple[float | None, float | None]:
        fields = decoded(shot("s", "15:40:00.000", HOME, x=x, y=y), options).fields
        return fields.x_m, fields.y_m

    assert at(100, 32) == (105.0, 34.0)
    assert at(89, 32) == (94.0, 34.0)  # the penalty spot is 11 m from the line on every pitch
    assert at(83.5, 32 + 20.16) == (88.5, 34 - 20.16)  # and so is the area
    assert at(50, 64) == (52.5, 0.0)
    assert at(0, 0) == (0.0, 68.0)


def test_places_are_on_105_by_68_unless_kick_offs_say_otherwise() -> None:
    """As at Freiburg: a pitch of 100 m, and kick-offs at 52.50."""
    options = PROVIDER.stream_options([*BOUNDS, *messages(information("100.0", "68.0"))])
    fields = decoded(shot("s", "15:40:00.000", HOME, x=83.13, y=48.20), options).fields
    assert (fields.x_m, fields.y_m) == (83.13, 19.8)


def test_a_delete_takes_back_whatever_else_is_known() -> None:
    for options in (OPTIONS, {}):
        e = decoded(delete("p1"), options)
        assert (e.kind, e.source_event_id) == ("retracted", "p1")
    assert decoded(event("p1", None, "<Delete/>")).kind == "retracted"


def test_nothing_is_known_of_a_stream_that_begins_in_the_middle() -> None:
    e = decoded(shot("s", "15:40:00.000"), PROVIDER.stream_options([]))
    assert (e.type, e.period, e.elapsed_s, e.fields.x_m) == ("shot", 0, 0.0, None)
    end = decoded(whistle(), {})
    assert (end.type, end.period) == ("period_end", 1)


def test_learning() -> None:
    learn, kickoff_at = PROVIDER.learn, PROVIDER.kickoff_at
    assert learn is not None and kickoff_at is not None
    known: Any = {}
    for raw in [*BOUNDS, play("p", "15:31:00.000")]:
        known = learn(known, [raw])
    assert known == OPTIONS == learn(OPTIONS, BOUNDS) == PROVIDER.stream_options(BOUNDS[::-1])
    assert learn(OPTIONS, [delete("k2")]) == PROVIDER.stream_options([*BOUNDS[:2], BOUNDS[3]])
    assert (
        learn(OPTIONS, [b"<broken GameSection", b"", b'<Event EventId="x"><KickOff GameSection="lunch"/></Event>'])
        == OPTIONS
    )
    moved = learn(OPTIONS, [kick_off("k1", "15:31:00.000")])
    assert decoded(play("p", "15:32:00.000"), moved).elapsed_s == 60.0
    assert str(kickoff_at(moved)) == "2024-03-02 14:31:00+00:00"
    assert str(kickoff_at(PROVIDER.stream_options(messages(information())))) == "2024-03-02 14:29:00+00:00"
    assert kickoff_at({}) is None
    # What a correction of the kick-off changes elsewhere is content of its own.
    assert decoded(kick_off("k1", "15:31:00.000")).fields != decoded(kick_off("k1")).fields
