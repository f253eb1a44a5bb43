"""Commands about feeds: take one in by polling, and rehearse with one that misbehaves."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.terminal import Json, ready, run, say, to_json
from app.errors import TouchlineError, UnreadableFile, UsageError

FAULTS = "rates of faults, 0 to 1: duplicate=,stale=,reorder=,delay=,retract=,amend=,malformed=,disconnect=,burst="


async def _until_told(work: Any) -> Any:
    from app.commands.up import catch_signals

    stopping = asyncio.Event()
    catch_signals(stopping)
    return await work(stopping)


def simulate(
    provider: Annotated[str, typer.Argument(help="statsbomb, touchline")],
    files: Annotated[list[Path], typer.Argument(help="event files, plain or .gz; each is a match")],
    speed: Annotated[str, typer.Option(help="`max`, or match seconds a second")] = "1",
    faults: Annotated[str, typer.Option(help=FAULTS)] = "",
    seed: Annotated[int, typer.Option(help="the same seed puts the same faults in")] = 1,
    target: Annotated[str | None, typer.Option(help="API to push to; else the one of the settings")] = None,
    match: Annotated[str | None, typer.Option(help="id of the match; else the file's name and -sim")] = None,
    poll_port: Annotated[int | None, typer.Option(help="serve growing documents here as well; 0 takes a free port")] = (
        None
    ),
    connections: Annotated[int, typer.Option(min=1, max=16, help="redundant connections that tell each match")] = 1,
    push: Annotated[bool, typer.Option("--push/--no-push", help="Push, or only serve documents.")] = True,
    as_json: Json = False,
) -> None:
    """Tell real matches as live feeds, with faults of your choice."""
    settings = ready()
    from app.commands.ingest import check_files, speed_of
    from app.commands.simulate import Simulated, Wanted, lines_of
    from app.commands.simulate import simulate as run_simulate
    from app.feeds.base import provider as find_provider
    from app.feeds.faults import parse_rates

    if match is not None and len(files) > 1:
        raise UsageError("--match names one match; give one file with it.")
    check_files(files)
    if not push and poll_port is None:
        raise UsageError("--no-push tells nobody anything; give --poll-port with it.")
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    wanted = Wanted(
        provider=find_provider(provider),
        files=files,
        match=match,
        speed=speed_of(speed),
        rates=parse_rates(faults),
        seed=seed,
        target=target or f"http://{host}:{settings.port}",
        connections=connections,
        push=push,
        poll_port=poll_port,
    )
    refused: list[str] = []
    unread: list[str] = []

    def done(simulated: Simulated) -> None:
        say(to_json(simulated) if as_json else "\n".join(lines_of(simulated)))
        if lost := [m for m in simulated.matches if m.is_unreadable]:
            unread.append(
                f"Nothing of {lost[0].file} could be read as '{provider}': all {lost[0].pushed.sent} messages"
            )
        if simulated.pushed.refused_right:
            refused.append(f"{simulated.pushed.refused_right} messages with nothing wrong with them were refused")

    run(_until_told(lambda stopping: run_simulate(wanted, as_json, stopping, done)))
    if unread:
        raise UnreadableFile(f"{unread[0]} are in quarantine or were refused; the summary has the reasons.")
    if refused:
        raise TouchlineError(f"{refused[0]} by {wanted.target}; the summary has the reasons.")


def poll(
    provider: Annotated[str, typer.Argument(help="statsbomb, touchline")],
    url: Annotated[str, typer.Argument(help="address of the whole document of one match")],
    match: Annotated[str, typer.Option(help="id of the match")],
    every: Annotated[float, typer.Option(min=0.05, max=3600, help="seconds between two looks")] = 5.0,
    once: Annotated[bool, typer.Option("--once", help="Look once, and say what came.")] = False,
    snapshot: Annotated[bool, typer.Option("--snapshot", help="An event absent from the document is retracted.")] = (
        False
    ),
    timeout: Annotated[float, typer.Option(min=0.1, max=600, help="seconds to wait for an answer")] = 10.0,
    origin: Annotated[str, typer.Option(help="live, import or simulation, for a match not known yet")] = "live",
    as_json: Json = False,
) -> None:
    """Fetch a growing document again and again, and take what changes into the log."""
    settings = ready()
    from app.commands.database import database
    from app.commands.poll import Polled
    from app.commands.poll import poll as run_poll
    from app.feeds.base import provider as find_provider

    if origin not in ("live", "import", "simulation"):
        raise UsageError(f"--origin {origin} does not fit: live, import or simulation.")
    what = Polled(
        provider=find_provider(provider),
        url=url,
        match=match,
        every_s=every,
        timeout_s=timeout,
        snapshot=snapshot,
        origin=origin,
    )
    with database(settings) as dsn:
        done = run(_until_told(lambda stopping: run_poll(dsn, what, once, stopping)))
    counts = f"{done.appended} appended, {done.repeated} repeated, {done.quarantined} in quarantine"
    say(to_json(done) if as_json else f"{done.match}: {counts}.")
