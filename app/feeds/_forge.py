"""Messages that are wrong on purpose: a changed field, an event that never was, a broken message. Pure.

Nothing here knows a provider: a forgery is tried, and the provider's own decoder says what it has become. Formats
that are not JSON objects can only be cut off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import msgspec

from app.errors import DecodeError
from app.feeds.base import FeedEvent, Provider

_TRIES = 60
# Numbers of a sender's own count: an event that never was has none of them.
_COUNTED = ("revision", "sequence")

Options = Mapping[str, Any]


def minified(raw: bytes) -> bytes:
    """JSON on one line, every value as it was written; what is not JSON stays as it is."""
    try:
        return msgspec.json.format(raw, indent=-1)
    except (ValueError, RecursionError):
        return raw


def decoded(provider: Provider, raw: bytes, options: Options) -> FeedEvent | None:
    """The event of a message, None where it cannot be decoded."""
    try:
        return provider.decode(raw, options)
    except DecodeError:
        return None


def wrong(provider: Provider, raw: bytes, options: Options, rng: Random) -> bytes | None:
    """The same event at the same place with one value changed; None where none can be.

    A message with a revision of its own is left alone: the same number cannot be told twice.
    """
    right = decoded(provider, raw, options)
    body = _object(raw)
    if right is None or body is None or right.revision is not None or right.kind == "retracted":
        return None
    leaves = [leaf for leaf in _leaves(body) if not isinstance(leaf[0][leaf[1]], str)]
    for _ in range(_TRIES if leaves else 0):
        holder, key = rng.choice(leaves)
        before = holder[key]
        holder[key] = _nudged(before, rng)
        told = msgspec.json.encode(body)
        holder[key] = before
        event = decoded(provider, told, options)
        if event is not None and _place(event) == _place(right) and _content(event) != _content(right):
            return told
    return None


def phantom(provider: Provider, raw: bytes, options: Options, new_id: str) -> bytes | None:
    """The event once more under another id, as if it had happened twice; None where ids cannot be given so."""
    body = _object(raw)
    if body is None or not isinstance(body.get("id"), str):
        return None
    told = msgspec.json.encode({**{k: v for k, v in body.items() if k not in _COUNTED}, "id": new_id})
    event = decoded(provider, told, options)
    fits = event is not None and event.source_event_id == new_id and event.revision is None
    return told if fits and event is not None and event.kind != "retracted" else None


def retraction(provider: Provider, options: Options, event_id: str) -> bytes | None:
    """The message that takes an event back, None where the format has none."""
    told = msgspec.json.encode({"id": event_id, "kind": "retracted"})
    event = decoded(provider, told, options)
    fits = event is not None and event.kind == "retracted" and event.source_event_id == event_id
    return told if fits else None


def broken(provider: Provider, raw: bytes, options: Options, rng: Random) -> bytes | None:
    """The message cut off, or with a value of another type; None where it would still be understood."""
    body = _object(raw)
    leaves = [] if body is None or rng.random() < 0.5 else list(_leaves(body))
    for _ in range(_TRIES):
        if leaves:
            holder, key = rng.choice(leaves)
            before = holder[key]
            holder[key] = [before]
            told = msgspec.json.encode(body)
            holder[key] = before
        else:
            told = raw[: rng.randint(2, len(raw) - 1)] if len(raw) > 2 else b""
        if told and decoded(provider, told, options) is None:
            return told
    return None


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        body = msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a scalar, as (the object or array that holds it, its key or index)."""
    for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
        if isinstance(item, dict | list):
            yield from _leaves(item)
        elif item is not None:
            yield value, key


def _nudged(value: Any, rng: Random) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + rng.choice((-1, 1))
    return round(value + rng.choice((-1, 1)) * rng.uniform(0.5, 5.0), 1)


def _place(event: FeedEvent) -> tuple[Any, ...]:
    return event.source_event_id, event.period, event.order_key, event.kind, event.revision


def _content(event: FeedEvent) -> tuple[Any, ...]:
    return event.type, event.elapsed_s, event.team, event.player, event.fields
