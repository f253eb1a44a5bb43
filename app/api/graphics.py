"""Engines that get commands of a match: what an operator does with them over HTTP, and how it goes with each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Controller, Request, delete, get, post
from litestar.exceptions import PermissionDeniedException
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from app.api.lifecycle import OPERATOR
from app.api.replies import Cursor, Limit, Reply, body_of, part, reply
from app.api.state import Principal, Service
from app.db.pool import Pool
from app.errors import UnknownMatch, UsageError
from app.graphics.commands.targets import STALE_AFTER_S, By, UnknownTarget, add, remove, targets


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """An engine. url: where commands are posted to. graphics: which; all that the sport has where it is left out.
    fallback: `stale` or `static`. stale_after_s: how long a match that is played may be silent, seconds."""

    url: str
    graphics: list[str] = []
    fallback: str = "stale"
    stale_after_s: float = STALE_AFTER_S


@dataclass
class AboutAnEngine(Operation):
    """What may be sent, for the OpenAPI document."""

    def __post_init__(self) -> None:
        schema: Any = msgspec.json.schema(Wanted)["$defs"]["Wanted"]
        self.request_body = RequestBody(
            description="The engine, and what it is to get.",
            content={"application/json": OpenAPIMediaType(schema=schema)},
            required=True,
        )


def _operator(principal: Principal) -> By:
    """Raises PermissionDeniedException (403)."""
    if principal.name != "local" and OPERATOR not in principal.scopes:
        raise PermissionDeniedException(f"This needs a key with the scope '{OPERATOR}'.")
    return By(principal.name, principal.licence_scope)


class Graphics(Controller):
    """Where commands go is the operator's word: from elsewhere all of this needs a key with the scope `operator`."""

    path = "/v1/matches/{match_id:str}/graphics"
    tags = ["graphics"]

    @get("/", summary="Engines that get commands of a match")
    async def list_engines(
        self,
        request: Request[Any, Any, Any],
        service: Service,
        principal: Principal,
        match_id: str,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Reply:
        """Address, graphics, fallback, and how it goes: delivered, failed, given up, breaker, last error."""
        _operator(principal)
        if (missing := await service.hub.known.missing([match_id])) is not None:
            raise UnknownMatch(missing)
        return reply(request, part(await targets(service.pool, match_id), limit, cursor))

    @post("/", summary="Send the commands of a match to an engine", status_code=201, operation_class=AboutAnEngine)
    async def add_engine(
        self, request: Request[Any, Any, Any], service: Service, principal: Principal, match_id: str
    ) -> Reply:
        """The same match and address again changes how. docs/graphics-commands.md says what an engine gets."""
        by = _operator(principal)
        try:
            wanted = msgspec.json.decode(await body_of(request), type=Wanted)
        except msgspec.MsgspecError as exc:
            raise UsageError(
                f"The body is no engine: {exc}. It says url, and may say graphics, fallback, stale_after_s."
            ) from None
        number = await add(
            service.pool, by, match_id, wanted.url, wanted.graphics, wanted.fallback, wanted.stale_after_s
        )
        return reply(request, {"target_id": number, "match_id": match_id, **msgspec.to_builtins(wanted)})

    @delete("/{target_id:str}", summary="Send an engine nothing more", status_code=204)
    async def remove_engine(self, service: Service, principal: Principal, match_id: str, target_id: str) -> None:
        """By its number, from the list."""
        by = _operator(principal)
        if not (target_id.isascii() and target_id.isdigit() and len(target_id) < 19):
            raise UnknownTarget(f"'{target_id[:40]}' is no number of an engine. GET the list shows those there are.")
        await remove(service.pool, by, int(target_id), match_id)


class _Engines(Collector):
    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    def collect(self) -> Any:
        labels = ["match", "target"]
        for name, column, meaning in (
            ("delivered", "delivered", "commands that an engine has taken"),
            ("failures", "failures", "posts that an engine did not answer well"),
            ("dropped", "dropped", "commands replaced by newer ones, and plays that were no news any more"),
        ):
            counter = CounterMetricFamily(f"touchline_graphics_{name}", meaning, labels=labels)
            for row in self._rows:
                counter.add_metric([row["match_id"], str(row["target_id"])], row[column])
            yield counter
        for name, value, meaning in (
            ("breaker_open", lambda r: r["breaker"] != "closed", "1 while an engine is left alone after failures"),
            ("stale", lambda r: r["is_stale"], "1 while an engine is told that live data have stopped"),
            ("last_ms", lambda r: r["last_ms"], "from commit to the engine's answer, of the last fresh command"),
        ):
            gauge = GaugeMetricFamily(f"touchline_graphics_{name}", meaning, labels=labels)
            for row in self._rows:
                if (told := value(row)) is not None:
                    gauge.add_metric([row["match_id"], str(row["target_id"])], float(told))
            yield gauge


async def graphics_metrics(pool: Pool, registry: CollectorRegistry) -> None:
    """Add how it goes with each engine."""
    registry.register(_Engines(await targets(pool)))
