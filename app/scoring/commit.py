"""Writing an outcome: signals, facts, picture, cursor and frames in one transaction, fenced by the lease."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import asyncpg
import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.errors import TouchlineError
from app.scoring.session import Outcome
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


class Outdated(ConnectionError):
    """The connection over which a batch was heard of or read was lost since. The server may have crashed, and events
    that nobody was told were durable may be gone with it: whatever was read before is read anew."""


def _always() -> bool:
    return True


class Batch(msgspec.Struct):
    """One match's outcome, from version `since` on, under a lease epoch: what one commit writes of it.

    holds: asked before it is written; no longer true once what was read may not be what is in the log.
    """

    match_id: str
    epoch: int
    since: int
    out: Outcome
    holds: Callable[[], bool] = _always

    def check(self) -> None:
        """Raises Outdated."""
        if not self.holds():
            raise Outdated(f"a connection was lost while match {self.match_id} was folded")

    def lost(self) -> LeaseLost:
        """It belongs to somebody else."""
        return LeaseLost(
            f"the lease on match {self.match_id} was lost (epoch {self.epoch}, version {self.since}): somebody else "
            "scores or rebuilds it now; nothing was written. Try again."
        )

    def frames(self) -> list[list[Any] | None]:
        """What signal.publish takes after the match."""
        return _columns(self.out.frames, FRAME_COLUMNS)

    def data(self) -> list[Any]:
        """What signal.write takes after match and version."""
        out = self.out
        removed = [
            {"signal": p.signal, "signal_version": p.signal_version, "subject": p.subject, "anchor": p.anchor}
            for p in out.removed
        ]
        entities = [{"kind": kind, "id": entity, "name": name} for kind, entity, name in out.entities]
        return [
            _encode(state_record(out.summary)).decode(),
            out.finality,
            _encode(entities).decode() if out.dims_changed else None,
            _json(out.facts),
            _json(removed),
            *_columns(out.points, POINT_COLUMNS),
        ]


async def commit(pool: Pool, batch: Batch, pipeline: str, lease_s: float) -> None:
    """Write one outcome, in one round trip. Raises LeaseLost when the lease or the cursor is no longer ours, Outdated."""
    head = (batch.match_id, pipeline, batch.epoch, batch.since, batch.out.version, lease_s)
    try:
        async with pool.acquire() as connection:
            # Only now: a connection that was opened since knows nothing of one that broke.
            batch.check()
            await connection.execute(query("commit"), *head, *batch.data(), *batch.frames())
    except asyncpg.PostgresError as exc:
        if getattr(exc, "sqlstate", None) == LEASE_LOST:
            raise batch.lost() from None
        raise


async def commit_all(pool: Pool, batches: Sequence[Batch], pipeline: str, lease_s: float) -> list[Batch]:
    """Write several outcomes in one transaction. Returns those that were written: the leases of the others are lost.

    None of them may change a dimension (`dims_changed`). Raises Outdated when any of them is.
    """
    columns = [[getattr(b, name) for b in batches] for name in ("match_id", "epoch", "since")]
    upto = [b.out.version for b in batches]
    async with pool.acquire() as connection, connection.transaction():
        for batch in batches:
            batch.check()
        rows = await connection.fetch(query("advance"), pipeline, *columns, upto, lease_s)
        ours = {r[0] for r in rows}
        written = [b for b in batches if b.match_id in ours]
        if written:
            await connection.executemany(query("write"), [(b.match_id, b.out.version, *b.data()) for b in written])
            # Last of all, as the lock over them waits for nothing then.
            told = [(b.match_id, *b.frames()) for b in written if b.out.frames]
            if told:
                await connection.executemany(query("publish"), told)
    return written
