"""`touchline graphics`: engines that get commands of a match, and the process that sends them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from app.commands.terminal import Json, Supervised, ready, run, say, to_json

group = typer.Typer(help="Commands to graphics engines: which engine gets those of which match.", no_args_is_help=True)
Match = Annotated[str, typer.Argument(help="id of the match")]


def _with_pool(work: Callable[[Any], Awaitable[Any]]) -> Any:
    settings = ready()
    from app.commands.database import database, pool_of

    async def do(dsn: str) -> Any:
        async with pool_of(dsn, "touchline-graphics-command") as pool:
            return await work(pool)

    with database(settings) as dsn:
        return run(do(dsn))


def _by() -> Any:
    from app.commands.parked import principal
    from app.graphics.commands.targets import By

    return By(principal())


@group.command("add")
def graphics_add(
    match: Match,
    url: Annotated[str, typer.Argument(help="where commands are posted to: http:// or https://")],
    graphic: Annotated[
        list[str] | None, typer.Option(help="only this graphic; can be repeated. None: all that the sport has")
    ] = None,
    fallback: Annotated[
        str, typer.Option(help="when live data stop: the last value marked (stale), or SHOW_STATIC (static)")
    ] = "stale",
    stale_after: Annotated[
        float, typer.Option(metavar="SECONDS", help="how long a match that is played may be silent before that")
    ] = 180.0,
    as_json: Json = False,
) -> None:
    """Send the commands of a match to an engine. The same match and address again changes how."""
    from app.graphics.commands.targets import add

    number = _with_pool(lambda pool: add(pool, _by(), match, url, graphic or [], fallback, stale_after))
    if as_json:
        say(to_json({"target_id": number, "match_id": match, "url": url}))
    else:
        say(f"Engine {number} gets the commands of {match}, at {url}.")


@group.command("list")
def graphics_list(
    match: Annotated[str | None, typer.Argument(help="of this match alone")] = None, as_json: Json = False
) -> None:
    """Every engine, and how it goes with it."""
    from app.graphics.commands.targets import targets

    rows = _with_pool(lambda pool: targets(pool, match))
    if as_json:
        say(to_json(rows))
        return
    for r in rows:
        what = ", ".join(r["graphics"]) or "every graphic"
        say(f"{r['target_id']}  {r['match_id']} → {r['url']}  {what}; when live data stop: {r['fallback']}")
        told = f"   {r['delivered']} delivered, {r['failures']} failed, {r['dropped']} given up; breaker {r['breaker']}"
        told += ", stale" if r["is_stale"] else ""
        say(f"{told}. {r['last_error']}" if r["last_error"] else told)
    if not rows:
        say("No engine gets commands. `touchline graphics add MATCH URL` adds one.")


@group.command("remove")
def graphics_remove(number: Annotated[int, typer.Argument(help="its number, from `touchline graphics list`")]) -> None:
    """Send an engine nothing more."""
    from app.graphics.commands.targets import remove

    match, url = _with_pool(lambda pool: remove(pool, _by(), number))
    say(f"Engine {number} gets no command of {match} any more ({url}).")


@group.command("run")
def graphics_run(supervised: Supervised = False) -> None:
    """Send commands (part of `touchline up`). Of several such processes one sends, and the others stand by."""
    settings = ready()
    from app.commands.database import database, pool_of
    from app.commands.service import until_told
    from app.graphics.commands.sender import send

    async def work(dsn: str, stopping: Any) -> None:
        async with pool_of(dsn, "touchline-graphics") as pool:
            await send(pool, dsn, settings, stopping)

    with database(settings) as dsn:
        run(until_told(settings, supervised, lambda stopping: work(dsn, stopping)))
