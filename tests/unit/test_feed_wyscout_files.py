"""Wyscout's file of a match: cut into team sheets and events, and what is known of the whole."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from app.commands.ingest import read_payload
from app.errors import DecodeError
from app.feeds.faults import Rates, plan, timeline
from app.feeds.wyscout import PROVIDER, decode, is_over, stream_options
from app.sports.base import Event
from app.sports.soccer.sport import SPORT
from tests.wyscout_kit import HARBOUR, NORTHGATE, cut, document, folded, message


def test_a_file_is_its_team_sheets_and_its_events_as_they_came() -> None:
    first, second = message(8, 85, 1801, id=1), message(8, 85, 1801, id=2, teamId=NORTHGATE)
    payload = json.dumps(document(first, second), indent=1).encode()
    messages = cut(payload)
    assert len(messages) == 4
    assert all(m in payload for m in messages[2:])
    home, away = (decode(m, {}) for m in messages[:2])
    assert (home.source_event_id, home.type, home.period, home.order_key) == ("squad-4002", "other", 0, 0.0)
    assert (away.source_event_id, away.team, away.order_key) == ("squad-4001", "wyscout:team:4001", 1.0)
    assert away.fields.team_name == "Hárbour"  # escaped twice in the open data
    assert away.fields.lineup is not None
    assert [(p.player, p.name) for p in away.fields.lineup] == [("wyscout:player:71", "A. Olăh")]
    assert SPORT.entities(Event(0, "", False, "other", 0, 0, 0, away.team, None, away.fields))[1][2] == "A. Olăh"


def test_the_first_team_of_a_file_is_at_home_whoever_plays_the_first_ball() -> None:
    messages = cut(document(message(8, 85, 1801)))
    state = folded([decode(m, stream_options(messages)) for m in messages])
    assert (state.home.name, state.away.name, state.status) == ("Northgate", "Hárbour", "live")
    assert state.home.on_pitch == state.away.on_pitch == []  # a squad is no line-up


def test_what_a_file_knows_of_its_match() -> None:
    assert stream_options(cut(document(message(8, 85)))) == {
        "match": 900,
        "teams": [[NORTHGATE, "Northgate"], [HARBOUR, "Hárbour"]],
        "players": {"71": "A. Olăh", "72": "B. Moor"},
    }
    assert stream_options([]) == {}
    assert stream_options([b"{", b"5", b"{}"]) == {}


def test_an_array_without_team_sheets_knows_who_plays() -> None:
    events = [message(8, 85, id=1), message(8, 85, id=2, teamId=NORTHGATE), message(7, 72, 102, id=3, teamId=NORTHGATE)]
    messages = cut(events)
    options = stream_options(messages)
    assert options == {"match": 900, "teams": [[HARBOUR, None], [NORTHGATE, None]]}
    assert decode(messages[2], options).team == "wyscout:team:4001"


def test_events_of_another_match_are_refused_where_the_match_is_known() -> None:
    """A season in one file must not become one match."""
    messages = cut([message(8, 85, id=1), message(8, 85, id=2, matchId=901, teamId=7)])
    options = stream_options(messages)
    assert options["teams"] == [[HARBOUR, None]]
    assert decode(messages[0], options).source_event_id == "1"
    with pytest.raises(DecodeError, match="`matchId`: 901 is another match; this stream is of 900") as caught:
        decode(messages[1], options)
    assert caught.value.source_event_id == "2"
    assert decode(messages[1], {}).source_event_id == "2"


@pytest.mark.parametrize("shape", ["array", "ndjson", "single"])
def test_pushes_come_in_every_shape(shape: str) -> None:
    raw = [json.dumps(message(8, 85, id=i)).encode() for i in (1, 2)]
    payload = {"array": b"[" + b",".join(raw) + b"]", "ndjson": b"\n".join(raw), "single": raw[0]}[shape]
    assert cut(payload) == (raw if shape != "single" else raw[:1])


def test_team_sheets_can_be_pushed_by_themselves_and_cut_again() -> None:
    made = document()
    del made["events"]
    sheets = cut(made)
    assert [decode(m, {}).source_event_id for m in sheets] == ["squad-4002", "squad-4001"]
    assert cut(b"[" + b",".join(sheets) + b"]") == sheets
    assert cut(b"\n".join(sheets)) == sheets


def test_a_packed_file(tmp_path: Path) -> None:
    path = tmp_path / "900.json.gz"
    path.write_bytes(gzip.compress(json.dumps(document(message(8, 85))).encode()))
    assert len(cut(read_payload(path))) == 3


def test_a_file_that_goes_on_to_the_end_tells_a_whole_match() -> None:
    assert not is_over(1, 2900.0)
    assert not is_over(2, 5200.0)
    assert is_over(2, 5350.0)
    assert not is_over(3, 6400.0)
    assert is_over(4, 7210.0)
    assert is_over(5, 7300.0)


def test_it_can_be_rehearsed_with_faults() -> None:
    events = [message(8, 85, 1801, id=i, eventSec=float(i)) for i in range(1, 300)]
    raws = cut(document(*events))
    rates = Rates(duplicate=0.2, reorder=0.2, delay=0.2, amend=0.2, retract=0.2, malformed=0.2)
    told_again = plan(PROVIDER, timeline(PROVIDER, raws), rates, "seed")
    assert len(told_again.sends) > len(raws)
    assert min(told_again.faults[fault] for fault in ("duplicate", "amend", "malformed", "delay")) > 0
