"""StatsBomb events (Open Data Events v4, and the same objects pushed one by one) into canonical events.

Frame: StatsBomb gives cells of 120 x 80, x towards the goal that the acting team attacks, y down from its left
touchline. That is the canonical frame but for scale; a point is the middle of its cell, taken from StatsBomb's markings
to the true ones on 105 x 68 m (`app.sports.soccer.pitch`): penalty spot at 11 m, goal 7.32 m wide.
Clock: `timestamp` restarts with each period; the canonical clock starts at 0, 45, 90, 105 and 120 minutes.
Order: `index`, which is also the number of the message: every file counts from 1 without a gap. In a few places a Ball
Receipt whose pass was played as the half ended is stamped near the start of that period: its clock is kept as told,
and its index keeps it in its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from app.errors import DecodeError
from app.feeds import framing
from app.feeds._statsbomb import vocabulary as v
from app.feeds._statsbomb.details import BARE, READERS, player_id, team_id
from app.feeds._statsbomb.message import FramePlayer, Message, Named
from app.feeds._statsbomb.pitch import PITCH
from app.feeds.base import FeedEvent, Provider
from app.sports.soccer.clock import CLOCK_START_S
from app.sports.soccer.events import Fields, LineupPlayer, Role, Standing

Z_SCALE = 0.9144  # heights are yards

XY_FIDELITY = "xy_fidelity_version"
SHOT_FIDELITY = "shot_fidelity_version"
DURATION_UNIT = "duration_unit"
# What a stream is taken for when nothing of it has been seen (a live push): all data since 2019 is of this kind.
LIVE_OPTIONS: Mapping[str, Any] = {XY_FIDELITY: 2, SHOT_FIDELITY: 2, DURATION_UNIT: "s"}

_HALF_CELL = {1: 0.5, 2: 0.05}
_FINE_HALF_CELL = 0.05  # y and z in the goal frame are always told to a tenth of a yard
_LONGEST_MATCH_S = 4 * 3600
_LONGEST_DURATION_S = 7200.0
_TIMESTAMP = re.compile(r"([0-9]{2}):([0-5][0-9]):([0-5][0-9](?:\.[0-9]{1,6})?)")
_SHOT = 16
_MOVES = (14, 30, 43)  # Dribble, Pass, Carry

_decoder = msgspec.json.Decoder(Message)


class _Glance(msgspec.Struct):
    """Enough of an event to tell the fidelity of its coordinates."""

    type: Named
    location: list[float | None] | None = None


_glance_decoder = msgspec.json.Decoder(_Glance)


def stream_options(messages: list[bytes]) -> Mapping[str, Any]:
    """How the coordinates and durations of a stream are to be read, from all of its messages.

    A fraction in a shot's location means cells of a tenth (version 2) for shots, one in a pass, carry or dribble
    means it for everything else (as kloppy decides). A stream that shows no such location is taken for version 2.
    Durations are seconds (`duration_unit` s); a stream that pushes milliseconds is given `ms`. Never raises.
    """
    seen = {SHOT_FIDELITY: 0, XY_FIDELITY: 0}
    for raw in messages:
        try:
            glance = _glance_decoder.decode(raw)
        except (ValueError, RecursionError):
            continue
        name = SHOT_FIDELITY if glance.type.id == _SHOT else XY_FIDELITY if glance.type.id in _MOVES else None
        xy = [c for c in (glance.location or ())[:2] if c is not None]
        if name is not None and xy:
            seen[name] = max(seen[name], 1 if all(c.is_integer() for c in xy) else 2)
    return dict(LIVE_OPTIONS) | {name: version for name, version in seen.items() if version}


def decode(raw: bytes, options: Mapping[str, Any]) -> FeedEvent:
    """One StatsBomb event. Depends on nothing but the message and the stream's options.

    Raises DecodeError (only): not JSON, a missing or impossible field, a point off the pitch.
    """
    m = framing.read(_decoder, raw)
    type_, member = v.TYPES.get(m.type.id, ("other", None))
    detail = None if member is None else getattr(m, member)
    fidelity = options.get(SHOT_FIDELITY if m.type.id == _SHOT else XY_FIDELITY, 2)
    half = _HALF_CELL.get(fidelity, 0.05)
    fields: dict[str, Any] = {} if detail is None else READERS[type_](detail)
    if detail is None:
        fields = dict(BARE.get(type_, {}))
    elif detail.end_location:
        end = _point(m, f"{str(member).rstrip('_')}.end_location", detail.end_location, half)
        if end is not None:
            fields["end_x_m"], fields["end_y_m"], fields["end_z_m"] = end
    if m.shot is not None and m.shot.freeze_frame and type_ == "shot":
        fields["freeze_frame"] = _freeze_frame(m.shot.freeze_frame, half)
    if m.location:
        point = _point(m, "location", m.location, half)
        if point is not None:
            fields["x_m"], fields["y_m"], _ = point
    if type_ in ("lineup", "formation"):
        fields |= _tactics(m)
    return FeedEvent(
        source_event_id=m.id,
        type=type_,
        period=m.period,
        order_key=float(m.index),
        sequence=m.index or None,
        elapsed_s=_elapsed_s(m),
        team=team_id(m.team),
        player=player_id(m.player),
        raw=raw,
        fields=Fields(
            under_pressure=True if m.under_pressure else None,
            counterpress=True if m.counterpress else None,
            duration_s=_duration_s(m, options),
            possession=m.possession,
            possession_team=team_id(m.possession_team),
            play_pattern=None if m.play_pattern is None else m.play_pattern.name,
            team_name=m.team.name,
            player_name=None if m.player is None else m.player.name,
            related=m.related_events or None,
            provider_type=m.type.name,
            **fields,
        ),
    )


def _point(m: Message, name: str, cells: list[float | None], half: float) -> tuple[float, float, float | None] | None:
    """The middle of a cell in metres (z None where not told); None where StatsBomb gives nulls."""
    if len(cells) < 2:
        raise DecodeError(f"Field `{name}`: expected two or three numbers, not {cells}.", m.id)
    x, y = cells[0], cells[1]
    z = cells[2] if len(cells) == 3 else None
    if x is None or y is None:
        return None
    x_m, y_m = PITCH.to_metres(x - half, y - (half if z is None else _FINE_HALF_CELL))
    z_m = None if z is None else (z - _FINE_HALF_CELL) * Z_SCALE
    # The bounds of Fields, which a struct does not check when it is built.
    if not (-5.0 <= x_m <= 110.0 and -5.0 <= y_m <= 73.0):
        raise DecodeError(f"Field `{name}`: {cells} is off the pitch of 120 x 80.", m.id)
    if z_m is not None and not -1.0 <= z_m <= 60.0:
        raise DecodeError(f"Field `{name}`: the height in {cells} is not possible (yards).", m.id)
    return x_m, y_m, z_m


def _freeze_frame(players: list[FramePlayer], half: float) -> list[Standing] | None:
    """Where the others stood. One without a place on the pitch is left out: no shot is lost over a spectator."""
    frame: list[Standing] = []
    for player in players:
        cells = player.location or []
        if len(cells) < 2 or cells[0] is None or cells[1] is None or player.teammate is None:
            continue
        x_m, y_m = PITCH.to_metres(cells[0] - half, cells[1] - half)
        if not (-5.0 <= x_m <= 110.0 and -5.0 <= y_m <= 73.0):
            continue
        keeps = player.position is not None and player.position.id == v.GOALKEEPER
        role: Role = "teammate" if player.teammate else "keeper" if keeps else "opponent"
        # Millimetres: a frame is a dozen players, and the log keeps all of it.
        frame.append(Standing(round(x_m, 3), round(y_m, 3), role))
    return frame or None


def _elapsed_s(m: Message) -> float:
    match = _TIMESTAMP.fullmatch(m.timestamp)
    if match is None:
        shown = m.timestamp if len(m.timestamp) <= 40 else m.timestamp[:37] + "..."
        raise DecodeError(f"Field `timestamp`: expected HH:MM:SS.mmm, not {shown!r}.", m.id)
    hours, minutes, seconds = match.groups()
    in_period = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    elapsed_s = CLOCK_START_S[m.period] + in_period
    if elapsed_s > _LONGEST_MATCH_S:
        raise DecodeError(f"Field `timestamp`: {m.timestamp} in period {m.period} is beyond four hours of play.", m.id)
    return elapsed_s


def _duration_s(m: Message, options: Mapping[str, Any]) -> float | None:
    """Seconds. A figure above two hours is in some other unit than the stream's; no event is lost over it."""
    if m.duration is None:
        return None
    seconds = m.duration / 1000 if options.get(DURATION_UNIT) == "ms" else m.duration
    return seconds if seconds <= _LONGEST_DURATION_S else None


def _tactics(m: Message) -> dict[str, Any]:
    tactics = m.tactics
    if tactics is None or not tactics.lineup:
        if m.type.id == v.STARTING_XI:
            raise DecodeError("Field `tactics.lineup`: a Starting XI without players.", m.id)
        players = None
    else:
        players = [
            LineupPlayer(
                player=f"statsbomb:player:{entry.player.id}",
                name=entry.player.name,
                shirt=entry.jersey_number,
                position=None if entry.position is None else entry.position.name,
            )
            for entry in tactics.lineup
        ]
    formation = None if tactics is None or tactics.formation is None else str(tactics.formation)
    return {"lineup": players, "formation": formation}


PROVIDER = Provider(
    name="statsbomb",
    sport="soccer",
    title="StatsBomb events (JSON array, single objects, NDJSON)",
    split=framing.split,
    stream_options=stream_options,
    decode=decode,
)
