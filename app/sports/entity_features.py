"""Features of entities: what a player, a team, a match or a matchup stands at, declared beside the fold that makes it.

A group is one file of a sport's `entity_features` folder. Adding a file adds its features to the store: nothing else
is edited. Pure, as everything of a sport is: the same fold gives the value on air and, over the log, the training row.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import re
from collections.abc import Callable, Sequence
from functools import cache
from types import ModuleType
from typing import Any, Literal

import msgspec

from app.sports.base import Event, Sport
from app.sports.loading import Refusal

Kind = Literal["match", "team", "player", "matchup"]
KINDS: tuple[Kind, ...] = ("match", "team", "player", "matchup")
# A name is a column of a view and a member of a JSON object.
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
# Columns that the views have besides.
TAKEN = frozenset(("match_id", "team_id", "player_id", "matchup_id", "event_timestamp", "created_timestamp", "version"))
Number = float | int | bool | None
Numbers = tuple[Number, ...]
# What an entity ended its earlier matches with, the latest first: feature name to number.
Earlier = Sequence[dict[str, Number]]


class EntityFeature(msgspec.Struct, frozen=True):
    """One number of an entity. dtype: int, float or bool. unit: of the value, "1" for a bare number."""

    name: str
    dtype: Any
    unit: str
    description: str


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The declaration at the head of a group's file.

    entity: whose features they are. ttl_s: how long a value stays good after its moment, seconds. features: in the order
    in which `values` gives them.
    """

    name: str
    entity: Kind
    ttl_s: float
    features: tuple[EntityFeature, ...]


class LoadedGroup(msgspec.Struct, frozen=True):
    """A group's file, looked through once.

    init(): a fresh memory. step(memory, event, state): changes the memory by one more event; called in match order, after
    the state has taken it. values(memory, entity, state): the numbers of an entity in the order of the declaration, None
    for one that is not known. meet(memory, entity, earlier), where there is one: the entity is named in this match for
    the first time; how it ended its matches before.
    """

    spec: Group
    init: Callable[[], Any]
    step: Callable[[Any, Event, Any], None]
    values: Callable[[Any, str, Any], Numbers]
    meet: Callable[[Any, str, Earlier], None] | None


class Declared(msgspec.Struct, frozen=True):
    """All groups of a sport, by entity.

    after: event types after which the history takes a row besides the full minutes of the match clock.
    """

    groups: dict[str, tuple[LoadedGroup, ...]]
    after: frozenset[str]
    refused: tuple[Refusal, ...]

    def features(self, kind: str) -> list[tuple[EntityFeature, Group]]:
        """The features of one kind of entity, each with its group, in the order of the numbers of a row."""
        return [(feature, group.spec) for group in self.groups[kind] for feature in group.spec.features]

    def names(self, kind: str) -> list[str]:
        """Their names."""
        return [feature.name for feature, _ in self.features(kind)]


def declared(sport: Sport) -> Declared:
    """Every group of a sport that is not refused; none at all where the sport has no such folder."""
    return _declared(f"{sport.package}.entity_features")


@cache
def _declared(package: str) -> Declared:
    if importlib.util.find_spec(package) is None:
        return Declared(dict.fromkeys(KINDS, ()), frozenset(), ())
    return find(importlib.import_module(package))


def find(package: ModuleType) -> Declared:
    """Look every file of a folder of groups through, in the order of their names."""
    groups: dict[str, list[LoadedGroup]] = {kind: [] for kind in KINDS}
    refused: list[Refusal] = []
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        name = f"{package.__name__}.{info.name}"
        try:
            group = _look_through(importlib.import_module(name), info.name)
            _new_names(group.spec, groups[group.spec.entity])
        except Exception as exc:
            # Whatever is wrong with a file is its own fault, and the other groups are not concerned.
            reason = str(exc) if isinstance(exc, ValueError) else f"{type(exc).__name__}: {exc}"
            refused.append(Refusal(f"{name.replace('.', '/')}.py", 1, reason))
        else:
            groups[group.spec.entity].append(group)
    after = frozenset(getattr(package, "HISTORY_AFTER", ()))
    return Declared({kind: tuple(found) for kind, found in groups.items()}, after, tuple(refused))


def _look_through(module: ModuleType, stem: str) -> LoadedGroup:
    spec = getattr(module, "GROUP", None)
    if not isinstance(spec, Group):
        raise ValueError("a group's file declares it: GROUP = Group(name=…, …)")
    if spec.name != stem:
        raise ValueError(f"the file of group '{spec.name}' is called {spec.name}.py, not {stem}.py")
    if spec.entity not in KINDS:
        raise ValueError(f"there is no entity '{spec.entity}' (there are: {', '.join(KINDS)})")
    if not spec.ttl_s > 0:
        raise ValueError(f"ttl_s is {spec.ttl_s:g}; it is a time in seconds, above 0")
    for feature in spec.features:
        if not _NAME.fullmatch(feature.name) or feature.name in TAKEN:
            raise ValueError(
                f"'{feature.name}' cannot be the name of a feature: lower case, no name of a key or a time"
            )
        if feature.dtype not in (int, float, bool):
            raise ValueError(f"feature '{feature.name}' is a {feature.dtype}; features are int, float or bool")
    functions = {name: getattr(module, name, None) for name in ("init", "step", "values", "meet")}
    for name, arguments in (("init", 0), ("step", 3), ("values", 3), ("meet", 3)):
        function = functions[name]
        if function is None:
            if name == "meet":
                continue
            raise ValueError(f"group '{spec.name}' has no {name}")
        try:
            inspect.signature(function).bind(*[None] * arguments)
        except TypeError:
            raise ValueError(f"{name} is called with {arguments} arguments") from None
    return LoadedGroup(spec, functions["init"], functions["step"], functions["values"], functions["meet"])  # pyright: ignore[reportArgumentType]


def _new_names(spec: Group, others: list[LoadedGroup]) -> None:
    own = [feature.name for feature in spec.features]
    known = {feature.name: group.spec.name for group in others for feature in group.spec.features}
    for number, name in enumerate(own):
        if name in known or name in own[:number]:
            raise ValueError(
                f"feature '{name}' of a {spec.entity} is declared twice (also in {known.get(name, spec.name)})"
            )
