"""One commit at a time for all matches of a worker: what was folded while one is written goes with the next.

Commits of all workers follow one another anyway, as frames are numbered in commit order. So in quiet times a match is
committed alone and at once, and under load one wait for the disk serves many.
"""

from __future__ import annotations

import asyncio

import structlog

from app.db.pool import UNREACHABLE, Pool
from app.scoring.commit import Batch, OtherAir, commit, commit_all

log = structlog.get_logger()
# The most urgent one waits for all that are written with it.
MOST_FRAMES = 1000


class Committer:
    """Writes outcomes in the order they come, as many together as wait."""

    def __init__(self, pool: Pool, pipeline: str, lease_s: float) -> None:
        self._pool = pool
        self._pipeline = pipeline
        self._lease_s = lease_s
        self._waiting: list[tuple[Batch, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def commit(self, batch: Batch) -> None:
        """Return once it is durable. Raises LeaseLost, OtherAir, or whatever the database says."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((batch, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await done

    async def stop(self) -> None:
        """Give up what is being written: it is committed, or it is not."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        for _, done in self._waiting:
            done.cancel()
        self._waiting.clear()

    async def _write(self) -> None:
        while self._waiting:
            part = self._take()
            try:
                if len(part) > 1 and await self._together(part):
                    continue
                for batch, done in part:
                    await self._alone(batch, done)
            finally:
                # Broken off, nobody knows what was written: whoever waits is not left waiting.
                for _, done in part:
                    done.cancel()

    def _take(self) -> list[tuple[Batch, asyncio.Future[None]]]:
        """What goes into the next commit. One that changes a dimension goes alone (see signal.commit)."""
        part, frames = [self._waiting.pop(0)], 0
        while self._waiting and not part[0][0].out.dims_changed and not self._waiting[0][0].out.dims_changed:
            frames += len(part[-1][0].out.frames)
            if frames + len(self._waiting[0][0].out.frames) > MOST_FRAMES:
                break
            part.append(self._waiting.pop(0))
        return part

    async def _together(self, part: list[tuple[Batch, asyncio.Future[None]]]) -> bool:
        """False when one of them spoils it for all: then each is tried alone."""
        try:
            written = await commit_all(self._pool, [batch for batch, _ in part], self._pipeline, self._lease_s)
        except UNREACHABLE as exc:
            for _, done in part:
                _set(done, exc)
            return True
        except OtherAir:
            # Some may have been scored for the air that there is now.
            return False
        except Exception as exc:
            log.warning("committer.one_by_one", error=str(exc), matches=len(part))
            return False
        for batch, done in part:
            _set(done, None if batch in written else batch.lost())
        return True

    async def _alone(self, batch: Batch, done: asyncio.Future[None]) -> None:
        try:
            await commit(self._pool, batch, self._pipeline, self._lease_s)
        except Exception as exc:
            _set(done, exc)
        else:
            _set(done, None)


def _set(done: asyncio.Future[None], error: Exception | None) -> None:
    # Whoever waited may have been cancelled meanwhile.
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
