"""Real matches as the fold sees them, and words from outside beside them."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from app.feeds.base import provider
from app.models.registry import load_all
from app.sports.base import Event
from app.sports.fold import MatchFold, Point, position
from app.sports.loading import signals
from app.sports.soccer.events import Fields
from app.sports.soccer.sport import SPORT


def events_of(name: str, path: Path) -> list[Event]:
    """The events of a provider's file, decoded, in match order."""
    messages = [m for m in provider(name).split(gzip.decompress(path.read_bytes())) if isinstance(m, bytes)]
    return decoded(name, messages, provider(name).stream_options(messages))


def decoded(name: str, messages: Sequence[bytes], options: Mapping[str, Any]) -> list[Event]:
    """The events of a provider's messages, in match order."""
    feed = provider(name)
    found = [
        Event(i, e.source_event_id, False, e.type, e.period, e.order_key, e.elapsed_s, e.team, e.player, e.fields)
        for i, e in enumerate((feed.decode(m, options) for m in messages), 1)
    ]
    return sorted(found, key=position)


def word(type: str, period: int = 0, order: float = 0.0, clock_s: float = 0.0, name: str = "", **fields: Any) -> Event:
    """A control event: what somebody says about the match, at a place of it."""
    given = msgspec.convert(fields, Fields)
    return Event(1, name or f"said:{type}:{period}:{order:g}", True, type, period, order, clock_s, None, None, given)


def odds(home: float, draw: float, away: float, period: int = 0, order: float = 0.0, clock_s: float = 0.0) -> Event:
    """Odds, said before the match unless a place is given."""
    return word("pre_match", period, order, clock_s, home_odds=home, draw_odds=draw, away_odds=away)


def points_of(events: list[Event], *names: str) -> list[Point]:
    """What these signals, or all, say of a match; no fault may come with it."""
    own = signals(SPORT)
    fold = MatchFold(SPORT, {name: own[name] for name in names or own}, load_all())
    found = [point for event in events for point in fold.add(event)]
    assert fold.faults == []
    return found
