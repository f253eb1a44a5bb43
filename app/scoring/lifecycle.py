"""From a file to the air and back: deploy, promote, canary, rollback, retire. Each is audited in registry.deployment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import asyncpg
import msgspec
import structlog

from app.db.pool import Pool
from app.db.sql import query
from app.errors import UnknownMatch, UsageError
from app.models.errors import UnknownModel
from app.scoring.bound import newest_registered
from app.scoring.brought import Brought, UnknownSignal, ambiguous, file_of, model_of, parse, same_model
from app.scoring.catalogue import Name, problem_of
from app.scoring.register import OtherText, note, write
from app.settings import Settings, variable
from app.sports.loading import fingerprint

log = structlog.get_logger()
# Workers have so long to make a signal ready; matches where it is not are read anew when it goes on air.
READY_S = 10.0
# Nobody seems to fill it any more.
FOLLOW_S = 2.0
# A promotion that dies half way leaves nothing behind for longer.
ADOPT_S = 20.0


class NotNow(UsageError):
    """What is asked for does not fit what is on the air."""

    status = 409
    title = "Not as things stand"


class NotAllowed(NotNow):
    """Its model was trained on data for research only."""


class Filling(msgspec.Struct, frozen=True):
    """How far a version beside the air is. behind: events that it lacks of a match, at most, among those that nobody scores
    right now: the others are made ready by whoever does. untouched: matches that it has not come to at all; what fills it
    goes on until there is none."""

    matches: int
    done: int
    events: int
    events_done: int
    parked: int
    parked_reason: str | None
    behind: int
    untouched: int


class Moved(msgspec.Struct, frozen=True):
    """What is on the air now. ready_after_s: how long the workers took to make it ready; None where some did not."""

    sport: str
    signal: str
    version: int
    from_version: int | None
    matches: list[str] | None = None
    ready_after_s: float | None = None


async def named(pool: Pool, text: str) -> tuple[str, str, int | None]:
    """As `parse`, with the sport looked up. Raises UnknownSignal."""
    sport, signal, version = parse(text)
    known = [r["sport"] for r in await pool.fetch(query("signal_sports"), signal)]
    if sport is not None and sport not in known:
        known = []
    if not known:
        raise UnknownSignal(f"The registry has no signal '{text}'. `touchline signals list` names those it has.")
    if sport is None and len(known) > 1:
        raise ambiguous(signal, known)
    return sport or known[0], signal, version


async def deploy(
    pool: Pool, text: str, principal: str, reason: str | None, *, when_filled: bool, brought: Brought = Brought()
) -> Name:
    """Register the file of a signal as it lies here, to be scored beside the air. when_filled: to go on air by itself once
    it is filled from the log.

    Raises UnknownSignal, UsageError (refused, with its line), OtherText (the version is another text, or bound to another
    version of its model), UnknownModel, BrokenModel, OtherModel, NotNow (on air).
    """
    sport, signal, source = file_of(text, brought.file)
    name = (sport.name, signal.spec.name, signal.spec.version)
    wanted = parse(text)[2]
    if wanted is not None and wanted != signal.spec.version:
        raise UsageError(f"The file of '{signal.spec.name}' is version {signal.spec.version}, not {wanted}.")
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(query("register_lock"))
        row = await connection.fetchrow(query("version_row"), *name)
        if row is not None and row["sha256"] not in (None, fingerprint(source)):
            raise OtherText(
                f"Version {name[2]} of '{name[1]}' was registered with another text. Give the file version "
                f"{name[2] + 1}; what a version says never changes."
            )
        if row is not None and row["stage"] == "live":
            raise NotNow(f"{signal.key} is on air already, with this very text.")
        if row is not None and row["model"] is not None:
            same_model(signal, brought, row["model_version"])
        if row is None or await problem_of(connection, row) is not None:
            if row is not None and row["model"] is None:
                # It has said nothing but that it had no model.
                await connection.execute(query("drop_beside"), *name)
            try:
                model = model_of(signal, brought)
            except UnknownModel:
                # Trained on another machine, with this database.
                model = await newest_registered(connection, signal.spec.model or "")
                if model is None:
                    raise
            await write(connection, sport, signal, source, "shadow", when_filled=when_filled, model=model)
        elif not await connection.fetchval(query("set_stage"), *name, "shadow", when_filled):
            # Promoted meanwhile.
            raise NotNow(f"{signal.key} is on air already, with this very text.")
        await note(connection, "deployed", sport, signal, principal, reason)
        await connection.execute(query("registry_changed"))
    return name


async def filling(pool: Pool, name: Name) -> Filling:
    """How far a version is filled from the log."""
    return Filling(**dict(await pool.fetchrow(query("beside_progress"), *name)))


async def candidate(pool: Pool, text: str) -> Name:
    """The version that is meant: the one that is named, else the newest in shadow. Raises UnknownSignal, NotNow."""
    sport, signal, version = await named(pool, text)
    rows = await pool.fetch(query("signal_versions"), sport, signal)
    if version is not None:
        if version not in [r["version"] for r in rows]:
            raise UnknownSignal(f"The registry has no version {version} of '{signal}'.")
        return sport, signal, version
    shadows = [r["version"] for r in rows if r["stage"] == "shadow"]
    live = max((r["version"] for r in rows if r["stage"] == "live"), default=0)
    if newer := [v for v in shadows if v > live] or shadows:
        return sport, signal, max(newer)
    raise NotNow(f"No version of '{signal}' is in shadow: `touchline signals deploy {signal} --shadow` makes one.")


async def promote(
    pool: Pool,
    settings: Settings,
    text: str,
    principal: str,
    reason: str | None,
    matches: Sequence[str] | None = None,
    action: str = "promoted",
) -> Moved:
    """Put a version that is filled on the air: of all matches, or of some (a canary).

    Raises UnknownSignal, UnknownMatch, NotNow: not filled, on air already, retired; NotAllowed: a model for research only.
    """
    name = await candidate(pool, text)
    await _may_air(pool, settings, name, matches)
    ready_after_s = await _make_ready(pool, name)
    was = await _put_on_air(pool, name, matches, principal, action if matches is None else "canary", reason)
    return Moved(*name, was, None if matches is None else list(matches), ready_after_s)


async def _may_air(pool: Pool, settings: Settings, name: Name, matches: Sequence[str] | None) -> None:
    key = f"{name[1]}@{name[2]}"
    row = await pool.fetchrow(query("version_row"), *name)
    if row["stage"] == "live" and matches is None:
        raise NotNow(f"{key} is on air already.")
    if row["stage"] == "retired":
        raise NotNow(f"{key} is retired: `touchline signals deploy {name[1]}` brings it back from its file.")
    if row["research_only"] and not settings.allow_research_models:
        raise NotAllowed(
            f"{key} uses model {row['model']}@{row['model_version']}, which was trained on data for research only "
            f"({row['licence']}). It stays in shadow. {variable('allow_research_models')}=1 says that you may air it."
        )
    if (problem := await problem_of(pool, row)) is not None:
        raise NotNow(
            f"{key} cannot be run: {problem}. `touchline signals deploy {name[1]} --shadow` mends it from its file."
        )
    if matches is not None:
        for match in matches:
            if not await pool.fetchval(query("match_of_sport"), match, name[0]):
                raise UnknownMatch(match)
    state = await _filled_soon(pool, name)
    if state.parked:
        raise NotNow(f"{key} cannot be filled in {state.parked} matches: {state.parked_reason}.")
    if state.behind:
        raise NotNow(
            f"{key} is not filled from the log yet: {state.done} of {state.matches} matches. "
            f"`touchline signals deploy {name[1]} --shadow` fills it and shows how far it is."
        )


async def _filled_soon(pool: Pool, name: Name) -> Filling:
    """How far it is, once it is whole or nobody has come further with it for a while: a match that ended a moment ago is
    followed to its end a moment later."""
    state = await filling(pool, name)
    moved_at = time.monotonic()
    while state.behind and not state.parked and time.monotonic() - moved_at < FOLLOW_S:
        await asyncio.sleep(0.1)
        was, state = state, await filling(pool, name)
        if state.events_done > was.events_done:
            moved_at = time.monotonic()
    return state


async def _make_ready(pool: Pool, name: Name) -> float | None:
    """Wait until every worker that lives has made the version ready. None where some had not after READY_S."""
    began = time.monotonic()
    await pool.execute(query("adopt"), *name, ADOPT_S)
    await pool.execute(query("registry_changed"))
    label = f"{name[0]}.{name[1]}@{name[2]}"
    while time.monotonic() - began < READY_S:
        workers = await pool.fetch(query("adopters"))
        if all(label in msgspec.json.decode(w["ready"] or "[]") for w in workers):
            return round(time.monotonic() - began, 3)
        await asyncio.sleep(0.05)
    return None


async def _put_on_air(
    pool: Pool, name: Name, matches: Sequence[str] | None, principal: str, action: str, reason: str | None
) -> int | None:
    given = (*name, None if matches is None else list(matches), principal, action, reason)
    while True:
        try:
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute(query("air_lock"))
                if await connection.fetchval(query("is_retired"), *name):
                    raise NotNow(f"{name[1]}@{name[2]} was retired just now: nothing has changed.")
                return await connection.fetchval(query("put_on_air"), *given)
        except asyncpg.DeadlockDetectedError:
            # Somebody who locked many cursors in another order; nothing was changed.
            await asyncio.sleep(0.1)


async def end_canary(pool: Pool, text: str, principal: str, reason: str | None) -> Moved:
    """The live version is on the air again of every match that another was tried on. Raises UnknownSignal, NotNow."""
    sport, signal, version = await candidate(pool, text)
    matches = [r["match_id"] for r in await pool.fetch(query("canary_matches"), sport, signal, version)]
    if not matches:
        raise NotNow(f"{signal}@{version} is on the air of no single match.")
    rows = await pool.fetch(query("signal_versions"), sport, signal)
    live = next((r["version"] for r in rows if r["stage"] == "live"), None)
    if live is None:
        raise NotNow(f"No version of '{signal}' is live that could take its place: promote one.")
    await _make_ready(pool, (sport, signal, live))
    await _put_on_air(pool, (sport, signal, live), matches, principal, "canary_ended", reason)
    return Moved(sport, signal, live, version, matches)


async def rollback(pool: Pool, settings: Settings, text: str, principal: str, reason: str | None) -> Moved:
    """Put the version back that the live one took the place of. Raises UnknownSignal, NotNow."""
    sport, signal, _ = await named(pool, text)
    rows = await pool.fetch(query("signal_versions"), sport, signal)
    live = next((r["version"] for r in rows if r["stage"] == "live"), None)
    before = None if live is None else await pool.fetchval(query("last_left"), sport, signal, live)
    if before is None:
        raise NotNow(f"'{signal}' was never another version: there is nothing to go back to.")
    return await promote(pool, settings, f"{sport}.{signal}@{before}", principal, reason, action="rolled_back")


async def retire(pool: Pool, text: str, principal: str, reason: str | None) -> Name:
    """Score a version no longer, nowhere. Its values stay. Raises UnknownSignal, NotNow where it is on air."""
    sport, signal, version = await candidate(pool, text)
    name = (sport, signal, version)
    async with pool.acquire() as connection, connection.transaction():
        # From here on nobody puts it on the air: what is looked at now holds until it is retired.
        await connection.execute(query("air_lock"))
        is_tried = await connection.fetch(query("canary_matches"), *name)
        if is_tried or not await connection.fetchval(query("retire"), *name):
            raise NotNow(f"{signal}@{version} is on air: promote another version first, or end the canary.")
        await connection.execute(query("drop_beside"), *name)
        await connection.execute(query("note_deployment"), principal, "retired", *name, None, reason)
        await connection.execute(query("registry_changed"))
    return name


async def promote_what_is_filled(pool: Pool, settings: Settings) -> None:
    """Versions that were to go on air once filled, and are."""
    for row in await pool.fetch(query("signal_versions"), None, None):
        name = (row["sport"], row["signal"], row["version"])
        if row["stage"] == "shadow" and row["promote_when_filled"]:
            state = await filling(pool, name)
            if state.behind or state.untouched or state.parked:
                continue
            try:
                await promote(pool, settings, f"{name[0]}.{name[1]}@{name[2]}", "local", "filled from the log")
            except NotAllowed as exc:
                await pool.execute(query("set_stage"), *name, "shadow", False)
                log.error("signal.not_promoted", signal=f"{name[1]}@{name[2]}", reason=str(exc))
            except NotNow:
                # Somebody else has moved it meanwhile, or a match has gone on: with the next turn.
                continue
