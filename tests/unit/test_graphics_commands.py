"""The pure parts of commands to graphics engines: what waits, the breaker, staleness, numbers, and what a desk says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.graphics.commands.breaker import FAILURES, FIRST_OPEN_S, LONGEST_OPEN_S, Breaker
from app.graphics.commands.command import IN_A_TERM, STATIC, Command, Sequence
from app.graphics.commands.desk import LATE_S, SHOWN_FOR_S, Desk, Place, Play
from app.graphics.commands.freshness import Signs, stale_s
from app.graphics.commands.waiting import MOST_MOMENTS, Latest, Moments
from app.sports.graphics import Scene, Told, graphics_of

GRIDIRON = graphics_of("app.sports.gridiron")
MATCH = {"home_id": "h", "away_id": "a", "home": "Home", "away": "Away", "home_score": 7, "away_score": 3}


def command(value: float, **more: Any) -> Command:
    return Command(command="UPDATE", match="m", graphic="g", fields={"value": value}, at=value, **more)


def play_of(name: str, value: float = 1.0, expires_at: float | None = None) -> Command:
    return command(value, play=(name, "h"), seq=1, expires_at=expires_at)


def test_of_what_stands_only_the_newest_waits() -> None:
    waiting = Latest()
    for value in (1, 2, 3):
        waiting.put(command(value))
    assert waiting.dropped == 2
    sent = waiting.take(0)
    assert sent == command(3)
    waiting.delivered(command(3))
    waiting.put(command(3))
    assert len(waiting) == 0, "the engine shows it"


def test_what_failed_is_tried_again_unless_there_is_something_newer() -> None:
    waiting = Latest()
    waiting.put(command(1))
    first = waiting.take(0)
    assert first is not None
    waiting.failed(first)
    assert waiting.take(0) is first
    waiting.put(command(2))
    waiting.failed(first)
    assert waiting.take(0) == command(2)
    waiting.failed(command(2))
    # Nobody knows what the engine shows: what it showed before is not left out.
    waiting.put(command(1))
    assert waiting.take(0) == command(1)


def test_a_value_that_comes_back_while_another_is_on_its_way_is_sent() -> None:
    waiting = Latest()
    waiting.put(command(1))
    waiting.take(0)
    waiting.delivered(command(1))
    waiting.put(command(2))
    assert waiting.take(0) == command(2)
    waiting.put(command(1))
    waiting.delivered(command(2))
    assert waiting.take(0) == command(1)
    # And one that is gone again before it was sent is not.
    waiting.delivered(command(1))
    waiting.put(command(5))
    waiting.put(command(1))
    assert waiting.take(0) is None


def test_an_engine_that_was_away_is_told_again() -> None:
    waiting = Latest()
    waiting.again()
    assert len(waiting) == 0
    waiting.put(command(1))
    waiting.take(0)
    waiting.delivered(command(1))
    waiting.again()
    assert waiting.take(0) == command(1)
    waiting.delivered(command(1))
    waiting.put(command(2))
    waiting.again()
    assert waiting.take(0) == command(2)


def test_moments_keep_their_order_and_are_bounded_and_expire() -> None:
    waiting = Moments()
    for name in "abcdef":
        waiting.put(play_of(name, expires_at=ord(name)))
    assert (len(waiting), waiting.dropped) == (MOST_MOMENTS, 2)
    found = waiting.take(now=ord("c"))
    assert found is not None
    assert found.play == ("d", "h"), "c is over by now"
    waiting.failed(found)
    again = waiting.take(now=ord("c"))
    assert again is found
    waiting.put(play_of("d", 2.0))
    waiting.failed(found)
    assert [c.play[0] for c in iter(lambda: waiting.take(0), None) if c.play] == ["e", "f", "d"], "not twice"
    assert waiting.dropped == 3


def test_a_moment_that_is_told_anew_takes_its_place_or_is_withdrawn() -> None:
    waiting = Moments()
    for name in "ab":
        waiting.put(play_of(name))
    waiting.put(play_of("a", 5.0))
    waiting.withdraw(lambda c: c.play == ("b", "h"))
    assert waiting.take(0) == play_of("a", 5.0)
    assert waiting.take(0) is None


def test_a_breaker_opens_and_asks_with_one_command() -> None:
    now = 0.0
    breaker = Breaker(lambda: now)
    for _ in range(FAILURES - 1):
        assert breaker.admit()
        assert not breaker.failed()
    breaker.admit()
    assert not breaker.succeeded()
    opened = []
    for _ in range(FAILURES):
        assert breaker.admit()
        opened.append(breaker.failed())
    assert opened == [False] * (FAILURES - 1) + [True], "a good answer has begun the count anew"
    assert not breaker.admit()
    assert breaker.wait_s() == FIRST_OPEN_S
    # What was on its way meanwhile changes nothing.
    assert not breaker.failed()
    expected = FIRST_OPEN_S
    for _ in range(6):
        now += breaker.wait_s()
        assert breaker.admit()
        assert not breaker.admit(), "one probe"
        assert breaker.wait_s() > 0
        assert breaker.failed()
        expected = min(expected * 2, LONGEST_OPEN_S)
        assert breaker.wait_s() == pytest.approx(expected)
    now += expected
    assert breaker.admit()
    breaker.given_up()
    assert breaker.admit()
    assert breaker.succeeded(), "it had been away"
    assert breaker.state == "closed"
    assert breaker.wait_s() == 0


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        (Signs("live", 0, 179, 0), None),
        (Signs("live", 0, 181, 0), 181),
        (Signs("half_time", 0, 900, 0), None),
        (Signs("scheduled", 0, 1e6, 0), None),
        (Signs("half_time", 11, 900, 0), 11),
        (Signs("live", 0, 20, 11), 11),
        (Signs("live", 12, 200, 11), 200),
        (Signs("finished", 1e6, 1e6, 1e6), None),
        (Signs("abandoned", 1e6, 1e6, 0), None),
    ],
)
def test_when_values_are_stale(signs: Signs, expected: float | None) -> None:
    assert stale_s(signs, 180) == expected


def test_numbers_grow_over_terms_and_fit_a_double() -> None:
    sequence = Sequence()
    sequence.begin(1_800_000_000)
    first = sequence.next()
    assert sequence.next() == first + 1
    sequence.begin(1_800_000_000)
    assert sequence.next() == first + 2
    later = Sequence()
    later.begin(1_800_000_001)
    assert later.next() > first + 1_000_000
    assert (2**32 - 1) * IN_A_TERM < 2**53


def test_what_an_engine_gets() -> None:
    body = json.loads(command(1.5).body(7))
    assert body == {
        "command": "UPDATE", "game_id": "m", "graphic": "g", "sequence": 7, "timestamp": "1970-01-01T00:00:01.500Z",
        "stale": False, "value": 1.5,
    }  # fmt: skip
    stale = json.loads(command(1.5, stale_since=2.0).body(8))
    assert (stale["stale"], stale["stale_since"], stale["value"]) == (True, "1970-01-01T00:00:02.000Z", 1.5)


def scene(home: float | None = 0.583, away: float | None = 0.417, **details: Any) -> Scene:
    return Scene(MATCH, details, {"win_probability": {"home": home, "away": away}})


def desk(fallback: str = "stale", wanted: tuple[str, ...] = (), shown: int = 0) -> Desk:
    return Desk("m", GRIDIRON, wanted, fallback, shown)


def taken(given: Desk, graphic: str) -> Any:
    found = given.waiting[graphic].take(0)
    if found is not None:
        given.waiting[graphic].delivered(found)
    return found


@pytest.mark.parametrize("fallback", ["stale", "static"])
def test_a_desk_falls_back_and_comes_back(fallback: str) -> None:
    given = desk(fallback, ("win_probability",))
    assert list(given.waiting) == ["win_probability"]
    given.scene(scene(None), 10.0)
    assert taken(given, "win_probability") is None, "nothing good was ever shown"
    given.scene(scene(), 11.0)
    assert taken(given, "win_probability").fields == {"home_wp": 58.3, "away_wp": 41.7}
    given.scene(scene(), 11.0, stale_since=20.0)
    fell = taken(given, "win_probability")
    assert (given.stale, fell.stale_since, fell.at) == (True, 20.0, 11.0)
    assert (fell.command, fell.fields) == (
        (STATIC, {}) if fallback == "static" else ("UPDATE_WIN_PROBABILITY", {"home_wp": 58.3, "away_wp": 41.7})
    )
    given.scene(scene(), 11.0, stale_since=21.0)
    assert taken(given, "win_probability") is None, "it was said"
    given.scene(scene(), 30.0)
    assert taken(given, "win_probability").stale_since is None
    # Degraded, and withdrawn: not shown as if they held.
    for at, worse in ((40.0, scene(None, None)), (60.0, Scene(MATCH, {}, {}))):
        given.scene(worse, at)
        assert taken(given, "win_probability").stale_since == at
        given.scene(scene(), at + 10.0)
        assert taken(given, "win_probability").stale_since is None
    assert given.waiting["win_probability"].dropped == 0


def play(name: str, value: float = 0.08, seq: int = 5, at_s: float = 100.0, **more: Any) -> Play:
    told = Told("key_plays", "h", value, MATCH, {"type": "run", "fields": {"text": f"{name} runs"}})
    return Play(told, name, Place(1, at_s), seq, 1000.0, 1000.0, **more)


def test_a_play_is_shown_once_and_again_when_it_is_corrected() -> None:
    given = desk(shown=4)
    given.play(play("a"))
    found = taken(given, "key_play")
    assert found.fields == {"play_description": "a runs", "wpa": 0.08, "team": "home", "duration_ms": 8000}
    assert found.expires_at == 1000.0 + SHOWN_FOR_S
    given.shown(found)
    assert given.shown_seq == 5
    given.play(play("a"))
    assert taken(given, "key_play") is None
    given.play(play("a", 0.09, seq=6))
    assert taken(given, "key_play").fields["wpa"] == 0.09
    given.play(play("b", seq=4))
    given.play(play("c", seq=7, late_s=LATE_S + 1))
    assert taken(given, "key_play") is None, "shown by somebody before us; no news"


def test_a_play_that_may_be_gone_is_not_shown() -> None:
    given = desk()
    for number, name in enumerate("abc"):
        given.play(play(name, seq=10 + number, at_s=100.0 * number))
    given.changed("key_plays", "a", None, None)
    given.changed("wpa", "h", None, None)
    assert len(given.waiting["key_play"]) == 3, "of others"
    # Of what changed between 50 and 250 s, c is what holds now: b is not known to.
    given.changed("key_plays", "h", "c", (Place(1, 50.0), Place(1, 250.0)))
    assert [taken(given, "key_play").play[0] for _ in range(2)] == ["a", "c"]
    given.play(play("d", seq=20))
    given.changed("key_plays", "h", None, None)
    assert taken(given, "key_play") is None
