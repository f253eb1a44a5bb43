"""Commands about matches: metadata and files in, replays, proof and repair."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.terminal import Json, ready, run, say, to_json
from app.errors import UnreadableFile, UsageError


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


def ingest(
    provider: Annotated[str, typer.Argument(help="statsbomb, touchline")],
    files: Annotated[list[Path], typer.Argument(help="event files, plain or .gz")],
    speed: Annotated[str, typer.Option(help="`max`, or match seconds a second")] = "max",
    match: Annotated[str | None, typer.Option(help="id of the match; else the file's name")] = None,
    kickoff: Annotated[str | None, typer.Option(help="kick-off with a UTC offset, 2018-08-18T20:15:00Z")] = None,
    snapshot: Annotated[
        bool,
        typer.Option("--snapshot", help="The file is the provider's whole document: what it leaves out is retracted."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Append files to the log and score them; returns once everything is committed."""
    settings = ready()
    from app.commands.database import database, pool_of
    from app.commands.ingest import IngestedFile, check_files, ingest_file, speed_of
    from app.commands.progress import bar
    from app.feeds.base import provider as find_provider

    feed, pace = find_provider(provider), speed_of(speed)
    if match is not None and len(files) > 1:
        raise UsageError("--match names one match; give one file with it.")
    check_files(files)
    kickoff_at = a_time(kickoff, "--kickoff")
    told: list[IngestedFile] = []

    async def load(dsn: str) -> None:
        async with pool_of(dsn, "touchline-ingest") as pool:
            for file in files:
                with bar(f"{file.name}", quiet=as_json) as progress:
                    done = await ingest_file(
                        pool, dsn, settings, feed, file, match, kickoff_at, pace, progress, snapshot=snapshot
                    )
                told.append(done)
                if as_json:
                    continue
                score = f"{done.home or '?'} {done.home_score}:{done.away_score} {done.away or '?'}, {done.status}"
                counts = f"{done.appended} appended, {done.repeated} repeated, {done.quarantined} in quarantine"
                if done.retracted:
                    counts += f", {done.retracted} retracted as absent"
                say(f"{done.match}: {score}. {done.events} events: {counts}.")
                for problem in done.problems:
                    say(f"  quarantine: {problem}")
                for note in done.notes:
                    say(f"  {note}")

    with database(settings) as dsn:
        run(load(dsn))
    if as_json:
        counts = ("events", "appended", "repeated", "quarantined")
        say(to_json({"files": told, **{c: sum(getattr(d, c) for d in told) for c in counts}}))
    if lost := [d for d in told if d.is_unreadable]:
        more = "" if len(lost) == 1 else f" (nor of {len(lost) - 1} other files)"
        raise UnreadableFile(
            f"Nothing of {lost[0].file}{more} could be read as '{feed.name}': every message, {lost[0].events} in all, is in "
            f"quarantine of match '{lost[0].match}'."
        )


def a_time(text: str | None, name: str) -> datetime | None:
    """A time with an offset, as an option gives it. Raises UsageError."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise UsageError(f"{name} {text} is no time with a UTC offset. Write it like 2018-08-18T20:15:00Z.")
    if not 1850 <= found.year <= 2200:
        raise UsageError(f"{name} {text} is in the year {found.year}, which cannot be.")
    return found


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
    from app.scoring.leases import worker_id
    from app.scoring.register import register

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


def verify(
    match: Annotated[str | None, typer.Option(help="one match; else all")] = None, as_json: Json = False
) -> None:
    """Compute matches anew beside the stored values and compare; exit 1 on a difference, or when one cannot be computed."""
    settings = ready()
    from app.commands.database import database
    from app.commands.verify import verify_all

    with database(settings) as dsn:
        clean = run(verify_all(dsn, match, as_json, say))
    if not clean:
        raise typer.Exit(1)


def rebuild(
    match: Annotated[str | None, typer.Option(help="one match; else all")] = None, as_json: Json = False
) -> None:
    """Compute matches anew and write what differs, as corrections; exit 1 when one cannot be computed."""
    settings = ready()
    from app.commands.database import database
    from app.commands.verify import rebuild_all

    with database(settings) as dsn:
        whole = run(rebuild_all(dsn, settings, match, as_json, say))
    if not whole:
        raise typer.Exit(1)
