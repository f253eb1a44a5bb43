"""What follows a play of the NFL. The feed tells it only with the next play, so it is worked out from this one. Pure.

What cannot be worked out from one message is left out, and known when the next play tells it: the place after a live-ball
foul, a fumble or a kick whose text names none.
"""

from __future__ import annotations

import re
from typing import Any

from app.feeds._nfl import vocabulary as v
from app.feeds._nfl.message import Play

KICKOFF_TOUCHBACK, TOUCHBACK = 75, 80
_KICKED = re.compile(r"(\d{1,2}) yard field goal")
_RECOVERED = re.compile(r"RECOVERED by ([A-Z]{2,3})-|recovered by ([A-Z]{2,3})-")
Pair = tuple[str, str]  # abbreviation of the team at the ball, and of the other


def after(p: Play, type_: str, fields: dict[str, Any], pair: Pair) -> dict[str, Any]:
    """`end_*` of a play; end_team is an abbreviation here. Nothing after points: the rules say what follows."""
    ours, theirs = pair
    text = p.playDescription or ""
    if p.playScored or type_ in ("extra_point", "two_point"):
        return {}
    if type_ == "kickoff":
        if fields.get("no_play"):
            return {}
        caught = "fair catch" in text and KICKOFF_TOUCHBACK
        if caught or "out of bounds" in text:
            # A fair catch of a kick-off is a touchback; how far out of bounds costs depends on where it was kicked.
            return _first(theirs, caught or None)
        return _changed(text, ours, theirs, fields, KICKOFF_TOUCHBACK)
    if type_ == "punt":
        return _changed(text, ours, theirs, fields, TOUCHBACK)
    if type_ == "field_goal":
        return _missed(text, ours, theirs, fields)
    if fields.get("intercepted") or fields.get("fumble_lost"):
        return _changed(text, ours, theirs, fields, TOUCHBACK)
    return _kept(p, type_, fields, ours, theirs)


def _first(team: str, place: int | None) -> dict[str, Any]:
    if place is None:
        return {"end_team": team}
    return {"end_team": team, "end_down": 1, "end_distance_yd": min(10, place), "end_yards_to_goal": place}


def _changed(text: str, ours: str, theirs: str, fields: dict[str, Any], touchback: int) -> dict[str, Any]:
    """The ball goes over to the others, unless they lose it at once."""
    if v.accepted(text):
        # From where a foul on a kick or a return is marked off is too often not where the ball was dead.
        return {"end_team": theirs} if not _RECOVERED.search(text) else {}
    recovered = [v.abbreviation(a or b) for a, b in _RECOVERED.findall(text)]
    team = recovered[-1] if recovered and recovered[-1] in (ours, theirs) else theirs
    if fields.get("touchback") and team == theirs:
        return _first(theirs, touchback)
    return _first(team, v.last_place(text, team))


def _missed(text: str, ours: str, theirs: str, fields: dict[str, Any]) -> dict[str, Any]:
    """At the spot of the kick, or at the 20."""
    kicked = _KICKED.search(text)
    if kicked is None or fields.get("blocked"):
        return _changed(text, ours, theirs, fields, TOUCHBACK)
    return _first(theirs, min(TOUCHBACK, 100 - (int(kicked.group(1)) - 10)))


def _kept(p: Play, type_: str, fields: dict[str, Any], ours: str, theirs: str) -> dict[str, Any]:
    """The offense goes on, or gives the ball up on downs."""
    place, down, distance = fields.get("yards_to_goal"), fields.get("down"), fields.get("distance_yd")
    text = p.playDescription or ""
    marked_off = v.accepted(text) and type_ != "penalty"
    gained = p.yardsGained if type_ == "penalty" or marked_off else fields.get("yards")
    if fields.get("fumble") and not marked_off and place is not None:
        # They have it again, perhaps elsewhere.
        found = v.last_place(text, ours)
        gained = gained if found is None else place - found
    if place is None or down is None or distance is None or gained is None:
        return {"end_team": ours}
    then = place - gained
    if not 1 <= then <= 99:
        return {"end_team": ours}
    if v.numbers_of(p) & v.FIRST_DOWNS or gained >= distance:
        return _first(ours, then)
    if marked_off:
        # Is the down played again? Only the next play says.
        return {"end_team": ours, "end_yards_to_goal": then}
    if type_ == "penalty":
        return {
            "end_team": ours,
            "end_down": down,
            "end_distance_yd": min(distance - gained, then),
            "end_yards_to_goal": then,
        }
    if down == 4:
        return _first(theirs, 100 - then)
    return {
        "end_team": ours,
        "end_down": down + 1,
        "end_distance_yd": min(distance - gained, then),
        "end_yards_to_goal": then,
    }
