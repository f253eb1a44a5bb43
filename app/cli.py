"""The command line. Errors are one line and an exit code: 1 failed, 2 wrong usage. Heavy imports wait for their command."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer

from app import settings as app_settings
from app.errors import TouchlineError, UnreadableFile, UsageError
from app.settings import Settings

cli = typer.Typer(
    name="touchline",
    help="A league's live-signals stack in one PostgreSQL.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
db = typer.Typer(help="The database: start, stop, bring up to date.", no_args_is_help=True)
matches = typer.Typer(help="Metadata of matches.", no_args_is_help=True)
signals = typer.Typer(help="Signals.", no_args_is_help=True)
cli.add_typer(db, name="db")
cli.add_typer(matches, name="matches")
cli.add_typer(signals, name="signals")

# Newer versions of typer bring a click of their own: what they raise is only to be had from them.
_USAGE: Any = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "UsageError")
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]
Supervised = Annotated[bool, typer.Option("--supervised", hidden=True)]


def say(line: str) -> None:
    """A line for a person, at once."""
    print(line, flush=True)


def configure_logs(level: str) -> None:
    """Logs go to standard error: lines for people on a terminal, JSON elsewhere."""
    number = getattr(logging, level.upper())
    renderer: Any = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    # What libraries log goes the same way. Their notes on normal life are left out: they are not ours to explain.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_logger_name,
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)


def ready() -> Settings:
    """The settings, with logs as they say. Raises SettingError."""
    settings = app_settings.load()
    configure_logs(settings.log_level)
    return settings


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def to_json(value: Any) -> str:
    """JSON of a result."""
    import msgspec

    return msgspec.json.encode(value).decode()


@cli.command()
def up(
    demo: Annotated[bool, typer.Option("--demo/--no-demo", help="Replay two real matches as a match day.")] = False,
) -> None:
    """Run the whole service in the foreground: database, migrations, worker, API."""
    # Inherited as ignored (a script's background job), INT would be lost until the loop takes it over.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    settings = ready()
    from app.commands.up import up as run_up

    run(run_up(settings, demo, say))


async def _until_told(settings: Settings, supervised: bool, work: Any) -> None:
    from app.commands.up import catch_signals, watch_parent

    stopping = asyncio.Event()
    catch_signals(stopping)
    watching = asyncio.create_task(watch_parent(stopping)) if supervised else None
    try:
        await work(stopping)
    finally:
        if watching is not None:
            watching.cancel()


@cli.command()
def serve(supervised: Supervised = False) -> None:
    """Run the API alone."""
    settings = ready()
    from app.api.server import serve as run_serve
    from app.commands.database import database

    with database(settings) as dsn:
        run(_until_told(settings, supervised, lambda stopping: run_serve(settings, dsn, stopping)))


@cli.command()
def work(supervised: Supervised = False) -> None:
    """Run one scoring worker."""
    settings = ready()
    from app.commands.database import database
    from app.commands.work import work as run_work

    with database(settings) as dsn:
        run(_until_told(settings, supervised, lambda stopping: run_work(settings, dsn, stopping)))


@cli.command(hidden=True)
def demo(supervised: Supervised = False) -> None:
    """Replay the demo match day against a running service."""
    settings = ready()
    from app.commands.database import database
    from app.commands.demo import demo as run_demo

    with database(settings) as dsn:
        run(_until_told(settings, supervised, lambda stopping: run_demo(settings, dsn, stopping)))


@db.command("start")
def db_start() -> None:
    """Start the embedded PostgreSQL and leave it running."""
    settings = ready()
    from app.db import embedded

    if settings.database_url is not None:
        raise UsageError("DATABASE_URL is set: that database is not ours to start. Unset it for the embedded one.")
    embedded.start(settings)
    status = embedded.status(settings)
    say(f"PostgreSQL runs on port {status.port} (process {status.pid}); data in {status.data_folder}")
    say(f"  {status.psql}")


@db.command("stop")
def db_stop() -> None:
    """Stop the embedded PostgreSQL."""
    settings = ready()
    from app.db import embedded

    if settings.database_url is not None:
        raise UsageError("DATABASE_URL is set: that database is not ours to stop. Unset it for the embedded one.")
    say("PostgreSQL is stopped." if embedded.stop(settings) else "PostgreSQL was not running.")


@db.command("migrate")
def db_migrate() -> None:
    """Bring the database up to this version's schema."""
    settings = ready()
    from app.commands.database import pool_of
    from app.db import embedded
    from app.db.migrate import head, migrate
    from app.scoring.catalogue import register

    async def tell(dsn: str) -> None:
        async with pool_of(dsn, "touchline-migrate") as pool:
            await register(pool)

    dsn = settings.database_url or embedded.start(settings)
    changed = migrate(dsn)
    run(tell(dsn))
    say(f"The schema is at {head()}{' now' if changed else ' already'}.")


@matches.command("load")
def matches_load(
    files: Annotated[list[Path], typer.Argument(help="JSON of matches, ours or StatsBomb's matches.json")],
    as_json: Json = False,
) -> None:
    """Say something about matches: teams, kick-off, line-ups, status, official score."""
    settings = ready()
    from app.commands.database import database, pool_of
    from app.commands.ingest import read_payload
    from app.log.matches import load_match, parse

    infos = [info for file in files for info in parse(read_payload(file))]

    async def load(dsn: str) -> list[dict[str, Any]]:
        async with pool_of(dsn, "touchline-matches") as pool:
            return [{"match": info.id, "appended": await load_match(pool, info)} for info in infos]

    with database(settings) as dsn:
        done = run(load(dsn))
    say(
        to_json(done)
        if as_json
        else f"{len(done)} matches, {sum(d['appended'] for d in done)} control events appended."
    )


@cli.command()
def ingest(
    provider: Annotated[str, typer.Argument(help="statsbomb, touchline")],
    files: Annotated[list[Path], typer.Argument(help="event files, plain or .gz")],
    speed: Annotated[str, typer.Option(help="`max`, or match seconds a second")] = "max",
    match: Annotated[str | None, typer.Option(help="id of the match; else the file's name")] = None,
    kickoff: Annotated[str | None, typer.Option(help="kick-off with a UTC offset, 2018-08-18T20:15:00Z")] = None,
    as_json: Json = False,
) -> None:
    """Append files to the log and score them; returns once everything is committed."""
    settings = ready()
    from app.commands.database import database, pool_of
    from app.commands.ingest import IngestedFile, ingest_file, speed_of
    from app.commands.progress import bar
    from app.feeds.base import provider as find_provider

    feed, pace = find_provider(provider), speed_of(speed)
    if match is not None and len(files) > 1:
        raise UsageError("--match names one match; give one file with it.")
    if missing := next((file for file in files if not file.is_file()), None):
        raise UnreadableFile(f"There is no file {missing}.")
    kickoff_at = _time(kickoff, "--kickoff")
    told: list[IngestedFile] = []

    async def load(dsn: str) -> None:
        async with pool_of(dsn, "touchline-ingest") as pool:
            for file in files:
                with bar(f"{file.name}", quiet=as_json) as progress:
                    done = await ingest_file(pool, dsn, settings, feed, file, match, kickoff_at, pace, progress)
                if as_json:
                    told.append(done)
                    continue
                score = f"{done.home or '?'} {done.home_score}:{done.away_score} {done.away or '?'}, {done.status}"
                counts = f"{done.appended} appended, {done.repeated} repeated, {done.quarantined} in quarantine"
                say(f"{done.match}: {score}. {done.events} events: {counts}.")
                for problem in done.problems:
                    say(f"  quarantine: {problem}")
                if done.anchor_source == "first_append" and done.appended:
                    say(
                        "  no kick-off is known: times count from this moment. Give --kickoff, or `touchline matches load` first."
                    )

    with database(settings) as dsn:
        run(load(dsn))
    if as_json:
        counts = ("events", "appended", "repeated", "quarantined")
        say(to_json({"files": told, **{c: sum(getattr(d, c) for d in told) for c in counts}}))


def _time(text: str | None, name: str) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise UsageError(f"{name} {text} is no time with a UTC offset. Write it like 2018-08-18T20:15:00Z.")
    return found


@cli.command()
def replay(
    match: Annotated[str, typer.Argument(help="a stored match")],
    speed: Annotated[float, typer.Option(help="match seconds a second")] = 1.0,
    as_match: Annotated[str | None, typer.Option("--as", help="id of the replay; else one is made")] = None,
    as_json: Json = False,
) -> None:
    """Run a stored match again, through the same way, as a match of its own."""
    settings = ready()
    from app.commands.database import database, pool_of
    from app.commands.ingest import scored
    from app.commands.progress import bar
    from app.log.replay import new_replay, play
    from app.scoring.catalogue import register
    from app.scoring.worker import worker_id

    async def run_replay(dsn: str) -> Any:
        async with pool_of(dsn, "touchline-replay") as pool:
            await register(pool)
            runner = worker_id()
            made = await new_replay(pool, match, speed, as_match, claimed_by=runner)
            say(to_json(made) if as_json else f"{match} runs again as {made.match} at {speed:g}×.")
            with bar(made.match, quiet=as_json) as progress:
                await play(pool, made, runner, lambda done, every, _elapsed: progress(done, every))
            await scored(pool, dsn, settings, made.match)

    with database(settings) as dsn:
        run(run_replay(dsn))


@cli.command()
def purge(match: Annotated[str, typer.Argument(help="a replay or simulation")]) -> None:
    """Remove a replay or simulation with all that came of it."""
    settings = ready()
    from app.commands.database import database, pool_of
    from app.errors import UnknownMatch
    from app.log.purge import purge as run_purge

    async def remove(dsn: str) -> bool:
        async with pool_of(dsn, "touchline-purge") as pool:
            return await run_purge(pool, match)

    with database(settings) as dsn:
        if not run(remove(dsn)):
            raise UnknownMatch(match)
    say(f"{match} is gone.")


@cli.command()
def verify(
    match: Annotated[str | None, typer.Option(help="one match; else all")] = None, as_json: Json = False
) -> None:
    """Compute matches anew beside the stored values and compare; exit 1 on a difference."""
    settings = ready()
    from app.commands.database import database
    from app.commands.verify import verify_all

    with database(settings) as dsn:
        clean = run(verify_all(dsn, match, as_json, say))
    if not clean:
        raise typer.Exit(1)


@cli.command()
def rebuild(
    match: Annotated[str | None, typer.Option(help="one match; else all")] = None, as_json: Json = False
) -> None:
    """Compute matches anew and write what differs, as corrections."""
    settings = ready()
    from app.commands.database import database
    from app.commands.verify import rebuild_all

    with database(settings) as dsn:
        run(rebuild_all(dsn, settings, match, as_json, say))


@signals.command("list")
def signals_list(as_json: Json = False) -> None:
    """Every signal of this version: unit, range, when it is emitted."""
    ready()
    import msgspec

    from app.sports.base import signals as signals_of
    from app.sports.base import sports

    found = [(sport, signal.spec) for sport in sports().values() for signal in signals_of(sport).values()]
    if as_json:
        say(to_json([{"sport": o.name, **msgspec.to_builtins(s), "events": sorted(s.events)} for o, s in found]))
        return
    for sport, spec in found:
        when = ", ".join([*sorted(spec.events), *(["each minute"] if spec.minute else [])])
        what = f"{spec.title}; {spec.unit}, {spec.range[0]:g} to {spec.range[1]:g}; on {when}"
        say(f"{sport.name}.{spec.name}@{spec.version}  {what}")


@cli.command()
def train(
    model: Annotated[str, typer.Argument(help="xg, xt, win_probability")],
    data: Annotated[Path, typer.Option(help="folder with the training data (docs/models.md)")],
    as_json: Json = False,
) -> None:
    """Train a model and write its file."""
    ready()
    from analytics.train import run as run_train

    summary = run_train(model, data)
    say(to_json(summary) if as_json else "\n".join(f"{k}: {v}" for k, v in summary.items()))


@cli.command()
def quality(
    data: Annotated[
        Path | None,
        typer.Option(help="folder with the evaluation data (docs/models.md); else what the models' cards say"),
    ] = None,
    signal: Annotated[str | None, typer.Option(help="one signal; else all that can be measured")] = None,
    as_json: Json = False,
) -> None:
    """Measure signals on matches that no model was trained on."""
    ready()
    from analytics.quality import render
    from analytics.quality import run as run_quality

    report = run_quality(data, signal)
    say(to_json(report) if as_json else render(report))


@cli.command()
def doctor(as_json: Json = False) -> None:
    """What is here: server, edition, settings, disk; and what to do about each problem."""
    settings = ready()
    from app.commands.doctor import render
    from app.db.doctor import report

    findings = report(settings)
    say(to_json(findings) if as_json else render(findings))
    if any(f.ok is False for f in findings):
        raise typer.Exit(1)


def main() -> None:
    """Run, and turn every error made for people into one line."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    try:
        code = cli(standalone_mode=False)
    except _USAGE as exc:
        context: Any = getattr(exc, "ctx", None)
        where = context.command_path if context is not None else "touchline"
        fail(f"{exc.format_message()} (`{where} --help`)", 2)
    except typer.Exit as exc:
        sys.exit(exc.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        fail("interrupted", 130)
    except TouchlineError as exc:
        fail(str(exc), exc.exit_code)
    except BrokenPipeError:
        os._exit(1)
    except Exception as exc:
        if os.environ.get("TOUCHLINE_LOG_LEVEL") == "debug":
            raise
        kind = type(exc).__module__.partition(".")[0]
        told = (str(exc).strip() or type(exc).__name__).splitlines()[0]
        if kind in ("asyncpg", "psycopg", "sqlalchemy") or isinstance(exc, OSError):
            fail(f"the database or the system failed: {told}", 1)
        fail(f"a fault in Touchline, {type(exc).__name__}: {told} (TOUCHLINE_LOG_LEVEL=debug shows where)", 1)
    else:
        sys.exit(code if isinstance(code, int) else 0)


def fail(message: str, code: int) -> None:
    """One line, and the exit code."""
    print(f"touchline: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)
