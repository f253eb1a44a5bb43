"""Telling the registry of the signals whose files lie here.

In a new database they are on the air at once. Later on a file of a new name goes on air by itself once its past is filled
from the log, since it replaces nothing; a new version of a known name waits for `touchline signals deploy`.
"""

from __future__ import annotations

from typing import Any

import msgspec
import structlog

from app.db.pool import Connection, Pool
from app.db.sql import query
from app.errors import UsageError
from app.models.errors import BrokenModel, UnknownModel
from app.scoring.bound import ModelFile, OtherModel, lookup, register_model
from app.sports.base import LoadedSignal, Sport, sports
from app.sports.loading import fingerprint, refused, signals, sources
from app.warehouse.keeping import put_event_types

log = structlog.get_logger()


class OtherText(UsageError):
    """A version is what it was registered as."""

    status = 409
    title = "The version is registered with another text"


async def register(pool: Pool, *, begin_only: bool = False) -> int:
    """Register what is not known yet. Returns how many signals have files here. begin_only: nothing but the signals of a
    database that knows none.

    A file that is refused is told, and what was registered of it before stays as it is.
    """
    count = 0
    for sport in sports().values():
        for refusal in refused(sport):
            log.error("signal.refused", file=refusal.file, line=refusal.line, reason=refusal.reason)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(query("register_lock"))
        await put_event_types(connection)
        for sport in sports().values():
            count += len(signals(sport))
            if await _register(connection, sport, begin_only):
                await connection.execute(query("changed_on_air"))
    return count


async def _register(connection: Connection, sport: Sport, begin_only: bool) -> bool:
    """Whether what is on the air has changed."""
    known: dict[str, dict[int, Any]] = {}
    for row in await connection.fetch(query("registered_signals"), sport.name):
        known.setdefault(row["signal"], {})[row["version"]] = row
    if begin_only and known:
        return False
    played = bool(await connection.fetchval(query("has_scored_matches"), sport.name))
    changed = False
    for name, signal in signals(sport).items():
        text, version = sources(sport)[name], signal.spec.version
        versions = known.get(name, {})
        row = versions.get(version)
        if row is not None and not row["unread"]:
            if row["sha256"] != fingerprint(text):
                log.warning(
                    "signal.text_differs", signal=signal.key, advice="give the file a new version and deploy it"
                )
        elif row is not None:
            # Registered by a release that did not keep the text.
            await write(connection, sport, signal, text, row["stage"])
            changed = True
        elif any(not r["unread"] for r in versions.values()):
            log.info("signal.not_deployed", signal=signal.key, advice=f"touchline signals deploy {name}")
        elif versions:
            await _replaces(connection, sport, signal, text, versions)
            changed = True
        else:
            await write(connection, sport, signal, text, "shadow" if played else "live", when_filled=played)
            await note(connection, "registered", sport, signal)
            changed = True
    return changed


async def _replaces(
    connection: Connection, sport: Sport, signal: LoadedSignal, text: str, versions: dict[int, Any]
) -> None:
    """Only versions whose text nobody kept: this one takes their place, and its past is owed."""
    live = [v for v, row in versions.items() if row["stage"] == "live"]
    await write(connection, sport, signal, text, "shadow")
    await connection.execute(
        query("put_on_air"), sport.name, signal.spec.name, signal.spec.version, None, "local", "registered", None
    )
    for version in live:
        await connection.execute(query("drop_beside"), sport.name, signal.spec.name, version)
        await connection.execute(query("retire"), sport.name, signal.spec.name, version)


async def write(
    connection: Connection,
    sport: Sport,
    signal: LoadedSignal,
    text: str,
    stage: str,
    *,
    when_filled: bool = False,
    model: ModelFile | None = None,
) -> None:
    """One version of a signal, with its text and the model that it is bound to from now on: this one, else the one that
    lies here."""
    spec = signal.spec
    name, model_version = await _bind(connection, spec.model, model)
    declaration = msgspec.json.encode({**msgspec.to_builtins(spec), "events": sorted(spec.events)}).decode()
    await connection.execute(
        query("register_signal"),
        sport.name,
        spec.name,
        spec.version,
        spec.title,
        spec.unit,
        declaration,
        text,
        fingerprint(text),
        name,
        model_version,
        stage,
        when_filled,
    )


async def _bind(connection: Connection, name: str | None, model: ModelFile | None) -> tuple[str | None, int | None]:
    """The model of that name, registered. Without one the signal is degraded, and says so."""
    if name is None:
        return None, None
    if model is not None:
        await register_model(connection, model)
        return name, model.model.version
    try:
        model = lookup(name)
    except (UnknownModel, BrokenModel) as exc:
        log.error("model.missing", model=name, reason=str(exc))
        return None, None
    try:
        await register_model(connection, model)
    except OtherModel as exc:
        # Nobody is asking; what is registered under that label scores.
        log.error("model.differs", model=model.model.label, reason=str(exc))
    return name, model.model.version


async def note(
    connection: Connection,
    action: str,
    sport: Sport,
    signal: LoadedSignal,
    principal: str = "local",
    reason: str | None = None,
) -> None:
    """One line of the audit."""
    spec = signal.spec
    await connection.execute(
        query("note_deployment"), principal, action, sport.name, spec.name, spec.version, None, reason
    )
