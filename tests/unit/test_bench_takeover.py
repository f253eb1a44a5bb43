"""The bench of workers that end: when a match goes on, and where it stands before."""

from __future__ import annotations

import json
from array import array
from typing import Any

import pytest

from tests.bench import takeover
from tests.bench.kit import strikes
from tests.bench.kit.fleet import pid_of
from tests.bench.kit.senders import Sent
from tests.bench.kit.strikes import Claim, Strike
from tests.bench.kit.subscribers import Heard
from tests.bench.kit.workload import Match

NOBODY: Any = None


def heard(*times: float) -> Heard:
    """A client that read one frame of each log version at these moments; 0 where none came."""
    return Heard("m1", array("d", times), array("H", [at > 0 for at in times]), 0, False)


@pytest.fixture
def strike() -> Strike:
    """A worker that ended at 100 s, when version 2 was sent and not scored; another had the match at 102.5 s."""
    made = Strike("kill", NOBODY, NOBODY, NOBODY)
    made.moment = 100.0
    made.held = ["m1"]
    made.claims["m1"] = Claim(102.5, 1)
    made.sent = [Sent("m1", version, at, at, at, 0) for version, at in ((1, 99.0), (2, 99.9), (3, 101.0))]
    made.sent.append(Sent("m2", 3, 100.0, 100.0, 100.0, 0))
    return made


def test_a_match_goes_on_with_the_first_frame_that_another_made(strike: Strike):
    found = takeover.fate(strike, "m1", [heard(0, 100.1, 103.0, 103.2), heard(0, 100.1, 103.5, 103.1)])
    assert found.how == "kill"
    assert [found.goes_on_s, found.claimed_s] == pytest.approx([3.1, 2.5])


def test_a_match_that_does_not_go_on(strike: Strike):
    assert takeover.fate(strike, "m1", [heard(0, 100.1, 103.0, 103.2), heard(0, 100.1, 0, 0)]).goes_on_s is None
    strike.claims.clear()
    assert takeover.fate(strike, "m1", [heard(0, 100.1, 0, 0)]) == takeover.Fate("kill", None, None)


def test_a_worker_is_known_by_its_process():
    assert pid_of("host:4711:a1b2c3") == 4711
    assert pid_of("fe80::1:4711:a1b2c3") == 4711


def test_where_a_match_stands():
    places = [(1, 45), (1, 85), (2, 84), (2, 85), (2, 90)]
    messages = [json.dumps({"period": period, "minute": minute}).encode() for period, minute in places]
    assert strikes.stands_at(Match("m1", "statsbomb", messages)) == 3
    assert strikes.stands_at(Match("m1", "statsbomb", messages[:3])) == 3
