"""`touchline matches parked|inspect|skip|fix|unskip|retry`: a match whose scoring fails, and what to do about it."""

from __future__ import annotations

import asyncio
import getpass
import random
import sys
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.terminal import Json, configure_logs, ready, run, say, to_json
from app.errors import TouchlineError, UsageError
from app.settings import Settings

if TYPE_CHECKING:
    from app.db.pool import Pool
    from app.log.skip import Message, Skip

Match = Annotated[str, typer.Argument(help="id of the match")]
Version = Annotated[int, typer.Option("--version", min=1, max=2**62, help="log version of the event")]
Reason = Annotated[str, typer.Option("--reason", help="why; kept with the decision, in ops.audit")]


class NotCorrected(TouchlineError):
    """A decision holds, and the values that it changes could not be computed anew."""

    title = "The values are not corrected"


class StillPoisonous(TouchlineError):
    """A skipped event cannot be folded by this code either; it stays skipped."""

    title = "The event cannot be folded"


def matches_parked(as_json: Json = False) -> None:
    """Matches whose scoring failed: since when, how often, when it is tried again, and which event is the cause."""
    from app.log.skip import parked

    found = on_database("parked", ready(), lambda pool, _: parked(pool))
    if as_json:
        say(to_json(found))
        return
    for p in found:
        event = "" if p.version is None else f", at version {p.version} ({p.type} {p.source_event_id})"
        say(f"{p.match}: parked since {_at(p.parked_at)}{event}, {p.waiting} versions wait: {p.reason}")
        say(
            f"  tried {p.attempts} times, next {_at(p.retry_at)}. `touchline matches inspect {p.match}` shows the event."
        )
    if not found:
        say("No match is parked.")


def matches_inspect(
    match: Match,
    version: Annotated[
        int | None, typer.Option(min=1, max=2**62, help="log version; else the one that parked the match")
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="print the bytes of the message alone, as they came")] = False,
    as_json: Json = False,
) -> None:
    """Show one event of a match whole, with its neighbours; of a parked match the event that is the cause."""
    from app.log import skip as log

    async def look(pool: Pool, _dsn: str) -> tuple[Message, str | None, Any]:
        reason, poisonous = await log.cause(pool, match)
        if version is None and poisonous is None:
            known = f"is not parked by one event ({reason})" if reason else "is not parked"
            raise UsageError(f"Match '{match}' {known}: name a version with --version.")
        about = await log.message(pool, match, version or poisonous or 0)
        return about, reason if about.version == poisonous else None, await log.neighbours(pool, about)

    about, reason, (before, after) = on_database("inspect", ready(), look)
    if raw:
        sys.stdout.buffer.write(about.raw)
        sys.stdout.buffer.flush()
    elif as_json:
        say(to_json(_whole(about, reason, before, after)))
    else:
        _show(about, reason, before, after)


def matches_skip(match: Match, version: Version, reason: Reason, as_json: Json = False) -> None:
    """Leave an event out of every fold; the match is scored at once, values that hold it are corrected."""
    from app.log.skip import skip

    _settled("skipped", as_json, lambda pool: skip(pool, match, version, reason, principal()))


def matches_unskip(match: Match, version: Version, reason: Reason, as_json: Json = False) -> None:
    """Take a skipped event back, once the code can fold it (restart the workers first)."""

    async def take_back(pool: Pool) -> Skip:
        from app.log.read import match_row
        from app.log.skip import unskip
        from app.scoring.catalogue import signals_of
        from app.scoring.history import clean_run
        from app.scoring.refold import PoisonousEvent

        async with pool.acquire() as connection, connection.transaction():
            done = await unskip(connection, match, version, reason, principal())
            try:
                row = await match_row(connection, match)
                await clean_run(connection, row, await signals_of(connection, row.sport, match), version)
            except PoisonousEvent as exc:
                raise StillPoisonous(f"Version {version} of match '{match}' stays skipped: {exc}.") from exc
            except Exception as exc:
                raise StillPoisonous(
                    f"Version {version} of match '{match}' stays skipped: folding fails with {type(exc).__name__}: {exc}."
                ) from exc
        return done

    _settled("taken back", as_json, take_back)


def matches_fix(
    match: Match,
    version: Version,
    file: Annotated[Path, typer.Argument(help="the right message, in the provider's own format")],
    reason: Reason,
    as_json: Json = False,
) -> None:
    """Append the right message of an event as its amendment, and leave the wrong one out."""
    from app.commands.ingest import read_payload
    from app.log.skip import fix

    payload = read_payload(file)
    _settled("fixed", as_json, lambda pool: fix(pool, match, version, payload, reason, principal()))


def matches_retry(match: Match) -> None:
    """Score a parked match at once, without waiting for its next turn."""
    from app.log.skip import retry

    async def again(pool: Pool, dsn: str, settings: Settings) -> int:
        await retry(pool, match, principal())
        return await _scored(pool, dsn, settings, match)

    settings = _quiet()
    version = on_database("retry", settings, lambda pool, dsn: again(pool, dsn, settings))
    say(f"{match} is scored up to version {version}.")


def on_database(name: str, settings: Settings, work: Callable[[Pool, str], Coroutine[Any, Any, Any]]) -> Any:
    """What `work` makes of a pool on the database of the settings and its DSN."""
    from app.commands.database import database, pool_of

    async def on(dsn: str) -> Any:
        async with pool_of(dsn, f"touchline-{name}") as pool:
            return await work(pool, dsn)

    with database(settings) as dsn:
        return run(on(dsn))


def _quiet() -> Settings:
    """The settings; what goes wrong while this process scores is told in its one line, not in a log."""
    settings = ready()
    if settings.log_level != "debug":
        configure_logs("critical")
    return settings


def _settled(done: str, as_json: bool, decide: Callable[[Pool], Coroutine[Any, Any, Skip]]) -> None:
    """Decide, then see to it that the stored values are as decided; told in one line or one JSON value."""
    settings = _quiet()

    async def settle(pool: Pool, dsn: str) -> tuple[Skip, int, int]:
        made = await decide(pool)
        if not as_json:
            say(f"Version {made.version} of {made.match} (event {made.source_event_id}) is {done}.")
        # A fix is an amendment that waits in the log: once it is scored, nothing is left to correct but by surprise.
        corrected = 0
        if made.was_folded and made.appended is None:
            corrected = await _corrected(pool, settings, made.match)
        version = await _scored(pool, dsn, settings, made.match)
        if made.was_folded and made.appended is not None:
            corrected = await _corrected(pool, settings, made.match)
        return made, version, corrected

    made, version, corrected = on_database("decide", settings, settle)
    if as_json:
        known = {
            name: getattr(made, name) for name in ("match", "version", "source_event_id", "was_folded", "appended")
        }
        say(to_json({**known, "scored_version": version, "changed_points": corrected}))
    else:
        amended = "" if made.appended is None else f"the right message is version {made.appended}, "
        say(f"{made.match}: {amended}scored up to version {version}, {corrected} points of before changed.")


async def _corrected(pool: Pool, settings: Settings, match_id: str) -> int:
    """Rebuild the match; returns how many points changed. Raises NotCorrected."""
    from app.scoring.commit import LeaseLost
    from app.scoring.rebuild import rebuild
    from app.scoring.register import register

    await register(pool)
    try:
        while True:
            try:
                return await rebuild(pool, match_id, settings.lease_s)
            except LeaseLost:  # somebody else rebuilds it, or decides about one of its events
                await asyncio.sleep(random.uniform(0.1, 1.0))
    except TouchlineError:
        raise
    except Exception as exc:
        raise NotCorrected(
            f"The decision holds, and match '{match_id}' cannot be computed anew: {type(exc).__name__}: {exc}. Once that "
            f"is mended, `touchline rebuild --match {match_id}`."
        ) from exc


async def _scored(pool: Pool, dsn: str, settings: Settings, match_id: str) -> int:
    """Score up to the head of the log; returns the version. Raises ScoringFailed."""
    from app.commands.ingest import scored
    from app.db.sql import query
    from app.scoring.leases import PIPELINE
    from app.scoring.register import register

    await register(pool)
    await scored(pool, dsn, settings, match_id)
    return (await pool.fetchrow(query("cursor_row"), match_id, PIPELINE))["version"]


def principal() -> str:
    """Who decides: the user of this machine."""
    try:
        return f"local:{getpass.getuser()}"
    except (KeyError, OSError):  # a user without a name, as in some containers
        return "local"


def _at(moment: datetime | None) -> str:
    return "at once" if moment is None else moment.isoformat(sep=" ", timespec="seconds")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="backslashreplace")


def _whole(about: Message, reason: str | None, before: list[Any], after: list[Any]) -> dict[str, Any]:
    import msgspec

    told = {k: v for k, v in msgspec.structs.asdict(about).items() if k not in ("options", "stream_id")}
    return {**told, "raw": _text(about.raw), "parked_reason": reason, "before": before, "after": after}


def _show(about: Message, reason: str | None, before: list[Any], after: list[Any]) -> None:
    say(f"{about.match}, version {about.version}: {about.type} {about.source_event_id}")
    if reason is not None:
        say(f"  parks the match: {reason}")
    if about.skipped is not None:
        s = about.skipped
        say(f"  skipped by {s['principal']} at {_at(s['skipped_at'])}: {s['reason']}")
    overtaken = "" if about.effective else ", came already overtaken and is not folded"
    say(f"  {about.kind}, revision {about.revision}, from {about.provider} ({about.principal}){overtaken}")
    say(f"  recorded {_at(about.recorded_at)}")
    say(f"  period {about.period}, {about.elapsed_s:g} s on the match clock, order {about.order_key:g}")
    say(f"  team {about.team or '-'}, player {about.player or '-'}")
    say(f"  fields {bytes(about.fields).decode()}")
    say("In match order:")
    here = {"version": about.version, "type": about.type, "source_event_id": about.source_event_id}
    for mark, row in (
        *((" ", b) for b in before),
        (">", {**here, "period": about.period, "elapsed_s": about.elapsed_s, "team": about.team}),
        *((" ", a) for a in after),
    ):
        place = f"{row['period']} {row['elapsed_s']:8.1f} s"
        say(f"{mark} {row['version']:6} {place}  {row['type']} {row['source_event_id']} {row['team'] or ''}".rstrip())
    say(f"As it came ({len(about.raw)} bytes; --raw prints only this):")
    say(_text(about.raw))
