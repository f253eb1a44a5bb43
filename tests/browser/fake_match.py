"""A match as the HTTP API tells it, made by hand: events, points, and the frames that carry them."""

from __future__ import annotations

import math
from typing import Any

Json = dict[str, Any]

CLOCK_START_S = {1: 0, 2: 2700, 3: 5400, 4: 6300, 5: 7200}
REGULAR_END_S = {1: 2700, 2: 5400, 3: 6300, 4: 7200}
NOW = "2026-03-07T20:00:00Z"
STALE_AFTER_MS = 90_000
FRAMED = ("signal", "subject", "team", "value", "status", "anchor", "source_event_id", "revision", "model")


def clock_display(period: int, elapsed_s: float) -> str:
    """20:34, and 45+2:10 in stoppage time."""
    end = REGULAR_END_S.get(period)
    if end is not None and elapsed_s >= end:
        extra = int(elapsed_s) - end
        return f"{end // 60}+{extra // 60}:{extra % 60:02d}"
    return f"{int(elapsed_s) // 60:02d}:{int(elapsed_s) % 60:02d}"


class FakeMatch:
    """One match. Every method that changes it returns the frames (type, data) that a stream would send."""

    def __init__(self, match_id: str, home: str, away: str, *, origin: str = "live", anchor_at: str = NOW) -> None:
        self.id = match_id
        self.teams = {"home": f"demo:team:{home.lower()}", "away": f"demo:team:{away.lower()}"}
        self.names = {"home": home, "away": away}
        self.origin, self.anchor_at = origin, anchor_at
        self.sport = "soccer"
        self.score = {"home": 0, "away": 0}
        self.status, self.period, self.elapsed_s, self.version = "scheduled", 0, 0.0, 0
        self.events: list[Json] = []
        self.points: dict[tuple[str, str, str], Json] = {}

    def display(self, period: int, elapsed_s: float) -> str:
        """The clock as the sport shows it."""
        return clock_display(period, elapsed_s)

    def summary(self) -> Json:
        """The match object of lists and frames."""
        return {
            "id": self.id,
            "sport": self.sport,
            "origin": self.origin,
            "replay_of": "demo-0" if self.origin == "replay" else None,
            "home": self.names["home"],
            "home_id": self.teams["home"],
            "away": self.names["away"],
            "away_id": self.teams["away"],
            "home_score": self.score["home"],
            "away_score": self.score["away"],
            "period": self.period,
            "elapsed_s": self.elapsed_s,
            "clock_display": self.display(self.period, self.elapsed_s),
            "status": self.status,
            "anchor_at": self.anchor_at,
            "version": self.version,
            "updated_at": NOW,
        }

    def snapshot(self) -> Json:
        """Latest point of each signal and subject, and the sums."""
        latest = {(p["signal"], p["subject"]): p for p in self.signal_points()}
        xg = dict.fromkeys(self.teams.values(), 0.0)
        for point in self.signal_points("xg"):
            if point["period"] != 5:
                xg[point["team"]] += point["value"] or 0.0
        return {
            "match": self.summary(),
            "signals": list(latest.values()),
            "totals": {"xg": xg},
            "cursor": f"1-{self.version}",
            "published_at": NOW,
        }

    def signal_points(self, signal: str | None = None) -> list[Json]:
        """Points in match order."""
        wanted = [p for p in self.points.values() if signal in (None, p["signal"])]
        return sorted(wanted, key=lambda p: (p["period"], p["elapsed_s"]))

    def snapshot_frame(self) -> tuple[str, Json]:
        """The frame a stream begins with."""
        data = {"match": self.id, "snapshot": self.snapshot(), "as_of": self.as_of(), "published_at": NOW}
        return "snapshot", data

    def as_of(self) -> Json:
        """The moment that is shown."""
        clock = self.display(self.period, self.elapsed_s)
        return {"version": self.version, "period": self.period, "elapsed_s": self.elapsed_s, "clock_display": clock}

    def event(self, side: str | None, event_type: str, period: int, elapsed_s: float, **fields: Any) -> list:
        """Something happens. `player` among the fields names who did it."""
        self.version += 1
        if period > self.period or (period == self.period and elapsed_s > self.elapsed_s):
            self.period, self.elapsed_s = period, float(elapsed_s)
        player = fields.pop("player", None)
        if player is not None:
            fields["player_name"] = player
        if (
            side
            and event_type in ("shot", "own_goal")
            and (event_type == "own_goal" or fields.get("outcome") == "goal")
        ):
            self.score[side] += period != 5
        event = {
            "kind": "recorded",
            "version": self.version,
            "source_event_id": f"{self.id}-{self.version}",
            "provider": "demo",
            "type": event_type,
            "period": period,
            "elapsed_s": float(elapsed_s),
            "clock_display": self.display(period, elapsed_s),
            "team": self.teams[side] if side else None,
            "player": f"demo:player:{player}" if player else None,
            "fields": fields,
            "recorded_at": NOW,
        }
        self.events.append(event)
        return [self.event_frame(event)]

    def event_frame(self, event: Json) -> tuple[str, Json]:
        """How an event is told. The summary has no version; `as_of` has."""
        summary = {name: value for name, value in self.summary().items() if name not in ("version", "updated_at")}
        return "event", {
            "match": self.id,
            "event": event,
            "summary": summary,
            "as_of": self.as_of(),
            "published_at": NOW,
        }

    def shot(self, side: str, period: int, elapsed_s: float, xg: float | None, player: str, **fields: Any) -> list:
        """A shot and its xG; shoot-out kicks have none."""
        frames = self.event(side, "shot", period, elapsed_s, player=player, **fields)
        event = self.events[-1]
        if period != 5:
            frames += self.point("xg", event["player"], xg, f"event:{event['source_event_id']}", team=event["team"])
        return frames

    def point(
        self,
        signal: str,
        subject: str,
        value: float | None,
        anchor: str,
        *,
        team: str | None = None,
        status: str = "provisional",
        kind: str = "signal",
        moment: tuple[int, float] | None = None,
    ) -> list:
        """A value is published, or published anew (`kind` correction or withdrawn)."""
        key = (signal, subject, anchor)
        revision = self.points[key]["revision"] + 1 if key in self.points else 0
        period, elapsed_s = moment or (self.period, self.elapsed_s)
        source = anchor.removeprefix("event:") if anchor.startswith("event:") else None
        self.points[key] = {
            "signal": signal,
            "subject": subject,
            "team": team,
            "value": value,
            "status": status,
            "period": period,
            "elapsed_s": float(elapsed_s),
            "clock_display": self.display(period, elapsed_s),
            "version": self.version,
            "anchor": anchor,
            "source_event_id": source,
            "revision": revision,
            "model": f"{signal}@1",
        }
        # The moment that the value is about, which may lie before the event that brought it.
        as_of = {name: self.points[key][name] for name in ("version", "period", "elapsed_s", "clock_display")}
        data = {"match": self.id, "as_of": as_of, "published_at": NOW, "processing_ms": 3.2}
        data |= {name: self.points[key][name] for name in FRAMED} | {"stale_after_ms": STALE_AFTER_MS}
        if kind == "correction":
            data["changed"] = {
                "from_period": period,
                "from_elapsed_s": elapsed_s,
                "to_period": period,
                "to_elapsed_s": elapsed_s,
                "points": 1,
            }
        return [(kind, data)]

    def win_probability(self, home: float, draw: float, away: float, anchor: str, status: str = "provisional") -> list:
        """The three outcomes of one moment, one frame each."""
        values = {"home": home, "draw": draw, "away": away}
        shown = None if status in ("suspended", "withdrawn") else 1
        return [
            frame
            for subject, value in values.items()
            for frame in self.point("win_probability", subject, value if shown else None, anchor, status=status)
        ]

    def modelled_win_probability(self, edge: float, anchor: str) -> list:
        """Win probability from score and time left: goals still to come are Poisson."""
        left = max(0.0, 1 - self.elapsed_s / 5580)
        rates = (1.5 * math.exp(edge) * left, 1.15 * math.exp(-edge) * left)
        lead = self.score["home"] - self.score["away"]
        home = draw = away = 0.0
        for i in range(9):
            for j in range(9):
                p = math.prod(math.exp(-r) * r**k / math.factorial(k) for r, k in zip(rates, (i, j), strict=True))
                if lead + i - j > 0:
                    home += p
                elif lead + i - j == 0:
                    draw += p
                else:
                    away += p
        total = home + draw + away
        home, draw = round(home / total, 3), round(draw / total, 3)
        return self.win_probability(home, draw, round(1 - home - draw, 3), anchor)
