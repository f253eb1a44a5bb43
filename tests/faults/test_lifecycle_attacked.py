"""Signals on their way to the air, and back, while what carries them there is killed, under load."""

from __future__ import annotations

import random
import time
from pathlib import Path

from tests.faults.air import COMMAND, DATABASE, Air, Order, Sleeper
from tests.faults.full_disk import PAGE_BYTES, fill, full
from tests.faults.kit import Own, chance, judge, load
from tests.faults.load import Sender
from tests.running import until

MATCHES = ("air-a", "air-b", "air-c")


def _attacked(air: Air, at: random.Random, sender: Sender, victim: str, order: Order) -> None:
    time.sleep(at.uniform(0, 0.4))
    air.strike(victim, order)
    sender.goes_on(3)


def test_killed_again_and_again(own: Own, tmp_path: Path) -> None:
    """In the middle of a fill, then around each of several moves; a subscriber sleeps through some of them."""
    at = chance()
    air = Air(own, tmp_path, "counted")
    air.played(at)
    sleeper = Sleeper(own.running.port, *MATCHES)
    with load(own.running.port, at, MATCHES, listeners=[sleeper], pace_s=0.05) as (sender, listeners):
        one = _filled(air, at, sender)
        two = one + 1
        _moved(air, at, sender, "promote", one)
        air.write(two)
        air.carried_out("deploy", air.name, "--shadow")
        victims = at.sample(["work", "serve", "background", COMMAND, DATABASE], 5)
        for number, victim in enumerate(victims):
            sleeper.asleep = number in (1, 2)
            verb, version = ("promote", two) if number % 2 == 0 else ("rollback", one)
            _moved(air, at, sender, verb, version, victim)
        assert sleeper.slept
        sender.goes_on()
        judge(own.dsn, [sender], listeners)
    air.judge(MATCHES)


def _filled(air: Air, at: random.Random, sender: Sender) -> int:
    """Filled by a command that is given again when it dies, while all that works on it is killed in turn; where a version is
    filled before everybody's turn has come, in the next one. Which version that was."""
    victims = at.sample(["work", "background", COMMAND, DATABASE], 4)
    version = 0
    while victims:
        version += 1
        air.write(version)
        _fill(air, at, sender, version, victims)
    assert air.live() == 0
    return version


def _fill(air: Air, at: random.Random, sender: Sender, version: int, victims: list[str]) -> None:
    while True:
        with air.order("deploy", air.name, "--shadow") as order:
            while not order.ended():
                if victims and air.is_filling(version):
                    victim = victims.pop()
                    _attacked(air, at, sender, victim, order)
                    if victim != "work":
                        air.let_go(version)
                time.sleep(0.05)
            print(order.process.returncode, order.told())
            if order.process.returncode == 0:
                return


def _moved(air: Air, at: random.Random, sender: Sender, verb: str, version: int, victim: str | None = None) -> None:
    """Moved by a command that is given again when it failed, with somebody killed before the pointer moves or after."""
    count = len(air.moves())
    early = at.random() < 0.6
    while len(air.moves()) == count:
        with air.order(verb, air.name) as order:
            while not order.ended():
                if victim and (air.is_adopting() if early else len(air.moves()) > count):
                    _attacked(air, at, sender, victim, order)
                    victim = None
                time.sleep(0.02)
            print(verb, order.process.returncode, order.told())
    assert air.live() == version
    sender.goes_on()


def test_no_room_while_it_is_filled(own: Own, tmp_path: Path) -> None:
    """The command says so and ends; given again once there is room, it goes on from there, and on to the air."""
    at = chance()
    air = Air(own, tmp_path, "cramped")
    air.played(at)
    matches = ("cramped-a",)
    with load(own.running.port, at, matches, pace_s=0.05) as (sender, listeners):
        air.write(1)
        with full(own.postmaster, fill(own.dsn, "signal.point") + at.choice((0, PAGE_BYTES // 2))):
            with air.order("deploy", air.name) as order:
                until(order.ended, 120)
                assert order.process.returncode == 1, order.told()
                assert "could not extend file" in order.told()
            assert air.live() == 0
            assert not air.rows("SELECT match_id, parked_reason FROM ops.cursor WHERE parked_at IS NOT NULL")
        air.carried_out("deploy", air.name)
        assert air.live() == 1
        sender.goes_on()
        judge(own.dsn, [sender], listeners)
    air.judge(matches)
