"""`touchline club`: whose players the logins of clubs see (schema `club`; docs/analysts.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from app.commands.terminal import Json, ready, run, say, to_json
from app.errors import UsageError

group = typer.Typer(help="Clubs: whose players a login sees.", no_args_is_help=True)
Login = Annotated[str, typer.Argument(help="role of PostgreSQL that logs in, in touchline_club")]


def _with_pool(work: Callable[[Any], Awaitable[Any]]) -> Any:
    settings = ready()
    from app.commands.database import database, pool_of

    async def do(dsn: str) -> Any:
        async with pool_of(dsn, "touchline-club") as pool:
            return await work(pool)

    with database(settings) as dsn:
        return run(do(dsn))


async def grant_team(pool: Any, login: str, team: str, by: str) -> str:
    """Let a login see the players of a team (its provider-qualified id). Returns the team's name. Raises UsageError."""
    from app.db.sql import query

    async with pool.acquire() as connection, connection.transaction():
        may = await connection.fetchrow(query("club_login_may"), login)
        if not may["is_there"]:
            raise UsageError(
                f"There is no role '{login}'. As one who may: CREATE ROLE … LOGIN PASSWORD '…' IN ROLE touchline_club"
            )
        if may["reads_all"]:
            raise UsageError(f"'{login}' reads all of the marts already. A login of a club is in touchline_club alone.")
        if not may["is_club"]:
            raise UsageError(f"'{login}' is no login in touchline_club. As one who may: GRANT touchline_club TO …")
        name = await connection.fetchval(query("club_team_name"), team)
        if name is None:
            raise UsageError(
                f"No match has told of a team '{team}'. Give its id, as in mart.dim_team: statsbomb:team:217"
            )
        await connection.execute(query("club_grant"), login, team)
        await connection.execute(query("note_audit"), by, "club granted", to_json({"login": login, "team": team}))
        return name


async def revoke_team(pool: Any, login: str, team: str | None, by: str) -> list[str]:
    """Take a team from a login; None: all of its teams. Returns those that it had. Raises UsageError."""
    from app.db.sql import query

    async with pool.acquire() as connection, connection.transaction():
        had = [r["team_id"] for r in await connection.fetch(query("club_revoke"), login, team)]
        if not had:
            raise UsageError(
                f"'{login}' sees no players of {team or 'any team'}. `touchline club list` shows what there is."
            )
        await connection.execute(query("note_audit"), by, "club revoked", to_json({"login": login, "teams": had}))
        return had


@group.command("grant")
def club_grant(login: Login, team: Annotated[str, typer.Argument(help="id of a team: statsbomb:team:217")]) -> None:
    """Let a login see the players of a team."""
    from app.commands.parked import principal

    name = _with_pool(lambda pool: grant_team(pool, login, team, principal()))
    say(f"{login} sees the players of {name}.")


@group.command("revoke")
def club_revoke(
    login: Login,
    team: Annotated[str | None, typer.Argument(help="id of a team; without it, all of the login's")] = None,
) -> None:
    """Take a team, or all, from a login. It counts at once."""
    from app.commands.parked import principal

    had = _with_pool(lambda pool: revoke_team(pool, login, team, principal()))
    say(f"{login} does not see the players of {', '.join(had)} any more.")


@group.command("list")
def club_list(as_json: Json = False) -> None:
    """Every login of a club and its teams."""
    from app.db.sql import query

    async def do(pool: Any) -> list[dict[str, Any]]:
        return [dict(r) for r in await pool.fetch(query("club_list"))]

    rows = _with_pool(do)
    if as_json:
        say(to_json(rows))
        return
    for r in rows:
        told = f"{r['login']}  {r['team_id']}  {r['team'] or ''}  since {r['granted_at']:%Y-%m-%d}"
        say(told if r["can_log_in"] else f"{told}, no such login any more")
