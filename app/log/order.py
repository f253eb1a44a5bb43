"""Where the events of a whole file or document stand among what the log holds of them already.

Providers number the events of a document by their place in it (StatsBomb `index`), so that one event more or less moves
all behind it. The log keeps the place at which an event first stood: in a later document only what is new is placed, in
between those that it stands between. Nothing is said anew of the thousands that have only moved up.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise

import msgspec

from app.feeds.base import FeedEvent

Place = tuple[float, str]


class Held(msgspec.Struct, frozen=True):
    """The newest word on an event that holds: where it stands, and its content (see `append.content_hash`)."""

    period: int
    order_key: float
    content_hash: bytes
    retracted: bool


class Arranged(msgspec.Struct, frozen=True):
    """order_keys: where events stand, by identity, for those that do not stand where the document says. moved: identities
    whose order among the others is another now; what is known of them has to be said again at their new place."""

    order_keys: dict[str, float]
    moved: frozenset[str]


def arrange(events: Sequence[FeedEvent], held: Mapping[str, Held]) -> Arranged:
    """Place the events of a document (its newest word on each) among those that hold.

    Events that hold keep their places as long as their order is the document's. Order keys are compared within a period,
    ties by identity, as the fold does.
    """
    order_keys: dict[str, float] = {}
    moved: set[str] = set()
    newest = {e.source_event_id: e for e in events if e.kind != "retracted"}
    document = sorted(newest.values(), key=lambda e: (e.period, e.order_key, e.source_event_id))
    for period, part in groupby(document, key=lambda e: e.period):
        here = list(part)
        known = {
            e.source_event_id: held[e.source_event_id].order_key
            for e in here
            if (h := held.get(e.source_event_id)) is not None and not h.retracted and h.period == period
        }
        told = [e for e in here if e.source_event_id in known]
        kept = _longest_rise([(known[e.source_event_id], e.source_event_id) for e in told])
        keys = _keys(here, {name: key for key, name in kept})
        if keys is None:
            # No room between two neighbours is left: the whole period is numbered as the document does.
            keys = {e.source_event_id: e.order_key for e in here}
        order_keys |= {
            e.source_event_id: keys[e.source_event_id] for e in here if keys[e.source_event_id] != e.order_key
        }
        moved |= {name for name, key in known.items() if keys[name] != key}
    return Arranged(order_keys, frozenset(moved))


def _longest_rise(places: Sequence[Place]) -> list[Place]:
    """A longest strictly rising subsequence (patience sorting)."""
    if all(a < b for a, b in pairwise(places)):
        return list(places)
    tops: list[Place] = []
    at: list[int] = []
    before: list[int | None] = []
    for i, place in enumerate(places):
        pile = bisect_left(tops, place)
        before.append(at[pile - 1] if pile else None)
        tops[pile : pile + 1] = [place]
        at[pile : pile + 1] = [i]
    found: list[Place] = []
    i = at[-1] if at else None
    while i is not None:
        found.append(places[i])
        i = before[i]
    return found[::-1]


def _keys(here: Sequence[FeedEvent], kept: Mapping[str, float]) -> dict[str, float] | None:
    """An order key for each event of a period: its own where that fits between those that are kept on either side, else
    one in between. None where there is no room."""
    keys: dict[str, float] = {}
    low: Place | None = None
    for is_kept, part in groupby(here, key=lambda e: e.source_event_id in kept):
        run = [e.source_event_id for e in part]
        if is_kept:
            keys |= {name: kept[name] for name in run}
            low = (kept[run[-1]], run[-1])
            continue
        own = {e.source_event_id: e.order_key for e in here[len(keys) : len(keys) + len(run)]}
        after = here[len(keys) + len(run)].source_event_id if len(keys) + len(run) < len(here) else None
        high = None if after is None else (kept[after], after)
        if (low is None or low < (own[run[0]], run[0])) and (high is None or (own[run[-1]], run[-1]) < high):
            keys |= own
        else:
            between = _between(low, high, len(run))
            if between is None:
                return None
            keys |= dict(zip(run, between, strict=True))
        low = (keys[run[-1]], run[-1])
    return keys


def _between(low: Place | None, high: Place | None, count: int) -> list[float] | None:
    """So many rising keys between two places; None where floating point has no room for them."""
    if low is None:
        return None if high is None else [high[0] - count + i for i in range(count)]
    if high is None:
        return [low[0] + 1.0 + i for i in range(count)]
    step = (high[0] - low[0]) / (count + 1)
    found = [low[0] + step * (i + 1) for i in range(count)]
    rising = all(a < b for a, b in pairwise([low[0], *found, high[0]]))
    return found if rising else None
