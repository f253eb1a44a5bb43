"""The command line. Errors are one line and an exit code: 1 failed, 2 wrong usage. Heavy imports wait for their command."""

from __future__ import annotations

import os
import sys
from copy import copy
from pathlib import Path
from typing import Any

import typer
from typer.main import get_command_name, get_group

from app.commands import (
    club_group,
    consistency,
    data,
    database_group,
    docs_group,
    export,
    features,
    feeds_group,
    gaps,
    graphics_group,
    keys_group,
    kpi,
    models,
    models_group,
    monitor,
    parked,
    service,
    signals_group,
    similar,
    storage,
)
from app.errors import TouchlineError

cli = typer.Typer(
    name="touchline",
    help="A league's whole live-signals stack in one PostgreSQL.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
db = typer.Typer(help="The database: start, stop, bring up to date.", no_args_is_help=True)
matches = typer.Typer(help="Matches: metadata, and those whose scoring fails.", no_args_is_help=True)
signals = typer.Typer(help="Signals: what there is, and which version is on the air.", no_args_is_help=True)
cli.add_typer(db, name="db")
cli.add_typer(matches, name="matches")
keys = typer.Typer(help="Keys for those who ask from another machine.", no_args_is_help=True)
cli.add_typer(signals, name="signals")
cli.add_typer(keys, name="keys")
cli.add_typer(club_group.group, name="club")
cli.add_typer(features.group, name="features")
cli.add_typer(docs_group.group, name="docs")
cli.add_typer(graphics_group.group, name="graphics")
cli.add_typer(models_group.group, name="models")

for command in (service.up, service.serve, service.work, service.background, service.doctor):
    cli.command()(command)
cli.command(hidden=True)(service.demo)
db.command("start")(database_group.db_start)
db.command("stop")(database_group.db_stop)
db.command("migrate")(database_group.db_migrate)
matches.command("load")(data.matches_load)
for name in ("parked", "inspect", "skip", "fix", "unskip", "retry"):
    matches.command(name)(getattr(parked, f"matches_{name}"))
matches.command("close-gap")(gaps.matches_close_gap)
for command in (data.ingest, data.replay, data.purge, data.verify, data.rebuild):
    cli.command()(command)
for command in (feeds_group.simulate, feeds_group.poll):
    cli.command()(command)
for name in ("add", "list", "revoke"):
    keys.command(name)(getattr(keys_group, f"keys_{name}"))
signals.command("list")(models.signals_list)
for name in ("deploy", "diff", "promote", "rollback", "retire", "versions"):
    signals.command(name)(getattr(signals_group, f"signals_{name}"))
signals.command("end-canary")(signals_group.signals_end_canary)
cli.command("kpi", context_settings=kpi.OPEN)(kpi.kpi)
cli.command()(export.export)
cli.command()(similar.similar)
cli.command()(storage.storage)
for command in (models.train, models.quality, monitor.monitor, consistency.consistency):
    cli.command()(command)

# The processes of a service.
_PARTS = {
    "work": service.work,
    "serve": service.serve,
    "background": service.background,
    "graphics run": graphics_group.graphics_run,
    "demo": service.demo,
}

# Newer versions of typer bring a click of their own: what they raise is only to be had from them.
_USAGE: Any = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "UsageError")


def main() -> None:
    """Run, and turn every error made for people into one line."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    try:
        # However it was started (`python -m app`), people know it by one name.
        code = _carried_out(sys.argv[1:])
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


def _carried_out(arguments: list[str]) -> Any:
    if arguments[-1:] == ["--supervised"] and (part := _PARTS.get(" ".join(arguments[:-1]))):
        # As `up` starts it. To read its options as people give them would take as long as all that it imports here.
        return part(supervised=True)
    return get_group(_asked(arguments))(standalone_mode=False, prog_name="touchline")


def _asked(arguments: list[str]) -> typer.Typer:
    """The command line with no more than the command, or the group of commands, that is asked for. To make all of them
    takes a quarter of the start of a process, and a service has five."""
    name = arguments[0] if arguments else ""
    commands = [c for c in cli.registered_commands if c.callback and name == (c.name or _name(c.callback))]
    groups = [g for g in cli.registered_groups if g.name == name]
    if not commands and not groups:
        return cli
    asked = copy(cli)
    asked.registered_commands, asked.registered_groups = commands, groups
    return asked


def _name(command: Any) -> str:
    return get_command_name(command.__name__)


def fail(message: str, code: int) -> None:
    """One line, and the exit code."""
    print(f"touchline: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)
