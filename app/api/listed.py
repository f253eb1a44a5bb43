"""Lists as they go out: in JSON by pages, or whole in another format, with the columns of each in the order of JSON's members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Request

from app.api.formats import JSON_LIMIT, Fetch, streamed
from app.api.replies import page, reply
from app.warehouse.columns import Column


def _columns(text: str) -> tuple[Column, ...]:
    return tuple(Column(*word.split(":")) for word in text.split())


MATCHES = _columns(
    "id:text sport:text origin:text replay_of:text home:text home_id:text away:text away_id:text home_score:int4 away_score:int4 "
    "period:int2 elapsed_s:float8 clock_display:text status:text anchor_at:timestamptz version:int8 updated_at:timestamptz"
)
EVENTS = _columns(
    "version:int8 source_event_id:text provider:text kind:text type:text period:int2 elapsed_s:float8 order_key:float8 team:text "
    "player:text fields:json recorded_at:timestamptz clock_display:text"
)
POINTS = _columns(
    "signal:text signal_version:int4 subject:text team:text anchor:text source_event_id:text value:float8 status:text revision:int4 "
    "period:int2 elapsed_s:float8 order_key:float8 version:int8 model:text clock_display:text"
)
AIRED = (*POINTS[:-1], Column("published_at", "timestamptz"), POINTS[-1])
TEAMS = _columns("id:text name:text")
PLAYERS = _columns("id:text name:text team_id:text team:text")
PLAYER_MATCHES = _columns(
    "match:text kickoff_at:timestamptz competition:text season:text team_id:text team:text is_starter:bool minutes:float8 "
    "minutes_seen:float8 touches:int4 passes:int4 passes_completed:int4 passes_into_final_third:int4 crosses:int4 dribbles:int4 "
    "dribbles_won:int4 shots:int4 shots_on_target:int4 goals:int4 own_goals:int4 interceptions:int4 tackles:int4 tackles_won:int4 "
    "clearances:int4 blocks:int4 recoveries:int4 pressures:int4 fouls:int4 fouls_won:int4 offsides:int4 yellow_cards:int4 "
    "red_cards:int4 xg:float8 xt:float8 action_value:float8"
)


async def listed(
    request: Request[Any, Any, Any],
    kind: str,
    name: str,
    columns: Sequence[Column],
    fetch: Fetch,
    key: Sequence[str],
    after: Sequence[Any],
    limit: int | None,
) -> Any:
    """A page of JSON, or the list in another format (`kind`): whole, or so many of it.

    name: of the file. key: the members that a page begins after; after: their values, or as many None.
    """
    if kind != "json":
        return await streamed(kind, name, columns, fetch, key, after, limit)
    most = limit or JSON_LIMIT
    return reply(request, page(await fetch(after, most + 1), most, key))
