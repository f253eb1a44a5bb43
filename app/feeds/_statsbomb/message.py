"""One StatsBomb event as it is delivered (Open Data Events v4): what is read of it. The rest stays in the raw bytes."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

# Ids are 32-bit at the provider; the limit keeps a broken number from becoming somebody's name.
Number = Annotated[int, Meta(ge=0, le=2**53)]
Name = Annotated[str, Meta(max_length=400)]
Point = Annotated[list[float | None], Meta(max_length=3)]  # cells of 120 x 80, y down; [null, null] where unknown


class Named(msgspec.Struct):
    """An id with its name: a team, a player, a type, an outcome."""

    id: Number
    name: Name | None = None


class LineupEntry(msgspec.Struct):
    """One player of `tactics.lineup`."""

    player: Named
    position: Named | None = None
    jersey_number: Annotated[int, Meta(ge=0, le=999)] | None = None


class Tactics(msgspec.Struct):
    """Formation (442) and eleven, of Starting XI and Tactical Shift."""

    formation: Number | None = None
    lineup: Annotated[list[LineupEntry], Meta(max_length=50)] | None = None


class FramePlayer(msgspec.Struct):
    """One player of a shot's freeze frame; the one who shoots is not in it."""

    location: Point | None = None
    teammate: bool | None = None
    position: Named | None = None


class Detail(msgspec.Struct):
    """The object named after the event's type (`pass`, `shot`, `duel`, …): one shape for all of them."""

    type: Named | None = None
    outcome: Named | None = None
    end_location: Point | None = None
    body_part: Named | None = None
    technique: Named | None = None
    recipient: Named | None = None
    replacement: Named | None = None
    card: Named | None = None
    penalty: bool | None = None
    cross: bool | None = None
    first_time: bool | None = None
    recovery_failure: bool | None = None
    statsbomb_xg: Annotated[float, Meta(ge=0, le=1)] | None = None


class Shot(Detail):
    """`shot`, with where the others stood when it was taken."""

    freeze_frame: Annotated[list[FramePlayer], Meta(max_length=40)] | None = None


class Message(msgspec.Struct, rename={"pass_": "pass", "fifty_fifty": "50_50"}):
    """One event. `timestamp` is HH:MM:SS.mmm since the start of the period; `index` is the order in the match."""

    id: Annotated[str, Meta(min_length=1, max_length=200)]
    index: Annotated[int, Meta(ge=0, le=10_000_000)]
    period: Annotated[int, Meta(ge=1, le=5)]
    timestamp: str
    type: Named
    team: Named
    player: Named | None = None
    location: Point | None = None
    duration: Annotated[float, Meta(ge=0)] | None = None
    possession: Annotated[int, Meta(ge=0, le=10_000_000)] | None = None
    possession_team: Named | None = None
    play_pattern: Named | None = None
    under_pressure: bool | None = None
    counterpress: bool | None = None
    related_events: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=1000)] | None = None
    tactics: Tactics | None = None
    pass_: Detail | None = None
    shot: Shot | None = None
    carry: Detail | None = None
    duel: Detail | None = None
    dribble: Detail | None = None
    interception: Detail | None = None
    goalkeeper: Detail | None = None
    foul_committed: Detail | None = None
    foul_won: Detail | None = None
    bad_behaviour: Detail | None = None
    substitution: Detail | None = None
    ball_receipt: Detail | None = None
    ball_recovery: Detail | None = None
    clearance: Detail | None = None
    fifty_fifty: Detail | None = None
