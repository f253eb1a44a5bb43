"""ESPN's college summaries: plays, points, order, and the faults that real summaries have."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.errors import DecodeError, UnreadableFile
from app.feeds.base import FeedEvent
from app.feeds.cfb_espn import PROVIDER
from tests.gridiron_kit import AWAY, HOME, Folded, espn_play, espn_summary, through

RUSH, PASS, MISS, KICK, PUNT = (
    ("5", "Rush"),
    ("24", "Pass Reception"),
    ("3", "Pass Incompletion"),
    ("53", "Kickoff"),
    ("52", "Punt"),
)
TD, FG, TIMEOUT, FOUL = ("68", "Rushing Touchdown"), ("59", "Field Goal Good"), ("21", "Timeout"), ("8", "Penalty")


def kick(sequence: str = "101849901", **more: Any) -> dict[str, Any]:
    text = "A. Holm kickoff for 65 yds for a touchback"
    return espn_play(sequence, KICK, text, ("1", 1, 10, 65), ("2", 1, 10, 75), **more)


def rush(sequence: str, place: int = 75, gained: int = 4, down: int = 1, **more: Any) -> dict[str, Any]:
    end = ("2", down + 1, 10 - gained, place - gained)
    text = f"B. Lund run for {gained} yds to the {place}"
    return espn_play(sequence, RUSH, text, ("2", down, 10, place), end, statYardage=gained, **more)


def touchdown(sequence: str, team: str = "2", **more: Any) -> dict[str, Any]:
    text = "B. Lund run for 9 yds for a TD, (C. Moe KICK)"
    told = {"scoringPlay": True, "scoringType": {"name": "touchdown"}, "pointAfterAttempt": {"id": 61, "value": 1}}
    return {**espn_play(sequence, TD, text, (team, 2, 6, 9), (team, -1, -1, 0), statYardage=9, **told), **more}


def read(play: dict[str, Any]) -> FeedEvent:
    return PROVIDER.decode(json.dumps(play).encode(), {})


def plays(*told: Any, **more: Any) -> dict[str, FeedEvent]:
    return {e.source_event_id: e for e in through(PROVIDER, espn_summary(*told, **more))}


def order(*told: Any, **more: Any) -> list[str]:
    """Sequence numbers in match order, periods apart."""
    events = [e for e in through(PROVIDER, espn_summary(*told, **more)) if e.source_event_id.startswith("401")]
    return [e.source_event_id[3:] for e in sorted(events, key=lambda e: (e.period, e.order_key))]


def test_a_play_says_where_when_and_what() -> None:
    event = read(rush("101884401"))
    assert (event.source_event_id, event.type, event.period, event.elapsed_s) == ("401101884401", "run", 1, 185.0)
    assert (event.order_key, event.team) == (101884401.0, AWAY)
    f = event.fields
    assert (f.down, f.distance_yd, f.yards_to_goal, f.yards) == (1, 10, 75, 4)
    assert (f.end_team, f.end_down, f.end_distance_yd, f.end_yards_to_goal) == (AWAY, 2, 6, 71)
    assert (f.printed_home_score, f.printed_away_score) == (0, 0)


def test_a_summary_begins_with_who_plays_and_ends_with_how_it_ended() -> None:
    first, *_, last = through(PROVIDER, espn_summary([kick()], over=(33, 3)))
    f = first.fields
    assert (first.type, first.period, f.home_team, f.away_team) == ("game_info", 0, HOME, AWAY)
    assert (f.home_name, f.season, f.venue, f.kickoff_at) == (
        "Harbor State Gulls", "2022", "The Meadow", "2022-09-03T23:30:00+00:00"
    )  # fmt: skip
    assert (last.type, last.period, last.fields.home_score, last.fields.away_score) == ("game_end", 100, 33, 3)
    assert PROVIDER.tells_a_whole_match(last.type, last.period, last.elapsed_s)
    unfinished = through(PROVIDER, espn_summary([kick()]))[-1]
    assert not PROVIDER.tells_a_whole_match(unfinished.type, unfinished.period, unfinished.elapsed_s)


@pytest.mark.parametrize(
    ("type_", "text", "expected"),
    [
        (PASS, "A. Holm pass complete to B. Lund for 9 yds", ("pass", {"complete": True})),
        (MISS, "A. Holm pass incomplete to B. Lund", ("pass", {"complete": False, "yards": 0})),
        (("26", "Pass Interception Return"), "A. Holm pass intercepted C. Moe return for 5 yds",
         ("pass", {"complete": False, "intercepted": True, "yards": 0})),
        (("7", "Sack"), "A. Holm sacked for a loss of 6 yards", ("sack", {})),
        (("29", "Fumble Recovery (Opponent)"), "A. Holm sacked for a loss of 6 yards A. Holm fumbled, recovered by X",
         ("sack", {"fumble": True, "fumble_lost": True})),
        (("9", "Fumble Recovery (Own)"), "A. Holm run for 4 yds A. Holm fumbled, recovered by Y", ("run", {"fumble": True})),
        (("20", "Safety"), "A. Holm sacked for a loss of 6 yards for a SAFETY", ("sack", {})),
        (("17", "Blocked Punt"), "A. Holm punt blocked by C. Moe", ("punt", {"blocked": True})),
        (("60", "Field Goal Missed"), "A. Holm 41 yd FG MISSED", ("field_goal", {"good": False})),
        (RUSH, "Kneel down by HARB at HARB20 (team loss of 2).", ("run", {"kneel": True})),
        (("7", "Sack"), "A. Holm sacked by M. Kneeland for a loss of 7 yards", ("sack", {"kneel": None})),
        (MISS, "A. Holm spiked the ball", ("pass", {"spike": True})),
        (RUSH, "NORTHERN TECH Penalty, false start (A. Holm) to the 5", ("penalty", {"no_play": True, "penalty": True})),
        (FOUL, "NTEC Penalty, Face mask (0 yards) declined", ("penalty", {"penalty_declined": True, "no_play": True})),
        (("65", "End of Half"), "End of 2nd Quarter", ("period_end", {})),
        (("999", "Coin Toss"), "Harbor State won the toss", ("other", {})),
    ],
)  # fmt: skip
def test_types_and_what_happened(type_: tuple[str, str], text: str, expected: tuple[str, dict[str, Any]]) -> None:
    event = read(espn_play("101884401", type_, text, ("2", 2, 7, 60), ("2", 3, 2, 55), statYardage=5))
    assert event.type == expected[0]
    assert {name: getattr(event.fields, name) for name in expected[1]} == expected[1]


@pytest.mark.parametrize(
    ("text", "yards"),
    [
        ("A. Holm run for 1 yd to the 21 NTEC Penalty, personal foul to the 36", 1),
        ("A. Holm run for a loss of 3 yards NTEC Penalty, holding to the 10", -3),
        ("A. Holm run for no gain NTEC Penalty, face mask to the 10", 0),
        ("A. Holm pass complete NTEC Penalty, illegal shift to the 44", None),
    ],
)
def test_yards_of_a_play_with_a_foul_are_the_texts(text: str, yards: int | None) -> None:
    event = read(espn_play("101884401", RUSH, text, ("2", 2, 7, 60), ("2", 1, 10, 44), statYardage=16))
    assert event.fields.yards == yards


@pytest.mark.parametrize(
    ("told", "try_points"),
    [({"value": 1}, 1), ({"value": 2}, 2), ({"value": 0}, 0), (None, 1)],
)
def test_a_touchdown_brings_its_try(told: Any, try_points: int) -> None:
    event = read(touchdown("101884401", pointAfterAttempt=told))
    f = event.fields
    assert (f.score_kind, f.points, f.try_points, f.scoring_team) == ("touchdown", 6, try_points, AWAY)


@pytest.mark.parametrize(
    ("text", "points"),
    [("(C. Moe Kick)", 1), ("(C. Moe PAT MISSED)", 0), ("(C. Moe PAT BLOCKED)", 0), ("(Two-Point Conversion failed )", 0),
     ("(A. Holm Pass to B. Lund for Two-Point Conversion)", 2), ("", 0)],
)  # fmt: skip
def test_a_try_that_only_the_text_tells(text: str, points: int) -> None:
    play = touchdown("101884401", text=f"B. Lund 9 Yd Run {text}", pointAfterAttempt=None)
    assert read(play).fields.try_points == points


def test_points_are_those_of_the_team_at_the_ball_after_the_play() -> None:
    back = touchdown("101884401", "2", end={"down": -1, "distance": -1, "yardsToEndzone": 0, "team": {"id": "1"}})
    safety = {"scoringType": {"name": "safety"}, "scoringPlay": True, "statYardage": -6}
    downed = espn_play("101884501", ("20", "Safety"), "run for a SAFETY", ("2", 2, 7, 96), ("1", -1, -1, 65), **safety)
    assert (read(back).fields.scoring_team, read(back).team) == (HOME, AWAY)
    assert (read(downed).fields.scoring_team, read(downed).fields.points) == (HOME, 2)


def test_goal_to_go_has_the_goal_line_to_gain_and_a_touchback_is_in_the_own_half() -> None:
    assert read(espn_play("101884401", RUSH, "x", ("2", 1, 0, 8), ("2", 2, 10, 3))).fields.distance_yd == 8
    assert read(espn_play("101884401", RUSH, "x", ("2", 1, 0, 8), ("2", 2, 10, 3))).fields.end_distance_yd == 3
    wrong = espn_play("101849901", KICK, "A. Holm kickoff for a touchback", ("1", 1, 10, 65), ("2", 1, 10, 25))
    assert read(wrong).fields.end_yards_to_goal == 75


def test_what_stands_for_nothing_is_left_out() -> None:
    f = read(espn_play("101884401", RUSH, "", ("2", -1, -1, 0), (None, 0, 11, 0))).fields
    assert (f.down, f.distance_yd, f.yards_to_goal, f.end_team, f.text) == (None, None, None, None, None)


def test_a_time_out_is_the_teams_whose_name_is_nearer() -> None:
    told = [
        espn_play("101884401", TIMEOUT, "Timeout NORTHRN TECH, clock 11:55", ("1", 1, 10, 20), ("1", 1, 10, 20)),
        espn_play("101884402", TIMEOUT, "Timeout HARBOR ST, clock 11:55", ("1", 1, 10, 20), ("1", 1, 10, 20)),
        espn_play("101884403", TIMEOUT, "Timeout, clock 11:55", ("1", 1, 10, 20), ("1", 1, 10, 20)),
    ]
    events = plays(told)
    assert [events[f"40110188440{n}"].team for n in (1, 2, 3)] == [AWAY, HOME, None]


def test_overtime_stands_at_the_end_of_its_period() -> None:
    assert read(espn_play("105222191", MISS, "x", ("2", 1, 10, 25), ("2", 2, 10, 25))).elapsed_s == 4500.0


# --- known faults -------------------------------------------------------------------------------------------------


def test_a_kick_off_that_was_put_into_the_first_drive_goes_to_where_its_number_fits() -> None:
    first = [rush("101867201"), kick("101849901"), kick("101928902"), kick("102917701")]
    second = [rush("101884401"), touchdown("101928901"), rush("101945601"), rush("102907201"), rush("102947601")]
    assert order(first, second) == [
        "101849901", "101867201", "101884401", "101928901", "101928902", "101945601", "102907201", "102917701", "102947601",
    ]  # fmt: skip


def test_plays_that_were_entered_without_a_clock_stay_where_the_document_has_them() -> None:
    told = [
        kick(),
        rush("101000001"),
        rush("101000002", 71, 3, 2),
        rush("101884401", 68),
        rush("101000003", 64),
        rush("101928901"),
    ]
    events = plays(told)
    assert order(told) == ["101849901", "101000001", "101000002", "101884401", "101000003", "101928901"]
    # They tell no time: the fold leaves the clock where it was.
    assert [events[f"401{s}"].elapsed_s for s in ("101000001", "101884401", "101000003")] == [0.0, 185.0, 0.0]
    assert events["401101884401"].order_key == 101884401.0


def test_a_number_that_runs_back_does_not_move_its_play() -> None:
    told = [
        kick(),
        rush("101884401"),
        rush("101934401", 71),
        rush("101894401", 67),
        rush("101945601", 60),
        rush("101955601"),
    ]
    events = plays(told)
    assert order(told) == ["101849901", "101884401", "101934401", "101894401", "101945601", "101955601"]
    # One of the two is wrong about the time, and is not believed.
    assert sorted(events[f"401{s}"].elapsed_s for s in ("101934401", "101894401"))[0] == 0.0


def test_a_play_of_two_drives_is_told_once_as_it_is_told_last() -> None:
    summary = espn_summary([kick(), rush("101884401")])
    summary["drives"]["current"] = {"plays": [rush("101884401", gained=7), rush("101894401", 68)]}
    events = through(PROVIDER, summary)
    assert [e.source_event_id for e in events] == ["game", "401101849901", "401101884401", "401101894401"]
    assert events[2].fields.yards == 7


def test_a_repeated_kick_off_and_a_re_entered_run_count_once() -> None:
    told = [kick(), kick("101849902"), rush("101884401"), rush("101884402")]
    game = Folded(through(PROVIDER, espn_summary(told)))
    assert game.state.plays == 2
    assert game.last("play_class") == {"kick": 1.0, "rush": 1.0}


def test_a_re_entered_play_with_the_final_score_changes_no_score_and_is_noticed() -> None:
    told = [kick(), rush("101884401", homeScore=33, awayScore=3), touchdown("101894401", homeScore=0, awayScore=7)]
    game = Folded(through(PROVIDER, espn_summary(told, over=(0, 7))))
    assert game.score == (0, 7)
    assert game.summary.details["printed_score"]["wrong_on_plays"] == 1
    assert game.summary.details["official_score"]["agrees"]


def test_points_that_only_the_scoring_list_has_are_told_at_their_place() -> None:
    entry = {
        "id": "401101899999", "text": "C. Moe Safety", "period": {"number": 1}, "clock": {"displayValue": "10:00"},
        "homeScore": 2, "awayScore": 0, "team": {"id": "1"}, "scoringType": {"name": "safety"},
    }  # fmt: skip
    told = [kick(), rush("101884401"), touchdown("101924401", homeScore=2, awayScore=7)]
    events = plays(told, scoring=[entry])
    assert (events["401101899999"].type, events["401101899999"].elapsed_s) == ("score", 300.0)
    assert order(told, scoring=[entry]) == ["101849901", "101884401", "101899999", "101924401"]
    game = Folded(through(PROVIDER, espn_summary(told, scoring=[entry], over=(2, 7))))
    assert game.score == (2, 7)
    # Entered as a play later, it is that play and no second safety.
    safety = {"scoringType": {"name": "safety"}, "scoringPlay": True}
    late = espn_play(
        "101899999", ("20", "Safety"), "B. Lund run for a SAFETY", ("2", 2, 7, 98), ("1", -1, -1, 65), **safety
    )
    assert Folded(through(PROVIDER, espn_summary([*told[:2], late, told[2]], scoring=[entry]))).score == (2, 7)


def test_a_defensive_conversion_is_two_points() -> None:
    entry = {
        "id": "401101899999", "text": "C. Moe Defensive PAT Conversion", "period": {"number": 1}, "team": {"id": "1"},
        "scoringType": {"name": "defensive-two-point-conversion"},
    }  # fmt: skip
    failed = touchdown("101894401", pointAfterAttempt={"value": 0})
    game = Folded(through(PROVIDER, espn_summary([kick(), failed], scoring=[entry], over=(2, 6))))
    assert game.summary.details["official_score"]["agrees"]


# --- what cannot be read ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"scoringPlay": True, "scoringType": {"name": "rouge"}}, "`scoringType.name`: 'rouge' is none of touchdown"),
        ({"scoringPlay": True}, "`scoringType` is missing from a scoring play"),
        ({"period": {"number": 0}}, "`period.number`: expected `int` >= 1; it is 0"),
        ({"sequenceNumber": "12a"}, "`sequenceNumber`: expected up to 12 digits, not '12a'"),
        ({"clock": {"displayValue": "soon"}}, "`clock.displayValue`"),
        ({"homeScore": "7"}, "`homeScore`: expected `int"),
        ({"id": ""}, "`id`"),
    ],
)
def test_an_error_says_which_field_and_which_play(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        read({**rush("101884401"), **change})
    assert reason in str(caught.value)
    assert caught.value.source_event_id in ("401101884401", None)


def test_a_broken_play_takes_no_other_along() -> None:
    broken = {**rush("101894401"), "period": "first"}
    messages = list(PROVIDER.split(json.dumps(espn_summary([kick(), broken, rush("101884401")])).encode()))
    readable = 0
    for message in messages:
        assert isinstance(message, bytes)
        try:
            PROVIDER.decode(message, {})
            readable += 1
        except DecodeError as error:
            assert "period" in str(error)
    assert (len(messages), readable) == (4, 3)


@pytest.mark.parametrize("body", [b'{"drives":{"previous":7}}', b'{"drives":[]}', b"", b"<xml/>", b'[{"a":1}'])
def test_what_is_no_summary_is_refused_whole(body: bytes) -> None:
    with pytest.raises(UnreadableFile):
        list(PROVIDER.split(body))


@pytest.mark.parametrize(
    "raw", [b'{"id":"x"}', b'{"id":"x","play":{}}', b"[]", b"\xff", b'{"sequenceNumber":1}', b"[" * 9999]
)
def test_nothing_but_a_decode_error_is_raised(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        PROVIDER.decode(raw, {})


def test_messages_that_were_split_are_read_again_alone_as_a_list_and_line_by_line() -> None:
    messages = [
        m
        for m in PROVIDER.split(json.dumps(espn_summary([kick(), rush("101884401")])).encode())
        if isinstance(m, bytes)
    ]
    once = [PROVIDER.decode(m, {}) for m in messages]
    for body in (b"[" + b",".join(messages) + b"]", b"\n".join(messages)):
        assert [PROVIDER.decode(m, {}) for m in PROVIDER.split(body) if isinstance(m, bytes)] == once


def test_the_kick_off_on_the_wall_is_the_headers() -> None:
    messages = [m for m in PROVIDER.split(json.dumps(espn_summary([kick()])).encode()) if isinstance(m, bytes)]
    assert PROVIDER.kickoff_at is not None
    found = PROVIDER.kickoff_at(PROVIDER.stream_options(messages))
    assert found is not None
    assert found.isoformat() == "2022-09-03T23:30:00+00:00"
    assert PROVIDER.kickoff_at(PROVIDER.stream_options([])) is None


@pytest.mark.parametrize("raw", [b'{"id":1}', b"{}", b'{"id":"x","play":null}'])
def test_what_is_of_another_feed_is_told_as_that(raw: bytes) -> None:
    with pytest.raises(DecodeError, match="no play, score or game of ESPN"):
        PROVIDER.decode(raw, {})
