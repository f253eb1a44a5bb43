"""Attacks of a known type, made by hand with some play in every number, for tests of what is alike."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from app.feeds.base import FeedEvent
from tests.engine_kit import HARBOUR, NORTHGATE, feed

Step = tuple[str, float, float, float, dict[str, Any]]


def touch(type: str, x_m: float, y_m: float, after_s: float, **fields: Any) -> Step:
    """One action: its kind, place, seconds since the one before, and what else it says."""
    return type, x_m, y_m, after_s, fields


class Maker:
    """Makes one match. Every attack begins after a minute in which nothing happens, a touch of the other team before it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.events: list[FeedEvent] = []
        self.clock_s = 0.0

    def near(self, value: float, spread: float) -> float:
        return value + self.random.uniform(-spread, spread)

    def attack(self, name: str, steps: list[Step], mirrored: bool = False) -> str:
        """Append an attack; the id of its last event. mirrored: from the other wing."""
        self.clock_s += 40.0
        self._add(f"{name}-before", "pass", NORTHGATE, 40.0, 30.0, {"outcome": "incomplete"})
        for n, (type_, x_m, y_m, after_s, fields) in enumerate(steps, 1):
            self.clock_s += after_s
            given = dict(fields)
            if mirrored and "end_y_m" in given:
                given["end_y_m"] = 68.0 - given["end_y_m"]
            self._add(f"{name}-{n}", type_, HARBOUR, x_m, 68.0 - y_m if mirrored else y_m, given)
        return f"{name}-{len(steps)}"

    def _add(self, name: str, type_: str, team: str, x_m: float, y_m: float, fields: dict[str, Any]) -> None:
        player = team.replace(":team:", ":player:") + "-9"
        given = {"x_m": round(x_m, 2), "y_m": round(y_m, 2), "player": player, **fields}
        self.events.append(feed(name, self.clock_s, type_, team=team, clock_s=self.clock_s, **given))


def passed(x_m: float, y_m: float, end_x_m: float, end_y_m: float, after_s: float, **fields: Any) -> Step:
    """A complete pass."""
    return touch("pass", x_m, y_m, after_s, end_x_m=end_x_m, end_y_m=end_y_m, outcome="complete", **fields)


def shot(x_m: float, y_m: float, after_s: float, body_part: str = "right_foot", **fields: Any) -> Step:
    given = {"outcome": "saved", "shot_kind": "open_play", "body_part": body_part, **fields}
    return touch("shot", x_m, y_m, after_s, **given)


def counter_attack(m: Maker) -> list[Step]:
    x, y = m.near(30, 8), m.near(30, 12)
    a, b = m.near(55, 5), m.near(80, 4)
    return [
        touch("interception", x, y, 1.0, won=True),
        passed(x, y, a, m.near(34, 10), 1.0),
        touch("carry", a, 34.0, 1.5, end_x_m=b, end_y_m=m.near(36, 6)),
        passed(b, 36.0, m.near(92, 3), m.near(34, 5), m.near(4.0, 1.0)),
        shot(m.near(93, 3), m.near(34, 5), 1.0),
    ]


def corner(m: Maker) -> list[Step]:
    x, y = m.near(97, 3), m.near(34, 5)
    return [
        passed(105.0, 0.5, x, y, 1.0, pass_kind="corner", cross=True),
        shot(x, y, m.near(1.5, 0.5), body_part=m.random.choice(["head", "head", "right_foot"])),
    ]


def cross(m: Maker) -> list[Step]:
    x, y = m.near(70, 6), m.near(12, 5)
    wide = m.near(93, 4)
    end_x, end_y = m.near(98, 2), m.near(34, 4)
    return [
        passed(m.near(50, 5), m.near(30, 8), x, y, 1.0),
        passed(x, y, m.near(80, 4), 6.0, m.near(3.0, 1.0)),
        touch("carry", 80.0, 6.0, 1.0, end_x_m=wide, end_y_m=m.near(6, 2)),
        passed(wide, 6.0, end_x, end_y, m.near(3.0, 1.0), cross=True),
        shot(end_x, end_y, 1.5, body_part=m.random.choice(["head", "right_foot"])),
    ]


def through_ball(m: Maker) -> list[Step]:
    y = m.near(34, 8)
    x = m.near(72, 3)
    end_x, end_y = m.near(92, 2), m.near(34, 8)
    return [
        *(passed(m.near(58, 6), m.near(34, 14), m.near(64, 5), m.near(34, 12), m.near(3.0, 1.0)) for _ in range(4)),
        passed(x, y, end_x, end_y, 2.0, detail="Through Ball"),
        shot(end_x + 1.0, end_y, m.near(2.0, 0.8)),
    ]


def long_range_shot(m: Maker) -> list[Step]:
    x, y = m.near(75, 4), m.near(34, 9)
    return [
        *(passed(m.near(66, 5), m.near(34, 15), m.near(68, 5), m.near(34, 12), m.near(4.0, 1.5)) for _ in range(3)),
        passed(m.near(80, 4), m.near(34, 12), x, y, 2.0),
        shot(x, y, m.near(1.5, 0.5)),
    ]


TYPES: dict[str, Callable[[Maker], list[Step]]] = {
    "counter attack": counter_attack,
    "corner": corner,
    "cross": cross,
    "through ball": through_ball,
    "long-range shot": long_range_shot,
}


def labelled(seed: int, each: int = 12) -> tuple[list[FeedEvent], dict[str, str]]:
    """One match with so many attacks of each type, in turn, from either wing; and the type of each last event."""
    made = Maker(seed)
    labels: dict[str, str] = {}
    for n in range(each):
        for word, steps in TYPES.items():
            end = made.attack(f"{word.replace(' ', '_')}-{n}", steps(made), mirrored=made.random.random() < 0.5)
            labels[end] = word
    return made.events, labels
