"""What is on the air: which version of each signal scores which match, as the registry says, ready to run.

The registry keeps the text of every version of a signal's file and the file of the model that it is bound to. Workers run
these, not what lies on their disk: two versions of one file can score at the same time, and a version that was taken off
the air comes back as it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog

from app.db.pool import Connection, Pool
from app.db.sql import query
from app.models.errors import BrokenModel
from app.models.registry import Model, from_bytes
from app.sports.base import LoadedSignal, Sport, sports
from app.sports.loading import RefusedSource, fingerprint, loaded

log = structlog.get_logger()
Name = tuple[str, str, int]


class Version(msgspec.Struct, frozen=True):
    """One version of a signal that scores: on the air of all matches (`live`), of some, or of none."""

    sport: str
    stage: str
    signal: LoadedSignal
    adopting: bool = False
    promote_when_filled: bool = False

    @property
    def name(self) -> Name:
        """Sport, signal and version."""
        return (self.sport, self.signal.spec.name, self.signal.spec.version)


class Catalogue(msgspec.Struct, frozen=True):
    """The registry as it was at one generation. refused: versions that cannot be run here, with the reason. degraded: those
    whose own model cannot be loaded: they run on an older one of it, or without."""

    generation: int
    versions: dict[Name, Version]
    canaries: dict[str, dict[str, int]]
    refused: dict[Name, str] = {}
    degraded: dict[Name, str] = {}

    def problems(self) -> dict[Name, str]:
        """What is wrong with which versions."""
        return {**self.degraded, **self.refused}

    def on_air(self, sport: str, match_id: str) -> dict[str, LoadedSignal]:
        """What scores a match for its air, by key (such as "xg@1")."""
        chosen = self.canaries.get(match_id, {})
        return {
            v.signal.key: v.signal
            for v in self.versions.values()
            if v.sport == sport
            and (
                v.signal.spec.version == chosen[v.signal.spec.name]
                if v.signal.spec.name in chosen
                else v.stage == "live"
            )
        }

    def adopting(self, sport: str, match_id: str) -> dict[str, LoadedSignal]:
        """What is about to go on the air of a match, by key."""
        now = self.on_air(sport, match_id)
        return {
            v.signal.key: v.signal
            for v in self.versions.values()
            if v.sport == sport and v.adopting and v.signal.key not in now
        }

    def is_adopting(self) -> bool:
        """Is anything about to go on air?"""
        return any(v.adopting for v in self.versions.values())

    def beside(self) -> list[Version]:
        """Versions that are not on the air of every match: they are scored beside it."""
        chosen = {(name, version) for of in self.canaries.values() for name, version in of.items()}
        return [
            v
            for v in self.versions.values()
            if v.stage == "shadow"
            # Where another version is tried on some matches, the live one goes on beside it there.
            or any(name == v.signal.spec.name and version != v.signal.spec.version for name, version in chosen)
        ]


class _Ready:
    """Signals and models that were read once: their versions never change."""

    def __init__(self) -> None:
        self.signals: dict[tuple[str, str, int, str], LoadedSignal | RefusedSource] = {}
        self.models: dict[tuple[str, int], Model] = {}


_ready = _Ready()


async def read_catalogue(pool: Pool | Connection) -> Catalogue:
    """The registry as it is now. What cannot be run is left out, and said; the others score."""
    before = await pool.fetchval(query("generation"))
    while True:
        rows = await pool.fetch(query("catalogue_versions"))
        chosen: dict[str, dict[str, int]] = {}
        for r in await pool.fetch(query("canaries")):
            chosen.setdefault(r["match_id"], {})[r["signal"]] = r["version"]
        generation: int = await pool.fetchval(query("generation")) or 0
        if generation == before:
            break
        before = generation
    found = Catalogue(generation, {}, chosen, {}, {})
    for r in rows:
        name = (r["sport"], r["signal"], r["version"])
        try:
            signal, problem = await _signal(pool, sports()[r["sport"]], r)
        except RefusedSource as exc:
            found.refused[name] = str(exc)
            continue
        if problem is not None:
            found.degraded[name] = problem
        found.versions[name] = Version(r["sport"], r["stage"], signal, bool(r["adopting"]), r["promote_when_filled"])
    return found


async def problem_of(pool: Pool | Connection, row: Mapping[str, Any]) -> str | None:
    """Why a version cannot be run as it was registered; None where it can. row: sport, signal, version, sha256, model and
    model_version of it."""
    try:
        return (await _signal(pool, sports()[row["sport"]], row))[1]
    except RefusedSource as exc:
        return str(exc)


async def _signal(pool: Pool | Connection, sport: Sport, row: Mapping[str, Any]) -> tuple[LoadedSignal, str | None]:
    """A version, and what is wrong with its model. Raises RefusedSource where its text is not what was registered, or
    brings no signal."""
    key = (sport.name, row["signal"], row["version"], row["sha256"])
    known = _ready.signals.get(key)
    if known is None:
        text: str = await pool.fetchval(query("signal_source"), *key[:3]) or ""
        if fingerprint(text) != row["sha256"]:
            reason = (
                f"the stored text of {row['signal']}@{row['version']} does not have the hash it was registered with"
            )
            log.error("signal.refused", signal=row["signal"], version=row["version"], reason=reason)
            # Not remembered: it may be mended.
            raise RefusedSource(reason)
        try:
            known = loaded(text, row["signal"], sport)
        except RefusedSource as exc:
            log.error("signal.refused", signal=row["signal"], version=row["version"], reason=str(exc))
            known = exc
        _ready.signals[key] = known
    if isinstance(known, RefusedSource):
        raise known
    if row["model"] is None:
        missing = known.spec.model is not None
        return known, f"it was registered without its model '{known.spec.model}'" if missing else None
    model, problem = await _model(pool, row["model"], row["model_version"])
    return msgspec.structs.replace(known, model=model), problem


async def _model(pool: Pool | Connection, name: str, version: int) -> tuple[Model | None, str | None]:
    """The version of a model that a signal is bound to; where it cannot be loaded, the last good one before it, which its
    values then name, and why; None (and degraded values) where there is none."""
    known = _ready.models.get((name, version))
    if known is not None:
        return known, None
    problem = f"{name}@{version} is not in the registry"
    for row in await pool.fetch(query("model_artifacts"), name, version):
        label = f"{name}@{row['version']}"
        try:
            model = from_bytes(row["artifact"].encode(), f"registry's {label}", name)
            if (model.version, model.sha256) != (row["version"], row["sha256"]):
                raise BrokenModel(f"The registry's {label} does not have the version and hash it was registered with.")
        except BrokenModel as exc:
            log.error("model.broken", model=label, reason=str(exc))
            if row["version"] == version:
                problem = str(exc)
            continue
        if row["version"] != version:
            log.error("model.fallback", model=f"{name}@{version}", used=model.label)
            return model, f"{problem} {model.label} is used in its place."
        _ready.models[(name, version)] = model
        return model, None
    return None, problem


async def signals_of(pool: Pool | Connection, sport: str, match_id: str) -> dict[str, LoadedSignal]:
    """What scores a match for its air now, by key. Where nothing is registered yet, the files of this version."""
    return (await read_catalogue(pool)).on_air(sport, match_id)


class Air:
    """The newest catalogue that a process knows. `look` reads the registry again."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lock = asyncio.Lock()
        self.now: Catalogue = Catalogue(0, {}, {}, {})

    async def look(self) -> Catalogue:
        """Read the registry anew."""
        async with self._lock:
            self.now = await read_catalogue(self._pool)
        return self.now
