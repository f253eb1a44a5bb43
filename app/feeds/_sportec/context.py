"""What a Sportec event does not say of itself: which period it is in, which way its team plays, how large the pitch is.

An event has a time on the wall and a place on the pitch, and no more. Kick-offs and final whistles say when periods
begin and end and who plays from left to right, and, with `Environment`, on what pitch places are given. These facts are the options of
the stream. They come one by one in a live feed, and may be amended and deleted like any event.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.errors import DecodeError
from app.feeds._sportec.xml import Element, read
from app.sports.soccer.clock import CLOCK_START_S
from app.sports.soccer.events import PITCH_LENGTH_M, PITCH_WIDTH_M

# The last is the name we take a shoot-out to have: no document that we hold has one.
SECTIONS = {"firstHalf": 1, "secondHalf": 2, "firstHalfExtra": 3, "secondHalfExtra": 4, "penaltyShootOut": 5}
LONGEST_MATCH_S = 4 * 3600.0
# International matches need 100 to 110 m by 64 to 75 m; the Laws allow 90 to 120 by 45 to 90.
# A kick-off this near to the middle of a pitch is taken from it: real ones differ from 105 x 68 by a metre and more.
CENTRE_M = 0.2
LENGTH_M, WIDTH_M = (90.0, 120.0), (45.0, 90.0)
# Before everything else of a match, and, of a time that cannot be placed yet, before what can.
LINEUP_ORDER, UNPLACED_ORDER = -1e12, -1e11

Options = Mapping[str, Any]
Fact = dict[str, Any]


def wall_s(name: str, text: str, event_id: str | None) -> float:
    """Seconds since 1970 of a time with its UTC offset. Raises DecodeError."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        return moment.timestamp()
    except (ValueError, OverflowError):
        shown = text if len(text) <= 60 else text[:57] + "..."
        raise DecodeError(
            f"Attribute `{name}`: expected a time with a UTC offset, as 2023-05-27T15:30:12.230+02:00, not {shown!r}.",
            event_id,
        ) from None


def metres(name: str, text: str, event_id: str | None) -> float:
    """A finite number. Raises DecodeError."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        shown = text if len(text) <= 60 else text[:57] + "..."
        raise DecodeError(f"Attribute `{name}`: expected a number, not {shown!r}.", event_id)
    return value


def section(name: str, text: str, event_id: str | None) -> int:
    """The period of a GameSection. Raises DecodeError."""
    found = SECTIONS.get(text)
    if found is None:
        known = ", ".join(SECTIONS)
        raise DecodeError(f"Attribute `{name}`: there is no section {text[:60]!r}. Known: {known}.", event_id)
    return found


def pitch_size_m(attributes: Mapping[str, str], event_id: str | None) -> tuple[float, float] | None:
    """Length and width that `Environment` gives; None where it gives none. Raises DecodeError for what is no pitch."""
    size: list[float] = []
    for name, (least, most) in (("PitchX", LENGTH_M), ("PitchY", WIDTH_M)):
        if name not in attributes:
            return None
        value = metres(f"Environment/@{name}", attributes[name], event_id)
        if not least <= value <= most:
            raise DecodeError(
                f"Attribute `Environment/@{name}`: a pitch has {least:g} to {most:g} m there, not {value:g}.", event_id
            )
        size.append(value)
    return size[0], size[1]


def options_of(messages: Iterable[bytes]) -> dict[str, Any]:
    """The options that follow from these messages alone, in their order; see `learned`."""
    return learned({}, messages)


def learned(options: Options, messages: Iterable[bytes]) -> dict[str, Any]:
    """The options once these messages are known too.

    facts: by message id, what it tells. The newest word on an id holds; a Delete takes it away. Never raises: what
    cannot be read tells nothing.
    """
    facts: dict[str, Fact] = dict(options.get("facts", {}))
    for raw in messages:
        if not any(word in raw for word in _TELLING):
            # Most messages tell nothing, and looking is dearer than finding a word.
            continue
        try:
            elements = read(raw)
            found = fact(elements)
        except DecodeError:
            continue
        if found is None:
            continue
        name, told = found
        if told is None:
            facts.pop(name, None)
        else:
            facts[name] = told
    return {"facts": {name: facts[name] for name in sorted(facts)}}


_TELLING = (b"GameSection", b"<Delete", b"<Environment", b"<General")


def fact(elements: list[Element]) -> tuple[str, Fact | None] | None:
    """The id of a message and the fact it tells, None in its place for a Delete; None where it tells none."""
    tag, attributes = elements[0]
    if tag == "Environment":
        size = pitch_size_m(attributes, None)
        return None if size is None else ("MatchInformation.Environment", {"pitch_m": list(size)})
    if tag == "General":
        text = attributes.get("KickoffTime") or attributes.get("PlannedKickoffTime")
        if text is None:
            return None
        return "MatchInformation.General", {"planned_at_s": wall_s("General/@KickoffTime", text, None)}
    name = attributes.get("EventId")
    if tag != "Event" or name is None or len(elements) < 2:
        return None
    inner, said = elements[1]
    if inner == "Delete":
        return name, None
    if inner not in ("KickOff", "FinalWhistle") or "GameSection" not in said:
        return None
    told: Fact = {
        "what": inner,
        "period": section(f"{inner}/@GameSection", said["GameSection"], name),
        "at_s": wall_s("EventTime", attributes.get("EventTime", ""), name),
    }
    if inner == "KickOff":
        told |= {"left": said.get("TeamLeft"), "right": said.get("TeamRight"), "place_m": None}
        if "X-Position" in attributes and "Y-Position" in attributes:
            told["place_m"] = [metres(n, attributes[n], name) for n in ("X-Position", "Y-Position")]
    return name, told


class _Known:
    """The facts of a stream as decoding asks for them. Of two kick-offs (or whistles) of one period the later holds."""

    def __init__(self, options: Options) -> None:
        facts: dict[str, Fact] = options.get("facts", {})
        told = sorted((f for f in facts.values() if "what" in f), key=lambda f: f["at_s"])
        self.kick_offs = {f["period"]: f for f in told if f["what"] == "KickOff"}
        self.whistles = {f["period"]: f for f in told if f["what"] == "FinalWhistle"}
        self.pitch_m = self._frame(facts.get("MatchInformation.Environment", {}).get("pitch_m"))
        self.planned_at_s: float | None = facts.get("MatchInformation.General", {}).get("planned_at_s")

    def _frame(self, size_m: Sequence[float] | None) -> tuple[float, float]:
        for kick_off in self.kick_offs.values():
            place_m = kick_off.get("place_m")
            if size_m is not None and place_m is not None:
                away_m = (abs(place - size / 2) for place, size in zip(place_m, size_m, strict=True))
                if max(away_m) <= CENTRE_M:
                    return size_m[0], size_m[1]
        return PITCH_LENGTH_M, PITCH_WIDTH_M


# The options of the stream that was decoded last: they are the same object for a whole file, and never changed in place.
_last: tuple[Options, _Known] = ({}, _Known({}))


def _known(options: Options) -> _Known:
    global _last
    if _last[0] is not options:
        _last = (options, _Known(options))
    return _last[1]


def place_in_time(options: Options, at_s: float, event_id: str) -> tuple[int, float, float]:
    """Period, order key (seconds since its kick-off) and match clock in seconds of a moment on the wall.

    The clock stands still after a final whistle, until the next kick-off. Before the first kick-off, and as long as none
    is known, the period is 0. Raises DecodeError for what is more than four hours after its kick-off.
    """
    known = _known(options)
    kick_offs = known.kick_offs
    begun = [f for f in kick_offs.values() if f["at_s"] <= at_s]
    if not begun:
        first = min((f["at_s"] for f in kick_offs.values()), default=None)
        return 0, at_s + UNPLACED_ORDER if first is None else round(at_s - first, 3), 0.0
    last = max(begun, key=lambda f: (f["at_s"], f["period"]))
    period: int = last["period"]
    whistle = known.whistles.get(period)
    since_s = round(at_s - last["at_s"], 3)
    played_s = since_s
    if whistle is not None and last["at_s"] <= whistle["at_s"] < at_s:
        played_s = round(whistle["at_s"] - last["at_s"], 3)
    if since_s > LONGEST_MATCH_S or CLOCK_START_S[period] + played_s > LONGEST_MATCH_S:
        raise DecodeError(
            f"Attribute `EventTime`: it is {since_s / 3600:.1f} hours after the kick-off of period {period}.", event_id
        )
    return period, since_s, round(CLOCK_START_S[period] + played_s, 3)


def plays_right(options: Options, period: int, team: str) -> bool | None:
    """Does a team (the feed's id) play towards growing X in a period? None where nothing that is known says so.

    A kick-off without teams: ends are changed at half-time and at the turn of extra time.
    """
    kick_offs = _known(options).kick_offs
    left, right = _ends(kick_offs.get(period))
    if left is None and right is None and period in (2, 4):
        right, left = _ends(kick_offs.get(period - 1))
    if team == left:
        return True
    if team == right:
        return False
    # Of two teams the other one, where only one is named.
    return None if left is not None and right is not None else right is not None if left or right else None


def _ends(kick_off: Fact | None) -> tuple[str | None, str | None]:
    return (None, None) if kick_off is None else (kick_off.get("left"), kick_off.get("right"))


def pitch_m(options: Options) -> tuple[float, float]:
    """Length and width in metres of the pitch on which the feed gives places.

    That is 105 x 68, whatever the ground measures, unless kick-offs are taken from the middle of the pitch that
    `Environment` gives. Source: at Freiburg (PitchX 100) kick-offs stand at 52.50, and DistanceToGoal of tracked shots at
    the right goal is that to 105 m, to the centimetre.
    """
    return _known(options).pitch_m


def kickoff_at(options: Options) -> datetime | None:
    """The kick-off of the match on the wall: that of the first half, else the one that is planned."""
    known = _known(options)
    first = known.kick_offs.get(1)
    at_s = known.planned_at_s if first is None else first["at_s"]
    return None if at_s is None else datetime.fromtimestamp(at_s, UTC)
