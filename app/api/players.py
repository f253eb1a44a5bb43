"""Teams and players: who there are, and what a player did, match by match."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from litestar import Request, get
from litestar.params import Parameter

from app.api.formats import As, Item, Most, chosen
from app.api.listed import PLAYER_MATCHES, PLAYERS, TEAMS, listed
from app.api.replies import Cursor, place
from app.api.state import Service
from app.db.sql import query
from app.errors import UsageError

Named = Annotated[str | None, Parameter(query="name", description="a part of the name; capitals do not count")]


class UnknownPlayer(UsageError):
    """No player has this id."""

    status = 404
    title = "Unknown player"

    def __init__(self, player_id: str) -> None:
        super().__init__(f"There is no player '{player_id}'. GET /v1/players?name=… finds one by name.")


def _text(**given: str | None) -> None:
    """Raises UsageError for what no text of the database can hold."""
    for name, value in given.items():
        if value is not None and "\x00" in value:
            raise UsageError(f"The parameter '{name}' holds a NUL character.")


@get("/v1/teams", summary="Teams, by id", tags=["warehouse"])
async def list_teams(
    request: Request[Any, Any, Any],
    service: Service,
    named: Named = None,
    limit: Most = None,
    cursor: Cursor = None,
    as_format: As = None,
) -> Any:
    """Every team that a match has named, under the newest name."""
    kind = chosen(request, as_format)
    _text(name=named)

    async def fetch(after: Sequence[Any], most: int) -> list[Item]:
        return [dict(r) for r in await service.pool.fetch(query("list_teams"), named, *after, most)]

    return await listed(request, kind, "teams", TEAMS, fetch, ("id",), place(cursor, (str,)), limit)


@get("/v1/players", summary="Players, by id", tags=["warehouse"])
async def list_players(
    request: Request[Any, Any, Any],
    service: Service,
    named: Named = None,
    team: Annotated[str | None, Parameter(description="id of a team: players whose newest match was for it")] = None,
    limit: Most = None,
    cursor: Cursor = None,
    as_format: As = None,
) -> Any:
    """Every player that a match has named, with the team of the newest match."""
    kind = chosen(request, as_format)
    _text(name=named, team=team)

    async def fetch(after: Sequence[Any], most: int) -> list[Item]:
        return [dict(r) for r in await service.pool.fetch(query("list_players"), named, team, *after, most)]

    return await listed(request, kind, "players", PLAYERS, fetch, ("id",), place(cursor, (str,)), limit)


@get("/v1/players/{player_id:str}/matches", summary="A player's matches, newest first", tags=["warehouse"])
async def list_player_matches(
    request: Request[Any, Any, Any],
    service: Service,
    player_id: str,
    limit: Most = None,
    cursor: Cursor = None,
    as_format: As = None,
) -> Any:
    """What the player did in each, for which team: `fact_player_match`, in the words of the data dictionary. Soccer."""
    kind = chosen(request, as_format)
    _text(player_id=player_id)
    key = await service.pool.fetchval(query("player_key"), player_id)
    if key is None:
        raise UnknownPlayer(player_id)

    async def fetch(after: Sequence[Any], most: int) -> list[Item]:
        return [dict(r) for r in await service.pool.fetch(query("list_player_matches"), key, *after, most)]

    after = place(cursor, (datetime, str))
    return await listed(request, kind, "player-matches", PLAYER_MATCHES, fetch, ("kickoff_at", "match"), after, limit)
