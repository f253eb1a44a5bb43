"""What is said about a scored event: the bodies of the frames that a commit publishes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.log.read import LogRow, MatchRow
from app.sports.base import Event, Signal, Sport, Summary
from app.sports.fold import Clock, Point

_encode = msgspec.json.Encoder().encode
# A value at each full minute is old after a minute and a half without one; a value on an event never is.
STALE_AFTER_MINUTE_MS = 90_000


class Frame(msgspec.Struct, omit_defaults=True):
    """One frame of a commit. `body` is the JSON of its data; times and ids come with the commit.

    was_type: of an event, its type before, where that was another. changes: of a correction or withdrawal, the JSON of
    every value that changed (see signal.publication.changes).
    """

    event: str
    version: int
    body: str
    signal: str | None = None
    event_type: str | None = None
    was_type: str | None = None
    recorded_at: datetime | None = None
    changes: str | None = None
    signal_version: int | None = None

    @property
    def signal_key(self) -> str:
        """As LoadedSignal.key, of a frame of a signal."""
        return f"{self.signal}@{self.signal_version}"


class Narrator:
    """Builds the frames of one match."""

    def __init__(self, match: MatchRow, sport: Sport, specs: dict[str, Signal]) -> None:
        self._match = match
        self._sport = sport
        self._specs = specs

    def summary(self, summary: Summary) -> dict[str, Any]:
        """The match object of lists and frames."""
        return {
            "id": self._match.match_id,
            "sport": self._match.sport,
            "origin": self._match.origin,
            "replay_of": self._match.replay_of,
            "home": summary.home.name,
            "home_id": summary.home.id,
            "away": summary.away.name,
            "away_id": summary.away.id,
            "home_score": summary.home_score,
            "away_score": summary.away_score,
            "period": summary.period,
            "elapsed_s": summary.elapsed_s,
            "clock_display": summary.clock_display,
            "status": summary.status,
            "anchor_at": self._match.anchor_at,
        }

    def event(self, row: LogRow, summary: Summary, was_type: str | None = None, version: int | None = None) -> Frame:
        """A feed event was folded (or, for a correction, is now known differently).

        was_type: what it was before, where that was another type. version: up to where the log is known, where that is
        not up to this event; what is told then is no news of the feed, and says nothing of how long it took.
        """
        known = row.event.version if version is None else version
        body = {
            "match": self._match.match_id,
            "event": event_object(row.event, row.kind, row.provider, self._display(row.event), row.recorded_at),
            "summary": self.summary(summary),
            "as_of": as_of(known, summary),
        }
        if was_type is not None:
            body["event"]["was_type"] = was_type
        return Frame(
            event="event",
            version=known,
            event_type=row.event.type,
            was_type=was_type,
            recorded_at=row.recorded_at if version is None else None,
            body=_encode(body).decode(),
        )

    def _display(self, event: Event) -> str:
        return self._sport.clock_display(event.period, event.elapsed_s)

    def signal(self, point: Point, clock_display: str, recorded_at: datetime | None) -> Frame:
        """A value was reached for the first time."""
        return self._point("signal", point, clock_display, recorded_at, {})

    def correction(
        self,
        point: Point,
        clock_display: str,
        told: Sequence[Point],
        span: tuple[Clock, Clock],
        summary: Summary,
        version: int,
        recorded_at: datetime | None,
    ) -> Frame:
        """Values of a signal and subject changed afterwards: the current one, and the range of the change.

        told: every value that changed, as it is now; status `withdrawn` where there is none any more. span: from the
        first to the last moment of the match at which one of them stands or stood.
        """
        (from_period, from_s), (to_period, to_s) = span
        changed = {
            "from_period": from_period,
            "from_elapsed_s": from_s,
            "to_period": to_period,
            "to_elapsed_s": to_s,
            "points": len(told),
        }
        extra = {"changed": changed, "summary": self.summary(summary)}
        frame = self._point("correction", point, clock_display, recorded_at, extra, version)
        frame.changes = _changes(told)
        return frame

    def withdrawn(
        self,
        point: Point,
        clock_display: str,
        told: Sequence[Point],
        summary: Summary,
        version: int,
        recorded_at: datetime | None,
    ) -> Frame:
        """Nothing is left of a signal and subject. `point` is what was true before."""
        gone = msgspec.structs.replace(point, value=None, status="withdrawn")
        extra = {"summary": self.summary(summary)}
        frame = self._point("withdrawn", gone, clock_display, recorded_at, extra, version)
        frame.changes = _changes(told)
        return frame

    def end(self, summary: Summary, version: int) -> Frame:
        """The match is over; the stream stays open for corrections."""
        body = {
            "match": self._match.match_id,
            "status": summary.status,
            "summary": self.summary(summary),
            "as_of": as_of(version, summary),
        }
        return Frame(event="end", version=version, body=_encode(body).decode())

    def _point(
        self,
        event: str,
        point: Point,
        clock_display: str,
        recorded_at: datetime | None,
        extra: dict[str, Any],
        version: int | None = None,
    ) -> Frame:
        known = point.version if version is None else version
        spec = self._specs.get(point.signal_key)
        body = {
            "match": self._match.match_id,
            "signal": point.signal,
            "signal_version": point.signal_version,
            "subject": point.subject,
            "team": point.team_id,
            "value": point.value,
            "status": point.status,
            "as_of": {
                "version": known,
                "period": point.period,
                "elapsed_s": point.elapsed_s,
                "clock_display": clock_display,
            },
            "anchor": point.anchor,
            "source_event_id": point.source_event_id,
            "revision": point.revision,
            "model": point.model,
            "stale_after_ms": STALE_AFTER_MINUTE_MS if spec is not None and spec.minute else None,
            **extra,
        }
        return Frame(
            event=event,
            version=known,
            signal=point.signal,
            signal_version=point.signal_version,
            recorded_at=recorded_at,
            body=_encode(body).decode(),
        )


def _changes(told: Sequence[Point]) -> str:
    """subject, anchor, team, value, status, period, elapsed_s, order_key, revision, source_event_id, model."""
    rows = [
        (
            p.subject,
            p.anchor,
            p.team_id,
            p.value,
            None if p.status == "withdrawn" else p.status,
            p.period,
            p.elapsed_s,
            p.order_key,
            p.revision,
            p.source_event_id,
            p.model,
        )
        for p in told
    ]
    return _encode(rows).decode()


def as_of(version: int, summary: Summary) -> dict[str, Any]:
    """Up to where something is known: clock and log version."""
    return {
        "version": version,
        "period": summary.period,
        "elapsed_s": summary.elapsed_s,
        "clock_display": summary.clock_display,
    }


def event_object(
    event: Event, kind: str, provider: str, clock_display: str, recorded_at: datetime | None
) -> dict[str, Any]:
    """One feed event as the API shows it."""
    return {
        "version": event.version,
        "source_event_id": event.source_event_id,
        "provider": provider,
        "kind": kind,
        "type": event.type,
        "period": event.period,
        "elapsed_s": event.elapsed_s,
        "clock_display": clock_display,
        "team": event.team,
        "player": event.player,
        "fields": event.fields,
        "recorded_at": recorded_at,
    }
