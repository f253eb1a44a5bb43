"""Real football games as the fold sees them."""

from __future__ import annotations

import gzip
from pathlib import Path

from app.feeds.base import provider
from app.models.registry import load_all
from app.sports.base import Event
from app.sports.fold import MatchFold, Point, position
from app.sports.gridiron.events import Fields
from app.sports.gridiron.sport import SPORT
from app.sports.loading import signals


def events_of(name: str, path: Path) -> list[Event]:
    """The events of a provider's file, decoded, in match order."""
    feed = provider(name)
    messages = [m for m in feed.split(gzip.decompress(path.read_bytes())) if isinstance(m, bytes)]
    options = feed.stream_options(messages)
    found = [
        Event(i, e.source_event_id, False, e.type, e.period, e.order_key, e.elapsed_s, e.team, e.player, e.fields)
        for i, e in enumerate((feed.decode(m, options) for m in messages), 1)
    ]
    return sorted(found, key=position)


def favoured(home_spread: float) -> Event:
    """What is said before the game: by how many points the home team is favoured."""
    return Event(0, "said:spread", True, "pre_match", 0, 0.0, 0.0, None, None, Fields(home_spread=home_spread))


def points_of(events: list[Event], *names: str) -> list[Point]:
    """What these signals say of a game; no fault may come with it."""
    own = signals(SPORT)
    fold = MatchFold(SPORT, {name: own[name] for name in names}, load_all())
    found = [point for event in events for point in fold.add(event)]
    assert fold.faults == []
    return found
