"""`touchline signals`: which version of a signal is on the air, and how another one gets there and back."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.terminal import Json, ready, run, say, to_json
from app.settings import Settings

Name = Annotated[str, typer.Argument(help="xg, soccer.xg, or a version of it: xg@2")]
# So long nothing was filled, and it is said what is waited for.
SILENT_S = 1.0
Why = Annotated[str | None, typer.Option("--reason", help="why, for the audit")]


def _with_pool(work: Callable[[Any, Settings], Awaitable[Any]], session: dict[str, str] | None = None) -> Any:
    settings = ready()
    from app.commands.database import database
    from app.db.pool import open_pool
    from app.scoring.register import register

    async def do(dsn: str) -> Any:
        pool = await open_pool(dsn, application="touchline-signals", session=session)
        try:
            await register(pool, begin_only=True)
            return await work(pool, settings)
        finally:
            await pool.close()

    with database(settings) as dsn:
        return run(do(dsn))


def signals_deploy(
    name: Name,
    shadow: Annotated[bool, typer.Option("--shadow", help="score it beside the air, and leave it there")] = False,
    file: Annotated[Path | None, typer.Option(help="file of the signal; else the one that lies among ours")] = None,
    model: Annotated[
        Path | None, typer.Option(help="file of its model; else ours, or the one in TOUCHLINE_HOME/models")
    ] = None,
    reason: Why = None,
    as_json: Json = False,
) -> None:
    """Register the file of a signal as it lies here, fill it from the log, and put it on the air."""
    from app.commands.parked import principal
    from app.commands.progress import bar
    from app.scoring.beside import SESSION

    async def do(pool: Any, settings: Settings) -> Any:
        from app import settings as app_settings
        from app.db.sql import query
        from app.scoring.lifecycle import Brought, deploy, promote

        os.nice(10)
        brought = Brought(file, model, app_settings.models(settings))
        made = await deploy(pool, name, principal(), reason, when_filled=False, brought=brought)
        row = await pool.fetchrow(query("version_row"), *made)
        label = f"{made[1]}@{made[2]}"
        with bar(f"{label} from the log", quiet=as_json) as progress:
            state = await _filled(pool, settings, made, progress)
        moved = None if shadow else await promote(pool, settings, f"{made[0]}.{label}", principal(), reason)
        uses = None if row["model"] is None else f"{row['model']}@{row['model_version']}"
        return label, uses, bool(row["research_only"]), state, moved

    label, uses, research_only, state, moved = _with_pool(do, SESSION)
    if as_json:
        told = {"signal": label, "model": uses, "research_only": research_only, "filled": state, "on_air": moved}
        say(to_json(told))
        return
    if uses is not None:
        say(f"{label} is bound to {uses}{', which is for research only' if research_only else ''}.")
    say(f"{label}: {state.done} of {state.matches} matches filled from the log, {state.events_done} events.")
    if moved is None:
        say(
            f"It is scored in shadow. `touchline signals diff {label}` compares it (`--with` another signal), `promote` airs it."
        )
    else:
        _tell(moved)


async def _filled(pool: Any, settings: Settings, name: Any, progress: Callable[[int, int], None]) -> Any:
    import asyncio
    import time

    from app.errors import TouchlineError
    from app.scoring.beside import Beside
    from app.scoring.lifecycle import filling

    filler = Beside(pool, settings, only=name)
    moved_at: float | None = time.monotonic()
    try:
        while True:
            done = await filler.turn()
            if done:
                moved_at = time.monotonic()
            elif moved_at is not None and time.monotonic() - moved_at > SILENT_S and (held := await filler.held(name)):
                # Once for each time that it stands still.
                typer.echo(f"{name[1]}@{name[2]} waits: {held}", err=True)
                moved_at = None
            state = await filling(pool, name)
            progress(state.events_done, state.events)
            if state.parked:
                raise TouchlineError(
                    f"{name[1]}@{name[2]} cannot be filled in {state.parked} matches: {state.parked_reason}. "
                    "It stays in shadow; the others go on."
                )
            if not state.behind and not state.untouched:
                return state
            if not done:
                await asyncio.sleep(0.1)
    finally:
        await filler.leave()


def signals_promote(
    name: Name,
    match: Annotated[
        list[str] | None, typer.Option(help="on the air of this match alone (a canary); can be repeated")
    ] = None,
    reason: Why = None,
    as_json: Json = False,
) -> None:
    """Put a version on the air, from the next event on; nothing is published anew."""
    from app.commands.parked import principal

    async def do(pool: Any, settings: Settings) -> Any:
        from app.scoring.lifecycle import promote

        return await promote(pool, settings, name, principal(), reason, match or None)

    _tell(_with_pool(do), as_json)


def signals_end_canary(name: Name, reason: Why = None, as_json: Json = False) -> None:
    """Put the live version back on the air of the matches that another was tried on."""
    from app.commands.parked import principal

    async def do(pool: Any, settings: Settings) -> Any:
        from app.scoring.lifecycle import end_canary

        return await end_canary(pool, name, principal(), reason)

    _tell(_with_pool(do), as_json)


def signals_rollback(name: Name, reason: Why = None, as_json: Json = False) -> None:
    """Put the version back on the air that the live one took the place of."""
    from app.commands.parked import principal

    async def do(pool: Any, settings: Settings) -> Any:
        from app.scoring.lifecycle import rollback

        return await rollback(pool, settings, name, principal(), reason)

    _tell(_with_pool(do), as_json)


def signals_retire(name: Name, reason: Why = None, as_json: Json = False) -> None:
    """Score a version no longer. Its values stay, and so does what was published."""
    from app.commands.parked import principal

    async def do(pool: Any, settings: Settings) -> Any:
        from app.scoring.lifecycle import retire

        return await retire(pool, name, principal(), reason)

    sport, signal, version = _with_pool(do)
    retired = {"sport": sport, "signal": signal, "version": version}
    say(to_json(retired) if as_json else f"{signal}@{version} is retired.")


def signals_versions(
    name: Annotated[str | None, typer.Argument(help="one signal; else all")] = None, as_json: Json = False
) -> None:
    """What the registry knows: every version, its stage, how far it is filled, and who moved it when."""

    async def do(pool: Any, settings: Settings) -> Any:
        from app.scoring.versions import versions

        return await versions(pool, name)

    found = _with_pool(do)
    if as_json:
        say(to_json(found))
        return
    for v in found:
        told = f"{v.sport}.{v.signal}@{v.version}  {v.stage}"
        if v.canary_matches:
            told += f", on the air of {v.canary_matches} matches"
        if v.filled is not None:
            told += f", filled in {v.filled.done} of {v.filled.matches} matches"
        told += "" if v.model is None else f", model {v.model}"
        say(f"{told}{'' if v.problem is None else f', degraded: {v.problem}'}")
        for d in v.deployments if name is not None else []:
            say(f"  {d.at:%Y-%m-%d %H:%M:%S} {d.action} by {d.principal}{'' if d.reason is None else f': {d.reason}'}")


def _tell(moved: Any, as_json: bool = False) -> None:
    if as_json:
        say(to_json(moved))
        return
    where = "all matches" if moved.matches is None else ", ".join(moved.matches)
    was = "" if moved.from_version is None else f" (it was version {moved.from_version})"
    say(f"{moved.signal}@{moved.version} is on the air of {where}{was}.")
    if moved.ready_after_s is None:
        say("Not every worker had it ready in time: their matches are read anew, which takes a moment each.")


def signals_diff(
    name: Name,
    other: Annotated[
        str | None,
        typer.Option(
            "--with", help="the version to compare with, of this signal (1) or another (xg@2); else the live one"
        ),
    ] = None,
    match: Annotated[str | None, typer.Option(help="over one match; else over all real ones")] = None,
    as_json: Json = False,
) -> None:
    """Compare two versions of a signal, or two signals: distribution, distance, outcomes, largest disagreements, cost an event."""

    async def do(pool: Any, settings: Settings) -> Any:
        from app.commands.signals_diff import diff

        return await diff(pool, name, other, match)

    found = _with_pool(do)
    if as_json:
        say(to_json(found))
        return
    from analytics.compare import render

    say(render(found))
