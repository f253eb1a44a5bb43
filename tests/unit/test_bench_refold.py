"""The bench of corrections: what is edited, and how it is told what was folded anew."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from app.feeds.base import FeedEvent, provider
from tests.bench.kit import edits, folding_worker, stages, workload


@pytest.fixture
def match(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> workload.Match:
    """The match that is edited where the shared data is not there."""
    monkeypatch.setattr(workload, "SHARED", tmp_path)
    found, told = edits.match_to_edit()
    assert told == "StatsBomb demo matches of the kloppy wheel: match 15986"
    return found


def read(messages: Sequence[bytes]) -> list[FeedEvent]:
    decode = provider("statsbomb").decode
    return [decode(m, {}) for m in messages]


def test_the_match_stands_at_minute_90(match: workload.Match):
    last = read(edits.played(match))[-1]
    assert (last.period, last.elapsed_s // 60) == (2, 89)


def test_edits_are_where_they_are_said_to_be(match: workload.Match):
    chosen = edits.edited(match)
    assert [k.name for k in chosen] == ["minute3", "minute45", "minute89", "minute3_score"]
    events = read([k.revision(0) for k in chosen])
    assert [(e.type, e.period, e.elapsed_s // 60) for e in events[:3]] == [
        ("pass", 1, 3),
        ("pass", 2, 45),
        ("pass", 2, 89),
    ]
    assert (events[3].type, events[3].elapsed_s < 300) == ("shot", True)
    assert [k.clock.split(":")[0] for k in chosen[:3]] == ["3", "45", "89"]


def test_every_revision_is_another_one(match: workload.Match):
    for kind in edits.edited(match):
        events = read([kind.revision(n) for n in range(300)])
        assert {e.source_event_id for e in events} == {kind.original["id"]}
        assert len({msgspec.json.encode(e.fields) for e in events}) == 300
        if kind.name == "minute3_score":
            assert all((e.fields.outcome == "goal") == (n % 2 == 0) for n, e in enumerate(events))
        else:
            ends_m = [e.fields.end_x_m or 0.0 for e in events]
            assert all(abs(a - b) > 40 for a, b in pairwise(ends_m))


def test_what_was_folded_is_read(tmp_path: Path):
    file = tmp_path / "folded"
    assert folding_worker.told(file) == {}
    file.write_bytes(b'{"match":"m1","version":7,"anew":3,"read":0}\n{"match":"m2","version":7,"anew":9,"read":40}\n')
    found = folding_worker.told(file)
    assert (found["m1", 7].anew, found["m2", 7].anew, found["m2", 7].read) == (3, 9, 40)


def test_stages_of_several_spans_are_added():
    one = {"fold": {"count": 2, "seconds": 0.5, "mean_ms": 250.0, "p99_ms": 300.0}}
    other = {
        "fold": {"count": 2, "seconds": 0.1, "mean_ms": 50.0, "p99_ms": 60.0},
        "tail": {"count": 1, "seconds": 0.002},
    }
    assert stages.together([one, other]) == {
        "fold": {"count": 4, "seconds": 0.6, "mean_ms": 150.0, "p99_ms": 300.0},
        "tail": {"count": 1, "seconds": 0.002, "mean_ms": 2.0},
    }
    assert stages.together([]) == {}
