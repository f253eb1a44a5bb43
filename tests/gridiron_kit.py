"""What the tests of football share: plays and documents of both feeds written by hand, and a fold of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from app.feeds.base import FeedEvent, Provider
from app.sports.base import Event
from app.sports.fold import MatchFold, Point, current
from app.sports.gridiron.events import Fields
from app.sports.gridiron.sport import SPORT
from app.sports.gridiron.state import MatchState
from app.sports.loading import signals
from tests.engine_kit import folded as seen

HOME, AWAY = "cfb_espn:team:1", "cfb_espn:team:2"
# The NFL's: home Cleveland, away Houston.
CLE, HOU = "10401050-cle", "10402120-hou"
BROWNS, TEXANS = f"nfl:team:{CLE}", f"nfl:team:{HOU}"


def snap(name: str, order: float, type: str, team: str | None = HOME, **fields: Any) -> FeedEvent:
    """A canonical event; `period` and `clock_s` (counting up) beside its fields."""
    period = fields.pop("period", 1)
    return FeedEvent(
        source_event_id=name,
        type=type,
        period=period,
        order_key=order,
        elapsed_s=fields.pop("clock_s", (period - 1) * 900.0),
        team=team,
        fields=Fields(**fields),
        raw=name.encode(),
    )


INFO = snap("info", 0.0, "game_info", None, period=0, clock_s=0.0, home_team=HOME, away_team=AWAY, league="cfb")


class Folded:
    """A game folded to its end: the state, and the points of the signals."""

    def __init__(self, events: Iterable[FeedEvent], models: Mapping[str, Any] | None = None) -> None:
        given: list[tuple[Event, str]] = [(seen(e, version), e.kind) for version, e in enumerate(events, 1)]
        fold = MatchFold(SPORT, signals(SPORT), models or {})
        self.points: list[Point] = []
        for event in current(given):
            self.points += fold.add(event)
        self.faults = fold.faults
        self.state: MatchState = fold.state
        self.summary = fold.summary()

    @property
    def score(self) -> tuple[int, int]:
        return self.state.home.score, self.state.away.score

    def last(self, signal: str) -> dict[str, float | None]:
        """The newest value of each subject."""
        return {p.subject: p.value for p in self.points if p.signal == signal}

    def said(self, signal: str) -> list[tuple[str | None, float | None]]:
        """Event and value of every point, in order."""
        return [(p.source_event_id, p.value) for p in self.points if p.signal == signal]


def through(provider: Provider, document: Any) -> list[FeedEvent]:
    """The events of a document. Every message must decode."""
    messages = list(provider.split(json.dumps(document).encode()))
    options = provider.stream_options([m for m in messages if isinstance(m, bytes)])
    return [provider.decode(m, options) for m in messages if isinstance(m, bytes)]


def espn_play(
    sequence: str, type_: tuple[str, str], text: str | None, start: Any, end: Any, **more: Any
) -> dict[str, Any]:
    """A play of ESPN. sequence: 101|9056|01, period, 9999 less the clock, counter. start, end: (team, down, distance,
    yards to goal)."""
    left = 9999 - int(sequence[3:7])
    play = {
        "id": f"401{sequence}",
        "sequenceNumber": sequence,
        "type": {"id": type_[0], "text": type_[1]},
        "text": text,
        "homeScore": 0,
        "awayScore": 0,
        "period": {"number": int(sequence[1:3])},
        "clock": {"displayValue": "0:00" if left > 1500 else f"{left // 100}:{left % 100:02d}"},
        "scoringPlay": False,
        "start": _spot(start),
        "end": _spot(end),
        "statYardage": 0,
    }
    return {**play, **more}


def _spot(told: Any) -> dict[str, Any]:
    team, down, distance, place = told
    return {"down": down, "distance": distance, "yardsToEndzone": place, **({"team": {"id": team}} if team else {})}


def espn_summary(
    *drives: list[dict[str, Any]], scoring: Any = (), over: tuple[int, int] | None = None
) -> dict[str, Any]:
    """A summary of Harbor State (home, 1) and Northern Tech (away, 2)."""
    score = over or (0, 0)
    sides = [
        ("home", {"id": "1", "displayName": "Harbor State Gulls", "location": "Harbor State", "abbreviation": "HARB"}),
        (
            "away",
            {"id": "2", "displayName": "Northern Tech Bears", "location": "Northern Tech", "abbreviation": "NTEC"},
        ),
    ]
    return {
        "header": {
            "season": {"year": 2022},
            "league": {"name": "NCAA - Football"},
            "competitions": [
                {
                    "date": "2022-09-03T23:30Z",
                    "status": {"type": {"completed": over is not None, "name": "STATUS_FINAL"}},
                    "competitors": [
                        {"homeAway": side, "team": team, "score": str(points)}
                        for (side, team), points in zip(sides, score, strict=True)
                    ],
                }
            ],
        },
        "gameInfo": {"venue": {"fullName": "The Meadow"}},
        "drives": {"previous": [{"id": str(n), "plays": plays} for n, plays in enumerate(drives, 1)]},
        "scoringPlays": list(scoring),
    }


def nfl_play(number: int, type_: str, pre: str, text: str, **more: Any) -> dict[str, Any]:
    """A play of the NFL: `pre` is `CLE  1-10  CLE 32`, from which down, distance and place are taken."""
    words = pre.split()
    down, _, distance = words[1].partition("-") if len(words) > 2 else ("0", "", "0")
    place = " ".join(words[2:])
    play = {
        "playId": number,
        "quarter": 1,
        "playSequenceNumber": float(number),
        "playType": type_,
        "playDeleted": False,
        "clockTime": "12:00",
        "down": int(down) if down.isdigit() else 0,
        "yardsRemaining": int(distance) if distance.isdigit() else 0,
        "yardLine": place or None,
        "yardsGained": 0,
        "prePlayByPlay": pre,
        "playDescription": text,
        "playScored": False,
        "scoringPlayType": "UNSPECIFIED",
        "scoringTeamId": None,
        "stats": [],
    }
    return {**play, **more}


def stat(number: int, team: str, yards: int | None = None, player: str | None = None) -> dict[str, Any]:
    """One of a play's statistics."""
    return {"statType": number, "teamId": team, "yards": yards, "gsisPlayerId": player, "gsisPlayerName": player}


def nfl_detail(*plays: dict[str, Any], scoring: Any = (), over: tuple[int, int] | None = None) -> dict[str, Any]:
    """A game's detail: Cleveland at home to Houston."""
    home, away = over or (0, 0)
    return {
        "id": "game-1",
        "homeTeam": {"id": CLE, "fullName": "Cleveland Browns", "currentLogo": "https://x/{f}/logos/CLE"},
        "awayTeam": {"id": HOU, "fullName": "Houston Texans", "currentLogo": "https://x/{f}/logos/HOU"},
        "time": "2021-09-19T17:00:00Z",
        "season": 2021,
        "status": "SCHEDULED",
        "venue": {"name": "The Meadow"},
        "summary": {
            "phase": "FINAL" if over else "INGAME",
            "homeTeam": {"score": {"total": home}},
            "awayTeam": {"score": {"total": away}},
        },
        "driveChart": {"plays": list(plays), "scoringSummaries": list(scoring)},
    }
