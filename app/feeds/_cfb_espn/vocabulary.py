"""ESPN's types and texts of college plays in canonical words. What no number says is read from the text, if it is there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

from app.errors import DecodeError
from app.feeds._cfb_espn.message import Named, Play, Spot

# Numbers of play types, as the documents have them beside their names.
TYPES = {
    "5": "run", "68": "run", "24": "pass", "3": "pass", "67": "pass", "63": "pass", "26": "pass", "36": "pass", "7": "sack",
    "52": "punt", "17": "punt", "34": "punt", "37": "punt", "59": "field_goal", "60": "field_goal", "18": "field_goal",
    "38": "field_goal", "40": "field_goal", "41": "field_goal", "53": "kickoff", "12": "kickoff", "32": "kickoff",
    "61": "extra_point", "62": "extra_point", "43": "extra_point", "15": "two_point", "16": "two_point", "8": "penalty",
    "21": "timeout", "2": "period_end", "65": "period_end", "66": "period_end", "79": "period_end",
}  # fmt: skip
COMPLETE, INCOMPLETE = ("24", "67"), ("3",)
INTERCEPTED, FUMBLE_LOST = ("63", "26", "36"), ("29", "39")
BLOCKED = ("17", "37", "18", "38", "43")
GOOD, MISSED = ("59", "61"), ("60", "40", "41", "18", "38", "62", "43")
# From the back of one end zone to the goal line of the other.
LONGEST_YD = 109
KICKS = ("kickoff", "punt", "field_goal")

POINTS = {"touchdown": 6, "field-goal": 3, "safety": 2, "defensive-two-point-conversion": 2, "extra-point": 1,
          "two-point-conversion": 2}  # fmt: skip
SCORES = {
    "touchdown": "touchdown", "field-goal": "field_goal", "safety": "safety", "extra-point": "extra_point",
    "two-point-conversion": "two_point", "defensive-two-point-conversion": "defensive_two_point",
}  # fmt: skip

_GUESSES = (
    (r"kickoff|on-?side kick", "kickoff"),
    (r"\bpunt", "punt"),
    (r"\bsacked\b", "sack"),
    (r"\bfg\b|field goal", "field_goal"),
    (r"\bpass(es)?\b", "pass"),
    (r"\b(run|rush|rushed|runs|fumbled|fumble)\b", "run"),
    (r"\bpenalty\b", "penalty"),
)
_KNEEL = re.compile(r"\bkneel(s|ed)?\b|\btakes a knee\b|\bkneel down\b", re.IGNORECASE)
_SPIKE = re.compile(r"\bspike[sd]?\b", re.IGNORECASE)
_FOUL_ALONE = re.compile(r"^[^a-z]+ Penalty,")
_GAIN = re.compile(r"\bfor (?:(a loss of |a short loss of )?(\d{1,3}) y(?:d|ard)s?|(no gain))")
_TIMEOUT = re.compile(r"^Timeout (.+?)(?:,|$)")
_TWO_POINT = re.compile(r"two[- ]point", re.IGNORECASE)
_KICK = re.compile(r"\([^()]*\bkick\)", re.IGNORECASE)


def type_of(play: Play) -> str:
    """The canonical type; `other` for what is none that is known."""
    text = play.text or ""
    found = TYPES.get(play.type.id or "")
    if found in ("run", "pass") and _FOUL_ALONE.match(text):
        return "penalty"
    if found is not None:
        return found
    for pattern, word in _GUESSES:
        if re.search(pattern, text, re.IGNORECASE):
            return word
    if play.type.id in FUMBLE_LOST:
        return "run"
    return "score" if play.scoringPlay else "other"


def flags(play: Play, type_: str) -> dict[str, Any]:
    """What happened in the play, beyond its type. A word that is not there means no."""
    text, number = play.text or "", play.type.id or ""
    low = text.lower()
    found: dict[str, Any] = {}
    if type_ == "pass":
        found["complete"] = number in COMPLETE or ("complete" in low and "incomplete" not in low)
        found["intercepted"] = True if number in INTERCEPTED or "intercepted" in low else None
        if found["intercepted"]:
            found["complete"] = False
    if type_ in ("field_goal", "extra_point", "two_point"):
        missed = number in MISSED or re.search(r"missed|blocked|no good|failed", low) is not None
        found["good"] = number in GOOD or (not missed and bool(play.scoringPlay))
    found["fumble"] = True if "fumbled" in low or number in FUMBLE_LOST or number == "9" else None
    found["fumble_lost"] = True if number in FUMBLE_LOST else None
    found["blocked"] = True if number in BLOCKED else None
    found["touchback"] = True if "touchback" in low else None
    found["kneel"] = True if type_ == "run" and _KNEEL.search(text) else None
    found["spike"] = True if type_ == "pass" and _SPIKE.search(text) else None
    found["first_down"] = True if "1st down" in low and type_ in ("run", "pass", "sack") else None
    found["penalty"] = True if "penalty" in low else None
    found["penalty_declined"] = True if "penalty" in low and "declined" in low else None
    found["no_play"] = True if "no play" in low or type_ == "penalty" else None
    found["yards"] = yards(play, type_)
    return {name: value for name, value in found.items() if value is not None}


def yards(play: Play, type_: str) -> int | None:
    """Gained by a rush or dropback. Where a foul was called ESPN's figure has its yards in it, and the text is gone by."""
    if type_ not in ("run", "pass", "sack"):
        return None
    text = play.text or ""
    if play.type.id in INTERCEPTED or play.type.id in INCOMPLETE or "intercepted" in text.lower():
        return 0
    if "penalty" in text.lower():
        gain = _GAIN.search(text)
        if gain is None:
            return None
        if gain.group(3) is not None:
            return 0
        gained = -int(gain.group(2)) if gain.group(1) else int(gain.group(2))
    else:
        gained = play.statYardage
    return gained if gained is not None and abs(gained) <= LONGEST_YD else None


def start(spot: Spot | None, type_: str) -> dict[str, int]:
    """Down, distance and place before the snap; what stands for nothing (0, -1) is left out."""
    if spot is None or type_ in ("kickoff", "timeout", "period_end", "extra_point", "two_point"):
        return {}
    return _spot(spot, "")


def end(spot: Spot | None, team: str | None, type_: str, touchback: bool) -> dict[str, Any]:
    """What comes next, by the team that has the ball then. A ball that has changed hands is at first and ten."""
    if spot is None or spot.team is None or spot.team.id is None:
        return {}
    found: dict[str, Any] = {"end_team": team_id(spot.team.id), **_spot(spot, "end_")}
    place = found.get("end_yards_to_goal")
    if touchback and place is not None and place < 50:
        # Told from the wrong end: after a touchback the ball is in the team's own half.
        place = found["end_yards_to_goal"] = 100 - place
    if "end_down" not in found and place is not None and (type_ in KICKS or spot.team.id != team):
        found |= {"end_down": 1, "end_distance_yd": min(10, place)}
    return found


def _spot(spot: Spot, prefix: str) -> dict[str, int]:
    found: dict[str, int] = {}
    if spot.yardsToEndzone is not None and 1 <= spot.yardsToEndzone <= 99:
        found[f"{prefix}yards_to_goal"] = spot.yardsToEndzone
    if spot.down is not None and 1 <= spot.down <= 4 and found:
        found[f"{prefix}down"] = spot.down
        if spot.distance is not None and 0 <= spot.distance <= 99:
            # Goal to go is told as 0 or as 10; the line to gain is the goal line.
            place = spot.yardsToEndzone or 99
            found[f"{prefix}distance_yd"] = min(spot.distance or place, place)
    return found


def points(kind: Named, text: str | None, told: int | None, message: str) -> dict[str, Any]:
    """Points of a scoring play and of its try. Raises DecodeError for points of a kind that is not known: left out, the
    score would be wrong and nobody would know why."""
    name = kind.name or ""
    if name not in POINTS:
        raise DecodeError(f"Field `scoringType.name`: {name[:60]!r} is none of {', '.join(POINTS)}.", message)
    found: dict[str, Any] = {"score_kind": SCORES[name], "points": POINTS[name]}
    if name == "touchdown":
        found["try_points"] = told if told is not None else try_points(text or "")
    return found


def try_points(text: str) -> int:
    """Points of the try that the text of a touchdown tells: `(Will Reichard KICK)`, `(Two-Point Conversion failed)`."""
    if re.search(r"failed|missed|blocked|no good", text, re.IGNORECASE):
        return 0
    if _TWO_POINT.search(text):
        return 2
    return 1 if _KICK.search(text) else 0


def timeout_of(text: str | None, teams: Sequence[Sequence[str]]) -> str | None:
    """The number of the team that took a time-out: of the two that play, whose names are nearer to the one told."""
    match = _TIMEOUT.match(text or "")
    if match is None or len(teams) != 2:
        return None
    word = match.group(1).casefold()
    likeness = [max((_alike(word, name.casefold()) for name in names[1:]), default=0.0) for names in teams]
    if max(likeness) < 0.5 or likeness[0] == likeness[1]:
        return None
    return teams[likeness.index(max(likeness))][0]


def _alike(a: str, b: str) -> float:
    return SequenceMatcher(None, a, b).ratio()


def team_id(number: str | None) -> str | None:
    """`cfb_espn:team:333`; None for nobody."""
    return None if number is None else f"cfb_espn:team:{number}"
