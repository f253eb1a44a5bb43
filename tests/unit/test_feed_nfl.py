"""The NFL's game details: plays, points, order, what comes next, and the faults that real documents have."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.errors import DecodeError, UnreadableFile
from app.feeds.base import FeedEvent
from app.feeds.nfl import PROVIDER
from app.sports.gridiron.situation import next_situation
from tests.gridiron_kit import BROWNS, CLE, HOU, TEXANS, Folded, nfl_detail, nfl_play, stat, through

KICK = nfl_play(
    41, "KICK_OFF", "HOU  KO  HOU 35", "J.Slye kicks 65 yards from HOU 35 to end zone, Touchback.", clockTime="15:00"
)


def read(play: dict[str, Any]) -> FeedEvent:
    return next(e for e in through(PROVIDER, nfl_detail(play)) if e.source_event_id == str(play["playId"]))


def rush(number: int, pre: str = "CLE  1-10  CLE 32", yards: int = 4, **more: Any) -> dict[str, Any]:
    text = f"(12:00) N.Chubb right guard for {yards} yards."
    return nfl_play(
        number, "RUSH", pre, text, **{"stats": [stat(10, CLE, yards, "00-1")], "yardsGained": yards, **more}
    )


def touchdown(number: int, **more: Any) -> dict[str, Any]:
    told = {
        "playScored": True,
        "scoringPlayType": "TOUCHDOWN",
        "scoringTeamId": CLE,
        "stats": [stat(11, CLE, 3, "00-1")],
    }
    return rush(number, "CLE  3-Goal  HOU 3", 3, **{**told, **more})


def test_a_play_says_where_when_and_what() -> None:
    event = read(rush(63, playSequenceNumber=63.5, clockTime="14:52"))
    assert (event.source_event_id, event.type, event.period, event.order_key) == ("63", "run", 1, 63.5)
    assert (event.elapsed_s, event.team, event.player) == (8.0, BROWNS, "nfl:player:00-1")
    f = event.fields
    assert (f.down, f.distance_yd, f.yards_to_goal, f.yards) == (1, 10, 68, 4)
    assert (f.end_team, f.end_down, f.end_distance_yd, f.end_yards_to_goal) == (BROWNS, 2, 6, 64)


def test_a_document_begins_with_who_plays_and_ends_with_how_it_ended_whatever_its_status_says() -> None:
    first, *_, last = through(PROVIDER, nfl_detail(KICK, over=(31, 21)))
    f = first.fields
    assert (first.type, f.home_team, f.away_team, f.league) == ("game_info", BROWNS, TEXANS, "nfl")
    assert (f.home_name, f.season, f.kickoff_at) == ("Cleveland Browns", "2021", "2021-09-19T17:00:00+00:00")
    assert (last.type, last.period, last.fields.home_score, last.fields.away_score) == ("game_end", 100, 31, 21)
    assert PROVIDER.tells_a_whole_match(last.type, last.period, last.elapsed_s)
    assert through(PROVIDER, nfl_detail(KICK))[-1].type == "kickoff"


@pytest.mark.parametrize(
    ("type_", "text", "stats", "expected"),
    [
        ("PASS", "pass short", [stat(15, CLE, 9, "00-2"), stat(21, CLE, 9, "00-3")],
         ("pass", {"complete": True, "yards": 9, "receiver": "nfl:player:00-3"})),
        ("PASS", "pass incomplete", [stat(14, CLE, None, "00-2")], ("pass", {"complete": False, "yards": 0})),
        ("PASS", "pass INTERCEPTED by X at HOU 20.", [stat(19, CLE, None, "00-2")],
         ("pass", {"complete": False, "intercepted": True, "end_team": TEXANS, "end_yards_to_goal": 80})),
        ("SACK", "sacked", [stat(20, CLE, -7, "00-2")], ("sack", {"yards": -7})),
        ("RUSH", "FUMBLES, RECOVERED by HOU-X at CLE 30.", [stat(10, CLE, 1), stat(52, CLE), stat(106, CLE)],
         ("run", {"fumble": True, "fumble_lost": True, "end_team": TEXANS, "end_yards_to_goal": 30})),
        ("RUSH", "FUMBLES, recovered by CLE-X at CLE 31.", [stat(10, CLE, 4), stat(52, CLE)],
         ("run", {"fumble": True, "fumble_lost": None, "end_team": BROWNS, "end_yards_to_goal": 69})),
        ("RUSH", "B.Mayfield kneels to CLE 31 for -1 yards.", [stat(10, CLE, -1)], ("run", {"kneel": True})),
        ("PASS", "B.Mayfield spiked the ball to stop the clock.", [stat(14, CLE)], ("pass", {"spike": True})),
        ("PENALTY", "PENALTY on CLE-X, False Start, 5 yards, enforced at CLE 32 - No Play.", [stat(93, CLE, 5)],
         ("penalty", {"no_play": True, "penalty": True})),
        ("SACK", "sacked. Penalty on CLE-X, Offensive Holding, declined.", [stat(20, CLE, -7)],
         ("sack", {"penalty": True, "penalty_declined": True, "no_play": None})),
        ("UNSPECIFIED", "(Punt formation) M.Dickson up the middle", [stat(10, CLE, -12)], ("run", {"yards": -12})),
        ("TIMEOUT", "Two-Minute Warning", [], ("two_minute_warning", {})),
        ("GAME_START", "GAME", [], ("other", {})),
    ],
)  # fmt: skip
def test_types_and_what_happened(type_: str, text: str, stats: Any, expected: tuple[str, dict[str, Any]]) -> None:
    event = read(nfl_play(63, type_, "CLE  1-10  CLE 32", text, stats=stats))
    assert event.type == expected[0]
    assert {name: getattr(event.fields, name) for name in expected[1]} == expected[1]


# What comes after, for the team of the play at its own 32 (68 yards to go) on first and ten, unless said otherwise.
@pytest.mark.parametrize(
    ("play", "expected"),
    [
        (rush(1, yards=10), (BROWNS, 1, 10, 58)),
        (rush(1, "CLE  4-1  CLE 32", 0), (TEXANS, 1, 10, 32)),
        (rush(1, "CLE  3-8  HOU 9", 3), (BROWNS, 4, 5, 6)),
        (rush(1, yards=3, stats=[stat(10, CLE, 3), stat(5, CLE)]), (BROWNS, 1, 10, 65)),
        (rush(1, "CLE  3-Goal  HOU 3", 1), (BROWNS, 4, 2, 2)),
        (rush(1, yardsGained=19, playDescription="for 4 yards. PENALTY on HOU-X, Face Mask, 15 yards, enforced at CLE 36.",
              stats=[stat(10, CLE, 4), stat(5, CLE)]), (BROWNS, 1, 10, 49)),
        (rush(1, yardsGained=-6, playDescription="for 4 yards. PENALTY on CLE-X, Offensive Holding, 10 yards."),
         (BROWNS, None, None, 74)),
        (nfl_play(1, "PENALTY", "CLE  2-7  CLE 49", "PENALTY on CLE-X, False Start, 5 yards - No Play.", yardsGained=-5),
         (BROWNS, 2, 12, 56)),
        (nfl_play(1, "PENALTY", "CLE  2-7  CLE 49", "PENALTY on HOU-X - No Play.", yardsGained=5, stats=[stat(5, CLE)]),
         (BROWNS, 1, 10, 46)),
        (nfl_play(1, "PUNT", "CLE  4-9  CLE 32", "J.Gillan punts 48 yards to HOU 20, downed by CLE-X."), (TEXANS, 1, 10, 80)),
        (nfl_play(1, "PUNT", "CLE  4-9  CLE 32", "punts to end zone, Touchback."), (TEXANS, 1, 10, 80)),
        (nfl_play(1, "PUNT", "CLE  4-9  CLE 32", "punts to HOU 28. X MUFFS catch, RECOVERED by CLE-Y at HOU 35."),
         (BROWNS, 1, 10, 35)),
        (nfl_play(1, "PUNT", "CLE  4-9  CLE 32", "punts to HOU 28. PENALTY on HOU-X, Holding, 10 yards."),
         (TEXANS, None, None, None)),
        (nfl_play(1, "FIELD_GOAL", "CLE  4-4  HOU 30", "48 yard field goal is No Good, Wide Right."), (TEXANS, 1, 10, 62)),
        (nfl_play(1, "FIELD_GOAL", "CLE  4-4  HOU 5", "23 yard field goal is No Good, Wide Right."), (TEXANS, 1, 10, 80)),
        ({**KICK, "playId": 1}, (BROWNS, 1, 10, 75)),
        (nfl_play(1, "KICK_OFF", "HOU  KO  HOU 35", "kicks 58 yards to CLE 7. D.Felton to CLE 32 for 25 yards."),
         (BROWNS, 1, 10, 68)),
        (nfl_play(1, "KICK_OFF", "HOU  KO  HOU 35", "kicks to CLE 7, fair catch by D.Felton."), (BROWNS, 1, 10, 75)),
        (touchdown(1), (None, None, None, None)),
    ],
)  # fmt: skip
def test_what_comes_next_is_worked_out_or_left_open(play: dict[str, Any], expected: tuple[Any, ...]) -> None:
    f = read(play).fields
    assert (f.end_team, f.end_down, f.end_distance_yd, f.end_yards_to_goal) == expected


@pytest.mark.parametrize(
    ("type_", "kind", "team", "expected"),
    [
        ("RUSH", "TOUCHDOWN", CLE, ("touchdown", 6, BROWNS)),
        ("PASS", "TOUCHDOWN", HOU, ("touchdown", 6, TEXANS)),
        ("FIELD_GOAL", "FIELD_GOAL", CLE, ("field_goal", 3, BROWNS)),
        ("SACK", "SAFETY", HOU, ("safety", 2, TEXANS)),
        ("XP_KICK", "PAT", CLE, ("extra_point", 1, BROWNS)),
        ("PAT2", "PAT2", CLE, ("two_point", 2, BROWNS)),
        ("PAT2", "PAT2", HOU, ("defensive_two_point", 2, TEXANS)),
        ("XP_KICK", "PAT", HOU, ("defensive_two_point", 2, TEXANS)),
    ],
)
def test_points(type_: str, kind: str, team: str, expected: tuple[str, int, str]) -> None:
    pre = "CLE  XP  HOU 15" if kind.startswith("PAT") else "CLE  3-8  HOU 9"
    f = read(nfl_play(63, type_, pre, "x", playScored=True, scoringPlayType=kind, scoringTeamId=team)).fields
    assert (f.score_kind, f.points, f.scoring_team, f.try_points) == (*expected, None)


def test_a_time_out_has_its_number_and_a_lost_challenge_costs_one() -> None:
    told = [
        nfl_play(50, "TIMEOUT", "TIMEOUT", "Timeout #1 by HOU at 12:20."),
        nfl_play(51, "TIMEOUT", "TIMEOUT", "Timeout at 12:10."),
        rush(
            52,
            playDescription="for 4 yards. Cleveland challenged the ruling, and the play was Upheld. (Timeout #2 at 11:35.)",
        ),
    ]
    events = {e.source_event_id: e for e in through(PROVIDER, nfl_detail(KICK, *told))}
    assert (events["50"].team, events["50"].fields.timeout_number, events["51"].team) == (TEXANS, 1, None)
    assert (events["52"].fields.timeout_team, events["52"].fields.timeout_number) == (BROWNS, 2)
    state = Folded(events.values()).state
    assert (state.home.timeouts, state.away.timeouts) == (1, 2)


def test_old_and_new_abbreviations_are_one_team() -> None:
    told = nfl_detail(rush(63, "ARI  1-10  ARI 32"))
    told["homeTeam"]["currentLogo"] = "https://x/{f}/logos/AZ"
    assert through(PROVIDER, told)[-1].team == BROWNS


def test_overtime_counts_its_ten_minutes_and_a_game_that_ends_in_it_stands_where_it_was_won() -> None:
    assert read(rush(63, quarter=5, clockTime="10:00")).elapsed_s == 3900.0
    over = [
        rush(60, clockTime="00:10", quarter=5),
        nfl_play(63, "END_GAME", "END GAME", "END GAME", quarter=5, clockTime="00:00"),
    ]
    assert Folded(through(PROVIDER, nfl_detail(*over))).state.elapsed_s == 4490.0


# --- known faults -------------------------------------------------------------------------------------------------


def test_a_play_that_was_put_in_between_stands_by_its_sequence_not_its_number() -> None:
    told = [KICK, rush(63), rush(95, "CLE  3-3  CLE 39"), rush(4000, "CLE  2-6  CLE 36", 3, playSequenceNumber=80.5)]
    game = Folded(through(PROVIDER, nfl_detail(*told)))
    # The play put in between leads to third and three, and the last one was played from there.
    assert [e.source_event_id for e in sorted(through(PROVIDER, nfl_detail(*told))[1:], key=lambda e: e.order_key)] == [
        "41", "63", "4000", "95",
    ]  # fmt: skip
    following = next_situation(game.state)
    assert following is not None
    assert (following.down, following.yards_to_goal) == (1, 57)


def test_a_deleted_play_is_taken_back() -> None:
    empty = {
        **nfl_play(63, "UNSPECIFIED", "", ""),
        "quarter": 0,
        "playSequenceNumber": 0.0,
        "playDeleted": True,
        "clockTime": None,
    }
    event = read(empty)
    assert (event.kind, event.source_event_id) == ("retracted", "63")
    kept = through(PROVIDER, nfl_detail(KICK, touchdown(63)))
    assert Folded(kept).score == (6, 0)
    assert Folded([*kept, event]).score == (0, 0)


def test_a_score_of_the_scoring_list_is_compared_after_the_try() -> None:
    kick = nfl_play(64, "XP_KICK", "CLE  XP  HOU 15", "GOOD", playScored=True, scoringPlayType="PAT", scoringTeamId=CLE)
    right = {"scoringPlayId": 63, "patPlayId": 64, "homeScore": 7, "awayScore": 0}
    game = Folded(through(PROVIDER, nfl_detail(KICK, touchdown(63), kick, scoring=[right], over=(7, 0))))
    assert game.score == (7, 0)
    assert game.summary.details["printed_score"]["wrong_on_plays"] == 0
    wrong = Folded(through(PROVIDER, nfl_detail(KICK, touchdown(63), kick, scoring=[{**right, "homeScore": 10}])))
    assert wrong.score == (7, 0)
    assert wrong.summary.details["printed_score"]["wrong_on_plays"] == 1


def test_a_play_without_a_clock_stands_where_the_one_before_it_did() -> None:
    told = [KICK, rush(63, clockTime="10:00"), nfl_play(64, "TIMEOUT", "TIMEOUT", "Timeout at 10:00.", clockTime=None)]
    assert Folded(through(PROVIDER, nfl_detail(*told))).state.elapsed_s == 300.0
    end = nfl_play(65, "END_QUARTER", "END QTR 1", "END QUARTER 1", clockTime=None)
    assert Folded(through(PROVIDER, nfl_detail(*told, end))).state.elapsed_s == 900.0


# --- what cannot be read ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"playScored": True, "scoringPlayType": "ROUGE"}, "`scoringPlayType`: 'ROUGE' is none of TOUCHDOWN"),
        ({"playScored": True, "scoringPlayType": "SAFETY"}, "`scoringTeamId` is missing"),
        ({"quarter": "first"}, "`play.quarter`"),
        ({"clockTime": "soon"}, "`play.clockTime`"),
    ],
)
def test_an_error_says_which_field(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        read(rush(63, **change))
    assert reason in str(caught.value)
    assert caught.value.source_event_id == "63"


def test_a_bare_play_needs_to_be_told_who_plays() -> None:
    raw = json.dumps(rush(63)).encode()
    with pytest.raises(DecodeError, match="not known who plays"):
        PROVIDER.decode(raw, {})
    messages = [m for m in PROVIDER.split(json.dumps(nfl_detail(KICK)).encode()) if isinstance(m, bytes)]
    options = PROVIDER.stream_options(messages)
    assert PROVIDER.decode(raw, options).team == BROWNS
    assert PROVIDER.kickoff_at is not None
    found = PROVIDER.kickoff_at(options)
    assert found is not None
    assert found.isoformat() == "2021-09-19T17:00:00+00:00"


def test_a_broken_play_takes_no_other_along() -> None:
    messages = list(PROVIDER.split(json.dumps(nfl_detail(KICK, {"playId": "x"}, rush(63))).encode()))
    failed = []
    for message in messages:
        assert isinstance(message, bytes)
        try:
            PROVIDER.decode(message, {})
        except DecodeError as error:
            failed.append(str(error))
    assert len(messages) == 4
    assert len(failed) == 1
    assert "playId" in failed[0]


@pytest.mark.parametrize("body", [b'{"driveChart":{"plays":7}}', b'{"homeTeam":{},"driveChart":[]}', b"", b"<xml/>"])
def test_what_is_no_detail_is_refused_whole(body: bytes) -> None:
    with pytest.raises(UnreadableFile):
        list(PROVIDER.split(body))


@pytest.mark.parametrize("raw", [b'{"id":"x"}', b'{"id":"x","play":{}}', b"[]", b"\xff", b'{"playId":1}', b"[" * 9999])
def test_nothing_but_a_decode_error_is_raised(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        PROVIDER.decode(raw, {})


@pytest.mark.parametrize("raw", [b'{"id":1}', b"{}", b'{"id":"x","play":null}'])
def test_what_is_of_another_feed_is_told_as_that(raw: bytes) -> None:
    with pytest.raises(DecodeError, match="no play or game of the NFL"):
        PROVIDER.decode(raw, {})
