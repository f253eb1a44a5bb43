"""Touchline's own format: canonical events as JSON, for those without a provider (a league's own loggers, a test).

One object a line, or an array, or one object; docs/touchline-format.md describes it for people, and
app/feeds/schema/touchline-event.schema.json for machines. It is the canonical vocabulary as it is: metres,
seconds, canonical types; and it can say outright that an event was amended or never happened.
Unlike a provider's format it is strict: a misspelt type, field or word is an error, for nobody else would notice.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from app.errors import DecodeError
from app.feeds import framing
from app.feeds.base import FeedEvent, Kind, Provider
from app.sports.soccer.clock import PERIODS
from app.sports.soccer.events import FEED_TYPES, OUTCOMES, DuelKind, Fields, PassKind

SCHEMA_FILE = Path(__file__).parent / "schema" / "touchline-event.schema.json"

# What cannot be told of nobody: without the team these could not be counted for anyone.
NEEDS_TEAM = frozenset({"lineup", "formation", "shot", "own_goal", "card", "substitution"})
_NEEDED = ("type", "period", "order", "clock_s")
_PERIODS = (0, *PERIODS, 100)
_QUALIFIED = re.compile(r"[a-z0-9_-]+:(team|player):\S+")
_PLAYERS = ("recipient", "replacement")
_KINDS = {"pass_kind": get_args(PassKind), "duel_kind": get_args(DuelKind)}
_TEAMS = ("possession_team", "conceded_by", "home_team", "away_team")

_Id = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^\S+$")]

_ABOUT = {
    "id": "the event's own id, unique in its match and the same in every amendment of it",
    "kind": "recorded: as seen; amended: this replaces what was said under the id; retracted: it did not happen",
    "period": "0 before the match, 1 and 2 the halves, 3 and 4 extra time, 5 the shoot-out, 100 after the match",
    "order": "order in the period; any growing numbers, fractions leave room between",
    "clock_s": "match clock in seconds, counting up: the second half starts at 2700, extra time at 5400 and 6300, "
    "the shoot-out at 7200",
    "team": "the acting team: any id, or a qualified one (statsbomb:team:217)",
    "player": "the acting player: any id, or a qualified one (statsbomb:player:5503)",
    "revision": "where the sender counts: the number of this revision of the event",
    "sequence": "where the sender numbers its messages: 1, 2, 3, … in the match, amendments and retractions included; "
    "what is skipped is shown as a gap",
    "fields": "all that the event says beyond who, when and what; metres and seconds",
}


class TouchlineEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One event in Touchline's own format."""

    id: Annotated[str, Meta(min_length=1, max_length=200, description=_ABOUT["id"])]
    kind: Annotated[Kind, Meta(description=_ABOUT["kind"])] = "recorded"
    type: Annotated[str, Meta(description="what happened", extra_json_schema={"enum": list(FEED_TYPES)})] | None = None
    period: Annotated[int, Meta(description=_ABOUT["period"], extra_json_schema={"enum": list(_PERIODS)})] | None = None
    order: Annotated[float, Meta(ge=-1e12, le=1e12, description=_ABOUT["order"])] | None = None
    clock_s: Annotated[float, Meta(ge=0, le=14400, description=_ABOUT["clock_s"])] | None = None
    team: Annotated[_Id, Meta(description=_ABOUT["team"])] | None = None
    player: Annotated[_Id, Meta(description=_ABOUT["player"])] | None = None
    revision: Annotated[int, Meta(ge=0, le=2**53, description=_ABOUT["revision"])] | None = None
    sequence: Annotated[int, Meta(ge=1, le=2**53, description=_ABOUT["sequence"])] | None = None
    sport: Literal["soccer"] = "soccer"
    fields: Annotated[Fields, Meta(description=_ABOUT["fields"])] = Fields()


_decoder = msgspec.json.Decoder(TouchlineEvent)


def stream_options(messages: list[bytes]) -> Mapping[str, Any]:
    """Every message says all of itself: there are no options."""
    return {}


def decode(raw: bytes, options: Mapping[str, Any]) -> FeedEvent:
    """One event of this format. Raises DecodeError (only), naming the field that does not fit."""
    e = framing.read(_decoder, raw)
    if e.kind != "retracted":
        missing = [name for name in _NEEDED if getattr(e, name) is None]
        if missing:
            raise DecodeError(f"Field `{missing[0]}` is missing; only a retracted event may leave it out.", e.id)
    type_, period = e.type or "other", e.period or 0
    if type_ not in FEED_TYPES:
        raise DecodeError(f"Field `type`: there is no type {_shown(type_)}. Known: {', '.join(FEED_TYPES)}.", e.id)
    if period not in _PERIODS:
        raise DecodeError(f"Field `period`: {period} is none of {', '.join(map(str, _PERIODS))}.", e.id)
    if e.kind != "retracted" and type_ in NEEDS_TEAM and e.team is None:
        raise DecodeError(f"Field `team` is missing; the type {type_} needs one.", e.id)
    if e.kind != "retracted":
        _check_words(e.fields, type_, e.id)
    return FeedEvent(
        source_event_id=e.id,
        type=type_,
        period=period,
        order_key=e.order or 0.0,
        elapsed_s=e.clock_s or 0.0,
        fields=_qualified(e.fields, e.id),
        raw=raw,
        team=_entity("team", e.team, "team", e.id),
        player=_entity("player", e.player, "player", e.id),
        kind=e.kind,
        revision=e.revision,
        sequence=e.sequence,
    )


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of one event, made from the structs above."""
    _, components = msgspec.json.schema_components([TouchlineEvent], ref_template="#/$defs/{name}")
    event = components.pop("TouchlineEvent")
    retracted = {"properties": {"kind": {"const": "retracted"}}, "required": ["kind"]}
    needed = {"required": list(_NEEDED), "properties": {name: {"not": {"type": "null"}} for name in _NEEDED}}
    team = {
        "if": {"properties": {"type": {"enum": sorted(NEEDS_TEAM)}}, "required": ["type"]},
        "then": {"required": ["team"], "properties": {"team": {"type": "string"}}},
    }
    outcomes = [_with_outcomes([type_], [*words, None]) for type_, words in OUTCOMES.items()]
    without = _with_outcomes([t for t in FEED_TYPES if t not in OUTCOMES], [None])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **event,
        "if": {"not": retracted},
        "then": {"allOf": [needed, team, *outcomes, without]},
        "$defs": components,
    }


def _with_outcomes(types: list[str], words: list[str | None]) -> dict[str, Any]:
    """The part of the schema that says which outcomes events of these types may have."""
    allowed = {"properties": {"outcome": {"enum": words}}}
    return {
        "if": {"properties": {"type": {"enum": types}}, "required": ["type"]},
        "then": {"properties": {"fields": allowed}},
    }


def schema_text() -> str:
    """The schema as it is kept in SCHEMA_FILE."""
    return msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode() + "\n"


def _check_words(fields: Fields, type_: str, event_id: str) -> None:
    """Raises DecodeError for a word that is not in the vocabulary: an outcome misspelt would be a goal not counted."""
    outcomes = OUTCOMES.get(type_, ())
    if fields.outcome is not None and fields.outcome not in outcomes:
        if not outcomes:
            hint = f"only {', '.join(OUTCOMES)} have one; `won` says whether something succeeded"
            raise DecodeError(f"Field `fields.outcome`: the type {type_} has no outcome; {hint}.", event_id)
        known = f"Known: {', '.join(outcomes)}."
        raise DecodeError(
            f"Field `fields.outcome`: {_shown(fields.outcome)} is no outcome of a {type_}. {known}", event_id
        )
    for name, words in _KINDS.items():
        said = getattr(fields, name)
        if said is not None and said not in words:
            raise DecodeError(
                f"Field `fields.{name}`: there is no kind {_shown(said)}. Known: {', '.join(words)}.", event_id
            )


def _qualified(fields: Fields, event_id: str) -> Fields:
    """The fields with every id in them qualified."""
    changes: dict[str, Any] = {}
    for kind, names in (("player", _PLAYERS), ("team", _TEAMS)):
        for name in names:
            value = getattr(fields, name)
            if value is not None:
                changes[name] = _entity(kind, value, f"fields.{name}", event_id)
    if fields.lineup is not None:
        changes["lineup"] = [
            msgspec.structs.replace(p, player=_entity("player", p.player, f"fields.lineup[{i}].player", event_id))
            for i, p in enumerate(fields.lineup)
        ]
    return msgspec.structs.replace(fields, **changes) if changes else fields


def _entity(kind: str, value: str | None, where: str, event_id: str) -> str | None:
    """A qualified id: one without a colon belongs to this format, any other must say whose it is."""
    if value is None:
        return None
    if ":" not in value:
        if value and len(value) <= 200 and not re.search(r"\s", value):
            return f"touchline:{kind}:{value}"
        raise DecodeError(
            f"Field `{where}`: an id is 1 to 200 characters without spaces, not {_shown(value)}.", event_id
        )
    match = _QUALIFIED.fullmatch(value)
    if match is None or match.group(1) != kind:
        expected = f"an id without a colon, or provider:{kind}:id"
        raise DecodeError(f"Field `{where}`: expected {expected}, not {_shown(value)}.", event_id)
    return value


def _shown(value: str) -> str:
    return repr(value if len(value) <= 60 else value[:57] + "...")


PROVIDER = Provider(
    name="touchline",
    sport="soccer",
    title="Touchline's own format (canonical events as JSON lines)",
    split=framing.split,
    stream_options=stream_options,
    decode=decode,
)

if __name__ == "__main__":
    sys.stdout.write(schema_text())
