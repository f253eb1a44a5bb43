"""Commands that run the service, whole or in parts, and look at what it stands on."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated, Any

import typer

from app.commands.terminal import Json, Supervised, ready, run, say, to_json
from app.settings import Settings


def up(
    demo: Annotated[bool, typer.Option("--demo/--no-demo", help="Replay two real matches as a match day.")] = False,
) -> None:
    """Run the whole service in the foreground: database, migrations, worker, API."""
    # Inherited as ignored (a script's background job), INT would be lost until the loop takes it over.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    settings = ready()
    from app.commands.up import up as run_up

    run(run_up(settings, demo, say))


async def until_told(settings: Settings, supervised: bool, work: Any) -> None:
    """Work until a signal comes or, supervised, the supervisor is gone. work: takes the event that says so."""
    from app.commands.up import catch_signals, watch_parent

    stopping = asyncio.Event()
    catch_signals(stopping)
    watching = asyncio.create_task(watch_parent(stopping)) if supervised else None
    try:
        await work(stopping)
    finally:
        if watching is not None:
            watching.cancel()


def serve(supervised: Supervised = False) -> None:
    """Run the API alone."""
    settings = ready()
    from app.api.server import serve as run_serve
    from app.commands.database import database

    with database(settings) as dsn:
        run(until_told(settings, supervised, lambda stopping: run_serve(settings, dsn, stopping)))


def work(supervised: Supervised = False) -> None:
    """Run one scoring worker."""
    settings = ready()
    from app.commands.database import database
    from app.commands.work import work as run_work

    with database(settings) as dsn:
        run(until_told(settings, supervised, lambda stopping: run_work(settings, dsn, stopping)))


def background(supervised: Supervised = False) -> None:
    """Fill new signals from the log and score those in shadow, beside what is on the air."""
    settings = ready()
    from app.commands.background import background as run_background
    from app.commands.database import database

    with database(settings) as dsn:
        run(until_told(settings, supervised, lambda stopping: run_background(settings, dsn, stopping)))


def demo(supervised: Supervised = False) -> None:
    """Replay the demo match day against a running service."""
    settings = ready()
    from app.commands.database import database
    from app.commands.demo import demo as run_demo

    with database(settings) as dsn:
        run(until_told(settings, supervised, lambda stopping: run_demo(settings, dsn, stopping)))


def doctor(as_json: Json = False) -> None:
    """What is here: server, edition, settings, disk; and what to do about each problem."""
    settings = ready()
    from app.commands.doctor import render, signal_files
    from app.db.doctor import report
    from app.warehouse.rollup_health import rollups
    from app.warehouse.similar_health import similar_moments

    findings = [*report(settings), *rollups(settings), *similar_moments(settings), *signal_files()]
    say(to_json(findings) if as_json else render(findings))
    if any(f.ok is False for f in findings):
        raise typer.Exit(1)
