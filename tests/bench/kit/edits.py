"""Edits of a real match: a few passes and a shot of it, each told anew as often as one likes, always with other content."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from tests.bench.kit.workload import Match, matches

# The match is edited when it stands here.
STANDS_AT = (2, 90)
PASSES = {"minute3": (1, 3), "minute45": (2, 45), "minute89": (2, 89)}
# Where the shot should be, seconds: in the middle of the minute of the earliest pass.
SHOT_AT_S = 210
WHOLE_MATCH = 3800
LOOKED_AT = 15
GOAL = {"id": 97, "name": "Goal"}
PASS, SHOT = 30, 16
# Ends of the amended pass, in StatsBomb's cells of 120 x 80: far apart, so that its value differs by much.
ENDS = ((100.0, 40.0), (40.0, 60.0))
Message = dict[str, Any]


class Edited(NamedTuple):
    """One event of a match that is edited again and again, and the clock it has (minutes:seconds)."""

    name: str
    clock: str
    original: Message

    def revision(self, number: int) -> bytes:
        """The event as it is told for the n-th time. No two are alike, nor have two in turn the same outcome or end."""
        shift = round(number // 2 * 0.1, 1)
        if self.original["type"]["id"] == SHOT:
            shot = self.original["shot"]
            end = [shot["end_location"][0], 30.0 + shift, *shot["end_location"][2:]]
            outcome = shot["outcome"] if number % 2 else GOAL
            return msgspec.json.encode({**self.original, "shot": {**shot, "outcome": outcome, "end_location": end}})
        x, y = ENDS[number % 2]
        told = {**self.original, "pass": {**self.original["pass"], "end_location": [x, round(y - shift, 1)]}}
        return msgspec.json.encode(told)


def match_to_edit() -> tuple[Match, str]:
    """Of the first matches of the workload the long one whose shot without a goal is nearest to minute 3."""
    found, told = matches(LOOKED_AT)
    chosen = min(
        (m for m in found if len(m.messages) >= WHOLE_MATCH), key=lambda m: abs(_clock_s(_shot(m)) - SHOT_AT_S)
    )
    return chosen, f"{told.partition(':')[0]}: match {chosen.id}"


def played(match: Match) -> Sequence[bytes]:
    """Its messages up to where it stands when it is edited."""
    end = next(i for i, m in enumerate(match.messages) if _place(json.loads(m)) >= STANDS_AT)
    return match.messages[:end]


def edited(match: Match) -> list[Edited]:
    """A completed pass in minute 3, one at half-time, one shortly before the end, and the outcome of an early shot."""
    passes = [m for m in map(json.loads, played(match)) if m["type"]["id"] == PASS and "outcome" not in m["pass"]]
    chosen = {name: next(m for m in passes if _place(m) == place) for name, place in PASSES.items()}
    chosen["minute3_score"] = _shot(match)
    return [Edited(name, f"{m['minute']}:{m['second']:02d}", m) for name, m in chosen.items()]


def _shot(match: Match) -> Message:
    """The shot without a goal that is nearest to minute 3."""
    found = [json.loads(m) for m in match.messages if b'"Shot"' in m]
    shots = [m for m in found if m["type"]["id"] == SHOT and m["shot"]["outcome"]["id"] != GOAL["id"]]
    return min(shots, key=lambda m: abs(_clock_s(m) - SHOT_AT_S))


def _place(m: Message) -> tuple[int, int]:
    return m["period"], m["minute"]


def _clock_s(m: Message) -> int:
    return m["minute"] * 60 + m["second"]
