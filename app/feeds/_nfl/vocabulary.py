"""The NFL's play types, statistics and texts in canonical words."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Any

from app.errors import DecodeError
from app.feeds._nfl.document import abbreviation
from app.feeds._nfl.message import Play

TYPES = {
    "KICK_OFF": "kickoff", "RUSH": "run", "PASS": "pass", "SACK": "sack", "PUNT": "punt", "FIELD_GOAL": "field_goal",
    "XP_KICK": "extra_point", "PAT2": "two_point", "PENALTY": "penalty", "TIMEOUT": "timeout", "END_QUARTER": "period_end",
    "END_GAME": "period_end", "INTERCEPTION": "pass", "FREE_KICK": "kickoff", "FUMBLE": "run",
}  # fmt: skip
POINTS = {"TOUCHDOWN": 6, "FIELD_GOAL": 3, "PAT": 1, "PAT2": 2, "SAFETY": 2}
SCORES = {"TOUCHDOWN": "touchdown", "FIELD_GOAL": "field_goal", "PAT": "extra_point", "PAT2": "two_point",
          "SAFETY": "safety"}  # fmt: skip

# Numbers of the league's statistics (GSIS).
FIRST_DOWNS = frozenset((3, 4, 5))
RUSH = frozenset((10, 11, 12, 13))
COMPLETE, INCOMPLETE, INTERCEPTED, SACKED = frozenset((15, 16)), 14, 19, 20
RECEIVER = frozenset((21, 22, 115))
PUNT, KICKOFF = 29, 41
FIELD_GOALS, TRIES = frozenset((69, 70, 71)), frozenset((72, 73, 74))
TWO_POINTS = frozenset((75, 76, 77, 78))
FUMBLES, FUMBLE_LOST = frozenset((52, 53, 54)), 106
BLOCKED = frozenset((2, 71, 74))
TOUCHBACK = frozenset((40, 51, 44, 32))
# From the back of one end zone to the goal line of the other.
LONGEST_YD = 109
_ACTORS = (*sorted(RUSH), 14, 15, 16, 19, 20, 29, 41, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78)

_PLACE = re.compile(r"\b(?:to|at) (?:the )?(?:([A-Z]{2,3}) (-?\d{1,2})\b|(50)\b)")
_PENALTY = re.compile(r"\bPENALTY on\b")
_ANY_PENALTY = re.compile(r"\bpenalty on\b", re.IGNORECASE)
_KNEELS = re.compile(r"\bkneel(s|ed)?\b")
_SPIKES = re.compile(r"\bspiked the ball\b")
_TIMEOUT = re.compile(r"^Timeout #(\d) by ([A-Z]{2,3})\b")
_CHALLENGE = re.compile(r"\b([A-Z][A-Za-z. ]+?) challenged\b.*\(Timeout #(\d)", re.DOTALL)
_WARNING = re.compile(r"^two-minute warning", re.IGNORECASE)


def type_of(p: Play) -> str:
    """The canonical type; `other` for what is none that is known."""
    if p.playType == "TIMEOUT" and _WARNING.match(p.playDescription or ""):
        return "two_minute_warning"
    found = TYPES.get(p.playType)
    if found is not None:
        return found
    numbers = numbers_of(p)
    for type_, mark in (("sack", {SACKED}), ("pass", COMPLETE | {INCOMPLETE, INTERCEPTED}), ("run", RUSH), ("punt", {PUNT}),
                        ("field_goal", FIELD_GOALS), ("kickoff", {KICKOFF})):  # fmt: skip
        if numbers & mark:
            return type_
    return "other"


def numbers_of(p: Play) -> set[int]:
    """The statistics that the play has."""
    return {s.statType for s in p.stats or ()}


def flags(p: Play, type_: str) -> dict[str, Any]:
    """What happened in the play, beyond its type. A word that is not there means no."""
    text, numbers = p.playDescription or "", numbers_of(p)
    called = _ANY_PENALTY.search(text) is not None
    found: dict[str, Any] = {
        "fumble": numbers & FUMBLES,
        "fumble_lost": FUMBLE_LOST in numbers and type_ in ("run", "pass", "sack"),
        "blocked": numbers & BLOCKED,
        "touchback": numbers & TOUCHBACK or "Touchback" in text,
        "kneel": type_ == "run" and _KNEELS.search(text),
        "spike": type_ == "pass" and _SPIKES.search(text),
        "first_down": numbers & FIRST_DOWNS and type_ in ("run", "pass", "sack"),
        "penalty": called,
        "penalty_declined": called and not _PENALTY.search(text),
        "no_play": type_ == "penalty" or "No Play" in text,
    }
    found = {name: True for name, value in found.items() if value}
    if type_ == "pass":
        found["complete"] = bool(numbers & COMPLETE) and INTERCEPTED not in numbers
        if INTERCEPTED in numbers:
            found["intercepted"] = True
    if type_ in ("field_goal", "extra_point", "two_point"):
        found["good"] = p.playScored
    gained = yards(p, type_)
    return found if gained is None else {**found, "yards": gained}


def yards(p: Play, type_: str) -> int | None:
    """Gained by a rush or dropback, penalties left out; what the statistics do not say is the play's own figure."""
    if type_ not in ("run", "pass", "sack"):
        return None
    marks: Set[int] = {"run": RUSH, "pass": COMPLETE, "sack": frozenset((SACKED,))}[type_]
    told = [s.yards for s in p.stats or () if s.statType in marks and s.yards is not None]
    if not told and type_ == "pass" and numbers_of(p) & {INCOMPLETE, INTERCEPTED}:
        return 0
    gained = sum(told) if told else p.yardsGained
    return gained if gained is not None and abs(gained) <= LONGEST_YD else None


def place(text: str | None, team: str | None) -> int | None:
    """Yards to the goal line that a team (its abbreviation) attacks, of `CLE 32` or `50`; None for what is no place."""
    match = re.fullmatch(r"(?:([A-Z]{2,3}) )?(-?\d{1,2})", text or "")
    if match is None or team is None:
        return None
    return _to_goal(match.group(1), int(match.group(2)), team)


def _to_goal(side: str | None, line: int, team: str) -> int | None:
    if side is None and line != 50:
        return None
    found = 100 - line if side is not None and abbreviation(side) == team else line
    return found if 1 <= found <= 99 else None


def last_place(text: str, team: str) -> int | None:
    """The last place that a text names: where the ball was dead, in the view of a team."""
    found = None
    for match in _PLACE.finditer(text):
        found = (match.group(1), 50 if match.group(3) else int(match.group(2)))
    return None if found is None else _to_goal(found[0], found[1], team)


def accepted(text: str) -> bool:
    """Was a penalty marked off?"""
    return _PENALTY.search(text) is not None


def points(p: Play, team: str | None) -> dict[str, Any]:
    """Points of a play that scored; team: the id of the one at the ball. Raises DecodeError for points of a kind that is
    not known: left out, the score would be wrong and nobody would know why."""
    kind = p.scoringPlayType or ""
    if kind not in POINTS:
        raise DecodeError(f"Field `scoringPlayType`: {kind[:60]!r} is none of {', '.join(POINTS)}.", str(p.playId))
    if not p.scoringTeamId:
        raise DecodeError("Field `scoringTeamId` is missing from a play that scored.", str(p.playId))
    returned = kind in ("PAT", "PAT2") and team is not None and team != p.scoringTeamId
    return {
        "score_kind": "defensive_two_point" if returned else SCORES[kind],
        "points": 2 if returned else POINTS[kind],
        "scoring_team": team_id(p.scoringTeamId),
    }


def timeout(p: Play) -> tuple[int, str] | None:
    """The number of a time-out and the abbreviation of the team that took it; None for one of the officials."""
    match = _TIMEOUT.match(p.playDescription or "")
    number = None if match is None else int(match.group(1))
    return None if match is None or number not in (1, 2, 3) else (number, abbreviation(match.group(2)))


def challenge(p: Play) -> tuple[int, str] | None:
    """The number of the time-out that a lost challenge cost, and the name of the team as the text has it."""
    match = _CHALLENGE.search(p.playDescription or "")
    number = None if match is None else int(match.group(2))
    return None if match is None or number not in (1, 2, 3) else (number, match.group(1).rsplit(". ", 1)[-1].strip())


def actor(p: Play) -> tuple[str, str | None] | None:
    """Who rushed, passed or kicked: id and name."""
    by_number = {s.statType: s for s in reversed(p.stats or ()) if s.gsisPlayerId}
    found = next((by_number[n] for n in _ACTORS if n in by_number), None)
    return None if found is None else (str(found.gsisPlayerId), found.gsisPlayerName)


def receiver(p: Play) -> tuple[str, str | None] | None:
    """Whom a pass was for."""
    found = next((s for s in p.stats or () if s.statType in RECEIVER and s.gsisPlayerId), None)
    return None if found is None else (str(found.gsisPlayerId), found.gsisPlayerName)


def team_id(name: str | None) -> str | None:
    """`nfl:team:10401050-…`; None for nobody."""
    return None if not name else f"nfl:team:{name}"
