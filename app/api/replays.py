"""Replays: a stored match runs again, as a match of its own."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, delete, post
from msgspec import Meta

from app.api.replies import Reply, reply
from app.api.state import Principal, Service
from app.errors import UnknownMatch
from app.log.purge import purge
from app.log.replay import new_replay


class NewReplay(msgspec.Struct, forbid_unknown_fields=True):
    """match: a stored match. speed: match seconds a second. as_match: an id for the replay, else one is made."""

    match: str
    speed: Annotated[float, Meta(gt=0, le=10_000)] = 1.0
    as_match: str | None = None


class Replays(Controller):
    """Start and purge replays."""

    path = "/v1/replays"
    tags = ["replays"]

    @post("/", summary="Run a stored match again", status_code=201)
    async def start(
        self, request: Request[Any, Any, Any], service: Service, principal: Principal, data: NewReplay
    ) -> Reply:
        """A worker plays it; follow it like any match. Its origin is `replay`."""
        made = await new_replay(service.pool, data.match, data.speed, data.as_match, principal.name)
        answer = reply(request, made)
        answer.status_code = 201
        answer.headers["Location"] = f"/v1/matches/{made.match}"
        return answer

    @delete("/{match_id:str}", summary="Purge a replay with all that came of it", status_code=204)
    async def remove(self, service: Service, principal: Principal, match_id: str) -> None:
        """Only replays and simulations can be purged."""
        if not await purge(service.pool, match_id, principal.name):
            raise UnknownMatch(match_id)
