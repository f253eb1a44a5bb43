"""What every provider's file offers, and what comes out of it.

A provider is a module in this package with a module-level `PROVIDER: Provider`. It is found by being there.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Literal

import msgspec

from app.errors import UnknownProvider

Kind = Literal["recorded", "amended", "retracted"]
PERIOD_PRE = 0
PERIOD_POST = 100


class FeedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a feed in canonical form, before it is in the log.

    period: 0 before the match, 1.. the provider's periods, 100 after it.
    order_key: the provider's own order inside the period (StatsBomb `index`).
    elapsed_s: match clock in seconds, counting up across periods (second half starts at 2700).
    team, player: provider-qualified ids (`statsbomb:team:217`).
    fields: the sport's `Fields` struct. raw: the bytes as they came.
    kind: what the message says of itself; `absent` is never a provider's word: a whole document left the event out.
    sequence: the provider's own number of the message, from 1 and without a gap in a match; None where it has none.
    """

    source_event_id: str
    type: str
    period: int
    order_key: float
    elapsed_s: float
    fields: Any
    raw: bytes
    team: str | None = None
    player: str | None = None
    kind: Kind | Literal["absent"] = "recorded"
    revision: int | None = None
    sequence: int | None = None


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """How one provider's format is read.

    split(payload): cut a body or file into the raw bytes of single messages, in order. Yields `bytes` for a
        message and `DecodeError` for a stretch that is not one (a broken NDJSON line). Raises UnreadableFile
        when nothing can be told apart (not JSON at all, truncated).
    stream_options(messages): what must be known of the whole stream to decode one message the same way for
        ever (StatsBomb: fidelity of coordinates). Stored with the stream at first contact and passed to every
        later decode; called with an empty list when nothing is known (a live push).
    decode(message, options): one message to one FeedEvent. Raises DecodeError.
    is_over(period, elapsed_s): of a feed that has no `period_end`: does a file whose last event is this one tell a whole
        match? None for a feed that has them.
    learn(options, messages): for a provider whose messages say of others how they are to be read (Sportec: a kick-off says
        which period what follows is in). The options once these messages are known too; `options` itself where they
        tell nothing new. What the log holds is then read anew, and what differs is amended (`app.log.learn`). With it,
        `stream_options` must be what is learned from nothing. None: the options of the first contact hold.
    kickoff_at(options): the kick-off on the wall, where the stream says so.
    """

    name: str
    sport: str
    title: str
    split: Callable[[bytes], Iterator[bytes | Exception]]
    stream_options: Callable[[list[bytes]], Mapping[str, Any]]
    decode: Callable[[bytes, Mapping[str, Any]], FeedEvent]
    is_over: Callable[[int, float], bool] | None = None
    learn: Callable[[Mapping[str, Any], list[bytes]], Mapping[str, Any]] | None = None
    kickoff_at: Callable[[Mapping[str, Any]], datetime | None] | None = None

    def tells_a_whole_match(self, last_type: str, period: int, elapsed_s: float) -> bool:
        """Of a file whose last event is this one: does it go on to the end of the second half, or of a later period?"""
        if self.is_over is not None:
            return self.is_over(period, elapsed_s)
        return last_type == "period_end" and period >= 2


@cache
def providers() -> dict[str, Provider]:
    """Every provider whose file lies in this package, by name."""
    package = importlib.import_module("app.feeds")
    found: dict[str, Provider] = {}
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"app.feeds.{info.name}")
        provider = getattr(module, "PROVIDER", None)
        if isinstance(provider, Provider):
            found[provider.name] = provider
    return found


def provider(name: str) -> Provider:
    """The provider of this name. Raises UnknownProvider."""
    try:
        return providers()[name]
    except KeyError:
        known = ", ".join(sorted(providers()))
        raise UnknownProvider(f"There is no provider '{name}'. Known: {known}.") from None
