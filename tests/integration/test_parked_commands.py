"""The commands for a parked match, on the real service: its workers and the commands run with a fault in the fold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import ROOT, TINY, Running, service, touchline, until

POISON = (
    '{"id":"poison","type":"shot","period":1,"order":20.5,"clock_s":1400.0,"team":"harbour","player":"h9",'
    '"fields":{"x_m":85.0,"y_m":30.0,"body_part":"right_foot","shot_kind":"open_play","outcome":"goal"}}'
)
AT = 21
# Every process of the test gets the fault as it starts; it holds for as long as the file is there.
FAULT = """
import os
from app.sports.soccer import state
fold = state.apply
def apply(match, event):
    if event.source_event_id == "poison" and event.fields.x_m == 85.0 and os.path.exists({flag!r}):
        raise ZeroDivisionError("no such angle")
    fold(match, event)
state.apply = apply
"""


@pytest.fixture
def fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that makes the event `poison` impossible to fold; without it the code is mended."""
    flag = tmp_path / "broken"
    flag.touch()
    (tmp_path / "sitecustomize.py").write_text(FAULT.format(flag=str(flag)))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")
    return flag


@pytest.fixture
def up(fault: Path, dsn: str) -> Iterator[Running]:
    """The service with the fault in it."""
    with service(database_url=dsn, poll_s=0.5) as found:
        yield found


def told(dsn: str, *arguments: str) -> Any:
    """What a command tells a machine."""
    done = touchline("matches", *arguments, "--json", database_url=dsn)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return json.loads(done.stdout)


def refused(dsn: str, code: int, says: str, *arguments: str) -> None:
    """A command that fails in one line."""
    done = touchline("matches", *arguments, database_url=dsn)
    assert done.returncode == code, (done.stdout, done.stderr)
    assert re.fullmatch(rf"touchline: .*{says}.*\n", done.stderr), done.stderr


def push_with_poison(up: Running, match: str) -> None:
    lines = TINY.read_text().splitlines()
    up.push(match, "\n".join([*lines[:20], POISON, *lines[20:]]).encode())
    until(lambda: up.http.get(f"/v1/matches/{match}").json()["parked_reason"])


def score(up: Running, match: str) -> tuple[int, int]:
    found = up.scored(match)
    return found["home_score"], found["away_score"]


def verified(dsn: str) -> None:
    done = touchline("verify", database_url=dsn)
    assert done.returncode == 0, done.stdout


def test_a_parked_match_is_seen_looked_into_skipped_and_taken_back(up: Running, dsn: str, fault: Path) -> None:
    assert "No match is parked" in touchline("matches", "parked", database_url=dsn).stdout
    push_with_poison(up, "parked")
    up.push("other", TINY.read_bytes())
    assert score(up, "other") == (2, 1)
    (found,) = told(dsn, "parked")
    assert (found["match"], found["version"], found["source_event_id"], found["type"]) == (
        "parked",
        AT,
        "poison",
        "shot",
    )
    assert "no such angle" in found["reason"]
    assert found["attempts"] >= 1
    shown = touchline("matches", "parked", database_url=dsn).stdout
    assert "parked: parked since" in shown
    assert "touchline matches inspect parked" in shown

    about = told(dsn, "inspect", "parked")
    assert (about["version"], about["raw"], about["provider"], about["kind"]) == (AT, POISON, "touchline", "recorded")
    assert "ZeroDivisionError" in about["parked_reason"]
    assert [e["source_event_id"] for e in about["before"] + about["after"]] == [f"t-0{n}" for n in range(18, 24)]
    told_people = touchline("matches", "inspect", "parked", database_url=dsn).stdout
    assert "parks the match" in told_people
    assert POISON in told_people
    assert touchline("matches", "inspect", "parked", "--raw", database_url=dsn).stdout == POISON
    refused(dsn, 2, "name a version", "inspect", "other")
    refused(dsn, 1, "no such angle", "retry", "parked")

    skipped = told(dsn, "skip", "parked", "--version", str(AT), "--reason", "no such angle")
    assert (skipped["was_folded"], skipped["scored_version"], skipped["changed_points"]) == (False, 41, 0)
    assert score(up, "parked") == (2, 1)
    assert told(dsn, "parked") == []
    verified(dsn)
    assert told(dsn, "inspect", "parked", "--version", str(AT))["skipped"]["reason"] == "no such angle"
    assert "skipped by local" in touchline("matches", "inspect", "parked", "--version", "21", database_url=dsn).stdout

    again = ("unskip", "parked", "--version", str(AT), "--reason", "mended")
    refused(dsn, 1, "stays skipped.*no such angle", *again)
    verified(dsn)
    fault.unlink()
    taken = told(dsn, *again)
    assert taken["was_folded"]
    assert taken["changed_points"] > 0
    assert score(up, "parked") == (3, 1)
    verified(dsn)
    refused(dsn, 2, "not skipped", *again)
    refused(dsn, 2, "nowhere", "skip", "nowhere", "--version", "1", "--reason", "x")


def test_a_parked_match_is_fixed_and_a_folded_event_is_skipped(up: Running, dsn: str, tmp_path: Path) -> None:
    push_with_poison(up, "parked")
    right = tmp_path / "right.json"
    right.write_text(POISON.replace("85.0", "99.0"))
    done = touchline(
        "matches", "fix", "parked", "--version", str(AT), str(right), "--reason", "x was wrong", database_url=dsn
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "the right message is version 42" in done.stdout
    assert score(up, "parked") == (3, 1)
    verified(dsn)
    # A decision about what was folded long ago, on a match that is not parked.
    shot = up.http.get("/v1/matches/parked/events", params={"limit": 1000}).json()["items"]
    version = next(e["version"] for e in shot if e["source_event_id"] == "t-013")
    skipped = told(dsn, "skip", "parked", "--version", str(version), "--reason", "it was no goal")
    assert skipped["was_folded"]
    assert skipped["changed_points"] > 0
    assert score(up, "parked") == (2, 1)
    verified(dsn)
    touchline("matches", "retry", "parked", database_url=dsn).check_returncode()
    right.write_text("{}")
    refused(dsn, 1, "no message of touchline", "fix", "parked", "--version", "3", str(right), "--reason", "x")
    refused(dsn, 1, "no file", "fix", "parked", "--version", "3", str(tmp_path / "none.json"), "--reason", "x")
    refused(dsn, 2, "--reason", "skip", "parked", "--version", "3")
