"""Moments of a match as points of a space in which what is alike lies close together: `app/sports/<sport>/similar.py`. Pure."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence

import msgspec

from app.sports.base import Event, Sport, sports


class Moment(msgspec.Struct, frozen=True):
    """One moment: what a team did with the ball, up to its shot or to its end.

    event: the source event id that stands for it. events: the ids of all that happened in it. team, players: who had the
    ball. period, elapsed_s: of `event`, on the match clock. what: the moment in words. has_shot: `event` is a shot.
    numbers: its place (shape: Embedding.dimensions; no unit: every number is scaled and weighted already).
    is_kept: enough happened to be looked for; one of a touch or two is a question, never an answer.
    competition: as the match is said to belong to, where it is.
    """

    event: str
    events: tuple[str, ...]
    team: str
    players: tuple[str, ...]
    period: int
    elapsed_s: float
    what: str
    has_shot: bool
    is_kept: bool
    competition: str | None
    numbers: tuple[float, ...]


class Embedding(msgspec.Struct, frozen=True):
    """How a sport places its moments, called EMBEDDING in its file.

    name: with a version ("soccer-attack@1"); other numbers for the same events are another version. table: in the schema
    `feature`, made by a file of sql/functions. moments(events): the moments of one match, from its events in match order.
    """

    name: str
    table: str
    dimensions: int
    moments: Callable[[Sequence[Event]], list[Moment]]


def embedding_of(sport: Sport) -> Embedding | None:
    """The sport's embedding; None where it has no file for one."""
    name = f"{sport.package}.similar"
    if importlib.util.find_spec(name) is None:
        return None
    return importlib.import_module(name).EMBEDDING


def embeddings() -> dict[str, Embedding]:
    """Those of all sports that have one, by the sport's name."""
    found = {name: embedding_of(sport) for name, sport in sports().items()}
    return {name: embedding for name, embedding in found.items() if embedding is not None}


def similarity(distance: float) -> float:
    """A distance of two moments (0 and more) as a likeness from 1 (the same) down to 0: 1 / (1 + distance)."""
    return 1.0 / (1.0 + distance)
