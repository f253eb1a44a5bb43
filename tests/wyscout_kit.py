"""What the tests of Wyscout's feed share: events and files written by hand."""

from __future__ import annotations

import json
from typing import Any

from app.feeds.base import FeedEvent
from app.feeds.wyscout import PROVIDER, decode
from app.sports.base import Event
from app.sports.fold import position
from app.sports.soccer.sport import SPORT
from app.sports.soccer.state import MatchState

HARBOUR, NORTHGATE = 4001, 4002
ADA, BEA = 71, 72
OF_FILE = {"match": 900, "teams": [[HARBOUR, "Harbour"], [NORTHGATE, "Northgate"]], "players": {"71": "A. Holm"}}


def message(event: int, sub: int | str = "", *tags: int, **changes: Any) -> dict[str, Any]:
    """One Wyscout event of these numbers as it is delivered."""
    made: dict[str, Any] = {
        "eventId": event,
        "subEventName": "Kind",
        "tags": [{"id": tag} for tag in tags],
        "playerId": ADA,
        "positions": [{"y": 50, "x": 90}, {"y": 37, "x": 100}],
        "matchId": 900,
        "eventName": "Event",
        "teamId": HARBOUR,
        "matchPeriod": "1H",
        "eventSec": 62.345,
        "subEventId": sub,
        "id": 5001,
    }
    return {k: v for k, v in (made | changes).items() if v is not ...}


def read(event: dict[str, Any], options: Any = OF_FILE) -> FeedEvent:
    return decode(json.dumps(event).encode(), options)


def entry(player: int, name: str | None, **more: Any) -> dict[str, Any]:
    return {"player": {"wyId": player, "shortName": name, "currentTeamId": "null"} | more}


def document(*events: dict[str, Any], **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "events": list(events),
        # The home team has the greater number, and comes first.
        "teams": {
            str(NORTHGATE): {"team": {"wyId": NORTHGATE, "name": "Northgate", "area": {"id": "380"}}},
            str(HARBOUR): {"team": {"wyId": HARBOUR, "name": r"H\u00e1rbour"}},
        },
        "players": {str(HARBOUR): [entry(ADA, r"A. Ol\u0103h"), None], str(NORTHGATE): [entry(BEA, "B. Moor")]},
    }
    return made | changes


def cut(payload: Any) -> list[bytes]:
    found = list(PROVIDER.split(payload if isinstance(payload, bytes) else json.dumps(payload).encode()))
    assert all(isinstance(m, bytes) for m in found), found
    return found  # type: ignore[return-value]


def folded(events: list[FeedEvent]) -> MatchState:
    state = SPORT.new_state()
    made = [Event(i, e.source_event_id, False, e.type, e.period, e.order_key, e.elapsed_s, e.team, e.player, e.fields)
            for i, e in enumerate(events)]  # fmt: skip
    for event in sorted(made, key=position):
        SPORT.apply(state, event)
    return state
