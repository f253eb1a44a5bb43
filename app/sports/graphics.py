"""What a sport says to a graphics engine: one file a graphic in `app/sports/<sport>/graphics`, found by being there. Pure."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import msgspec

Fields = dict[str, Any]


class Scene(msgspec.Struct, frozen=True):
    """What is true of a match after one commit.

    match: the public picture (`home_id`, `away_id`, `home`, `away`, `home_score`, `away_score`, `status`, `period`,
    `elapsed_s`, `clock_display`). details: the sport's own part of it. values: of each signal that was asked for, the
    current value by subject; None where it is degraded. What was withdrawn is absent.
    """

    match: Mapping[str, Any]
    details: Mapping[str, Any]
    values: Mapping[str, Mapping[str, float | None]]


class Told(msgspec.Struct, frozen=True):
    """One value as it was told, and what happened. match: as in a Scene. event: the event that it is tied to, as the API
    shows it; None where it is not at hand. The value is never None."""

    signal: str
    subject: str
    value: float
    match: Mapping[str, Any]
    event: Mapping[str, Any] | None


class Graphic(msgspec.Struct, frozen=True, kw_only=True):
    """One graphic of an engine: the command that sets it, from which signals, and what the command says.

    standing(scene): of a graphic that shows what holds now: the command's own fields; None where nothing that is right
        can be said, so that the engine is told to fall back. Only the latest matters.
    moment(told): of a graphic that shows something that has happened: its fields, or None for nothing to show. Each is
        shown, for a while, and none is made up for another.
    One of the two.
    """

    name: str
    command: str
    description: str
    signals: tuple[str, ...] = ()
    standing: Callable[[Scene], Fields | None] | None = None
    moment: Callable[[Told], Fields | None] | None = None


@cache
def graphics_of(package: str) -> dict[str, Graphic]:
    """Every graphic of a sport by its name; package: the sport's. Empty where it has none."""
    folder = f"{package}.graphics"
    if importlib.util.find_spec(folder) is None:
        return {}
    found = (
        importlib.import_module(f"{folder}.{info.name}").GRAPHIC
        for info in pkgutil.iter_modules(importlib.import_module(folder).__path__)
        if not info.name.startswith("_")
    )
    return {graphic.name: graphic for graphic in found}


def per_cent(share: float) -> float:
    """A probability in thousandths as per cent with one decimal. What adds up to 1 in thousandths adds up to 100.0."""
    return round(share * 1000.0) / 10.0


def side_of(match: Mapping[str, Any], team: str | None) -> str | None:
    """`home` or `away`; None for a team that does not play here."""
    if team is None:
        return None
    return {match.get("home_id"): "home", match.get("away_id"): "away"}.get(team)
