"""Writing outcomes: signals, facts, picture, cursor and frames in one statement, fenced by the lease."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import asyncpg
import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.errors import TouchlineError
from app.scoring.outcome import Outcome
from app.sports.base import Summary

_encode = msgspec.json.Encoder().encode
# What signal.commit says where the catalogue is another one now.
OTHER_AIR = "TL001"


class OtherAir(Exception):
    """What is on the air has changed since the batch was scored; nothing was written."""


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
FRAME_COLUMNS = ("event", "signal", "event_type", "was_type", "version", "recorded_at", "body", "changes")


def _columns(rows: Sequence[Sequence[Any]], names: tuple[str, ...]) -> list[list[Any] | None]:
    """The rows of all matches, one list a column, before them which match each is of, from 1; None for all when there
    are no rows."""
    if not any(rows):
        return [None] * (1 + len(names))
    of = [number for number, part in enumerate(rows, 1) for _ in part]
    return [of, *([getattr(row, name) for part in rows for row in part] for name in names)]


class Outdated(ConnectionError):
    """The connection over which a batch was heard of or read was lost since. The server may have crashed, and events
    that nobody was told were durable may be gone with it: whatever was read before is read anew."""


def _always() -> bool:
    return True


class Batch(msgspec.Struct):
    """One match's outcome, from version `since` on, under a lease epoch: what one commit writes of it.

    generation: of the catalogue that it was scored by. holds: asked before it is written; no longer true once what was
    read may not be what is in the log. beside: of a version that is not on the air: its points alone are written.
    """

    match_id: str
    epoch: int
    since: int
    out: Outcome
    generation: int
    holds: Callable[[], bool] = _always
    beside: bool = False

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

    def values(self) -> tuple[Any, ...]:
        """What signal.commit takes of a match, in its order: one element of each of its columns."""
        out = self.out
        removed = [
            {"signal": p.signal, "signal_version": p.signal_version, "subject": p.subject, "anchor": p.anchor}
            for p in out.removed
        ]
        entities = [{"kind": kind, "id": entity, "name": name} for kind, entity, name in out.entities]
        return (
            self.match_id,
            self.epoch,
            self.since,
            out.version,
            None if self.beside else _encode(state_record(out.summary)).decode(),
            out.finality,
            None if out.finality is None else ",".join(out.scored),
            _encode(entities).decode() if out.dims_changed else None,
            _json(out.facts),
            _json(removed),
            out.settled,
        )


async def commit(pool: Pool, batch: Batch, pipeline: str, lease_s: float) -> None:
    """Write one outcome. Raises LeaseLost when the lease or the cursor is no longer ours, Outdated, OtherAir."""
    if not await commit_all(pool, [batch], pipeline, lease_s):
        raise batch.lost()


async def commit_all(pool: Pool, batches: Sequence[Batch], pipeline: str, lease_s: float) -> list[Batch]:
    """Write several outcomes, all or none, in one statement. Returns those that are written: the leases of the others
    are lost.

    Where there are several, none of them may change a dimension (`dims_changed`). Raises Outdated when any of them is,
    OtherAir when any was scored for another air than there is now.
    """
    values = (
        pipeline,
        lease_s,
        min(batch.generation for batch in batches),
        *map(list, zip(*(batch.values() for batch in batches), strict=True)),
        *_columns([batch.out.points for batch in batches], POINT_COLUMNS),
        *_columns([batch.out.frames for batch in batches], FRAME_COLUMNS),
    )
    async with pool.acquire() as connection:
        # Only now: a connection that was opened since knows nothing of one that broke.
        for batch in batches:
            batch.check()
        try:
            ours = {row[0] for row in await connection.fetch(query("commit"), *values)}
        except asyncpg.PostgresError as exc:
            if getattr(exc, "sqlstate", None) == OTHER_AIR:
                raise OtherAir(str(exc)) from None
            raise
    return [batch for batch in batches if batch.match_id in ours]
