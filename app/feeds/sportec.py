"""DFL/Sportec event data (`PutDataRequest` documents of `Event` elements, and `MatchInformation`) into canonical events.

Clock and period: an event has its time on the wall alone. The kick-off of each period and its final whistle, learned from
the stream, make it the match clock, stoppage time included (`_sportec.context`).
Frame: metres from a corner of the pitch, whichever way anybody plays; turned to the attacking view of the acting team, and
brought to 105 x 68 m where they are on another pitch (`_sportec.pitch`). `X-Position` is where a player plays the ball; `X-Source-Position`, where he
got it. Shots have `X-PositionFromTracking` beside it, the place from which the feed's own DistanceToGoal is measured: where
it is there, it is taken.
Order: the time, within a period, which its whistle ends. EventId counts in the order of entry, and what is added from video comes minutes later.
Corrections: the same EventId with other content amends; `<Delete/>` under it retracts, also when it comes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.errors import DecodeError
from app.feeds._sportec import context
from app.feeds._sportec.details import PASS_KINDS, Said, player_id, said_by, team_id
from app.feeds._sportec.pitch import to_canonical
from app.feeds._sportec.xml import Element, leading_id, read, split
from app.feeds.base import PERIOD_PRE, FeedEvent, Provider
from app.sports.soccer.clock import CLOCK_START_S
from app.sports.soccer.events import Fields, LineupPlayer

INFORMATION = ("General", "Environment", "Referees", "OtherGameInformation")
_SHOWN = ("MatchTitle", "KickoffTime", "PlannedKickoffTime", "Result", "StadiumName", "PitchX", "PitchY")
_LONGEST_ID, _LONGEST_TEXT = 200, 400
_PLACES = (("X-PositionFromTracking", "Y-PositionFromTracking"), ("X-Position", "Y-Position"))


def stream_options(messages: list[bytes]) -> Mapping[str, Any]:
    """What kick-offs, final whistles and the match information among the messages say of the others. Never raises."""
    return context.options_of(messages)


def decode(raw: bytes, options: Mapping[str, Any]) -> FeedEvent:
    """One message. Depends on nothing but its bytes and the stream's options.

    An event before the first kick-off, or while none is known, is in period 0; one whose team's direction is not known
    has no place. Both follow once the stream has learned of the kick-off.
    Raises DecodeError (only), naming event and attribute.
    """
    elements = read(raw)
    tag, attributes = elements[0]
    if tag in INFORMATION:
        if tag == "Environment":
            context.pitch_size_m(attributes, f"MatchInformation.{tag}")
        return _information(raw, f"MatchInformation.{tag}", tag, attributes)
    if tag == "Team":
        return _lineup(raw, elements)
    if tag != "Event":
        expected = f"Event, Team, {', '.join(INFORMATION)}"
        raise DecodeError(f"The element <{tag[:60]}> is no message of this feed. Known: {expected}.", leading_id(raw))
    return _event(raw, elements, options)


def _event(raw: bytes, elements: list[Element], options: Mapping[str, Any]) -> FeedEvent:
    attributes = elements[0][1]
    event_id = _id(attributes, "Event/@EventId", attributes.get("EventId"))
    if len(elements) < 2:
        raise DecodeError("The event holds no element that says what happened.", event_id)
    kind, about = elements[1]
    if kind == "Delete":
        return FeedEvent(
            source_event_id=event_id,
            type="other",
            period=PERIOD_PRE,
            order_key=0.0,
            elapsed_s=0.0,
            fields=Fields(),
            raw=raw,
            kind="retracted",
        )
    if not attributes.get("EventTime"):
        raise DecodeError("Attribute `EventTime` is missing.", event_id)
    at_s = context.wall_s("EventTime", attributes["EventTime"], event_id)
    by_tag: dict[str, Mapping[str, str]] = {}
    for tag, said_of in elements[1:]:
        by_tag.setdefault(tag, said_of)
    said, period = _said(kind, about, by_tag, attributes["EventTime"], event_id)
    in_period, order_key, elapsed_s = context.place_in_time(options, at_s, event_id)
    if period is not None and said.type == "period_start":
        # It defines the period, whatever else is known.
        in_period, order_key, elapsed_s = period, 0.0, CLOCK_START_S[period]
    elif period is not None:
        # The last of its period, whatever is told of the break; without a kick-off at no time that could be said.
        elapsed_s = elapsed_s if in_period == period else CLOCK_START_S[period]
        in_period, order_key = period, context.LONGEST_MATCH_S
    for name, value in (("Team", said.team), ("Player", said.player)):
        if value is not None:
            _id(attributes, f"{kind}/@{name}", value, event_id)
    return FeedEvent(
        source_event_id=event_id,
        type=said.type,
        period=in_period,
        order_key=order_key,
        elapsed_s=elapsed_s,
        team=team_id(said.team),
        player=player_id(said.player),
        raw=raw,
        fields=Fields(
            provider_type=_kind_of(kind, by_tag), **said.fields, **_place(attributes, said, in_period, options)
        ),
    )


def _said(
    kind: str, about: Mapping[str, str], by_tag: Mapping[str, Mapping[str, str]], at: str, event_id: str
) -> tuple[Said, int | None]:
    """What the event says, and the period that it names itself. at: its time, as it was told."""
    if kind in ("KickOff", "FinalWhistle") and "GameSection" in about:
        named = context.section(f"{kind}/@GameSection", about["GameSection"], event_id)
        if kind == "FinalWhistle":
            return Said("period_end", fields={"detail": about["GameSection"]}), named
        # All that it says of other events, so that a correction of it is other content than what it corrects.
        told = (
            about["GameSection"],
            at,
            *(f"{name} {about[name]}" for name in ("TeamLeft", "TeamRight") if name in about),
        )
        # One message is one event: the pass that a period begins with stays in the raw bytes.
        return Said("period_start", by_tag.get("Play", {}).get("Team"), None, {"detail": _text(", ".join(told))}), named
    if kind == "FinalWhistle":
        raise DecodeError("Attribute `FinalWhistle/@GameSection` is missing.", event_id)
    return said_by(kind, by_tag, event_id), None


def _kind_of(kind: str, by_tag: Mapping[str, Any]) -> str:
    """The feed's own name: the outermost element, and what it holds where that is a ball played from a set piece."""
    inner = next((tag for tag in ("Play", "ShotAtGoal") if tag in by_tag and tag != kind), None)
    return (kind if inner is None or kind not in (*PASS_KINDS, "Penalty") else f"{kind}/{inner}")[:_LONGEST_TEXT]


def _place(attributes: Mapping[str, str], said: Said, period: int, options: Mapping[str, Any]) -> dict[str, Any]:
    """x_m and y_m as the acting team sees them; nothing where the feed gives no place, or nobody knows whose way."""
    event_id = attributes["EventId"]
    for x_name, y_name in _PLACES if said.type == "shot" else _PLACES[1:]:
        if x_name not in attributes and y_name not in attributes:
            continue
        for name in (x_name, y_name):
            if name not in attributes:
                raise DecodeError(f"Attribute `{name}` is missing beside its other half.", event_id)
        x, y = (context.metres(name, attributes[name], event_id) for name in (x_name, y_name))
        size_m = context.pitch_m(options)
        right = None if said.team is None else context.plays_right(options, period, said.team)
        x_m, y_m = to_canonical(x, y, size_m, right is not False)
        # The bounds of Fields, which a struct does not check when it is built.
        if not (-5.0 <= x_m <= 110.0 and -5.0 <= y_m <= 73.0):
            raise DecodeError(
                f"Attribute `{x_name}`: {x:g}, {y:g} is off the pitch of {size_m[0]:g} x {size_m[1]:g} m.", event_id
            )
        return {} if right is None else {"x_m": x_m, "y_m": y_m}
    return {}


def _information(raw: bytes, name: str, kind: str, attributes: Mapping[str, str]) -> FeedEvent:
    told = [attributes[name] for name in _SHOWN if name in attributes]
    return FeedEvent(
        source_event_id=name,
        type="other",
        period=PERIOD_PRE,
        order_key=context.LINEUP_ORDER,
        elapsed_s=0.0,
        raw=raw,
        fields=Fields(provider_type=kind, detail=_text(", ".join(told) or None)),
    )


def _lineup(raw: bytes, elements: list[Element]) -> FeedEvent:
    """One `Team` of the match information: its starting players. The home team comes first in the order of the match."""
    attributes = elements[0][1]
    team = _id(attributes, "Team/@TeamId", attributes.get("TeamId"))
    name = f"MatchInformation.Team.{team}"
    role = attributes.get("Role")
    if role not in ("home", "guest"):
        raise DecodeError(f"Attribute `Team/@Role`: expected home or guest, not {str(role)[:60]!r}.", name)
    players = [
        LineupPlayer(
            player=player_id(_id(about, "Player/@PersonId", about.get("PersonId"), name)) or "",
            name=_text(about.get("Shortname")),
            shirt=_shirt(about.get("ShirtNumber"), name),
            position=_text(about.get("PlayingPosition")),
        )
        for tag, about in elements[1:]
        if tag == "Player" and about.get("Starting") == "true"
    ]
    return FeedEvent(
        source_event_id=name,
        type="lineup",
        period=PERIOD_PRE,
        order_key=context.LINEUP_ORDER + (1.0 if role == "home" else 2.0),
        elapsed_s=0.0,
        team=team_id(team),
        raw=raw,
        fields=Fields(
            team_name=_text(attributes.get("TeamName")),
            formation=_text(attributes.get("LineUp")),
            lineup=players or None,
            provider_type="Team",
        ),
    )


def _shirt(text: str | None, event_id: str) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise DecodeError(f"Attribute `Player/@ShirtNumber`: expected 0 to 999, not {text[:60]!r}.", event_id)
    return int(text)


def _id(attributes: Mapping[str, str], name: str, value: str | None, event_id: str | None = None) -> str:
    if not value:
        raise DecodeError(f"Attribute `{name}` is missing.", event_id or attributes.get("EventId"))
    if len(value) > _LONGEST_ID or any(c.isspace() for c in value):
        shown = value if len(value) <= 60 else value[:57] + "..."
        raise DecodeError(f"Attribute `{name}`: an id is 1 to 200 characters without spaces, not {shown!r}.", event_id)
    return value


def _text(value: str | None) -> str | None:
    return None if value is None else value[:_LONGEST_TEXT]


PROVIDER = Provider(
    name="sportec",
    sport="soccer",
    title="DFL/Sportec event data (PutDataRequest XML: Event, MatchInformation)",
    split=split,
    stream_options=stream_options,
    decode=decode,
    learn=context.learned,
    kickoff_at=context.kickoff_at,
)
