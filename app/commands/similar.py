"""`touchline similar`: moments like this one, and bringing what is compared up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.terminal import Json, ready, say, to_json
from app.errors import UsageError

if TYPE_CHECKING:
    from app.db.pool import Pool

WIDEST = 60


def similar(
    event: Annotated[str | None, typer.Argument(help="source event id: a shot, or any event of an attack")] = None,
    match: Annotated[str | None, typer.Option(help="whose event it is, where several matches have it")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="most answers")] = 10,
    competition: Annotated[str | None, typer.Option(help="answers of this competition")] = None,
    after: Annotated[str | None, typer.Option(help="answers at or after this time (2018-08-18T20:15:00Z)")] = None,
    before: Annotated[str | None, typer.Option(help="answers at or before this time")] = None,
    team: Annotated[str | None, typer.Option(help="answers of this team, by id")] = None,
    player: Annotated[str | None, typer.Option(help="answers in which this player touched the ball, by id")] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="First bring what is compared up to date.")] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="First compute it all anew, and write what differs.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Attacks and shots like this one, the most alike first. Without an event: only --refresh or --rebuild."""
    settings = ready()
    from app.commands.data import a_time
    from app.commands.parked import on_database
    from app.warehouse.similar import Question, Similar

    refresh = refresh or rebuild
    if event is None and not refresh:
        raise UsageError("Name an event (`touchline similar EVENT`), or ask for --refresh.")
    since, until = a_time(after, "--after"), a_time(before, "--before")

    async def ask(pool: Pool, dsn: str) -> dict[str, Any]:
        told: dict[str, Any] = {}
        if refresh:
            told = await _refreshed(pool, dsn, anew=rebuild)
        if event is not None:
            asking = Similar(pool, dsn)
            try:
                told |= await asking.ask(Question(event, match, limit, competition, since, until, team, player))
            finally:
                await asking.close()
        return told

    told = on_database("similar", settings, ask)
    if as_json:
        say(to_json(told))
        return
    if refresh:
        done = told["refreshed"]
        say(f"{done['matches']} matches looked through: {done['put']:,} moments put, {done['gone']:,} taken away.")
    if event is not None:
        say(f"{told['what']} ({told['match']}, {told['clock']})")
        say(_table(told["items"]))


async def _refreshed(pool: Pool, dsn: str, *, anew: bool) -> dict[str, Any]:
    from app.db.sql import query
    from app.scoring.leases import worker_id
    from app.warehouse.similar_pipeline import SimilarPipeline

    await pool.fetchval(query("similar_prepare"))
    pipeline = SimilarPipeline(pool, dsn, worker_id())
    try:
        matches, put, gone = await pipeline.refresh(anew=anew)
    finally:
        await pipeline.close()
    return {"refreshed": {"matches": matches, "put": put, "gone": gone}}


def _table(items: list[dict[str, Any]]) -> str:
    from app.commands.kpi import table

    if not items:
        return "Nothing to compare it with yet: `touchline similar --refresh` brings matches in."
    names = ("similarity", "distance", "match", "clock", "event", "what")
    return table([{name: i[name][:WIDEST] if name == "what" else i[name] for name in names} for i in items])
