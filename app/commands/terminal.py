"""What commands share: settings with logs as they say, running a coroutine, lines for people and JSON for machines."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Coroutine
from typing import Annotated, Any

import structlog
import typer

from app import settings as app_settings
from app.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]
Supervised = Annotated[bool, typer.Option("--supervised", hidden=True)]


def say(line: str) -> None:
    """A line for a person, at once."""
    print(line, flush=True)


def configure_logs(level: str) -> None:
    """Logs go to standard error: lines for people on a terminal, JSON elsewhere."""
    number = getattr(logging, level.upper())
    renderer: Any = structlog.processors.JSONRenderer()
    if sys.stderr.isatty():
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
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
    import gc

    import uvloop

    # What is there by now stays: it is not looked through again. And a batch makes thousands of small objects that go
    # by themselves: looking for cycles after every 700 of them took a third of the scorer's time.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def to_json(value: Any) -> str:
    """JSON of a result."""
    import msgspec

    return msgspec.json.encode(value).decode()
