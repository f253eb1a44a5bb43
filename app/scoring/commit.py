"""Writing an outcome: signals, facts, picture, cursor and frames in one transaction, fenced by the lease."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.errors import TouchlineError
from app.scoring.session import Outcome, Session
from app.sports.base import Summary

LEASE_LOST = "TL409"
_encode = msgspec.json.Encoder().encode


class LeaseLost(TouchlineError):
    """Somebody else scores or rebuilds the match now; nothing was written."""

    status = 409
    title = "Somebody else has the match"


def state_record(summary: Summary) -> dict[str, Any]:
    """The columns of signal.match_state."""
    return {
        "home_id": summary.home.id,
        "away_id": summary.away.id,
        "home_name": summary.home.name,
        "away_name": summary.away.name,
        "home_score": summary.home_score,
        "away_score": summary.away_score,
        "period": summary.period,
        "elapsed_s": summary.elapsed_s,
        "clock_display": summary.clock_display,
        "status": summary.status,
        "details": summary.details,
    }


def _json(value: Any) -> str | None:
    return _encode(value).decode() if value else None


POINT_COLUMNS = (
    "offset_s",
    "signal",
    "signal_version",
    "subject",
    "anchor",
    "team_id",
    "source_event_id",
    "value",
    "status",
    "revision",
    "period",
    "elapsed_s",
    "order_key",
    "version",
    "model",
)
FRAME_COLUMNS = ("event", "signal", "event_type", "version", "recorded_at", "body", "changes")


def _columns(rows: Sequence[Any], names: tuple[str, ...]) -> list[list[Any] | None]:
    """One list a column; None for all when there are no rows."""
    return [[getattr(row, name) for row in rows] if rows else None for name in names]


async def commit(pool: Pool, session: Session, pipeline: str, since: int, out: Outcome, lease_s: float) -> None:
    """Write one outcome, in one round trip. Raises LeaseLost when the lease or the cursor is no longer ours."""
    removed = [
        {"signal": p.signal, "signal_version": p.signal_version, "subject": p.subject, "anchor": p.anchor}
        for p in out.removed
    ]
    entities = [{"kind": kind, "id": entity, "name": name} for kind, entity, name in out.entities]
    try:
        await pool.execute(
            query("commit"),
            session.match.match_id,
            pipeline,
            session.epoch,
            since,
            out.version,
            lease_s,
            _encode(state_record(out.summary)).decode(),
            out.finality,
            _encode(entities).decode() if out.dims_changed else None,
            _json(out.facts),
            _json(removed),
            *_columns(out.points, POINT_COLUMNS),
            *_columns(out.frames, FRAME_COLUMNS),
        )
    except asyncpg.PostgresError as exc:
        if getattr(exc, "sqlstate", None) == LEASE_LOST:
            raise LeaseLost(
                f"{exc}: somebody else scores or rebuilds it now; nothing was written. Try again."
            ) from None
        raise
