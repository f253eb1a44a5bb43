"""What may be sent, for the OpenAPI document: bodies that a handler reads itself, byte for byte, so that the framework
knows nothing of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody
from msgspec import Meta

from app.feeds.touchline import json_schema
from app.log.matches import MatchInfo
from app.sports.entity_features import KINDS

NDJSON = "application/x-ndjson"


def _inlined(node: Any, parts: dict[str, Any]) -> Any:
    """A schema without references: the document's own components are made by the framework alone."""
    if isinstance(node, list):
        return [_inlined(item, parts) for item in node]
    if not isinstance(node, dict):
        return node
    name = node.get("$ref", "").removeprefix("#/$defs/")
    whole = {**parts[name], **{k: v for k, v in node.items() if k != "$ref"}} if name else node
    return {key: _inlined(value, parts) for key, value in whole.items() if key not in ("$defs", "$schema")}


def _of(schema: dict[str, Any]) -> dict[str, Any]:
    return _inlined(schema, schema.get("$defs", {}))


def _one_or_many(one: dict[str, Any]) -> Any:
    return {"oneOf": [one, {"type": "array", "items": one}]}


MATCH = _of(msgspec.json.schema(MatchInfo))
EVENT = _of(json_schema())
LINES = {"type": "string", "description": "one JSON object a line"}
DOCUMENT = {"type": "string", "description": "an XML document of a provider that has such (sportec)"}
OBJECT = {"type": "object", "description": "a message of another provider, as it sends it"}


@dataclass
class AboutMatches(Operation):
    """`POST /v1/matches`."""

    def __post_init__(self) -> None:
        self.request_body = RequestBody(
            description="One match or an array of them; also StatsBomb's `matches.json`. docs/feeds.md has an example.",
            content={"application/json": OpenAPIMediaType(schema=_one_or_many(MATCH))},
            required=True,
        )


class FeatureEntity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entity."""

    kind: Annotated[str, Meta(description="of the entity", extra_json_schema={"enum": list(KINDS)})]
    id: Annotated[str, Meta(description="as the feed has it, qualified: statsbomb:player:5503; of a matchup HOME~AWAY")]


class FeatureQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Entities, and which of their features."""

    entities: Annotated[list[FeatureEntity], Meta(max_length=1000, description="at most 1,000")]
    features: Annotated[list[str] | None, Meta(description="names; all of them where it is left out")] = None
    sport: str = "soccer"


@dataclass
class AboutEntities(Operation):
    """`POST /v1/features/online`."""

    def __post_init__(self) -> None:
        self.request_body = RequestBody(
            description="Whose features are asked for.",
            content={"application/json": OpenAPIMediaType(schema=_of(msgspec.json.schema(FeatureQuestion)))},  # pyright: ignore[reportArgumentType]
            required=True,
        )


@dataclass
class OfAFeed(Operation):
    """`POST /v1/feeds/{provider}/{match_id}`."""

    def __post_init__(self) -> None:
        one = {"anyOf": [EVENT, OBJECT]}
        self.request_body = RequestBody(
            description="One event, an array, or one event a line, in the provider's own format (of `touchline`: "
            "docs/touchline-format.md), or its XML document, unpacked. What it is is told by its first byte, whatever the "
            "Content-Type says.",
            content={
                "application/json": OpenAPIMediaType(schema=_one_or_many(one)),
                NDJSON: OpenAPIMediaType(schema=LINES),  # pyright: ignore[reportArgumentType]
                "application/xml": OpenAPIMediaType(schema=DOCUMENT),  # pyright: ignore[reportArgumentType]
            },
            required=True,
        )
