"""Matches: the list, one match, its snapshot, its events, its signals, and metadata coming in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import Parameter

from app.api.bodies import AboutMatches
from app.api.formats import JSON_LIMIT, As, Item, Most, chosen, whole
from app.api.listed import AIRED, EVENTS, MATCHES, POINTS, listed
from app.api.replies import Cursor, Reply, body_of, moment, part, place, reply
from app.api.state import Principal, Service
from app.db.sql import query
from app.errors import UsageError
from app.live.snapshot import snapshot
from app.log.control import FINISHED, STATUSES
from app.log.matches import load_match, parse
from app.log.read import match_row
from app.scoring.history import as_of_version
from app.sports.base import sports

ORIGINS = ("live", "import", "replay", "simulation")


def _origins(text: str | None) -> list[str]:
    if text is None:
        return ["live", "import"]
    if text == "all":
        return list(ORIGINS)
    asked = text.split(",")
    if unknown := [o for o in asked if o not in ORIGINS]:
        raise UsageError(f"'{unknown[0]}' is no origin. Known: {', '.join(ORIGINS)}, all.")
    return asked


def _check_filters(sport: str | None, status: str | None) -> None:
    """A filter that no match can ever pass is a typing mistake. Raises UsageError."""
    if sport is not None and sport not in sports():
        raise UsageError(f"There is no sport '{sport}'. Known: {', '.join(sports())}.")
    if status is not None and status not in STATUSES:
        raise UsageError(f"'{status}' is no status of a match. Known: {', '.join(STATUSES)}.")


class Matches(Controller):
    """Everything that hangs on a match."""

    path = "/v1/matches"
    tags = ["matches"]

    @get("/", summary="Matches, newest kick-off first")
    async def list_matches(
        self,
        request: Request[Any, Any, Any],
        service: Service,
        origin: Annotated[
            str | None, Parameter(description="live, import, replay, simulation (several with commas) or all")
        ] = None,
        sport: Annotated[str | None, Parameter(description="matches of this sport only")] = None,
        status: Annotated[str | None, Parameter(description="matches with this status only: live, finished, …")] = None,
        limit: Most = None,
        cursor: Cursor = None,
        as_format: As = None,
    ) -> Any:
        """Replays and simulations are left out unless `origin` asks for them."""
        kind = chosen(request, as_format)
        _check_filters(sport, status)
        origins = _origins(origin)

        async def fetch(after: Sequence[Any], most: int) -> list[Item]:
            rows = await service.pool.fetch(query("list_matches"), origins, sport, status, *after, most)
            return [dict(r) for r in rows]

        after = place(cursor, (datetime, str))
        return await listed(request, kind, "matches", MATCHES, fetch, ("anchor_at", "id"), after, limit)

    @post("/", summary="Say something about a match", status_code=200, operation_class=AboutMatches)
    async def add(self, request: Request[Any, Any, Any], service: Service, principal: Principal) -> Reply:
        """Teams, kick-off, line-ups, status, official score: one object or an array. What is known is a repeat."""
        infos = parse(await body_of(request))
        items = [{"match": info.id, "appended": await load_match(service.pool, info, principal.name)} for info in infos]
        return reply(request, {"items": items, "next": None})

    @get("/{match_id:str}", summary="One match")
    async def one(self, request: Request[Any, Any, Any], service: Service, match_id: str) -> Reply:
        """The match, with cards, substitutions, official score and whether its scoring is parked."""
        snap = await snapshot(service.pool, match_id, service.hub.epoch)
        return reply(request, snap.body["match"])

    @get("/{match_id:str}/snapshot", summary="The state of a match now")
    async def snapshot(self, request: Request[Any, Any, Any], service: Service, match_id: str) -> Reply:
        """The current value of every signal and subject; `cursor` is the stream's id of this moment."""
        body = (await snapshot(service.pool, match_id, service.hub.epoch)).body
        # A place in the stream that is a little older than need be is as good as the newest.
        return reply(request, body, {k: v for k, v in body.items() if k not in ("cursor", "published_at")})

    @get("/{match_id:str}/events", summary="The feed's events, in match order")
    async def events(
        self,
        request: Request[Any, Any, Any],
        service: Service,
        match_id: str,
        type: Annotated[list[str] | None, Parameter(query="type", description="canonical types")] = None,
        limit: Most = None,
        cursor: Cursor = None,
        as_format: As = None,
    ) -> Any:
        """As they are known now: amended ones in their newest form, retracted ones gone."""
        kind = chosen(request, as_format)
        match = await match_row(service.pool, match_id)
        sport = sports()[match.sport]
        if unknown := [t for t in type or [] if t not in sport.feed_types]:
            raise UsageError(f"'{unknown[0]}' is no type of event. Known: {', '.join(sport.feed_types)}.")
        after = place(cursor, (int, float, str))

        async def fetch(after: Sequence[Any], most: int) -> list[Item]:
            rows = await service.pool.fetch(query("list_events"), match_id, type, *after, most)
            return [
                {
                    **dict(r),
                    "fields": msgspec.Raw(r["fields"].encode()),
                    "clock_display": sport.clock_display(r["period"], r["elapsed_s"]),
                }
                for r in rows
            ]

        key = ("period", "order_key", "source_event_id")
        return await listed(request, kind, f"{match_id}-events", EVENTS, fetch, key, after, limit)

    @get("/{match_id:str}/signals", summary="Values of signals, in match order")
    async def signals(
        self,
        request: Request[Any, Any, Any],
        service: Service,
        match_id: str,
        signal: Annotated[list[str] | None, Parameter(query="signal", description="names of signals")] = None,
        as_of_version: Annotated[int | None, Parameter(ge=0, description="what was known at this log version")] = None,
        as_of_time: Annotated[str | None, Parameter(description="what was on air at this time")] = None,
        limit: Most = None,
        cursor: Cursor = None,
        as_format: As = None,
    ) -> Any:
        """As they are true now; `as_of_version` folds the log up to there, `as_of_time` reads what was published."""
        kind, name = chosen(request, as_format), f"{match_id}-signals"
        match = await match_row(service.pool, match_id)
        await _check_signals(service, match.sport, signal)
        if as_of_version is not None and as_of_time is not None:
            raise UsageError("Ask for as_of_version or for as_of_time, not for both.")
        display = sports()[match.sport].clock_display
        if as_of_time is not None or as_of_version is not None:
            if as_of_time is not None:
                computed = await _on_air(service, match_id, moment(as_of_time, "as_of_time"), signal)
            else:
                computed = await known_at(service, match_id, as_of_version or 0, signal)
            items = [{**p, "clock_display": display(p["period"], p["elapsed_s"])} for p in computed]
            if kind == "json":
                return reply(request, part(items, limit or JSON_LIMIT, cursor))
            begun = items if cursor is None else part(items, len(items), cursor)["items"]
            return await whole(kind, name, POINTS if as_of_time is None else AIRED, begun[:limit])

        async def fetch(after: Sequence[Any], most: int) -> list[Item]:
            rows = await service.pool.fetch(query("list_points"), match_id, signal, *after, most)
            return [{**dict(r), "clock_display": display(r["period"], r["elapsed_s"])} for r in rows]

        key = ("period", "elapsed_s", "order_key", "signal", "subject", "anchor")
        after = place(cursor, (int, float, float, str, str, str))
        return await listed(request, kind, name, POINTS, fetch, key, after, limit)


async def known_at(service: Service, match_id: str, version: int, signals: list[str] | None) -> list[dict[str, Any]]:
    """Values as they follow from the log up to a version."""
    match = await match_row(service.pool, match_id)
    if version > match.version:
        raise UsageError(f"Match '{match_id}' is at version {match.version}; {version} has not come yet.")
    points = await as_of_version(service.pool, match, version)
    # In the order of the list of what is true now.
    order = ("period", "elapsed_s", "order_key", "signal", "subject", "anchor")
    return sorted((p for p in points if signals is None or p["signal"] in signals), key=lambda p: [p[k] for k in order])


async def _check_signals(service: Service, sport: str, asked: list[str] | None) -> None:
    if asked:
        rows = await service.pool.fetch(query("catalogue"))
        known = [r["signal"] for r in rows if r["sport"] == sport]
        if unknown := [s for s in asked if s not in known]:
            raise UsageError(f"'{unknown[0]}' is no signal of {sport}. Known: {', '.join(known)}.")


async def _on_air(service: Service, match_id: str, at: datetime, signals: list[str] | None) -> list[dict[str, Any]]:
    """What had been published by then: the newest word on every signal, subject and anchor, in match order."""
    rows = await service.pool.fetch(query("published_until"), match_id, at, signals)
    # The end of a match makes every value final, and is one frame.
    over = await service.pool.fetchval(query("match_status_until"), match_id, at) in FINISHED
    holds = {"provisional": "final"} if over else {"final": "provisional"}
    return [{**dict(r), "status": holds.get(r["status"], r["status"])} for r in rows]
