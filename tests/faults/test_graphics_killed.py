"""The sender of commands is killed while a game is told: what holds comes again, never something older, and no play is lost."""

from __future__ import annotations

import random
import time
from typing import Any

import psycopg

from tests.faults.kit import SETTINGS, chance
from tests.graphics_engine import Engine, assert_ordered, engine
from tests.integration.test_graphics_sender import game
from tests.running import Running, service, touchline, until

MATCH = "killed"
KILLS = 2


def test_a_sender_killed_again_and_again(dsn: str) -> None:
    at = chance()
    with service(database_url=dsn, **SETTINGS) as running, engine() as screen:
        told = iter(game(end=False))
        for _ in range(2):
            running.push(MATCH, next(told), "nfl")
        running.scored(MATCH)
        added = touchline("graphics", "add", MATCH, screen.url, database_url=dsn)
        assert added.returncode == 0, added.stderr
        begun = _shown(dsn)
        until(lambda: shows(running, screen))
        for _ in range(KILLS):
            kill(running, screen, at)
            for _ in range(2):
                running.push(MATCH, next(told), "nfl")
            until(lambda: shows(running, screen))
        # A play that was told while nobody was there is news all the same.
        running.child("graphics").kill()
        for message in told:
            running.push(MATCH, message, "nfl")
        until(lambda: screen.last("key_play"))
        until(lambda: shows(running, screen))
        # Once it was shown it is not shown again.
        until(lambda: _shown(dsn) > begun)
        shown = {c["sequence"] for c in screen.of("key_play")}
        kill(running, screen, at)
        until(lambda: shows(running, screen))
        time.sleep(0.5)
        assert {c["sequence"] for c in screen.of("key_play")} == shown
        assert_ordered(screen.taken)
        times = [c["timestamp"] for c in screen.of("win_probability")]
        assert times == sorted(times), "something older"


def kill(running: Running, screen: Engine, at: random.Random) -> None:
    """At a random moment; then what holds comes again, under higher numbers."""
    time.sleep(at.uniform(0, 0.3))
    process = running.child("graphics")
    process.kill()
    process.wait(10)
    last, count = max(c["sequence"] for c in screen.taken), len(screen.of("win_probability"))
    until(lambda: len(screen.of("win_probability")) > count)
    assert screen.last("win_probability")["sequence"] > last


def shows(running: Running, screen: Engine) -> bool:
    """Is what holds what it shows, as fresh?"""
    signals = running.http.get(f"/v1/matches/{MATCH}/snapshot").json()["signals"]
    values: dict[str, Any] = {s["subject"]: s["value"] for s in signals if s["signal"] == "win_probability"}
    command = screen.last("win_probability")
    return bool(command) and (command["home_wp"], command["stale"]) == (round(values["home"] * 100, 1), False)


def _shown(dsn: str) -> int:
    """The place in the stream of the last play that the database knows to be shown."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT shown_seq FROM ops.graphics_target").fetchone()
    assert row is not None
    return row[0]
