"""Keeping the rollups up: what commits have touched, and the minutes that are over.

`rollup_files` says what a rollup is, `rollup_install` what is made of one in the database.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from app.db.pool import Pool
from app.db.sql import query
from app.warehouse.rollup_files import Edition, declared

log = structlog.get_logger()
__all__ = ["Refresher", "declared"]

REFRESH_LIMIT = 5000


class Refresher:
    """Empties the queue of touched minutes; one worker at a time does it, the others find nothing to do.

    Where this role may not refresh, the job of rollup.drain does it (docs/decisions/0012), and this does nothing.
    settle_s: a minute that is being played is left until it was quiet for so long: the views compute it meanwhile.
    """

    def __init__(self, pool: Pool, settle_s: float = 0.0) -> None:
        self._pool = pool
        self._settle_s = settle_s
        self._edition: Edition | None = None
        self._is_told = False

    async def refresh(self) -> int:
        """Bring the rollups up to date with a part of the queue, and close what is over. Returns how many touches were
        taken."""
        if self._edition is None and not await self._may():
            return 0
        await self._close()
        if self._edition == "apache":
            return await self._apache()
        return await self._community()

    async def _may(self) -> bool:
        """Find out how rollups are kept here. Asked again and again where this role may not: it may be let."""
        are = await self._pool.fetchrow(query("rollups_are"))
        if are["refreshable"]:
            self._edition = "community" if are["aggregates"] else "apache"
            return True
        if not self._is_told:
            log.info("rollups.left_to_the_job", reason="only the owner of a continuous aggregate may refresh it")
            self._is_told = True
        return False

    async def _apache(self) -> int:
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(query("take_dirty"), REFRESH_LIMIT, self._settle_s)
            for rollup in declared():
                mine = [r for r in rows if r["source"] == rollup.root]
                if mine:
                    await connection.execute(
                        query("refresh_rollup"),
                        rollup.name,
                        rollup.width,
                        [r["match_id"] for r in mine],
                        [r["bucket"] for r in mine],
                    )
            return len(rows)

    async def _community(self) -> int:
        # Refreshing cannot run inside a transaction: what was refreshed is cleared after it, unless touched again.
        rows = await self._pool.fetch(query("peek_dirty"), REFRESH_LIMIT, self._settle_s)
        widest = max(rollup.width for rollup in declared())
        windows = _windows(sorted({r["bucket"] for r in rows}), widest)
        if windows:
            await self._pool.fetch(query("unpack_aggregates"), *map(list, zip(*windows, strict=True)))
        for rollup in declared():
            touched = sorted({r["bucket"] for r in rows if r["source"] == rollup.root})
            for start, end in _windows(touched, rollup.width):
                await self._pool.execute(query("refresh_aggregate"), f"rollup.{rollup.name}_aggregate", start, end)
        if rows:
            await self._pool.execute(query("clear_dirty"), [r["queue_id"] for r in rows])
        return len(rows)

    async def _close(self) -> None:
        """Store the minutes into which nothing can come any more, of the rollups over what is only ever appended to."""
        for rollup in declared():
            if not rollup.closes:
                continue
            if self._edition == "apache":
                await self._pool.execute(query("close_rollup"), rollup.name, rollup.keep)
                continue
            ready = await self._pool.fetchrow(query("rollup_closing"), rollup.name)
            if ready is not None:
                aggregate = f"rollup.{rollup.name}_aggregate"
                await self._pool.execute(query("refresh_aggregate"), aggregate, ready["since"], ready["upto"])
                await self._pool.execute(query("rollup_closed"), rollup.name, ready["since"], ready["upto"])


def _windows(buckets: list[datetime], width: timedelta) -> list[tuple[datetime, datetime]]:
    """Touched minutes as few whole windows: neighbours within an hour share one refresh."""
    windows: list[tuple[datetime, datetime]] = []
    for bucket in buckets:
        start = datetime.fromtimestamp(
            bucket.timestamp() // width.total_seconds() * width.total_seconds(), bucket.tzinfo
        )
        if windows and start - windows[-1][1] <= timedelta(hours=1):
            windows[-1] = (windows[-1][0], max(windows[-1][1], start + width))
        else:
            windows.append((start, start + width))
    return windows
